//! Every promise is kept while the receiver of messages changes, whatever the order of events,
//! within small bounds.

use models::check::check;
use models::scenario::{Change, Role, Scenario};

/// Checks a scene in which both have to receive something.
fn holds(scenario: Scenario) {
    let outcome = check(scenario);
    println!("{scenario:?}: {outcome}");
    assert!(outcome.failure.is_none(), "{scenario:?}: {outcome}");
    assert!(outcome.missing.is_empty(), "{scenario:?}: {outcome}");
}

/// Two messages, and two deviations from the order in which everything takes its turn.
fn fair(change: Change) -> Scenario {
    Scenario { swaps: Some(2), ..Scenario::fair(change, 2) }
}

/// The same with one deviation, for scenes with a fault.
fn faulty(change: Change) -> Scenario {
    Scenario { swaps: Some(1), ..fair(change) }
}

/// A packet that comes twice, and one that is late, while everything else takes its turn.
fn stray(change: Change) {
    let scenes = [
        Scenario { swaps: Some(0), copies: 1, ..fair(change) },
        Scenario { swaps: Some(0), delays: 1, ..fair(change) },
    ];
    for scenario in scenes {
        let outcome = check(scenario);
        println!("{scenario:?}: {outcome}");
        assert!(outcome.failure.is_none(), "{scenario:?}: {outcome}");
        assert!(!outcome.missing.contains(&"the taker receives"), "{scenario:?}: {outcome}");
    }
}

macro_rules! scenes {
    ($($name:ident: $change:expr,)+) => {
        $(mod $name {
            use super::*;

            #[test]
            fn in_order() {
                holds(fair($change));
            }

            #[test]
            fn with_a_lost_packet() {
                holds(Scenario { losses: 1, ..faulty($change) });
            }

            #[test]
            fn with_a_stray_packet() {
                stray($change);
            }

            #[test]
            fn while_the_old_owner_is_killed() {
                holds(Scenario { killed: Some(Role::Owner), ..faulty($change) });
            }

            #[test]
            fn while_the_new_owner_is_killed() {
                holds(Scenario { killed: Some(Role::Taker), ..faulty($change) });
            }
        })+
    };
}

scenes! {
    propagation: Change::Propagation,
    propagation_that_holds_back: Change::Holding,
    attachment: Change::Attachment,
    rebinding: Change::Rebinding,
}

/// What nothing goes wrong in is small enough for every order there is.
#[test]
fn one_message_in_every_order() {
    for change in [Change::Attachment, Change::Holding] {
        let outcome = check(Scenario::fair(change, 1));
        println!("{change:?}: {outcome}");
        assert!(outcome.failure.is_none(), "{change:?}: {outcome}");
    }
}
