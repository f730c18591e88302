//! Waiting for events: `inc_eventWait`.

use rdc::event::{self, Event};
use rdc::{CallError, ChannelType, Domain, Message, Timeout, channel};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Place, SOON, done, elapsed, equal, has_waited, refused};

pub const CASES: &[(&str, Case)] = &[
    ("events.timeout", timeout),
    ("events.message", message),
    ("events.invokable", invokable),
    ("events.closed", closed),
    ("events.made_and_dead", made_and_dead),
    ("events.wrong", wrong),
];

fn timeout(_: &Place) -> Outcome {
    let (_stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let mut events = [Event::message_at(&port)];
    equal("a poll", &done("inc_eventWait", event::wait(&mut events, Timeout::Poll))?.len(), &0)?;
    let before = elapsed()?;
    let occurred = done("inc_eventWait", event::wait(&mut events, Timeout::WithinMs(30)))?.len();
    equal("events", &occurred, &0)?;
    has_waited(before, 30)
}

/// Of two ports, one gets a message from the partner.
fn message(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (_other_stream, other) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let keep = Command::new(Task::Keep, 0);
    let mut message = Message::with_head(&keep).reference(&stream, Domain::Any);
    done("giving the partner a stream", partner.exchange(&mut message))?;
    let send = &mut Message::with_head(&Command::new(Task::Send, 1));
    done("having it send", partner.child.stream.send(send))?;
    let mut events = [Event::message_at(&other), Event::message_at(&port)];
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?;
    equal("events", &occurred.len(), &1)?;
    equal("whether it is that of the port", &occurred[0].is_about(&port), &true)?;
    equal("messages", &occurred[0].details().0, &1)
}

/// A stream at its limit can send again when the partner has received.
fn invokable(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("a first message", partner.ask(Task::Echo, 0))?;
    let sleep = &mut Message::with_head(&Command::new(Task::Sleep, 300));
    done("putting it to sleep", partner.child.stream.send(sleep))?;
    let mut stream = done("inc_setBufferLimit", partner.child.stream.asynchronous(1))?;
    let note = &mut Message::with_head(&Command::new(Task::Note, 1));
    done("inc_asinvoke", stream.invoke(note, alloc::vec![0; 10_000]))?;
    let mut events = [Event::invokable(&partner.child.stream)];
    let at_once = done("inc_eventWait", event::wait(&mut events, Timeout::Poll))?.len();
    equal("events while it sleeps", &at_once, &0)?;
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?.len();
    equal("events when it has received", &occurred, &1)?;
    done("waiting", stream.wait()).map(drop)
}

fn closed(_: &Place) -> Outcome {
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let handle = done("inc_hanCreate", stream.handle())?;
    let mut events = [Event::closed(&handle)];
    let open = done("inc_eventWait", event::wait(&mut events, Timeout::Poll))?.len();
    equal("events while it is open", &open, &0)?;
    drop(stream);
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?.len();
    equal("events when it is closed", &occurred, &1)
}

fn made_and_dead(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let incarnation = &partner.child.incarnation;
    let mut events = [Event::dead(incarnation), Event::made(incarnation)];
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?;
    equal("its first event", &occurred[0].end(), &None)?;
    let exit = &mut Message::with_head(&Command::new(Task::Exit, 4));
    done("telling it to end", partner.child.stream.send(exit))?;
    let mut events = [Event::made(incarnation), Event::dead(incarnation)];
    let occurred = done("inc_eventWait", event::wait(&mut events, SOON))?;
    equal("its last event", &occurred[0].end(), &Some((rdc::EndReason::Exited, 4)))
}

fn wrong(_: &Place) -> Outcome {
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let wrong = rdc::Port::from_raw(stream.id());
    let mut events = [Event::message_at(&wrong)];
    let waited = event::wait(&mut events, Timeout::Poll).map(<[_]>::len);
    wrong.into_raw();
    refused("a stream as a port", waited, CallError::WrongReferenceType)
}
