//! Defects planted on purpose are found, and found as what they are.

use sim::oracle::Violation;
use sim::plant::Plant;
use sim::pool::{Pool, Shape};

/// Seeds within which a planted defect must be found.
const SEEDS: u64 = 60;

/// The first violations that the oracle finds in the runs of `SEEDS` seeds.
fn found(plant: Plant) -> Vec<Violation> {
    let shapes = (0..SEEDS).map(|seed| Shape { plant: Some(plant), ..Shape::of_seed(seed) });
    shapes
        .filter_map(|shape| Pool::new(shape).run().err())
        .map(|failure| failure.violation)
        .collect()
}

#[test]
fn a_lost_acknowledgement_that_is_not_asked_for_again_is_found() {
    let found = found(Plant::NoRetry);
    let blamed = |violation: &Violation| {
        matches!(violation, Violation::WrongError { .. } | Violation::Stuck { .. })
    };
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_message_delivered_twice_is_found() {
    let found = found(Plant::NoDuplicateSuppression);
    let blamed = |violation: &Violation| matches!(violation, Violation::Twice { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}

#[test]
fn a_stale_redirection_that_is_followed_is_found() {
    let found = found(Plant::StaleRedirection);
    let blamed = |violation: &Violation| matches!(violation, Violation::Misdelivered { .. });
    assert!(found.iter().any(blamed), "{found:?}");
}
