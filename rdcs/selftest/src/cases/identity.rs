//! Who and where: `inc_self`, `inc_where`, `inc_rdcId`, `inc_nodeList`, `inc_moduleId`, and the
//! times.

use core::time::Duration;

use rdc::abi::constants::{RefType, inc_rights};
use rdc::{CallError, Message, Module};
use selftest::{Answer, Command, Task};

use super::Case;
use crate::bench::{Outcome, Place, done, elapsed, equal, has_waited, refused};

pub const CASES: &[(&str, Case)] = &[
    ("identity.self", myself),
    ("identity.nodes", nodes),
    ("identity.modules", modules),
    ("identity.where", whereabouts),
    ("identity.time", time),
    ("identity.sleep", sleep),
    ("identity.load", load),
];

fn myself(_: &Place) -> Outcome {
    let (ref_type, rights) = rdc::test(rdc::myself().id());
    equal("the type of the own handle", &ref_type, &RefType::Incarnation)?;
    equal("its rights", &rights, &inc_rights::ALL)?;
    equal("the standard port", &rdc::test(rdc::port().id()).0, &RefType::Port)?;
    equal("the launch stream", &rdc::test(rdc::launch().id()).0, &RefType::Stream)?;
    equal("whether the RDC has a number", &rdc::rdc_id().is_some(), &true)
}

fn nodes(place: &Place) -> Outcome {
    let nodes = done("inc_nodeList", rdc::nodes())?;
    let is_there = nodes.iter().any(|node| node.id == place.node);
    equal("whether the partner's node is in the list", &is_there, &true)?;
    let host = nodes.iter().any(|node| node.id.0 == 0);
    equal("whether the host is in the list", &host, &false)
}

fn modules(_: &Place) -> Outcome {
    equal("the primary module", &done("inc_moduleId", Module::named("selftest"))?.id().0, &0)?;
    refused("an unknown module", Module::named("nobody"), CallError::NoSuchModule)?;
    refused("no name", Module::named(""), CallError::NoSuchModule)?;
    let long = "a-name-of-20-letters";
    refused("a name that is too long", Module::named(long), CallError::LabelTooLong)
}

fn whereabouts(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let mut message = Message::with_head(&Command::new(Task::Echo, 0));
    done("asking where it is", partner.exchange(&mut message))?;
    equal("its node", &message.head::<Answer>().node.get(), &place.node.0.into())
}

fn time(_: &Place) -> Outcome {
    let before = elapsed()?;
    done("inc_sleep", rdc::sleep(Duration::from_millis(20)))?;
    has_waited(before, 20)?;
    let now = rdc::time::now().map_err(|error| alloc::format!("time of day: {error}"))?;
    equal("whether it is later than 2020", &(now.as_secs() > 1_577_836_800), &true)
}

fn sleep(_: &Place) -> Outcome {
    done("no time at all", rdc::sleep(Duration::ZERO))?;
    let ever = rdc::sleep(Duration::from_millis(1 << 31));
    refused("longer than an int says", ever, CallError::BadArgument)
}

/// One that makes calls all the time: the node tells others of it, and itself learns how much of
/// that time it spends in the kernel.
fn load(_: &Place) -> Outcome {
    const BOUND: Duration = Duration::from_secs(10);
    let begin = elapsed()?;
    loop {
        for _ in 0..10_000 {
            equal("the own node", &rdc::node(), &rdc::node())?;
        }
        let nodes = done("inc_nodeList", rdc::nodes())?;
        let load = nodes.iter().find(|node| node.id == rdc::node()).map_or(0, |node| node.load);
        let times = done("inc_time", rdc::time::times())?;
        equal("whether the parts fit", &(times.user + times.system <= times.elapsed), &true)?;
        if load > 0 && !times.system.is_zero() {
            return Ok(());
        }
        if times.elapsed > begin + BOUND {
            return Err(alloc::format!("after ten seconds: a load of {load}, {times:?}"));
        }
    }
}
