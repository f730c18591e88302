//! Making and controlling incarnations: `inc_create`, `inc_destroy`, `inc_freeze`,
//! `inc_unfreeze`, `inc_status`, `inc_exit`.

use rdc::abi::constants::IncarnationState;
use rdc::event::{self, Event};
use rdc::{CallError, EndReason, InitialState, Message, NodeId, Priority, Timeout};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Partner, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("incarnations.parameters", parameters),
    ("incarnations.exit", exit),
    ("incarnations.panic", panic),
    ("incarnations.destroy", destroy),
    ("incarnations.freeze", freeze),
    ("incarnations.inchoate", inchoate),
    ("incarnations.template", template),
    ("incarnations.status", status),
    ("incarnations.wrong", wrong),
    ("incarnations.many", many),
];

fn parameters(place: &Place) -> Outcome {
    for length in [0, 1, 1000] {
        let given = super::messages::pattern(length);
        let partner = place.partner_with(&given)?;
        let mut buffer = [0; 1500];
        let command = Command::new(Task::Parameters, 0);
        let mut message = Message::with_head(&command).buffer(&mut buffer, 0);
        done("asking for its parameters", partner.exchange(&mut message))?;
        equal("the parameters", &message.extra(), &given.as_slice())?;
    }
    let too_many = alloc::vec![0; 1600];
    refused("too many", place.module.create(place.node, &too_many), CallError::BadLength)
}

fn exit(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let message = &mut Message::with_head(&Command::new(Task::Exit, -5i32 as u32));
    done("telling it to end", partner.child.stream.send(message))?;
    equal("its end", &partner.end()?, &(EndReason::Exited, -5))
}

fn panic(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let message = &mut Message::with_head(&Command::new(Task::Panic, 9));
    done("telling it to panic", partner.child.stream.send(message))?;
    equal("its end", &partner.end()?, &(EndReason::Exited, 101))
}

fn destroy(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("a first message", partner.ask(Task::Echo, 0))?;
    done("inc_destroy", partner.child.incarnation.destroy())?;
    equal("its end", &partner.end()?.0, &EndReason::Destroyed)?;
    let refusals = [CallError::PeerLost, CallError::NotAttached];
    match partner.ask(Task::Echo, 0) {
        Err(error) if refusals.contains(&error) => Ok(()),
        other => Err(alloc::format!("a message to it: {other:?}")),
    }
}

fn freeze(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let incarnation = &partner.child.incarnation;
    done("a first message", partner.ask(Task::Echo, 0))?;
    let not_frozen = incarnation.unfreeze(Priority::NORMAL);
    refused("inc_unfreeze of one that runs", not_frozen, CallError::NotFrozen)?;
    done("inc_freeze", incarnation.freeze())?;
    let state = done("inc_status", incarnation.status())?.state;
    equal("its state", &state, &IncarnationState::Frozen)?;
    let note = &mut Message::with_head(&Command::new(Task::Note, 1));
    done("inc_send to it", partner.child.stream.send(note))?;
    done("inc_unfreeze", incarnation.unfreeze(Priority::HIGHEST))?;
    equal("its notes", &partner.notes()?.len(), &1)
}

fn inchoate(place: &Place) -> Outcome {
    let child = place.module.create_as(place.node, b"later", InitialState::Inchoate);
    let partner = Partner { child: done("inc_create", child)? };
    let incarnation = &partner.child.incarnation;
    let mut events = [Event::made(incarnation)];
    let made = done("inc_eventWait", event::wait(&mut events, SOON))?.len();
    equal("whether it was made", &made, &1)?;
    let note = &mut Message::with_head(&Command::new(Task::Note, 1));
    done("inc_send to it", partner.child.stream.send(note))?;
    done("inc_unfreeze", incarnation.unfreeze(Priority::NORMAL))?;
    equal("its notes", &partner.notes()?.len(), &1)
}

/// Partners made from one that has never run are as good as that is when it is started.
fn template(place: &Place) -> Outcome {
    let child = place.module.create_as(place.node, b"first", InitialState::Inchoate);
    let template = Partner { child: done("inc_create", child)? };
    let incarnation = &template.child.incarnation;
    let mut copies = alloc::vec::Vec::new();
    for node in [place.node, rdc::node()] {
        let child = incarnation.create(node, b"copy");
        copies.push(Partner { child: done("inc_create from it", child)? });
    }
    done("inc_unfreeze", incarnation.unfreeze(Priority::NORMAL))?;
    refused("one that runs", incarnation.create(place.node, &[]), CallError::NotInchoate)?;
    copies.push(template);
    for (number, partner) in copies.iter().enumerate() {
        let number = number as u32;
        equal("its echo", &partner.ask(Task::Echo, number), &Ok(number))?;
    }
    let powerless = rdc::myself().create(place.node, &[]);
    refused("oneself", powerless, CallError::NotInchoate)
}

fn status(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("a first message", partner.ask(Task::Echo, 0))?;
    let status = done("inc_status", partner.child.incarnation.status())?;
    equal("its state", &status.state, &IncarnationState::Executing)?;
    equal("its node", &status.node, &place.node)?;
    equal("whether it has text", &(status.text_pages > 0), &true)?;
    let myself = done("inc_status of oneself", rdc::myself().status())?;
    equal("the own node", &myself.node, &rdc::node())
}

fn wrong(place: &Place) -> Outcome {
    refused("node 255", place.module.create(NodeId(255), &[]), CallError::NoSuchNode)?;
    let (stream, _port) = done("inc_chanCreate", rdc::channel(rdc::ChannelType::Unicast))?;
    let wrong = rdc::Incarnation::from_raw(stream.id());
    let expected = CallError::WrongReferenceType;
    let results = [wrong.destroy(), wrong.freeze(), wrong.unfreeze(Priority::NORMAL)];
    wrong.into_raw();
    results.into_iter().try_for_each(|result| refused("a stream", result, expected))
}

/// As many partners as the node takes; then they are destroyed.
fn many(place: &Place) -> Outcome {
    let mut partners = alloc::vec::Vec::new();
    while partners.len() < 8 {
        partners.push(place.partner()?);
    }
    for (number, partner) in partners.iter().enumerate() {
        let number = number as u32;
        equal("its echo", &partner.ask(Task::Echo, number), &Ok(number))?;
    }
    let mut ends: alloc::vec::Vec<_> =
        partners.iter().map(|partner| Event::dead(&partner.child.incarnation)).collect();
    let ended = done("inc_eventWait", event::wait(&mut ends, Timeout::Poll))?.len();
    equal("how many have ended", &ended, &0)
}
