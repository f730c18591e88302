//! References in messages: copies and gifts, domains and rights.

use rdc::abi::constants::{RefType, inc_rights};
use rdc::{CallError, ChannelType, Domain, Message, Received, channel, test};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("references.stream", stream),
    ("references.handle", handle),
    ("references.give", give),
    ("references.domain", domain),
    ("references.rights", rights),
    ("references.stale", stale),
];

fn keep() -> Message<'static> {
    Message::with_head(&Command::new(Task::Keep, 0))
}

/// A stream goes to the partner, which sends by it, and comes back.
fn stream(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let kept = partner.exchange(&mut keep().reference(&stream, Domain::Any));
    equal("what the partner got", &kept, &Ok(RefType::Stream as u32))?;
    done("having it send", partner.ask(Task::Send, 77))?;
    let mut message = Message::new();
    let how = rdc::Receive { timeout: SOON, ..rdc::Receive::default() };
    done("inc_receive", port.receive_with(&mut message, &how))?;
    equal("what it sent", &message.head::<Command>().value.get(), &77)?;
    let Some(Received::Stream(back)) = done("getting it back", partner.returned())? else {
        return Err("no stream came back".into());
    };
    done("inc_send by it", back.send(&mut Message::new()))?;
    equal("messages", &port.waiting(), &Ok(1))
}

fn handle(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let handle = done("inc_hanCreate", stream.handle())?;
    let kept = partner.exchange(&mut keep().reference(&handle, Domain::Any));
    equal("what the partner got", &kept, &Ok(RefType::StreamHandle as u32))
}

fn give(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let id = stream.id();
    let kept = partner.exchange(&mut keep().give(stream, Domain::Any));
    equal("what the partner got", &kept, &Ok(RefType::Stream as u32))?;
    equal("what is left", &test(id).0, &RefType::None)?;
    done("having it send", partner.ask(Task::Send, 1))?;
    equal("messages", &port.waiting(), &Ok(1))
}

fn domain(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("keeping", partner.exchange(&mut keep().reference(&stream, Domain::NoFurther)))?;
    let back = partner.returned().map(drop);
    refused("sending it on", back, CallError::NoPropagation)?;
    done("keeping", partner.exchange(&mut keep().reference(&stream, Domain::Rdc)))?;
    done("sending it on within the RDC", partner.returned()).map(drop)
}

fn rights(place: &Place) -> Outcome {
    let (partner, victim) = (place.partner()?, place.partner()?);
    done("a first message", victim.ask(Task::Echo, 0))?;
    let incarnation = &victim.child.incarnation;
    let status = inc_rights::STATUS;
    let mut message = keep().reference_with_rights(incarnation, Domain::Any, status);
    let kept = partner.exchange(&mut message);
    equal("what the partner got", &kept, &Ok(RefType::Incarnation as u32))?;
    done("inc_status by a handle with this right", partner.ask(Task::State, 0))?;
    let destroyed = partner.ask(Task::Destroy, 0);
    refused("inc_destroy by a handle without it", destroyed, CallError::NoRight)?;
    equal("whether the other lives", &victim.ask(Task::Echo, 1), &Ok(1))?;
    done("keeping", partner.exchange(&mut keep().reference(incarnation, Domain::Any)))?;
    done("inc_destroy by a handle with all rights", partner.ask(Task::Destroy, 0))?;
    victim.end().map(drop)
}

fn stale(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let id = stream.id();
    drop(stream);
    let stale = rdc::Stream::from_raw(id);
    let sent = partner.exchange(&mut keep().reference(&stale, Domain::Any));
    stale.into_raw();
    refused("a stream that is closed", sent, CallError::NoSuchReference)?;
    let wrong = rdc::Stream::from_raw(port.id());
    let sent = partner.exchange(&mut keep().reference(&wrong, Domain::Any));
    wrong.into_raw();
    refused("a port as a stream", sent, CallError::WrongReferenceType)
}
