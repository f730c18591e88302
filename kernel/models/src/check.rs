//! Checks a scene, and says what has come out.

use std::fmt;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use crate::model::{KEPT, tell};
use crate::scenario::Scenario;
use crate::watch::Violation;

/// What has come out.
#[derive(Debug)]
pub struct Outcome {
    /// states in which the kernels have not seen the same
    pub states: usize,
    /// steps from state to state
    pub steps: usize,
    /// steps of the longest way
    pub depth: usize,
    /// how long it took
    pub time: Duration,
    /// the shortest way to a broken promise
    pub failure: Option<Failure>,
    /// what should have happened somewhere, and never has
    pub missing: Vec<&'static str>,
}

/// A way to a broken promise.
#[derive(Debug)]
pub struct Failure {
    /// the promise
    pub violation: Violation,
    /// what has happened, in words
    pub story: Vec<String>,
}

/// Tries everything within the bounds of a scene, or until a promise is broken.
pub fn check(scenario: Scenario) -> Outcome {
    let started = Instant::now();
    let checker = scenario.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let mut missing = Vec::new();
    let mut failure = None;
    for property in scenario.properties() {
        match checker.discovery(property.name) {
            Some(path) if property.name == KEPT => {
                let moment = path.last_state();
                let story = tell(&scenario, &moment.path);
                failure = moment.violation.map(|violation| Failure { violation, story });
            }
            None if property.name != KEPT => missing.push(property.name),
            _ => {}
        }
    }
    Outcome {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        time: started.elapsed(),
        failure,
        missing,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { states, steps, depth, time, .. } = self;
        write!(f, "{states} states, {steps} steps, {depth} deep, {:.1} s", time.as_secs_f32())?;
        if let Some(Failure { violation, story }) = &self.failure {
            write!(f, "\n  {}\n{violation}", story.join("\n  "))?;
        } else if !self.missing.is_empty() {
            write!(f, "\nnever: {}", self.missing.join(", "))?;
        }
        Ok(())
    }
}
