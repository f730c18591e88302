//! Runs an image in QEMU's machine `virt`, bounded in time.

use std::io::Read;
use std::path::Path;
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

const QEMU: &str = "qemu-system-m68k";

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
    let mut qemu = Guard(start(image, gcc, command_line)?);
    let mut stdout = qemu.0.stdout.take().expect("stdout is a pipe");
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
        drop(qemu);
        let bytes = reader.join().expect("the reader does not panic");
        let bytes = bytes.map_err(Error::run(QEMU.as_ref()))?;
        let output = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Ok(Run { output, ending })
    })
}

fn start(image: &Path, gcc: Gcc, command_line: &str) -> Result<Child> {
    Command::new(QEMU)
        .args(["-M", "virt", "-m", "64", "-no-reboot", "-nodefaults"])
        .args(["-display", "none", "-monitor", "none", "-serial", "stdio"])
        .args(["-cpu", &format!("m{}", gcc.cpu()), "-append", command_line, "-kernel"])
        .arg(image)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(Error::run(QEMU.as_ref()))
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
