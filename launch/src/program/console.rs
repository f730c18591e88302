//! The three standard streams. Input is read in a thread of its own, so that whoever waits
//! for it keeps nobody else waiting.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use abi::service::{ServiceError, TRANSFER_MAX};
use console::Style;

use super::Answers;
use crate::failure::exit;
use crate::files::Reply;
use crate::protocol::ToDaemon;

/// Somebody wants so many bytes of input.
struct Wanted {
    request: u32,
    length: u32,
}

/// The console of an RDC.
pub(super) struct Console {
    /// To the thread that reads, once there is one.
    input: Option<Sender<Wanted>>,
    answers: Answers,
}

/// One of the two streams that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Standard,
    Error,
}

impl Console {
    pub fn new(answers: Answers) -> Self {
        Self { input: None, answers }
    }

    /// Answers `request` with input as soon as there is some.
    pub fn read(&mut self, request: u32, length: u32) {
        let input = self.input.get_or_insert_with(|| {
            let (sender, wanted) = channel();
            let answers = self.answers.clone();
            thread::spawn(move || read_input(&wanted, &answers));
            sender
        });
        // The thread ends only when the daemon is gone, which is noticed elsewhere.
        let _ = input.send(Wanted { request, length });
    }

    /// Writes all of `bytes`. An RDC whose output nobody reads any more is ended, as a process
    /// is, and gets no reply.
    pub fn write(&self, output: Output, bytes: &[u8]) -> Option<Reply> {
        let written = match output {
            Output::Standard => write_to(&mut io::stdout().lock(), bytes),
            Output::Error => write_to(&mut io::stderr().lock(), bytes),
        };
        match written {
            Ok(()) => Some(Reply::number(bytes.len() as i32)),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                // That the daemon is gone is noticed elsewhere.
                let _ = self.answers.say(&ToDaemon::End { code: exit::BROKEN_PIPE });
                None
            }
            Err(_) => Some(ServiceError::Failed.into()),
        }
    }

    /// Shows the report of an incarnation, such as that of a panic: its first line stands out.
    pub fn report(bytes: &[u8]) -> Reply {
        let text = String::from_utf8_lossy(bytes);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let title = Style::new().for_stderr().red().bold();
        let dim = Style::new().for_stderr().dim();
        eprintln!("{}", title.apply_to(plain(first)));
        for line in rest.lines() {
            eprintln!("{}", dim.apply_to(plain(line)));
        }
        Reply::number(0)
    }
}

/// A line without what would control a terminal.
fn plain(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '·' } else { c }).collect()
}

fn write_to(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

fn read_input(wanted: &Receiver<Wanted>, answers: &Answers) {
    for Wanted { request, length } in wanted {
        let mut bytes = vec![0; length.min(TRANSFER_MAX) as usize];
        let reply = match read_some(&mut bytes) {
            Ok(count) => {
                bytes.truncate(count);
                Reply::bytes(bytes)
            }
            Err(_) => ServiceError::Failed.into(),
        };
        if answers.answer(request, reply).is_err() {
            return;
        }
    }
}

fn read_some(bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match io::stdin().lock().read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_do_not_control_the_terminal() {
        assert_eq!(plain("a\x1b[31mb\tc"), "a·[31mb\tc");
    }
}
