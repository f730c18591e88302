//! Reconfiguration: ports that go to a partner and come back, and are attached in place of its;
//! streams that are rebound and frozen; groups.

use rdc::abi::constants::{RefType, port_flags};
use rdc::reconfigure::{Arrived, attach, replace};
use rdc::{Arrival, CallError, ChannelType, Domain, Message, Port, Received, Stream, channel};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Partner, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("moving.give", give),
    ("moving.hold", hold),
    ("moving.back", back),
    ("moving.attach", attached),
    ("moving.rebind", rebind),
    ("moving.freeze", freeze),
    ("moving.group", group),
];

fn keep() -> Message<'static> {
    Message::with_head(&Command::new(Task::Keep, 0))
}

fn send(stream: &Stream, values: core::ops::Range<u32>) -> Outcome {
    for value in values {
        done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, value))))?;
    }
    Ok(())
}

/// The partner must receive these at the port that it keeps.
fn partner_receives(partner: &Partner, values: core::ops::Range<u32>) -> Outcome {
    for value in values {
        equal("what the partner received", &partner.ask(Task::Receive, 0), &Ok(value))?;
    }
    Ok(())
}

fn receive(port: &Port, values: core::ops::Range<u32>) -> Outcome {
    for value in values {
        let mut message = Message::new();
        let how = rdc::Receive { timeout: SOON, ..rdc::Receive::default() };
        let arrival = done("inc_receive", port.receive_with(&mut message, &how))?;
        equal("whether it is a message", &matches!(arrival, Arrival::Message), &true)?;
        equal("what has come", &message.head::<Command>().value.get(), &value)?;
    }
    equal("what is left", &port.waiting(), &Ok(0))
}

/// A port goes to the partner with the messages that have arrived.
fn give(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    send(&stream, 1..4)?;
    let id = port.id();
    let kept = partner.exchange(&mut keep().give(port, Domain::Any));
    equal("what the partner got", &kept, &Ok(RefType::Port as u32))?;
    equal("what is left", &rdc::test(id).0, &RefType::None)?;
    send(&stream, 4..6)?;
    partner_receives(&partner, 1..6)
}

/// A port that is kept gets no more messages; those that have arrived stay, or move.
fn hold(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    send(&stream, 1..3)?;
    let mut message = keep().reference_with_rights(&port, Domain::Any, port_flags::HOLD);
    done("keeping a port", partner.exchange(&mut message))?;
    send(&stream, 3..5)?;
    partner_receives(&partner, 3..5)?;
    receive(&port, 1..3)?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    send(&stream, 1..3)?;
    let mut message = keep().reference_with_rights(&port, Domain::Any, port_flags::MOVE_QUEUE);
    done("keeping a port", partner.exchange(&mut message))?;
    send(&stream, 3..4)?;
    partner_receives(&partner, 1..4)?;
    equal("what is left", &port.waiting(), &Ok(0))
}

/// A port goes to the partner and comes back with its reply.
fn back(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, mut port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    for round in 0..10 {
        let value = round * 4 + 1;
        send(&stream, value..value + 2)?;
        done("keeping a port", partner.exchange(&mut keep().give(port, Domain::Any)))?;
        send(&stream, value + 2..value + 3)?;
        partner_receives(&partner, value..value + 1)?;
        let Some(Received::Port(came)) = done("getting it back", partner.returned())? else {
            return Err("no port came back".into());
        };
        port = came;
        receive(&port, value + 1..value + 3)?;
    }
    Ok(())
}

/// The partner's port takes the place of one of our own, and the reverse.
fn attached(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (_spare, theirs) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("keeping a port", partner.exchange(&mut keep().give(theirs, Domain::Any)))?;
    let Some(Received::PortHandle(theirs)) = done("a handle", partner.handle())? else {
        return Err("no handle came".into());
    };
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    send(&stream, 1..4)?;
    done("inc_attachPort", replace(&port, &theirs, &stream, Arrived::Move))?;
    send(&stream, 4..6)?;
    partner_receives(&partner, 1..6)?;
    done("inc_attachPort", replace(&theirs, &port, &stream, Arrived::Move))?;
    send(&stream, 6..8)?;
    receive(&port, 6..8)?;
    let again = replace(&theirs, &port, &stream, Arrived::Stay);
    equal("to attach what is attached", &again, &Ok(()))?;
    let (other, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let result = replace(&theirs, &port, &other, Arrived::Stay);
    refused("to detach what is not attached", result, CallError::NotAttached)
}

/// The partner's stream is led to another port, with what it has sent.
fn rebind(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (first, first_port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let (second, second_port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("keeping a stream", partner.exchange(&mut keep().reference(&first, Domain::Any)))?;
    let Some(Received::StreamHandle(theirs)) = done("a handle", partner.handle())? else {
        return Err("no handle came".into());
    };
    for value in 1..4 {
        done("having it send", partner.ask(Task::Send, value))?;
    }
    done("inc_rebindStream", theirs.rebind_with(&second, &first_port))?;
    done("having it send", partner.ask(Task::Send, 4))?;
    receive(&second_port, 1..5)?;
    done("inc_rebindStream", theirs.rebind(&first))?;
    done("having it send", partner.ask(Task::Send, 5))?;
    receive(&first_port, 5..6)
}

/// A frozen stream of the partner's own sends when it is unfrozen.
fn freeze(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("keeping a stream", partner.exchange(&mut keep().reference(&stream, Domain::Any)))?;
    let Some(Received::StreamHandle(theirs)) = done("a handle", partner.handle())? else {
        return Err("no handle came".into());
    };
    refused("inc_unfreezeStream", theirs.unfreeze(), CallError::NotFrozen)?;
    done("inc_freezeStream", theirs.freeze())?;
    let command = Command::new(Task::Send, 9);
    done("a command", partner.child.stream.send(&mut Message::with_head(&command)))?;
    done("inc_sleep", rdc::sleep(core::time::Duration::from_millis(50)))?;
    equal("what has come meanwhile", &port.waiting(), &Ok(0))?;
    done("inc_unfreezeStream", theirs.unfreeze())?;
    receive(&port, 9..10)
}

/// All members of a group get what is sent to it; the partner is one.
fn group(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Multicast))?;
    let mut message = keep().reference(&port, Domain::Any);
    equal("what the partner got", &partner.exchange(&mut message), &Ok(RefType::Port as u32))?;
    let also = done("inc_portCreate", stream.new_port())?;
    send(&stream, 1..4)?;
    receive(&port, 1..4)?;
    receive(&also, 1..4)?;
    partner_receives(&partner, 1..4)?;
    refused("inc_invoke", stream.invoke(&mut Message::new()), CallError::MulticastNotAllowed)?;
    let (unicast, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("inc_attachPort", attach(&also, &unicast))?;
    send(&unicast, 4..5)?;
    receive(&also, 4..5)?;
    let mixed = partner.exchange(&mut keep().reference(&also, Domain::Any));
    refused("to propagate a port of both kinds", mixed, CallError::MixedPort)
}
