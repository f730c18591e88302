//! Sending: `inc_invoke`, `inc_send`, `inc_dgram`, `inc_asinvoke`, `inc_setBufferLimit`.

use alloc::vec::Vec;

use rdc::{CallError, ChannelType, Message, Stream, channel};
use selftest::{Command, Task, checksum};

use super::Case;
use crate::bench::{Outcome, Place, done, elapsed, equal, has_waited, refused};

pub const CASES: &[(&str, Case)] = &[
    ("messages.invoke", invoke),
    ("messages.invoke_sizes", invoke_sizes),
    ("messages.invoke_small_room", invoke_small_room),
    ("messages.send", send),
    ("messages.dgram", dgram),
    ("messages.asinvoke", asinvoke),
    ("messages.asinvoke_waits", asinvoke_waits),
    ("messages.asinvoke_lost", asinvoke_lost),
    ("messages.order", order),
    ("messages.limit", limit),
    ("messages.wrong_references", wrong_references),
    ("messages.closed_port", closed_port),
];

/// What `inc_send` carries at most.
const SEND_MAX: usize = 1536;

/// Bytes in which each place differs from the next.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 + place / 251) as u8).collect()
}

fn note(value: u32) -> Message<'static> {
    Message::with_head(&Command::new(Task::Note, value))
}

fn invoke(place: &Place) -> Outcome {
    let partner = place.partner()?;
    for value in [0, 1, u32::MAX] {
        equal("the echo", &partner.ask(Task::Echo, value), &Ok(value))?;
    }
    Ok(())
}

fn invoke_sizes(place: &Place) -> Outcome {
    let partner = place.partner()?;
    for length in [1, 3, 32, 1023, 1024, SEND_MAX, SEND_MAX + 1, 4096, 4097, 65_536, 100_001] {
        let data = pattern(length);
        let mut buffer = data.clone();
        let command = Command::new(Task::Echo, length as u32);
        let mut message = Message::with_head(&command).buffer(&mut buffer, length);
        done("inc_invoke with data", partner.exchange(&mut message))?;
        equal("the length of the data that came back", &message.extra().len(), &length)?;
        equal("its checksum", &checksum(message.extra()), &checksum(&data))?;
    }
    Ok(())
}

fn invoke_small_room(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let data = pattern(5000);
    let command = Command::new(Task::Echo, 1);
    let mut message = Message::with_head(&command).data(&data);
    equal("an echo that has no room", &partner.exchange(&mut message), &Ok(1))?;
    equal("the data that came", &message.extra().len(), &0)
}

fn send(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let data = pattern(SEND_MAX + 1);
    let mut expected = Vec::new();
    for length in [0, 1, 1000, SEND_MAX] {
        let data = &data[..length];
        done("inc_send", partner.child.stream.send(&mut note(length as u32).data(data)))?;
        expected.push((length as u32, checksum(data)));
    }
    let too_long = partner.child.stream.send(&mut note(9).data(&data));
    refused("more than it carries", too_long, CallError::TooLong)?;
    equal("what has arrived", &partner.notes()?, &expected)
}

fn dgram(place: &Place) -> Outcome {
    let partner = place.partner()?;
    // A stream that has been used knows where its port is.
    done("a first message", partner.ask(Task::Echo, 0))?;
    let data = pattern(SEND_MAX + 1);
    for value in 0..10 {
        done("inc_dgram", partner.child.stream.dgram(&mut note(value).data(&data[..100])))?;
    }
    let too_long = partner.child.stream.dgram(&mut note(9).data(&data));
    refused("more than it carries", too_long, CallError::TooLong)?;
    let notes = partner.notes()?;
    let sum = checksum(&data[..100]);
    let is_right = |pair: &[(u32, u32)]| pair[0].0 < pair[1].0 && pair[0].1 == sum;
    equal("whether none came twice or damaged", &notes.windows(2).all(is_right), &true)?;
    equal("whether any has arrived", &!notes.is_empty(), &true)
}

fn asinvoke(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let mut stream = done("inc_setBufferLimit", partner.child.stream.asynchronous(2))?;
    let mut expected = Vec::new();
    for length in [0, 100, 5000, 20_000, 65_536, 7] {
        let data = pattern(length);
        expected.push((length as u32, checksum(&data)));
        done("inc_asinvoke", stream.invoke(&mut note(length as u32), data))?;
    }
    done("waiting for them", stream.wait())?;
    equal("what has arrived", &partner.notes()?, &expected)
}

/// With a limit of one, the second message waits until the first is received.
fn asinvoke_waits(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("a first message", partner.ask(Task::Echo, 0))?;
    let sleep = &mut Message::with_head(&Command::new(Task::Sleep, 300));
    done("putting it to sleep", partner.child.stream.send(sleep))?;
    let mut stream = done("inc_setBufferLimit", partner.child.stream.asynchronous(1))?;
    let before = elapsed()?;
    for value in 0..2 {
        done("inc_asinvoke", stream.invoke(&mut note(value), pattern(10_000)))?;
    }
    has_waited(before, 200)?;
    done("waiting for them", stream.wait())?;
    equal("the notes", &partner.notes()?.len(), &2)
}

/// Data that is never received is given back with an error.
fn asinvoke_lost(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("a first message", partner.ask(Task::Echo, 0))?;
    let sleep = &mut Message::with_head(&Command::new(Task::Sleep, 300));
    done("putting it to sleep", partner.child.stream.send(sleep))?;
    let mut stream = done("inc_setBufferLimit", partner.child.stream.asynchronous(2))?;
    done("inc_asinvoke", stream.invoke(&mut note(1), pattern(10_000)))?;
    done("inc_destroy", partner.child.incarnation.destroy())?;
    refused("waiting for it", stream.wait(), CallError::PeerLost)
}

fn order(place: &Place) -> Outcome {
    let partner = place.partner()?;
    for value in 0..200 {
        done("inc_send", partner.child.stream.send(&mut note(value)))?;
    }
    let values: Vec<u32> = partner.notes()?.iter().map(|note| note.0).collect();
    equal("what has arrived", &values, &(0..200).collect())
}

fn limit(_: &Place) -> Outcome {
    for limit in [0, 1 << 31] {
        let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
        let refusal = stream.asynchronous(limit).map(drop);
        refused("a limit that makes no sense", refusal, CallError::BadArgument)?;
    }
    Ok(())
}

fn wrong_references(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let id = stream.id();
    drop(stream);
    let stale = Stream::from_raw(id);
    let port_as_stream = Stream::from_raw(port.id());
    let cases =
        [(stale, CallError::NoSuchReference), (port_as_stream, CallError::WrongReferenceType)];
    for (wrong, expected) in cases {
        refused("inc_invoke", wrong.invoke(&mut Message::new()), expected)?;
        refused("inc_send", wrong.send(&mut Message::new()), expected)?;
        refused("inc_dgram", wrong.dgram(&mut Message::new()), expected)?;
        refused("inc_portCreate", wrong.new_port(), expected)?;
        wrong.into_raw();
    }
    Ok(())
}

fn closed_port(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("inc_send", stream.send(&mut Message::new()))?;
    drop(port);
    let refusals = [CallError::PeerLost, CallError::NotAttached, CallError::Closed];
    match stream.invoke(&mut Message::new()) {
        Err(error) if refusals.contains(&error) => Ok(()),
        other => Err(alloc::format!("to a port that was closed: {other:?}")),
    }
}
