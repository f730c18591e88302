//! Parents and children (§7.1, §7.3): `inc_makeDependent`, `inc_auxStream`, `inc_status`.

use rdc::abi::constants::{IncarnationState, inc_rights};
use rdc::{CallError, Dependency, Domain, EndReason, Message};
use selftest::{Command, Task};

use super::Case;
use crate::bench::{Outcome, Partner, Place, done, elapsed, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("control.auxiliary", auxiliary),
    ("control.dependency", dependency),
    ("control.group", group),
    ("control.status", status),
    ("control.wrong", wrong),
];

/// Makes `parent` a parent of `child`, who depends on it from now on.
fn bind(parent: &Partner, child: &Partner, dependency: Dependency) -> Outcome {
    let keep = Message::with_head(&Command::new(Task::Keep, 0));
    let incarnation = &child.child.incarnation;
    let mut keep = keep.reference_with_rights(incarnation, Domain::Rdc, inc_rights::DEPEND);
    done("keeping a handle", parent.exchange(&mut keep))?;
    let bound = parent.ask(Task::Depend, dependency as u32);
    done("inc_makeDependent by it", bound).map(drop)
}

fn auxiliary(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let stream = done("inc_auxStream", partner.child.incarnation.auxiliary_stream())?;
    let note = &mut Message::with_head(&Command::new(Task::Note, 5));
    done("inc_send by it", stream.send(note))?;
    equal("what the partner has found", &partner.ask(Task::Auxiliary, 0), &Ok(5))?;
    equal("its notes", &partner.notes()?.len(), &0)?;
    let own = done("inc_auxStream of oneself", rdc::myself().auxiliary_stream())?;
    done("inc_send to oneself", own.send(&mut Message::new()))?;
    equal("messages", &rdc::auxiliary_port().waiting(), &Ok(1))?;
    done("inc_receive", rdc::auxiliary_port().receive(&mut Message::new())).map(drop)
}

fn dependency(place: &Place) -> Outcome {
    let (parent, child) = (place.partner()?, place.partner()?);
    bind(&parent, &child, Dependency::Absolute)?;
    equal("its echo", &child.ask(Task::Echo, 1), &Ok(1))?;
    done("inc_destroy of the parent", parent.child.incarnation.destroy())?;
    equal("the end of the child", &child.end()?.0, &EndReason::Dependency)
}

fn group(place: &Place) -> Outcome {
    let child = place.partner()?;
    let mut parents = alloc::vec::Vec::new();
    for _ in 0..2 {
        let parent = place.partner()?;
        bind(&parent, &child, Dependency::Group)?;
        parents.push(parent);
    }
    // One who is not bound any more does not count.
    let free = place.partner()?;
    bind(&free, &child, Dependency::Absolute)?;
    bind(&free, &child, Dependency::None)?;
    drop((parents.pop(), free));
    let slept = rdc::sleep(core::time::Duration::from_millis(2500));
    done("inc_sleep", slept)?;
    equal("its echo", &child.ask(Task::Echo, 1), &Ok(1))?;
    drop(parents);
    equal("the end of the child", &child.end()?.0, &EndReason::Dependency)
}

fn status(place: &Place) -> Outcome {
    let partner = place.partner()?;
    done("a first message", partner.ask(Task::Grow, 64 << 10))?;
    let before = done("inc_status", partner.child.incarnation.status())?;
    done("inc_freeze", partner.child.incarnation.freeze())?;
    for number in 0..3 {
        let note = &mut Message::with_head(&Command::new(Task::Note, number));
        done("inc_send", partner.child.stream.send(note))?;
    }
    let after = done("inc_status", partner.child.incarnation.status())?;
    equal("its state", &after.state, &IncarnationState::Frozen)?;
    // If it had begun to receive when it was frozen, that call is complete with the first message.
    equal("whether the others wait", &(2..=3).contains(&after.messages), &true)?;
    equal("messages before", &before.messages, &0)?;
    equal("whether it has heap", &(after.heap_pages >= 16), &true)?;
    let pages = [after.text_pages, after.stack_pages, after.pincdata_pages.into()];
    equal("whether it has the rest", &pages.map(|pages| pages > 0), &[true; 3])?;
    equal("whether it is older", &(after.elapsed_ms >= before.elapsed_ms), &true)?;
    let begun = elapsed()?;
    while elapsed()? < begun + core::time::Duration::from_millis(400) {}
    let myself = done("inc_status of oneself", rdc::myself().status())?;
    // Others may have the processor now and then.
    equal("whether this one is a load", &(50..=256).contains(&myself.load), &true)
}

fn wrong(place: &Place) -> Outcome {
    let itself = rdc::myself().make_dependent(Dependency::Absolute);
    refused("itself", itself, CallError::BadArgument)?;
    let partner = place.partner()?;
    let incarnation = &partner.child.incarnation;
    done("inc_destroy", incarnation.destroy())?;
    done("its end", partner.end().map_err(|_| CallError::TimedOut))?;
    let gone = incarnation.auxiliary_stream().map(drop);
    refused("inc_auxStream of one that is gone", gone, CallError::Unreachable)?;
    let gone = incarnation.make_dependent(Dependency::Group);
    refused("inc_makeDependent of one that is gone", gone, CallError::Unreachable)
}
