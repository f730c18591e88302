//! Defects planted on purpose are found, and found as what they are.

use models::check::check;
use models::scenario::{Change, Scenario};
use models::watch::Violation;
use sim::plant::Plant;

/// The promise that a defect breaks.
fn broken(plant: Plant, change: Change, swaps: u8) -> Violation {
    let scenario = Scenario { plant: Some(plant), swaps: Some(swaps), ..Scenario::fair(change, 2) };
    let outcome = check(scenario);
    println!("{plant:?}: {outcome}");
    outcome.failure.expect("the defect shows itself").violation
}

#[test]
fn a_message_that_has_moved_and_stayed_is_found() {
    let violation = broken(Plant::MovedTwice, Change::Propagation, 2);
    assert!(matches!(violation, Violation::Twice { .. }), "{violation}");
}

#[test]
fn a_message_that_was_to_wait_and_is_dropped_is_found() {
    let violation = broken(Plant::PendingDropped, Change::Propagation, 2);
    assert!(matches!(violation, Violation::Gap { .. } | Violation::Lost { .. }), "{violation}");
}

#[test]
fn a_redirection_that_leads_nowhere_is_found() {
    let violation = broken(Plant::RedirectionLoop, Change::Propagation, 0);
    assert!(matches!(violation, Violation::Endless | Violation::Stuck { .. }), "{violation}");
}
