//! Receiving and replying: `inc_receive` in all its forms, `inc_reply`, `inc_forward`.

use rdc::{
    Arrival, CallError, ChannelType, Domain, Invoker, Message, Receive, ReplyHandle, Timeout,
    channel,
};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Place, SOON, done, elapsed, equal, has_waited, refused};

pub const CASES: &[(&str, Case)] = &[
    ("replies.timeouts", timeouts),
    ("replies.selector", selector),
    ("replies.let_go", let_go),
    ("replies.none", none),
    ("replies.late", late),
    ("replies.forward", forward),
    ("replies.stale_handle", stale_handle),
    ("replies.receiver_ends", receiver_ends),
];

fn timeouts(_: &Place) -> Outcome {
    let (_stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    for (timeout, least_ms) in [(Timeout::Poll, 0), (Timeout::WithinMs(30), 30)] {
        let before = elapsed()?;
        let how = Receive { timeout, ..Receive::default() };
        let arrival = done("inc_receive", port.receive_with(&mut Message::new(), &how))?;
        equal("whether nothing came", &matches!(arrival, Arrival::None), &true)?;
        has_waited(before, least_ms)?;
    }
    Ok(())
}

/// A partner that has a stream to a port here sends a note, after one from here.
fn selector(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let handle = done("inc_hanCreate", stream.handle())?;
    let keep = Command::new(Task::Keep, 0);
    let mut message = Message::with_head(&keep).reference(&stream, Domain::Any);
    done("giving the partner a stream", partner.exchange(&mut message))?;
    done("having it send", partner.ask(Task::Send, 1))?;
    done("sending", stream.send(&mut Message::with_head(&Command::new(Task::Note, 2))))?;
    let mut message = Message::new();
    let from_here = Receive { from: Some(&handle), timeout: SOON, ..Receive::default() };
    for (how, expected) in [(from_here, 2), (Receive { from: None, ..from_here }, 1)] {
        done("inc_receive", port.receive_with(&mut message, &how))?;
        equal("the message", &message.head::<Command>().value.get(), &expected)?;
    }
    let how = Receive { timeout: Timeout::Poll, ..from_here };
    let arrival = done("inc_receive", port.receive_with(&mut message, &how))?;
    equal("whether more have come", &matches!(arrival, Arrival::None), &true)
}

fn let_go(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("telling it", partner.ask(Task::LetGo, 1))?;
    let command = Command::new(Task::Note, 7);
    let mut message = Message::with_head(&command);
    done("an invocation without a reply", partner.child.stream.invoke(&mut message))?;
    equal("its value", &message.head::<Command>().value.get(), &7)?;
    equal("the notes", &partner.notes()?.len(), &1)
}

fn none(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let lost = partner.ask(Task::Drop, 0);
    refused("an invocation that is not replied to", lost, CallError::OutcomeUnknown)?;
    equal("the next one", &partner.ask(Task::Echo, 1), &Ok(1))
}

fn late(place: &Place) -> Outcome {
    let partner = place.partner()?;
    equal("a reply after a while", &partner.ask(Task::Sleep, 1500), &Ok(0))
}

fn forward(place: &Place) -> Outcome {
    let (first, second) = (place.partner()?, place.partner()?);
    let keep = Command::new(Task::Keep, 0);
    let mut message = Message::with_head(&keep).reference(&second.child.stream, Domain::Any);
    done("giving it a stream", first.exchange(&mut message))?;
    for length in [0, 500, 40_000] {
        let mut buffer = super::messages::pattern(length);
        let data = buffer.clone();
        let command = Command::new(Task::Forward, 5);
        let mut message = Message::with_head(&command).buffer(&mut buffer, length);
        equal("the value", &first.exchange(&mut message), &Ok(5))?;
        equal("the data", &(message.extra() == data), &true)?;
    }
    Ok(())
}

fn stale_handle(_: &Place) -> Outcome {
    let id = rdc::port().id();
    let wrong = ReplyHandle::from_raw(id).reply(&mut Message::new()).map_err(|failed| {
        failed.handle.into_raw();
        failed.error
    });
    refused("a port as a reply handle", wrong, CallError::WrongReferenceType)?;
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let id = stream.id();
    drop(stream);
    let stale = ReplyHandle::from_raw(id).reply(&mut Message::new());
    refused("a handle that is closed", stale, CallError::NoSuchReference)
}

fn receiver_ends(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let lost = partner.ask(Task::Exit, 3);
    refused("an invocation whose receiver ends", lost, CallError::OutcomeUnknown)?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("inc_send", stream.send(&mut Message::new()))?;
    let how = Receive { invoker: Invoker::GoesOn, ..Receive::default() };
    let arrival = done("inc_receive", port.receive_with(&mut Message::new(), &how))?;
    equal("whether it was a message", &matches!(arrival, Arrival::Message), &true)
}
