//! QEMU processes: none outlives who started it.

use std::fmt;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

use crate::Error;
use crate::config::PROGRAM;

/// How a machine ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The image halted the machine.
    Success,
    /// The image reported a failure, or QEMU refused its own command line.
    Failure,
    /// QEMU died by a signal of this number; it aborts (6) when the processor
    /// faults while it takes a fault.
    Signal(i32),
}

impl Exit {
    pub(crate) fn of(status: ExitStatus) -> Exit {
        match status.signal() {
            Some(signal) => Exit::Signal(signal),
            None if status.success() => Exit::Success,
            None => Exit::Failure,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Success => f.write_str("success"),
            Exit::Failure => f.write_str("failure"),
            Exit::Signal(number) => write!(f, "QEMU died by signal {number}"),
        }
    }
}

/// A child that does not outlive its value.
#[derive(Debug)]
pub(crate) struct Guarded(pub(crate) Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // Both fail only for a child that is gone, which is the aim.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts QEMU. The calling thread must live as long as QEMU is to.
pub(crate) fn spawn(command: &mut Command) -> Result<Guarded, Error> {
    die_with_parent(command);
    let child = command.spawn().map_err(|source| Error::Start { program: PROGRAM, source })?;
    Ok(Guarded(child))
}

/// Has the operating system kill the child when the thread that starts it ends,
/// in whatever way.
#[expect(unsafe_code, reason = "what runs between fork and exec is the caller's to judge")]
fn die_with_parent(command: &mut Command) {
    let ask = || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
            .map_err(io::Error::from)
    };
    // SAFETY: the closure makes one system call; it neither allocates nor locks.
    unsafe { command.pre_exec(ask) };
}
