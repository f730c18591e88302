//! A glutton: takes all the heap that it can get, and says how much that was; or all the
//! messages.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;

use hostile::MESSAGES;
use rdc::{CallError, ChannelType, Message, Received, Stream, channel};
use zerocopy::big_endian::U32;

/// It eats in bites of a page.
const BITE: usize = 4000;

#[rdc::main]
fn main() -> Result<(), CallError> {
    if rdc::parameters() == MESSAGES {
        return send_for_ever(&given()?);
    }
    let eaten = eat();
    loop {
        if let Some(reply) = rdc::port().receive(&mut Message::new())? {
            // Whoever has asked may have gone.
            let _ = reply.reply(&mut Message::with_head(&U32::new(eaten)));
        }
    }
}

/// Bytes that it has got: they are never given back.
fn eat() -> u32 {
    // The table of bites comes first: later there may be no room for it.
    let mut bites: Vec<Vec<u8>> = Vec::with_capacity(1200);
    while bites.len() < bites.capacity() {
        let mut bite = Vec::new();
        if bite.try_reserve_exact(BITE).is_err() {
            break;
        }
        bite.resize(BITE, 0xa5);
        bites.push(bite);
    }
    let eaten = bites.len() * BITE;
    core::mem::forget(bites);
    eaten as u32
}

/// The stream that its creator sends it.
fn given() -> Result<Stream, CallError> {
    let mut message = Message::new();
    rdc::port().receive(&mut message)?;
    match message.take_reference() {
        Some(Received::Stream(stream)) => Ok(stream),
        _ => Err(CallError::WrongReferenceType),
    }
}

/// Sends to a port of its own until it is refused, since it does not receive there; then to
/// its creator's.
fn send_for_ever(creator: &Stream) -> Result<(), CallError> {
    let (own, _port) = channel(ChannelType::Unicast)?;
    let mut message = Message::new().data(&[0xa5; 1500]);
    loop {
        match own.send(&mut message) {
            Ok(()) => {}
            Err(CallError::Busy) => break,
            Err(error) => return Err(error),
        }
    }
    loop {
        creator.send(&mut message)?;
    }
}
