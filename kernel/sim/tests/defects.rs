//! Defects planted on purpose are found, and found as what they are.

use abi::error::CallError;
use sim::fault::FaultSet;
use sim::oracle::Violation;
use sim::plant::Plant;
use sim::pool::{Pool, Shape};

/// Seeds within which a planted defect must be found.
const SEEDS: u64 = 60;
/// The same of one that shows itself rarely.
const MANY_SEEDS: u64 = 200;

/// The first violations that the oracle finds in the runs of so many seeds.
fn found(plant: Plant, faults: FaultSet, seeds: u64) -> Vec<Violation> {
    let shape = |seed| Shape { plant: Some(plant), faults, ..Shape::of_seed(seed) };
    (0..seeds)
        .map(shape)
        .filter_map(|shape| Pool::new(shape).run().err())
        .map(|failure| failure.violation)
        .collect()
}

#[test]
fn a_lost_acknowledgement_that_is_not_asked_for_again_is_found() {
    let found = found(Plant::NoRetry, FaultSet::all(), SEEDS);
    let blamed = |violation: &Violation| {
        matches!(violation, Violation::WrongError { .. } | Violation::Stuck { .. })
    };
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_message_delivered_twice_is_found() {
    let found = found(Plant::NoDuplicateSuppression, FaultSet::all(), SEEDS);
    let blamed = |violation: &Violation| matches!(violation, Violation::Twice { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_handler_that_is_called_although_it_is_not_due_is_found() {
    let found = found(Plant::HandlerAgain, FaultSet::all(), SEEDS);
    let blamed = |violation: &Violation| matches!(violation, Violation::WronglyInterrupted { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_stale_address_that_is_not_checked_is_found() {
    let found = found(Plant::StaleAddress, FaultSet::all(), MANY_SEEDS);
    let blamed = |violation: &Violation| matches!(violation, Violation::Misdelivered { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}

/// Whoever follows it hears that nobody knows of his message, while nothing is lost: an error
/// that partitions and killed nodes would excuse.
#[test]
fn a_stale_redirection_that_is_followed_is_found() {
    let losses = "loss,delay".parse().expect("two faults");
    let found = found(Plant::StaleRedirection, losses, MANY_SEEDS);
    let blamed = |violation: &Violation| {
        matches!(violation, Violation::WrongError { error: CallError::OutcomeUnknown, .. })
    };
    assert!(found.iter().any(blamed), "{found:?}");
}

/// Whoever has invoked waits for a reply of somebody who has given his port away.
#[test]
fn a_message_that_has_moved_and_stayed_is_found() {
    let found = found(Plant::MovedTwice, FaultSet::NONE, MANY_SEEDS);
    let blamed = |violation: &Violation| {
        matches!(violation, Violation::Twice { .. } | Violation::Stuck { .. })
    };
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_message_that_was_to_wait_and_is_dropped_is_found() {
    let found = found(Plant::PendingDropped, FaultSet::NONE, MANY_SEEDS);
    let blamed = |violation: &Violation| matches!(violation, Violation::Lost { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_redirection_that_leads_nowhere_is_found() {
    let found = found(Plant::RedirectionLoop, FaultSet::NONE, MANY_SEEDS);
    let blamed = |violation: &Violation| matches!(violation, Violation::Stuck { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}
