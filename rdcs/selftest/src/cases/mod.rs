//! The cases, by subject.

mod buffers;
mod control;
mod declared;
mod events;
mod faults;
mod files;
mod fork;
mod identity;
mod incarnations;
mod interrupts;
mod memory;
mod messages;
mod moving;
mod names;
mod nodes;
mod ports;
mod references;
mod replies;
mod spaces;

use crate::bench::{Outcome, Place};

/// A case: what it checks, with partners at a place.
pub type Case = fn(&Place) -> Outcome;

/// All cases and their names, which begin with their subject.
pub fn all() -> impl Iterator<Item = (&'static str, Case)> {
    const SUBJECTS: &[&[(&str, Case)]] = &[
        identity::CASES,
        memory::CASES,
        messages::CASES,
        replies::CASES,
        ports::CASES,
        references::CASES,
        moving::CASES,
        spaces::CASES,
        declared::CASES,
        names::CASES,
        buffers::CASES,
        incarnations::CASES,
        control::CASES,
        fork::CASES,
        nodes::CASES,
        events::CASES,
        interrupts::CASES,
        faults::CASES,
        files::CASES,
    ];
    SUBJECTS.iter().copied().flatten().copied()
}
