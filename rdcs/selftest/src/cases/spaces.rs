//! Stream space: references that are deposited here and fetched there, and the other way round.

use alloc::string::ToString;

use rdc::abi::constants::RefType;
use rdc::space::{self, Copies};
use rdc::{CallError, ChannelType, Domain, Incarnation, Message, Port, Stream, Timeout, channel};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Partner, Place, SOON, done, elapsed, equal, has_waited, refused};

pub const CASES: &[(&str, Case)] = &[
    ("space.put", put),
    ("space.wait", wait),
    ("space.time", time),
    ("space.limit", limit),
    ("space.port", port),
    ("space.cache", cache),
    ("space.gone", gone),
    ("space.full", full),
    ("space.delete", delete),
    ("space.errors", errors),
    ("space.print", print),
];

/// How long a partner that waits is given to begin to.
const A_WHILE_MS: u32 = 100;

fn tell(partner: &Partner, task: Task, value: u32, label: &str) -> Result<u32, CallError> {
    partner.exchange(&mut Message::with_head(&Command::new(task, value)).data(label.as_bytes()))
}

fn receive(port: &Port, value: u32) -> Outcome {
    let mut message = Message::new();
    let how = rdc::Receive { timeout: SOON, ..rdc::Receive::default() };
    done("inc_receive", port.receive_with(&mut message, &how))?;
    equal("what has come", &message.head::<Command>().value.get(), &value)
}

/// A label of this case at this place, so that cases leave each other alone.
fn label(case: &str, place: &Place) -> alloc::string::String {
    alloc::format!("{case} {}", place.name)
}

/// A stream that is there before somebody wants it.
fn put(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let label = label("put", place);
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("ss_put", space::put(&label, &stream, Copies::Unlimited))?;
    done("fetching", tell(&partner, Task::Fetch, 5, &label))?;
    receive(&port, 5)?;
    done("ss_delete", space::delete(&label))
}

/// Somebody wants it before it is there: he waits, and others are served meanwhile.
fn wait(place: &Place) -> Outcome {
    let (waiting, working) = (place.partner()?, place.partner()?);
    let label = label("wait", place);
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let kept = Message::with_head(&Command::new(Task::Keep, 0));
    done("keeping", working.exchange(&mut kept.reference(&stream, Domain::Any)))?;
    let mut message = Message::with_head(&Command::new(Task::Fetch, 6)).data(label.as_bytes());
    done("having it wait", waiting.child.stream.send(&mut message))?;
    done("inc_sleep", rdc::sleep(core::time::Duration::from_millis(A_WHILE_MS.into())))?;
    equal("what has come", &port.waiting(), &Ok(0))?;
    done("having the other deposit it", tell(&working, Task::Deposit, 0, &label))?;
    receive(&port, 6)?;
    done("ss_delete", space::delete(&label))
}

/// Waiting for what is not there ends in time.
fn time(_: &Place) -> Outcome {
    let before = elapsed()?;
    let nothing = space::get_within::<Stream>("nothing", Timeout::WithinMs(A_WHILE_MS));
    refused("ss_getTimed", nothing, CallError::TimedOut)?;
    has_waited(before, A_WHILE_MS.into())?;
    let nothing = space::get_within::<Stream>("nothing", Timeout::Poll);
    refused("ss_getTimed", nothing, CallError::TimedOut)
}

/// Two copies at a time: a third is had when one has come back.
fn limit(place: &Place) -> Outcome {
    let (first, second) = (place.partner()?, place.partner()?);
    let label = label("limit", place);
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("ss_put", space::put(&label, &stream, Copies::AtMost(2)))?;
    done("the first copy", tell(&first, Task::Borrow, 1000, &label))?;
    let own = done("the second copy", space::get::<Stream>(&label))?;
    let third = tell(&second, Task::Borrow, A_WHILE_MS, &label);
    refused("the third copy", third, CallError::TimedOut)?;
    done("ss_return", first.ask(Task::Release, 0))?;
    done("the third copy", tell(&second, Task::Borrow, 1000, &label))?;
    refused("a fourth copy", tell(&first, Task::Borrow, 1, &label), CallError::TimedOut)?;
    let id = own.id();
    done("ss_return", own.give_back())?;
    equal("what is left", &rdc::test(id).0, &RefType::None)?;
    done("a copy", tell(&first, Task::Borrow, 1000, &label))?;
    done("ss_delete", space::delete(&label))
}

/// A port is had once: it goes with its messages, and comes back with them.
fn port(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let label = label("port", place);
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, 1))))?;
    done("ss_put", space::give(&label, port).map_err(Into::into))?;
    done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, 2))))?;
    let own = done("ss_get", space::get::<Port>(&label))?;
    receive(&own, 1)?;
    let second = space::get_within::<Port>(&label, Timeout::Poll);
    refused("a second port", second, CallError::TimedOut)?;
    done("ss_return", own.give_back())?;
    done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, 3))))?;
    let own = done("ss_get", space::get::<Port>(&label))?;
    receive(&own, 2)?;
    let left = done("ss_return", own.give_back_without_messages())?;
    receive(&left, 3)?;
    let own = done("ss_get", space::get::<Port>(&label))?;
    equal("what is left", &own.waiting(), &Ok(0))?;
    drop(own);
    let kept = Message::with_head(&Command::new(Task::Keep, 0));
    let own = done("ss_get", space::get::<Port>(&label))?;
    drop(own);
    done("keeping", partner.exchange(&mut kept.reference(&stream, Domain::Any)))?;
    done("ss_delete", space::delete(&label))
}

/// What is kept is had again without asking, also when it is not there any more.
fn cache(place: &Place) -> Outcome {
    let label = label("cache", place);
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("ss_put", space::put(&label, &stream, Copies::Unlimited))?;
    let first = done("ss_get", space::get::<Stream>(&label))?.id();
    let again = done("ss_get", space::get::<Stream>(&label))?.id();
    equal("the second copy", &again, &first)?;
    done("ss_delete", space::delete(&label))?;
    let kept = done("ss_get", space::get_within::<Stream>(&label, Timeout::Poll))?;
    done("inc_send", kept.send(&mut Message::with_head(&Command::new(Task::Note, 8))))?;
    receive(&port, 8)?;
    let other = alloc::format!("{label}!");
    done("ss_put", space::put(&other, &stream, Copies::Uncached))?;
    let first = done("ss_get", space::get::<Stream>(&other))?;
    let again = done("ss_get", space::get::<Stream>(&other))?;
    if first.id() == again.id() {
        return Err("SS_DONTCACHE was cached".to_string());
    }
    done("ss_delete", space::delete(&other))
}

/// Those who have died while they waited get nothing, and others in their stead.
fn gone(place: &Place) -> Outcome {
    let (first, second) = (place.partner()?, place.partner()?);
    for (kind, copies) in [("copy", Copies::AtMost(1)), ("port", Copies::Unlimited)] {
        let label = alloc::format!("{kind} {}", place.name);
        let waiting = place.partner()?;
        let task = Message::with_head(&Command::new(Task::Fetch, 0));
        done("having it wait", waiting.child.stream.send(&mut task.data(label.as_bytes())))?;
        let awaited = alloc::format!("{label:<19}  not there; 1 waits");
        while !done("ss_print", space::contents())?.lines().any(|line| line == awaited) {}
        done("inc_destroy", waiting.child.incarnation.destroy())?;
        waiting.end()?;
        let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
        if kind == "port" {
            done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, 7))))?;
            done("ss_put", space::give(&label, port).map_err(Into::into))?;
            let own = done("ss_get", space::get_within::<Port>(&label, Timeout::WithinMs(60000)))?;
            receive(&own, 7)?;
        } else {
            done("ss_put", space::put(&label, &stream, copies))?;
            done("the copy", tell(&first, Task::Borrow, 5000, &label))?;
            refused(
                "a copy too many",
                tell(&second, Task::Borrow, 1, &label),
                CallError::TimedOut,
            )?;
        }
        done("ss_delete", space::delete(&label))?;
    }
    Ok(())
}

/// There is a bound, and room again when something is deleted.
fn full(place: &Place) -> Outcome {
    let mut labels = alloc::vec::Vec::new();
    let refusal = loop {
        let label = label(&labels.len().to_string(), place);
        match space::put(&label, rdc::myself(), Copies::Unlimited) {
            Ok(()) => labels.push(label),
            Err(error) => break error,
        }
    };
    equal("why not one more", &refusal, &CallError::TableFull)?;
    let is_enough = labels.len() > 500;
    done("ss_delete", space::delete(&labels[0]))?;
    done("ss_put", space::put(&labels[0], rdc::myself(), Copies::Unlimited))?;
    for label in &labels {
        done("ss_delete", space::delete(label))?;
    }
    equal("whether more than 500 find room", &is_enough, &true)
}

fn delete(place: &Place) -> Outcome {
    let label = label("delete", place);
    refused("ss_delete", space::delete(&label), CallError::NoSuchLabel)?;
    done("ss_put", space::put(&label, rdc::myself(), Copies::Uncached))?;
    drop(done("ss_get", space::get::<Incarnation>(&label))?);
    done("ss_delete", space::delete(&label))?;
    let gone = space::get_within::<Incarnation>(&label, Timeout::Poll);
    refused("ss_get", gone, CallError::TimedOut)
}

fn errors(place: &Place) -> Outcome {
    let label = label("errors", place);
    let long = "twenty bytes of label";
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let put = |label: &str, copies| space::put(label, &stream, copies);
    refused("a long label", put(long, Copies::Unlimited), CallError::LabelTooLong)?;
    refused("a long label", space::get::<Stream>(long), CallError::LabelTooLong)?;
    refused("a long label", space::delete(long), CallError::LabelTooLong)?;
    refused("no copies", put(&label, Copies::AtMost(0)), CallError::BadArgument)?;
    done("ss_put", put(&label, Copies::AtMost(1)))?;
    refused("a label twice", put(&label, Copies::Unlimited), CallError::LabelTaken)?;
    let other = space::get::<Port>(&label);
    refused("another type", other, CallError::WrongReferenceType)?;
    drop(done("what was of another type", space::get_within::<Stream>(&label, Timeout::Poll))?);
    let failed = space::give(&label, port).err().ok_or("a label was taken twice")?;
    equal("why not", &failed.error, &CallError::LabelTaken)?;
    let port = failed.port.ok_or("the port was lost")?;
    done("inc_send", stream.send(&mut Message::with_head(&Command::new(Task::Note, 9))))?;
    receive(&port, 9)?;
    done("ss_delete", space::delete(&label))
}

fn print(place: &Place) -> Outcome {
    let label = label("print", place);
    let labels: alloc::vec::Vec<_> =
        (0..100).map(|number| alloc::format!("{label} {number:02}")).collect();
    for label in &labels {
        done("ss_put", space::put(label, rdc::myself(), Copies::AtMost(3)))?;
    }
    let text = done("ss_print", space::contents())?;
    for label in &labels {
        let line = alloc::format!("{label:<19}  incarnation, 0 of 3 copies taken");
        if !text.lines().any(|known| known == line) {
            return Err(alloc::format!("{label} is not in:\n{text}"));
        }
        done("ss_delete", space::delete(label))?;
    }
    Ok(())
}
