//! Declared configuration: children that have streams and ports to each other before their
//! `main`.

use alloc::format;
use alloc::string::String;

use rdc::space;
use rdc::{
    CallError, ChannelType, EndReason, Interface, Message, Port, Receive, Stream, StreamHandle,
    interface,
};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Partner, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("declared.pair", pair),
    ("declared.ring", ring),
    ("declared.handles", handles),
    ("declared.group", group),
    ("declared.impossible", impossible),
    ("declared.errors", errors),
];

/// A label of this case at this place, so that cases leave each other alone.
fn label(case: &str, place: &Place) -> String {
    format!("{case} {}", place.name)
}

fn receive(port: &Port, value: u32) -> Outcome {
    let mut message = Message::new();
    let how = Receive { timeout: SOON, ..Receive::default() };
    done("inc_receive", port.receive_with(&mut message, &how))?;
    equal("what has come", &message.head::<Command>().value.get(), &value)
}

/// The first sends something by its declared stream, and it arrives at the other's port.
fn passes(from: &Partner, to: &Partner, value: u32) -> Outcome {
    done("sending by a declared stream", from.ask(Task::Via, value))?;
    equal("what has come to the other", &to.ask(Task::At, 0), &Ok(value))
}

/// Two that wait for each other's channel.
fn pair(place: &Place) -> Outcome {
    let (left, right) = (label("left", place), label("right", place));
    let one = place.partner_between(&[Interface::stream(&right), Interface::port(&left)])?;
    let other = place.partner_between(&[Interface::stream(&left), Interface::port(&right)])?;
    passes(&one, &other, 3)?;
    passes(&other, &one, 4)?;
    done("ss_delete", space::delete(&left))?;
    done("ss_delete", space::delete(&right))
}

/// Each sends to the next, whose channel is declared last.
fn ring(place: &Place) -> Outcome {
    const LENGTH: usize = 5;
    let label = |number: usize| label(&format!("ring {}", number % LENGTH), place);
    let partners = (0..LENGTH).map(|number| {
        let interfaces = [Interface::stream(&label(number + 1)), Interface::port(&label(number))];
        place.partner_between(&interfaces)
    });
    let partners: Result<alloc::vec::Vec<_>, _> = partners.collect();
    let partners = partners?;
    for number in 0..LENGTH {
        passes(&partners[number], &partners[(number + 1) % LENGTH], 10 + number as u32)?;
    }
    (0..LENGTH).try_for_each(|number| done("ss_delete", space::delete(&label(number))))
}

/// The handle leads a declared stream elsewhere; who gets the channel by its label is still led
/// to where it was.
fn handles(place: &Place) -> Outcome {
    let (from, to, han) = (label("from", place), label("to", place), label("han", place));
    let (_, here) = done("ss_createChan", space::channel(&from, ChannelType::Unicast))?;
    let (elsewhere, there) = done("ss_createChan", space::channel(&to, ChannelType::Unicast))?;
    let partner = place.partner_between(&[Interface::stream(&from).handle(&han)])?;
    done("sending by a declared stream", partner.ask(Task::Via, 1))?;
    receive(&here, 1)?;
    let handle = done("ss_get", space::get::<StreamHandle>(&han))?;
    done("inc_rebindStream", handle.rebind(&elsewhere))?;
    done("sending by a declared stream", partner.ask(Task::Via, 2))?;
    receive(&there, 2)?;
    let mut message = Message::with_head(&Command::new(Task::Fetch, 3)).data(from.as_bytes());
    done("sending by a label", partner.exchange(&mut message))?;
    receive(&here, 3)?;
    [&from, &to, &han].into_iter().try_for_each(|label| done("ss_delete", space::delete(label)))
}

/// Two ports at a multicast channel that is declared elsewhere, and later.
fn group(place: &Place) -> Outcome {
    let (all, heard) = (label("all", place), label("heard", place));
    let interfaces = [Interface::stream(&heard), Interface::port_at(&all)];
    let partners = [place.partner_between(&interfaces)?, place.partner_between(&interfaces)?];
    let (stream, own) = done("ss_createChan", space::channel(&all, ChannelType::Multicast))?;
    done("inc_close", own.close())?;
    let (_, port) = done("ss_createChan", space::channel(&heard, ChannelType::Unicast))?;
    for partner in &partners {
        done("sending by a declared stream", partner.ask(Task::Via, 6))?;
        receive(&port, 6)?;
    }
    done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, 7))))?;
    for partner in &partners {
        equal("what a member has got", &partner.ask(Task::At, 0), &Ok(7))?;
    }
    done("ss_delete", space::delete(&all))?;
    done("ss_delete", space::delete(&heard))
}

/// One that cannot have what was declared ends before its `main`.
fn impossible(place: &Place) -> Outcome {
    let taken = label("taken", place);
    done("ss_put", space::put(&taken, rdc::myself(), space::Copies::Unlimited))?;
    let partner = place.partner_between(&[Interface::port(&taken)])?;
    equal("how a port at a label that is taken ends", &partner.end()?, &(EndReason::Exited, 1))?;
    let partner = place.partner_between(&[Interface::stream(&taken)])?;
    equal("how a stream that is none ends", &partner.end()?, &(EndReason::Exited, 1))?;
    done("ss_delete", space::delete(&taken))
}

fn errors(place: &Place) -> Outcome {
    let long = [Interface::stream("twenty bytes of label")];
    let made = place.module.create_with(place.node, b"", &long);
    refused("inc_create", made, CallError::LabelTooLong)?;
    let long = [Interface::port("short").handle("twenty bytes of label")];
    let made = place.module.create_with(place.node, b"", &long);
    refused("inc_create", made, CallError::LabelTooLong)?;
    let many = [Interface::port("many"); 30];
    let made = place.module.create_with(place.node, b"", &many);
    refused("inc_create", made, CallError::BadLength)?;
    let none: Result<&Stream, _> = interface::stream(0);
    refused("inc_paramRef", none, CallError::NoSuchReference)?;
    let partner = place.partner_between(&[Interface::port(&label("only", place))])?;
    refused("a port as a stream", partner.ask(Task::Via, 0), CallError::WrongReferenceType)?;
    refused("a port too many", partner.ask(Task::At, 0), CallError::NoSuchReference)?;
    done("ss_delete", space::delete(&label("only", place)))
}
