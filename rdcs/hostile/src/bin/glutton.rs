//! A glutton: takes all the heap that it can get, and says how much that was; or all the
//! messages.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;

use hostile::MESSAGES;
use rdc::{CallError, ChannelType, Message, channel};
use zerocopy::big_endian::U32;

/// It eats in bites of a page.
const BITE: usize = 4000;

#[rdc::main]
fn main() -> Result<(), CallError> {
    if rdc::parameters() == MESSAGES {
        return send_for_ever();
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

/// Sends to a port of its own, where it receives nothing.
fn send_for_ever() -> Result<(), CallError> {
    let (stream, _port) = channel(ChannelType::Unicast)?;
    loop {
        stream.send(&mut Message::new().data(&[0xa5; 1500]))?;
    }
}
