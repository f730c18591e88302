//! Channels and their ends: `inc_chanCreate`, `inc_portCreate`, `inc_hanCreate`, `inc_close`,
//! `inc_testReference`, `inc_testPort`.

use alloc::vec::Vec;

use rdc::abi::constants::RefType;
use rdc::{CallError, ChannelType, Message, Port, Selected, channel, test};
use selftest::{Command, Task};
use zerocopy::IntoBytes;

use super::Case;
use crate::bench::{Outcome, Place, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("ports.types", types),
    ("ports.close", close),
    ("ports.survey", survey),
    ("ports.second", second),
    ("ports.many", many),
];

fn types(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let handle = done("inc_hanCreate", stream.handle())?;
    let found = [test(stream.id()).0, test(port.id()).0, test(handle.id()).0];
    equal("the types", &found, &[RefType::Stream, RefType::Port, RefType::StreamHandle])?;
    let wrong = Port::from_raw(stream.id());
    let result = wrong.waiting();
    wrong.into_raw();
    refused("a stream as a port", result, CallError::WrongReferenceType)
}

fn close(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let id = stream.id();
    done("inc_close", stream.close())?;
    equal("the type of a closed reference", &test(id).0, &RefType::None)?;
    refused("closing it again", Port::from_raw(id).close(), CallError::NoSuchReference)?;
    equal("the type of the other end", &test(port.id()).0, &RefType::Port)
}

fn survey(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let handle = done("inc_hanCreate", stream.handle())?;
    equal("no message", &port.waiting(), &Ok(0))?;
    for value in 0..3 {
        done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, value))))?;
    }
    let mut headers = [[0; 32]; 2];
    let mut selected = [Selected::new(&handle)];
    equal("messages", &port.survey(&mut headers, &mut selected), &Ok(3))?;
    equal("those of the stream", &selected[0].count(), &3)?;
    let second = Command::new(Task::Note, 1);
    equal("the second header", &&headers[1][..8], &second.as_bytes())
}

fn second(_: &Place) -> Outcome {
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("inc_send", stream.send(&mut Message::new()))?;
    let other = done("a second port at a unicast channel", stream.new_port())?;
    done("inc_send", stream.send(&mut Message::new()))?;
    equal("messages at the one it takes the place of", &port.waiting(), &Ok(1))?;
    equal("messages at it", &other.waiting(), &Ok(1))?;
    drop(other);
    let port = done("a port in the place of one that was closed", stream.new_port())?;
    done("inc_send", stream.send(&mut Message::new()))?;
    equal("messages at the last one", &port.waiting(), &Ok(1))
}

/// As many channels as the table of references takes; then they are closed.
fn many(_: &Place) -> Outcome {
    let mut all = Vec::new();
    let error = loop {
        match channel(ChannelType::Unicast) {
            Ok(both) => all.push(both),
            Err(error) => break error,
        }
    };
    equal("whether there were some", &(all.len() >= 16), &true)?;
    let is_full = matches!(error, CallError::TableFull | CallError::NoMemory);
    if !is_full {
        return Err(alloc::format!("after {} channels: {error:?}", all.len()));
    }
    drop(all);
    done("inc_chanCreate after they were closed", channel(ChannelType::Unicast)).map(drop)
}
