//! The standard streams of the RDC, and printing to them.
//!
//! What is printed to standard output is sent line by line, so that lines of different
//! incarnations do not mix.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use abi::service::{Operation, STDERR, STDIN, STDOUT, TRANSFER_MAX};
use spin::{Mutex, MutexGuard};

pub use embedded_io::{Read, Seek, SeekFrom, Write};

use crate::pool::launch;
use crate::reference::Stream;
use crate::service::{Error, get, put, request};
use crate::start;

/// Reads at most `buffer` from a descriptor.
pub(crate) fn read_at(
    launch: &Stream,
    descriptor: u32,
    offset: u64,
    buffer: &mut [u8],
) -> Result<usize, Error> {
    let length = buffer.len().min(TRANSFER_MAX as usize);
    let mut request = request(Operation::Read);
    request.descriptor = descriptor.into();
    request.offset = offset.into();
    request.length = (length as u32).into();
    get(launch, &request, &[], &mut buffer[..length]).map(|(_, data)| data.len())
}

/// Writes what it can of `data` to a descriptor.
pub(crate) fn write_at(
    launch: &Stream,
    descriptor: u32,
    offset: u64,
    data: &[u8],
) -> Result<usize, Error> {
    let length = data.len().min(TRANSFER_MAX as usize);
    let mut request = request(Operation::Write);
    request.descriptor = descriptor.into();
    request.offset = offset.into();
    request.length = (length as u32).into();
    put(launch, &request, &data[..length]).map(|written| written.result as usize)
}

/// Writes all of `data` to a standard stream.
fn write_stream(descriptor: u32, mut data: &[u8]) -> Result<(), Error> {
    while !data.is_empty() {
        match write_at(launch(), descriptor, 0, data)? {
            0 => return Err(Error::EndOfData),
            written => data = data.get(written..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// Bytes that a line may have before a part of it is written.
const LINE_MAX: usize = 1024;

/// What was printed and not yet sent: less than a line.
struct LineBuffer {
    bytes: [u8; LINE_MAX],
    length: usize,
}

static OUTPUT: Mutex<LineBuffer> = Mutex::new(LineBuffer { bytes: [0; LINE_MAX], length: 0 });

/// What was printed. There is one thread: only a handler can find somebody at work on it.
fn output() -> MutexGuard<'static, LineBuffer> {
    OUTPUT.try_lock().expect("handlers of software interrupts print to standard error only")
}

impl LineBuffer {
    fn write(&mut self, mut data: &[u8]) -> Result<(), Error> {
        while !data.is_empty() {
            let count = data.len().min(LINE_MAX - self.length);
            let (taken, rest) = data.split_at(count);
            self.bytes[self.length..][..count].copy_from_slice(taken);
            self.length += count;
            data = rest;
            if self.length == LINE_MAX {
                self.flush()?;
            }
        }
        if self.bytes[..self.length].contains(&b'\n') { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let length = core::mem::take(&mut self.length);
        write_stream(STDOUT, &self.bytes[..length])
    }
}

/// Writes out what was printed last, if anybody is there to take it.
pub(crate) fn flush_rest() {
    if start::if_started().is_some()
        && let Some(mut output) = OUTPUT.try_lock()
    {
        // There is nobody to tell any more.
        let _ = output.flush();
    }
}

/// The standard output of the RDC, sent line by line.
#[derive(Clone, Copy, Debug)]
pub struct Stdout;

impl Stdout {
    /// Writes all of `data` without waiting for the end of a line, behind what was printed
    /// before.
    pub fn write_at_once(&mut self, data: &[u8]) -> Result<(), Error> {
        output().flush()?;
        write_stream(STDOUT, data)
    }
}

/// The standard error of the RDC, sent at once.
#[derive(Clone, Copy, Debug)]
pub struct Stderr;

/// The standard input of the RDC. Its incarnations share it: each byte is read by one of them.
#[derive(Clone, Copy, Debug)]
pub struct Stdin;

/// The standard output of the RDC.
pub fn stdout() -> Stdout {
    Stdout
}

/// The standard error of the RDC.
pub fn stderr() -> Stderr {
    Stderr
}

/// The standard input of the RDC.
pub fn stdin() -> Stdin {
    Stdin
}

impl embedded_io::ErrorType for Stdout {
    type Error = Error;
}

impl embedded_io::ErrorType for Stderr {
    type Error = Error;
}

impl embedded_io::ErrorType for Stdin {
    type Error = Error;
}

impl Write for Stdout {
    fn write(&mut self, data: &[u8]) -> Result<usize, Error> {
        output().write(data).map(|()| data.len())
    }

    fn flush(&mut self) -> Result<(), Error> {
        output().flush()
    }
}

impl Write for Stderr {
    fn write(&mut self, data: &[u8]) -> Result<usize, Error> {
        write_stream(STDERR, data).map(|()| data.len())
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        read_at(launch(), STDIN, 0, buffer)
    }
}

impl Stdin {
    /// Reads one line, byte by byte: what follows it is left to whoever reads next. The line
    /// keeps its end; an empty one is the end of the input.
    pub fn read_line(&mut self) -> Result<String, Error> {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.read(&mut byte)? == 1 {
            line.push(byte[0]);
            if byte[0] == b'\n' {
                break;
            }
        }
        String::from_utf8(line).map_err(|_| Error::NotText)
    }

    /// Reads everything that is left.
    pub fn read_to_string(&mut self) -> Result<String, Error> {
        let mut all = Vec::new();
        let mut buffer = alloc::vec![0; 4096];
        loop {
            match self.read(&mut buffer)? {
                0 => return String::from_utf8(all).map_err(|_| Error::NotText),
                length => all.extend_from_slice(&buffer[..length]),
            }
        }
    }
}

/// Prints; what the macros call.
///
/// # Panics
/// If the launch program does not answer.
#[doc(hidden)]
pub fn print(text: fmt::Arguments<'_>) {
    if let Err(error) = Stdout.write_fmt(text) {
        panic!("cannot print: {error}");
    }
}

/// Prints to standard error in one piece; what the macros call.
#[doc(hidden)]
pub fn print_error(text: fmt::Arguments<'_>) {
    // Nothing is left where the failure could be told.
    let _ = Stderr.write_all(alloc::format!("{text}").as_bytes());
}

/// Prints to the standard output of the RDC.
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => { $crate::io::print(::core::format_args!($($text)*)) };
}

/// Prints a line to the standard output of the RDC.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($text:tt)*) => { $crate::io::print(::core::format_args!("{}\n", ::core::format_args!($($text)*))) };
}

/// Prints a line to the standard error of the RDC.
#[macro_export]
macro_rules! eprintln {
    () => { $crate::io::print_error(::core::format_args!("\n")) };
    ($($text:tt)*) => { $crate::io::print_error(::core::format_args!("{}\n", ::core::format_args!($($text)*))) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pretended::{host, start};

    /// The buffer of lines is one for all threads.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    fn lines_are_sent_whole() {
        let _alone = ALONE.lock();
        start();
        crate::print!("{} and", 1);
        assert_eq!(host(|host| host.output.len()), 0);
        crate::println!(" {}", 2);
        assert_eq!(host(|host| host.output.len()), 1);
        assert_eq!(host(|host| host.printed()), "1 and 2\n");
        crate::print!("rest");
        flush_rest();
        assert_eq!(host(|host| host.printed()), "1 and 2\nrest");
    }

    #[test]
    fn long_lines_are_sent_in_parts() {
        let _alone = ALONE.lock();
        start();
        // The parts end within characters.
        let line = format!("x{}", "ä".repeat(3 * LINE_MAX / 2));
        crate::println!("{line}");
        assert_eq!(host(|host| host.printed()), format!("{line}\n"));
        assert_eq!(host(|host| host.output.len()), 4);
    }

    #[test]
    fn errors_are_sent_at_once() {
        start();
        crate::eprintln!("no {}", "good");
        assert_eq!(host(|host| host.output.clone()), [(STDERR, b"no good\n".to_vec())]);
    }

    #[test]
    fn lines_are_read_one_by_one() {
        start();
        host(|host| host.input = b"one\n\ntwo".to_vec());
        let mut input = stdin();
        assert_eq!(input.read_line().unwrap(), "one\n");
        assert_eq!(input.read_line().unwrap(), "\n");
        assert_eq!(input.read_to_string().unwrap(), "two");
        assert_eq!(input.read_line().unwrap(), "");
    }
}
