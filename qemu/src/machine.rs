//! Running machines.

use crate::console::Console;
use crate::process::{self, Exit, Guarded};
use crate::qmp::Qmp;
use crate::{Config, Error};
use command_fds::{CommandFdExt, FdMapping};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The monitor's number among the files that QEMU inherits.
const MONITOR_FD: i32 = 3;

/// Runs a machine whose console is the user's terminal, to its end.
pub fn attach(config: &Config) -> Result<Exit, Error> {
    let mut child = spawn(config, &mut config.command())?;
    let status = child.0.wait().map_err(Error::io("wait for QEMU"))?;
    Ok(Exit::of(status))
}

fn spawn(config: &Config, command: &mut Command) -> Result<Guarded, Error> {
    if !config.image().exists() {
        return Err(Error::NoImage(config.image().to_owned()));
    }
    process::spawn(command)
}

/// A machine whose console a program reads and writes.
///
/// Drop kills it. The thread that starts it must live as long as it does.
#[derive(Debug)]
pub struct Machine {
    child: Guarded,
    input: ChildStdin,
    output: Receiver<Vec<u8>>,
    console: Console,
    errors: Option<JoinHandle<String>>,
    qmp: Qmp,
    qmp_is_open: bool,
}

impl Machine {
    /// Starts a machine.
    pub fn start(config: &Config) -> Result<Machine, Error> {
        let (ours, theirs) = UnixStream::pair().map_err(Error::io("make a pair of sockets"))?;
        let mut command = config.command();
        command
            .args(["-chardev", &format!("socket,id=monitor,fd={MONITOR_FD}")])
            .args(["-mon", "chardev=monitor,mode=control"])
            .fd_mappings(vec![FdMapping { parent_fd: theirs.into(), child_fd: MONITOR_FD }])
            .expect("one file has no number twice")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn(config, &mut command)?;
        let input = child.0.stdin.take().expect("standard input is a pipe");
        let output = child.0.stdout.take().expect("standard output is a pipe");
        let errors = child.0.stderr.take().expect("standard error is a pipe");
        Ok(Machine {
            child,
            input,
            output: forward(output),
            console: Console::default(),
            errors: Some(thread::spawn(move || read_all(errors))),
            qmp: Qmp::new(ours)?,
            qmp_is_open: false,
        })
    }

    /// Types on the console.
    pub fn send(&mut self, text: &str) -> Result<(), Error> {
        let write = self.input.write_all(text.as_bytes()).and_then(|()| self.input.flush());
        write.map_err(Error::io("type on the console"))
    }

    /// Waits until the output contains a text; returns the output up to its end.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> Result<String, Error> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(output) = self.console.take_through(text) {
                return Ok(output);
            }
            self.receive_awaited(text, limit, deadline)?;
        }
    }

    /// The next line of output without its end; none at the end of all output,
    /// where a last line without an end still counts.
    pub fn line(&mut self, limit: Duration) -> Result<Option<String>, Error> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(line) = self.console.take_through("\n") {
                return Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()));
            }
            match self.receive_awaited("a line", limit, deadline) {
                Err(Error::Ended { .. }) => return Ok(self.console.take_rest()),
                other => other?,
            }
        }
    }

    /// Waits for the machine's end. Returns how it ended and what QEMU itself
    /// complained of; output that was not taken can still be taken.
    pub fn wait(&mut self, limit: Duration) -> Result<(Exit, String), Error> {
        let deadline = Instant::now() + limit;
        loop {
            match self.receive_awaited("the machine's end", limit, deadline) {
                Err(Error::Ended { .. }) => break,
                other => other?,
            }
        }
        // The console's end is QEMU's end, but for the moment it takes to die.
        let status = self.child.0.wait().map_err(Error::io("wait for QEMU"))?;
        let errors = self.errors.take().map(|reader| reader.join().unwrap_or_default());
        Ok((Exit::of(status), errors.unwrap_or_default()))
    }

    /// The guest's clock in nanoseconds, read without the guest's help.
    pub fn guest_clock_ns(&mut self) -> Result<u64, Error> {
        if !self.qmp_is_open {
            self.qmp.open()?;
            self.qmp_is_open = true;
        }
        self.qmp.guest_clock_ns()
    }

    /// Receives some more output.
    fn receive_awaited(
        &mut self,
        awaited: &str,
        limit: Duration,
        deadline: Instant,
    ) -> Result<(), Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(piece) => {
                self.console.push(&piece);
                Ok(())
            }
            Err(reason) => {
                let (awaited, console) = (awaited.to_owned(), self.console());
                Err(match reason {
                    RecvTimeoutError::Timeout => Error::Timeout { awaited, limit, console },
                    RecvTimeoutError::Disconnected => Error::Ended { awaited, console },
                })
            }
        }
    }

    /// All output so far.
    pub fn console(&self) -> String {
        self.console.all()
    }
}

/// Forwards what can be read, piece by piece, from a thread of its own.
fn forward(mut source: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = source.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

fn read_all(mut source: impl Read) -> String {
    let mut bytes = Vec::new();
    // What came before a failure is still worth telling.
    let _ = source.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
