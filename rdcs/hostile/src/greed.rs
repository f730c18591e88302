//! Greed: takes all there is of one thing, until it is refused as documented; then gives it
//! back, and gets as much again.

use alloc::vec::Vec;
use core::fmt::Debug;

use rdc::event::{self, Event};
use rdc::{
    CallError, ChannelType, Child, Domain, InitialState, Message, Module, Stream, Timeout, channel,
};
use zerocopy::big_endian::U32;

use hostile::MESSAGES;

use crate::{Failure, done};

/// How often each thing is taken.
const ROUNDS: usize = 3;
/// More than there is of anything.
const MANY: usize = 10_000;
/// Gluttons that send.
const SENDERS: usize = 2;
/// By then they have been made to wait.
const BLOCKED_MS: u32 = 200;
/// How long an end may take.
const SOON: Timeout = Timeout::WithinMs(10_000);

/// Takes everything, one after the other.
pub fn feed() -> Result<(), Failure> {
    repeat("ports", ports)?;
    repeat("handles", handles)?;
    repeat("messages", messages)?;
    repeat("incarnations", incarnations)?;
    repeat("memory", memory)
}

/// Each round must come as far as the one before.
fn repeat<T: PartialEq + Debug>(
    what: &str,
    take: impl Fn() -> Result<T, Failure>,
) -> Result<(), Failure> {
    let first = take().map_err(|failure| alloc::format!("{what}: {failure}"))?;
    for round in 1..ROUNDS {
        let again = take().map_err(|failure| alloc::format!("{what}: {failure}"))?;
        if again != first {
            return Err(alloc::format!("{what}: {first:?} at first, {again:?} in round {round}"));
        }
    }
    rdc::println!("{what}: {first:?} each time");
    Ok(())
}

/// Takes one until that is refused; answers all of them and the refusal.
fn take_all<T>(
    mut take: impl FnMut() -> Result<T, CallError>,
    refusals: &[CallError],
) -> Result<(Vec<T>, CallError), Failure> {
    let mut taken = Vec::new();
    while taken.len() < MANY {
        match take() {
            Ok(one) => taken.push(one),
            Err(error) if refusals.contains(&error) => return Ok((taken, error)),
            Err(error) => return Err(alloc::format!("after {}: {error:?}", taken.len())),
        }
    }
    Err(alloc::format!("{MANY} were given"))
}

fn ports() -> Result<(usize, CallError), Failure> {
    let refusals = [CallError::TableFull, CallError::NoMemory];
    let (taken, refusal) = take_all(|| channel(ChannelType::Unicast), &refusals)?;
    Ok((taken.len(), refusal))
}

fn handles() -> Result<(usize, CallError), Failure> {
    let (taken, refusal) = take_all(|| rdc::launch().handle(), &[CallError::TableFull])?;
    Ok((taken.len(), refusal))
}

/// Gluttons that send to themselves until they are refused, and then to a port where nobody
/// receives, until they have to wait.
fn messages() -> Result<(), Failure> {
    let module = done("the glutton's module", Module::named("glutton"))?;
    let create = |_| module.create(rdc::node(), MESSAGES);
    let gluttons: Result<Vec<Child>, CallError> = (0..SENDERS).map(create).collect();
    let gluttons = done("a glutton", gluttons)?;
    let (stream, _port) = done("a channel", channel(ChannelType::Unicast))?;
    for glutton in &gluttons {
        let mut message = Message::new().reference(&stream, Domain::Any);
        done("a stream for a glutton", glutton.stream.send(&mut message))?;
    }
    let mut events: Vec<_> =
        gluttons.iter().map(|glutton| Event::dead(&glutton.incarnation)).collect();
    let ended = done("inc_eventWait", event::wait(&mut events, Timeout::WithinMs(BLOCKED_MS)))?;
    if !ended.is_empty() {
        return Err("a glutton was not made to wait".into());
    }
    gluttons.iter().try_for_each(end)
}

/// Incarnations that never begin.
fn incarnations() -> Result<CallError, Failure> {
    let module = done("the servant's module", Module::named("servant"))?;
    let create = || module.create_as(rdc::node(), &[], InitialState::Inchoate);
    let refusals = [CallError::Busy, CallError::NoMemory, CallError::TableFull];
    let (taken, refusal) = take_all(create, &refusals)?;
    taken.iter().try_for_each(end)?;
    Ok(refusal)
}

/// Gluttons that take all of their heaps, until there is no page left.
fn memory() -> Result<(), Failure> {
    let module = done("the glutton's module", Module::named("glutton"))?;
    let mut gluttons = Vec::new();
    let mut total = 0;
    loop {
        match module.create(rdc::node(), &[]) {
            Ok(glutton) => {
                let eaten = eaten(&glutton.stream)?;
                gluttons.push(glutton);
                total += eaten;
                // As soon as one gets less than its bound, the node has no more.
                if eaten == 0 {
                    break;
                }
            }
            Err(CallError::NoMemory) => break,
            Err(error) => return Err(alloc::format!("glutton {}: {error:?}", gluttons.len())),
        }
    }
    rdc::println!("{} gluttons took {total} bytes", gluttons.len());
    gluttons.iter().try_for_each(end)
}

/// How many bytes a glutton has got.
fn eaten(glutton: &Stream) -> Result<u32, Failure> {
    let mut message = Message::new();
    match glutton.invoke(&mut message) {
        Ok(()) => Ok(message.head::<U32>().get()),
        // It was admitted, and found no page for its stack.
        Err(CallError::PeerLost | CallError::OutcomeUnknown) => Ok(0),
        Err(error) => Err(alloc::format!("asking a glutton: {error:?}")),
    }
}

/// Destroys an incarnation and waits until it is gone.
fn end(child: &Child) -> Result<(), Failure> {
    // One that has ended already is what is wanted.
    let _ = child.incarnation.destroy();
    let mut events = [Event::dead(&child.incarnation)];
    match done("inc_eventWait", event::wait(&mut events, SOON))?.len() {
        1 => Ok(()),
        _ => Err("an incarnation that was destroyed lives on".into()),
    }
}
