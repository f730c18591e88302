//! Runs an image in a QEMU machine, bounded in time.

use std::path::Path;
use std::time::Duration;

use qemu::{Config, Machine};

use crate::configuration::Gcc;
use crate::error::Result;

/// What the cases may take: many times what they do take.
pub(crate) const CASES_LIMIT: Duration = Duration::from_mins(4);
/// What a random program may take: its functions do at most some thousand
/// operations each.
pub(crate) const RANDOM_LIMIT: Duration = Duration::from_mins(1);

/// How a run came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// the image or QEMU ended it
    Ended,
    /// it took too long
    Stopped,
}

/// What an image printed.
pub(crate) struct Run {
    pub(crate) output: String,
    pub(crate) ending: Ending,
}

/// Boots `image` with a command line and takes what it prints for `limit` at most.
pub(crate) fn run(image: &Path, gcc: Gcc, command_line: &str, limit: Duration) -> Result<Run> {
    let config = Config::new(image).cpu(gcc.qemu()).memory_mb(64).option(command_line);
    let mut machine = Machine::start(&config)?;
    let ending = match machine.wait(limit) {
        Ok(_) => Ending::Ended,
        Err(qemu::Error::Timeout { .. }) => Ending::Stopped,
        Err(error) => return Err(error.into()),
    };
    Ok(Run { output: machine.console().replace("\r\n", "\n"), ending })
}
