//! Runs an image in QEMU's machine `virt`, bounded in time.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::configuration::Gcc;
use crate::error::{Error, Result};

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
    let mut qemu = Command::new("qemu-system-m68k");
    qemu.args(["-M", "virt", "-m", "64", "-no-reboot", "-nodefaults"])
        .args(["-display", "none", "-monitor", "none", "-serial", "stdio"])
        .args(["-cpu", &format!("m{}", gcc.cpu()), "-append", command_line, "-kernel"])
        .arg(image);
    run_bounded(&mut qemu, limit)
}

/// Runs a program until it ends, or for `limit`: then it is killed.
fn run_bounded(command: &mut Command, limit: Duration) -> Result<Run> {
    let program = PathBuf::from(command.get_program());
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = Guard(child.map_err(Error::run(&program))?);
    let mut stdout = child.0.stdout.take().expect("stdout is a pipe");
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut bytes = Vec::new();
            let outcome = stdout.read_to_end(&mut bytes);
            // The receiver may have given up.
            let _ = sender.send(());
            outcome.map(|_| bytes)
        });
        let ending = match receiver.recv_timeout(limit) {
            Ok(()) => Ending::Ended,
            Err(_) => Ending::Stopped,
        };
        // Its end closes the pipe, and so ends the reader.
        drop(child);
        let bytes = reader.join().expect("the reader does not panic");
        let bytes = bytes.map_err(Error::run(&program))?;
        let output = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Ok(Run { output, ending })
    })
}

/// A process that does not outlive its owner.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended already; either way it is gone after this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Ending, run_bounded};
    use std::process::Command;

    #[test]
    fn takes_all_that_is_printed() {
        let mut shell = Command::new("sh");
        let run = run_bounded(shell.args(["-c", "printf 'a\r\nb\n'"]), Duration::from_mins(1));
        let run = run.unwrap();
        assert_eq!((run.output.as_str(), run.ending), ("a\nb\n", Ending::Ended));
    }

    #[test]
    fn kills_what_does_not_end() {
        let mut forever = Command::new("tail");
        let run = run_bounded(forever.args(["-f", "/dev/null"]), Duration::from_millis(10));
        assert_eq!(run.unwrap().ending, Ending::Stopped);
    }

    #[test]
    fn names_a_program_that_is_missing() {
        let run = run_bounded(&mut Command::new("no-such-program"), Duration::from_mins(1));
        let error = run.err().unwrap().to_string();
        assert_eq!(error, "cannot run no-such-program");
    }
}
