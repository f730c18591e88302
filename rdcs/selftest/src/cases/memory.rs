//! The heap, by `inc_brk`, and the stack.

use alloc::string::String;
use alloc::vec::Vec;

use rdc::{CallError, EndReason};
use selftest::Task;

use super::Case;
use crate::bench::{Outcome, Place, done, equal, refused};

pub const CASES: &[(&str, Case)] = &[
    ("memory.heap", heap),
    ("memory.limit", limit),
    ("memory.stack", stack),
    ("memory.reuse", reuse),
];

/// The heap of a module that says nothing else.
const HEAP_BYTES: u32 = 1 << 20;

fn heap(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let first = done("100,000 bytes", partner.ask(Task::Grow, 100_000))?;
    equal("the same again", &partner.ask(Task::Grow, 100_000), &Ok(first))
}

fn limit(place: &Place) -> Outcome {
    let partner = place.partner()?;
    refused("all of the heap", partner.ask(Task::Grow, HEAP_BYTES), CallError::NoMemory)?;
    done("a part of it", partner.ask(Task::Grow, HEAP_BYTES / 4)).map(drop)
}

fn stack(place: &Place) -> Outcome {
    let partner = place.partner()?;
    let lost = partner.ask(Task::Fault, 1);
    refused("an invocation whose receiver faults", lost, CallError::OutcomeUnknown)?;
    equal("its end", &partner.end()?.0, &EndReason::Faulted)
}

fn reuse(_: &Place) -> Outcome {
    for round in 0..200u32 {
        let texts: Vec<String> =
            (0..round).map(|number| alloc::format!("text {number} of {round}")).collect();
        let last = texts.last().map(String::as_str).unwrap_or_default();
        let expected = match round {
            0 => String::new(),
            _ => alloc::format!("text {} of {round}", round - 1),
        };
        equal("the last text", &last, &expected.as_str())?;
    }
    Ok(())
}
