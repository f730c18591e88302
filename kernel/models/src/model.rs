//! The scenes as models of the checker.

use std::hash::{Hash, Hasher};

use stateright::{Model, Property};

use crate::scenario::{Role, Scenario};
use crate::stage::{Action, Stage};
use crate::watch::Violation;

/// The property that no promise is broken.
pub const KEPT: &str = "every promise is kept";

/// A moment of a scene: how it was reached, and what can be seen of it.
#[derive(Debug, Clone)]
pub struct Moment {
    /// all that has happened, in order
    pub path: Vec<Action>,
    /// all that can happen next
    pub next: Vec<Action>,
    /// the promise that was broken
    pub violation: Option<Violation>,
    /// messages that the owner and the taker have received
    pub received: [usize; 2],
    /// stands for everything that decides what can still happen
    fingerprint: u64,
}

impl Moment {
    fn of(stage: &Stage, path: Vec<Action>) -> Moment {
        Moment {
            path,
            next: stage.actions(),
            violation: stage.violation(),
            received: [Role::Owner, Role::Taker].map(|role| stage.received(role)),
            fingerprint: stage.fingerprint(),
        }
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Moment) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Hash for Moment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint.hash(state);
    }
}

/// Plays a scene up to a moment.
pub fn play(scenario: &Scenario, path: &[Action]) -> Stage {
    let mut stage = Stage::new(scenario);
    for &action in path {
        stage.perform(action);
    }
    stage.judge();
    stage
}

/// What happens along a path, in words.
pub fn tell(scenario: &Scenario, path: &[Action]) -> Vec<String> {
    let mut stage = Stage::new(scenario);
    let told = path.iter().map(|&action| {
        let line = stage.tell(action);
        stage.perform(action);
        line
    });
    told.collect()
}

impl Model for Scenario {
    type State = Moment;
    type Action = Action;

    fn init_states(&self) -> Vec<Moment> {
        vec![Moment::of(&Stage::new(self), Vec::new())]
    }

    fn actions(&self, moment: &Moment, actions: &mut Vec<Action>) {
        actions.extend(&moment.next);
    }

    fn next_state(&self, moment: &Moment, action: Action) -> Option<Moment> {
        let mut path = moment.path.clone();
        path.push(action);
        Some(Moment::of(&play(self, &path), path))
    }

    fn properties(&self) -> Vec<Property<Scenario>> {
        vec![
            Property::always(KEPT, |_, moment: &Moment| moment.violation.is_none()),
            Property::sometimes("the owner receives", |_, moment: &Moment| moment.received[0] > 0),
            Property::sometimes("the taker receives", |_, moment: &Moment| moment.received[1] > 0),
            Property::sometimes("both receive", |_, moment: &Moment| !moment.received.contains(&0)),
        ]
    }
}
