//! Runs the tests inside an image: all in one boot, but for those that are meant
//! to end their image, which get one each. A test that ends its image unasked
//! has failed, and the next boot goes on behind it.
//!
//! Time is counted in instructions, so a test's limit does not depend on the
//! host: a wait that never ends is reported by the image itself, which arms an
//! alarm; a loop that never ends shows in the guest's clock, which the harness
//! reads from outside. The limit in host time is for a QEMU that hangs.

mod boot;
mod protocol;

use crate::{Config, Error, Time};
use boot::{Boot, Ending};
pub use protocol::{Apart, Expected, Line, parse};
use std::fmt;
use std::time::Duration;

/// How long a test may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions.
    pub instructions: u64,
    /// Time of the host.
    pub host: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { instructions: 200_000_000, host: Duration::from_mins(2) }
    }
}

/// What became of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Its module and function.
    pub name: String,
    /// Whether it passed.
    pub outcome: Outcome,
    /// What it printed.
    pub output: String,
}

impl TestResult {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed { .. })
    }
}

/// Whether a test passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It did.
    Passed {
        /// What it took; none for a test that ended its image.
        instructions: Option<u64>,
    },
    /// It did not, and why.
    Failed(Failure),
}

/// Why a test failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It took more than its limit of instructions.
    Overrun,
    /// Nothing came for the limit of host time.
    Silent,
    /// It ended its image: the report is in its output.
    Ended(String),
    /// It was meant to end its image in another way.
    Unexpected {
        /// How it was meant to end.
        expected: Expected,
        /// How it ended.
        ended: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Overrun => f.write_str("it is over its limit of instructions"),
            Failure::Silent => f.write_str("it is over its limit of host time"),
            Failure::Ended(how) => write!(f, "it ended the image: {how}"),
            Failure::Unexpected { expected, ended } => {
                write!(f, "expected {expected}, but {ended}")
            }
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Report(text) => write!(f, "a report with {text:?}"),
            Expected::DoubleFault => f.write_str("a double fault"),
            Expected::Overrun => f.write_str("an endless loop"),
        }
    }
}

/// Runs all tests of an image and hands out each result as it comes.
pub fn run(
    config: &Config,
    limits: Limits,
    mut result: impl FnMut(TestResult),
) -> Result<(), Error> {
    let config = config
        .clone()
        .time(Time::Instructions)
        .option(format!("test.budget={}", limits.instructions));
    for apart in sweep(&config, limits, &mut result)? {
        result(run_apart(&config, limits, apart)?);
    }
    Ok(())
}

/// Runs all tests that are meant to return; returns those that are not.
fn sweep(
    config: &Config,
    limits: Limits,
    result: &mut impl FnMut(TestResult),
) -> Result<Vec<Apart>, Error> {
    let mut aparts = Vec::new();
    let mut from = 0;
    loop {
        let config = config.clone().option(format!("test.from={from}"));
        let end = Boot::start(&config, limits)?.run(&mut aparts, result)?;
        match end.interrupted {
            None if end.ending == Ending::Done => return Ok(aparts),
            None => return Err(Error::Boot { end: end.ending.to_string(), console: end.output }),
            Some((index, name)) => {
                let failure = match end.ending {
                    Ending::Overrun => Failure::Overrun,
                    Ending::Silent => Failure::Silent,
                    ending => Failure::Ended(ending.to_string()),
                };
                result(TestResult { name, outcome: Outcome::Failed(failure), output: end.output });
                from = index + 1;
            }
        }
    }
}

/// Runs one test that is meant to end its image.
fn run_apart(config: &Config, limits: Limits, apart: Apart) -> Result<TestResult, Error> {
    let config = config.clone().option(format!("test.only={}", apart.index));
    let mut returned = Vec::new();
    let end = Boot::start(&config, limits)?
        .run(&mut Vec::new(), &mut |result: TestResult| returned.push(result.output))?;
    let as_meant = match &apart.expected {
        Expected::Report(text) => {
            matches!(end.ending, Ending::Failure)
                && end.output.lines().any(|line| line.contains(text.as_str()))
        }
        Expected::DoubleFault => end.ending == Ending::DoubleFault,
        Expected::Overrun => end.ending == Ending::Overrun,
    };
    let outcome = if as_meant {
        Outcome::Passed { instructions: None }
    } else {
        let ended = end.ending.to_string();
        Outcome::Failed(Failure::Unexpected { expected: apart.expected, ended })
    };
    let output = returned.concat() + &end.output;
    Ok(TestResult { name: apart.name, outcome, output })
}
