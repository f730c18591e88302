//! One boot of a test image: reads what it says until it ends or has to be ended.

use super::protocol::{self, Apart, Line};
use super::{Failure, Limits, Outcome, TestResult};
use crate::{Config, Error, Exit, Machine};
use std::fmt;
use std::time::{Duration, Instant};

/// How often a silent guest's clock is looked at.
const POLL: Duration = Duration::from_millis(100);

/// The image stops a test itself if it can; so many limits later it cannot.
const GRACE: u64 = 2;

/// What QEMU says of a fault while the processor takes a fault.
const DOUBLE_FAULT: &str = "DOUBLE MMU FAULT";

/// How a boot ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The image said that it was done, and halted.
    Done,
    /// The image halted before it was done.
    Halted,
    /// The image reported a failure.
    Failure,
    /// The processor faulted while it took a fault.
    DoubleFault,
    /// QEMU died in another way; what it said.
    Died(String),
    /// A test went over its instructions and was ended.
    Overrun,
    /// Nothing came for too long, and it was ended.
    Silent,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Done => f.write_str("it returned"),
            Ending::Halted => f.write_str("it halted the machine"),
            Ending::Failure => f.write_str("it panicked or took an exception"),
            Ending::DoubleFault => f.write_str("the processor stopped by a double fault"),
            Ending::Died(how) => f.write_str(how),
            Ending::Overrun => f.write_str("it went over its limit of instructions"),
            Ending::Silent => f.write_str("it went over its limit of host time"),
        }
    }
}

/// The end of a boot.
pub struct End {
    pub ending: Ending,
    /// The test that was running, by its place and name.
    pub interrupted: Option<(usize, String)>,
    /// What that test printed, or the image if none was running.
    pub output: String,
}

/// The test that runs.
struct Running {
    index: usize,
    name: String,
    since: Instant,
    /// The guest's clock when it was first looked at.
    clock_ns: Option<u64>,
}

/// A boot that runs.
pub struct Boot {
    machine: Machine,
    limits: Limits,
    running: Option<Running>,
    output: String,
    said_done: bool,
}

impl Boot {
    pub fn start(config: &Config, limits: Limits) -> Result<Boot, Error> {
        let machine = Machine::start(config)?;
        Ok(Boot { machine, limits, running: None, output: String::new(), said_done: false })
    }

    /// Follows the boot to its end. Tests that return go to `result`, tests that
    /// want a boot of their own to `aparts`, unless they are there already.
    pub fn run(
        mut self,
        aparts: &mut Vec<Apart>,
        result: &mut impl FnMut(TestResult),
    ) -> Result<End, Error> {
        let started = Instant::now();
        loop {
            match self.machine.line(POLL) {
                Ok(Some(line)) => self.take_line(protocol::parse(&line), aparts, result),
                Ok(None) => break self.ended(),
                Err(Error::Timeout { .. }) => {
                    if let Some(ending) = self.look(started)? {
                        break Ok(self.end(ending));
                    }
                }
                Err(error) => break Err(error),
            }
        }
    }

    fn take_line(
        &mut self,
        line: Line,
        aparts: &mut Vec<Apart>,
        result: &mut impl FnMut(TestResult),
    ) {
        match line {
            Line::Begin { index, name } => {
                self.output.clear();
                self.running = Some(Running { index, name, since: Instant::now(), clock_ns: None });
            }
            Line::Pass { index, nanoseconds } => {
                let Some(running) = self.running.take_if(|running| running.index == index) else {
                    return self.take_output(&format!("a test passed that was not begun: {index}"));
                };
                let outcome = if nanoseconds > self.limits.instructions {
                    Outcome::Failed(Failure::Overrun)
                } else {
                    Outcome::Passed { instructions: Some(nanoseconds) }
                };
                let output = std::mem::take(&mut self.output);
                result(TestResult { name: running.name, outcome, output });
            }
            Line::Apart(apart) => {
                if aparts.iter().all(|known| known.index != apart.index) {
                    aparts.push(apart);
                }
            }
            Line::Done => self.said_done = true,
            Line::Tests(_) => {}
            Line::Output(text) => self.take_output(&text),
        }
    }

    fn take_output(&mut self, text: &str) {
        self.output.push_str(text);
        self.output.push('\n');
    }

    /// Looks how far a silent guest has come; says if it is to be ended.
    fn look(&mut self, started: Instant) -> Result<Option<Ending>, Error> {
        let Some(running) = &mut self.running else {
            return Ok((started.elapsed() > self.limits.host).then_some(Ending::Silent));
        };
        if running.since.elapsed() > self.limits.host {
            return Ok(Some(Ending::Silent));
        }
        let clock_ns = match self.machine.guest_clock_ns() {
            Ok(clock_ns) => clock_ns,
            // A machine that is just ending has no monitor any more; its last
            // lines are still to be read.
            Err(Error::Monitor(_) | Error::Io { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let first = *running.clock_ns.get_or_insert(clock_ns);
        let spent = clock_ns.saturating_sub(first);
        Ok((spent > GRACE * self.limits.instructions).then_some(Ending::Overrun))
    }

    /// The output is at its end, so the machine is.
    fn ended(mut self) -> Result<End, Error> {
        let (exit, errors) = self.machine.wait(self.limits.host)?;
        let ending = match exit {
            Exit::Success if self.said_done => Ending::Done,
            Exit::Success => Ending::Halted,
            Exit::Failure if errors.is_empty() => Ending::Failure,
            Exit::Signal(_) if errors.contains(DOUBLE_FAULT) => Ending::DoubleFault,
            _ => Ending::Died(format!("{exit}: {}", errors.trim_end())),
        };
        Ok(self.end(ending))
    }

    fn end(self, ending: Ending) -> End {
        let interrupted = self.running.map(|running| (running.index, running.name));
        End { ending, interrupted, output: self.output }
    }
}
