//! A command that runs, and what it says meanwhile.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal};

use crate::LIMIT;

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// On standard output.
    Out,
    /// On standard error.
    Err,
}

/// A command that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<(Channel, String)>,
    said: Vec<(Channel, String)>,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code: that of a shell, if a signal has ended it.
    pub code: i32,
    said: Vec<(Channel, String)>,
}

impl Running {
    /// Starts a command. What it says is read at once, so that it never waits for its reader.
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("it is a pipe");
        let stderr = child.stderr.take().expect("it is a pipe");
        read(Channel::Out, stdout, sender.clone());
        read(Channel::Err, stderr, sender);
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line.
    ///
    /// # Panics
    /// If the command ends, or [`LIMIT`] has passed, before it is said.
    pub fn wait_for_line(&mut self, awaited: &str, is_it: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            let Ok((channel, line)) = self.lines.recv_timeout(rest) else {
                panic!("waited for {awaited}; said: {:#?}", self.said);
            };
            self.said.push((channel, line.clone()));
            if is_it(&line) {
                return line;
            }
        }
    }

    /// Leaves out what it has said already.
    pub fn forget_lines(&mut self) {
        self.said.extend(self.lines.try_iter());
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let sent = rustix::process::kill_process(self.pid(), signal);
        sent.expect("nobody but its owner waits for its end");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it has not ended after [`LIMIT`].
    pub fn end(mut self) -> Ended {
        let end = Instant::now() + LIMIT;
        // Both pipes are closed when it, and all that it has started, have ended.
        while let Some(rest) = end.checked_duration_since(Instant::now()) {
            match self.lines.recv_timeout(rest) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait().expect("it is a child");
                    let signal = status.signal().map(|signal| 128 + signal);
                    let code = status.code().or(signal).expect("it has ended");
                    return Ended { code, said: std::mem::take(&mut self.said) };
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        panic!("it does not end; said: {:#?}", self.said);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// What it has said on a channel.
    pub fn text(&self, channel: Channel) -> String {
        let lines = self.said.iter().filter(|(said_on, _)| *said_on == channel);
        lines.map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The lines of standard output that begin with a word, without it.
    pub fn lines_after<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let out = self.said.iter().filter(|(channel, _)| *channel == Channel::Out);
        out.filter_map(move |(_, line)| line.strip_prefix(word))
    }

    /// Everything, for the message of a test that fails.
    pub fn everything(&self) -> String {
        format!("exit code {}\n{}\n{}", self.code, self.text(Channel::Out), self.text(Channel::Err))
    }
}

fn read(channel: Channel, from: impl Read + Send + 'static, to: Sender<(Channel, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            if to.send((channel, line)).is_err() {
                return;
            }
        }
    });
}
