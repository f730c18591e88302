//! QEMU's monitor protocol, as far as tests need it: the guest's clock, which
//! tells how far a guest has come that says nothing. The connection is a pair of
//! sockets, so there is no path to choose or to clean up.

use crate::Error;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// The clock whose registers the host may read: the second one. Reading the low
/// half of the first one could disturb the guest between its own two reads.
const GUEST_CLOCK: &str = "0xff007000";

/// QEMU answers at once, unless it hangs itself.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A connection to a monitor.
#[derive(Debug)]
pub struct Qmp {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Qmp {
    /// Takes the host's end of the pair.
    pub fn new(stream: UnixStream) -> Result<Qmp, Error> {
        stream
            .set_read_timeout(Some(ANSWER_LIMIT))
            .map_err(Error::io("bound the waits for QEMU's monitor"))?;
        let writer = stream.try_clone().map_err(Error::io("share QEMU's monitor"))?;
        Ok(Qmp { reader: BufReader::new(stream), writer })
    }

    /// Reads the greeting and opens the session.
    pub fn open(&mut self) -> Result<(), Error> {
        let greeting = self.read()?;
        if greeting.get("QMP").is_none() {
            return Err(Error::Monitor(greeting.to_string()));
        }
        self.execute(&json!({ "execute": "qmp_capabilities" })).map(drop)
    }

    /// The guest's time in nanoseconds; under [`crate::Time::Instructions`] that
    /// is the number of instructions executed, but for an offset.
    pub fn guest_clock_ns(&mut self) -> Result<u64, Error> {
        let command = format!("xp /2xw {GUEST_CLOCK}");
        let answer = self.execute(&json!({
            "execute": "human-monitor-command",
            "arguments": { "command-line": command },
        }))?;
        let text = answer.as_str().unwrap_or_default();
        parse_clock(text).ok_or_else(|| Error::Monitor(text.to_owned()))
    }

    /// Executes a command; returns what it returns.
    fn execute(&mut self, command: &Value) -> Result<Value, Error> {
        writeln!(self.writer, "{command}").map_err(Error::io("write to QEMU's monitor"))?;
        loop {
            let mut answer = self.read()?;
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
            // Events come in between.
            if answer.get("event").is_none() {
                return Err(Error::Monitor(answer.to_string()));
            }
        }
    }

    fn read(&mut self) -> Result<Value, Error> {
        let mut line = String::new();
        let length =
            self.reader.read_line(&mut line).map_err(Error::io("read from QEMU's monitor"))?;
        if length == 0 {
            return Err(Error::Monitor("nothing: it is closed".to_owned()));
        }
        serde_json::from_str(&line).map_err(|_| Error::Monitor(line))
    }
}

/// Low and high word out of `00000000ff007000: 0x12345678 0x00000001`.
fn parse_clock(text: &str) -> Option<u64> {
    let (_, words) = text.split_once(':')?;
    let mut words = words
        .split_ascii_whitespace()
        .map(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok());
    let (low, high) = (words.next()??, words.next()??);
    Some(high << 32 | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_two_words() {
        let text = "00000000ff007000: 0x12345678 0x00000001\r\n";
        assert_eq!(parse_clock(text), Some(0x1_1234_5678));
        assert_eq!(parse_clock("Cannot access memory\r\n"), None);
        assert_eq!(parse_clock("00000000ff007000: 0x12345678"), None);
    }

    /// A monitor that answers with prepared lines.
    fn monitor(lines: &'static [&'static str]) -> Qmp {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        for line in lines {
            writeln!(theirs, "{line}").unwrap();
        }
        // What is written to it stays in the pair.
        std::mem::forget(theirs);
        Qmp::new(ours).unwrap()
    }

    #[test]
    fn events_between_answers_are_skipped() {
        let mut qmp = monitor(&[
            r#"{"QMP": {"version": {}, "capabilities": []}}"#,
            r#"{"return": {}}"#,
            r#"{"event": "RESUME"}"#,
            r#"{"return": "00000000ff007000: 0x00000005 0x00000000\r\n"}"#,
        ]);
        qmp.open().unwrap();
        assert_eq!(qmp.guest_clock_ns().unwrap(), 5);
    }

    #[test]
    fn errors_are_told() {
        let mut qmp = monitor(&[r#"{"error": {"class": "CommandNotFound"}}"#]);
        let error = qmp.open().unwrap_err().to_string();
        assert!(error.contains("CommandNotFound"), "{error}");
    }
}
