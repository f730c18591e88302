//! What becomes of incarnations that do what they must not: they end, or stand still for a
//! parent who wants to see it, and nobody else is harmed.

use alloc::format;

use rdc::abi::constants::IncarnationState;
use rdc::event::{self, Event};
use rdc::{EndReason, Message, Module, Timeout};
use selftest::Task;
use selftest::crimes::{CRIMES, Crime};

use super::Case;
use crate::bench::{Outcome, Partner, Place, SOON, done, equal};

pub const CASES: &[(&str, Case)] = &[
    ("faults.unwatched", unwatched),
    ("faults.watched", watched),
    ("faults.neighbour", neighbour),
];

/// One who will commit a crime when told to.
fn culprit(place: &Place, number: usize) -> Result<Partner, crate::bench::Failure> {
    let module = done("the culprit's module", Module::named("culprit"))?;
    let child = done("a culprit", module.create(place.node, &[number as u8]))?;
    Ok(Partner { child })
}

/// Has it done, and says which it was if that goes wrong.
fn each(case: impl Fn(usize, &Crime) -> Outcome) -> Outcome {
    let mut crimes = CRIMES.iter().enumerate();
    crimes.try_for_each(|(number, crime)| {
        case(number, crime).map_err(|failure| format!("{}: {failure}", crime.name))
    })
}

fn unwatched(place: &Place) -> Outcome {
    each(|number, crime| {
        let culprit = culprit(place, number)?;
        done("telling it", culprit.child.stream.send(&mut Message::new()))?;
        equal("its end", &culprit.end()?, &(EndReason::Faulted, crime.vector as i32))
    })
}

fn watched(place: &Place) -> Outcome {
    each(|number, crime| {
        let culprit = culprit(place, number)?;
        let incarnation = &culprit.child.incarnation;
        let mut events = [Event::faulting(incarnation)];
        let early = done("inc_eventWait", event::wait(&mut events, Timeout::Poll))?.len();
        equal("faults of one who waits", &early, &0)?;
        done("telling it", culprit.child.stream.send(&mut Message::new()))?;
        let seen = done("inc_eventWait", event::wait(&mut events, SOON))?;
        let (vector, address) = seen.first().ok_or("no fault was seen")?.details();
        equal("the exception", &vector, &crime.vector)?;
        equal("the address", &address, &crime.address.unwrap_or(address))?;
        let state = done("inc_status", incarnation.status())?.state;
        equal("its state", &state, &IncarnationState::Faulting)?;
        done("inc_destroy", incarnation.destroy())?;
        equal("its end", &culprit.end()?.0, &EndReason::Destroyed)
    })
}

/// A partner on the same node works while all the crimes are committed.
fn neighbour(place: &Place) -> Outcome {
    let partner = place.partner()?;
    each(|number, _| {
        let culprit = culprit(place, number)?;
        done("telling it", culprit.child.stream.send(&mut Message::new()))?;
        equal("the partner's echo", &partner.ask(Task::Echo, number as u32), &Ok(number as u32))?;
        culprit.end().map(drop)
    })
}
