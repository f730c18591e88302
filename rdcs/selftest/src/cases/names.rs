//! The name service, as one program sees it; `tests/` has programs that meet there.

use rdc::{CallError, ChannelType, Domain, Message, Receive, channel, names};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Place, SOON, done, equal, refused};

pub const CASES: &[(&str, Case)] =
    &[("names.found", found), ("names.errors", errors), ("names.many", many)];

/// Whoever looks a name up has a stream of his own.
fn found(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let (stream, port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    done("ns_register", names::register("a name", &stream, Domain::Any))?;
    done("inc_close", stream.close())?;
    let mut message = Message::with_head(&Command::new(Task::Find, 5)).data(b"a name");
    done("ns_lookUp", partner.exchange(&mut message))?;
    let mut message = Message::new();
    let how = Receive { timeout: SOON, ..Receive::default() };
    done("inc_receive", port.receive_with(&mut message, &how))?;
    equal("what has come", &message.head::<Command>().value.get(), &5)?;
    done("ns_withdraw", names::withdraw("a name"))?;
    let mut message = Message::with_head(&Command::new(Task::Find, 5)).data(b"a name");
    refused("ns_lookUp", partner.exchange(&mut message), CallError::NoSuchLabel)
}

fn errors(_: &Place) -> Outcome {
    let long = "twenty bytes of name.";
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    let register = |name, domain| names::register(name, &stream, domain);
    refused("no name", register("", Domain::Any), CallError::BadArgument)?;
    refused("a name within an RDC", register("here", Domain::Rdc), CallError::BadArgument)?;
    refused("a long name", register(long, Domain::Any), CallError::LabelTooLong)?;
    refused("a long name", names::look_up(long), CallError::LabelTooLong)?;
    refused("a long name", names::withdraw(long), CallError::LabelTooLong)?;
    refused("no such name", names::look_up("nobody"), CallError::NoSuchLabel)?;
    refused("no such name", names::withdraw("nobody"), CallError::NoSuchLabel)?;
    done("ns_register", register("once", Domain::NoFurther))?;
    refused("a name twice", register("once", Domain::Any), CallError::LabelTaken)?;
    let found = done("ns_lookUp", names::look_up("once"))?;
    let further = names::register("further", &found, Domain::Any);
    refused("passing on what was not to be", further, CallError::NoPropagation)?;
    done("ns_withdraw", names::withdraw("once"))
}

/// One program cannot use up all names.
fn many(_: &Place) -> Outcome {
    const EACH: u32 = 32;
    let name = |number: u32| alloc::format!("name {number}");
    let (stream, _port) = done("inc_chanCreate", channel(ChannelType::Unicast))?;
    for number in 0..EACH {
        done("ns_register", names::register(&name(number), &stream, Domain::Any))?;
    }
    let more = names::register(&name(EACH), &stream, Domain::Any);
    refused("one more name", more, CallError::TableFull)?;
    (0..EACH).try_for_each(|number| done("ns_withdraw", names::withdraw(&name(number))))
}
