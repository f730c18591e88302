//! A connection to the daemon.

use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::failure::Failure;
use crate::protocol::{self, FromDaemon, ToDaemon, VERSION};

/// A connection on which both sides have greeted.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Connection {
    /// Connects to the pool at `socket`.
    pub fn open(socket: &Path) -> Result<Self, Failure> {
        let stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                Failure::NotUp(socket.to_owned())
            }
            _ => Failure::File { action: "connect to", path: socket.to_owned(), source: error },
        })?;
        Self::greet(stream)
    }

    /// Greets the daemon at the other end of `stream`.
    pub fn greet(stream: UnixStream) -> Result<Self, Failure> {
        let writer = stream.try_clone().map_err(Failure::system("share a connection"))?;
        let mut connection = Self { reader: BufReader::new(stream), writer };
        match connection.ask(&ToDaemon::Hello { version: VERSION.to_owned() })? {
            FromDaemon::Done => Ok(connection),
            _ => Err(Failure::Unexpected),
        }
    }

    /// Says something.
    pub fn say(&mut self, message: &ToDaemon) -> Result<(), Failure> {
        Ok(protocol::write(&mut self.writer, message)?)
    }

    /// Waits for what the daemon says next; a refusal is a failure.
    pub fn hear(&mut self) -> Result<FromDaemon, Failure> {
        match protocol::read(&mut self.reader)? {
            FromDaemon::Refused(refusal) => Err(refusal.into()),
            message => Ok(message),
        }
    }

    /// Says something, and waits for the answer.
    pub fn ask(&mut self, message: &ToDaemon) -> Result<FromDaemon, Failure> {
        self.say(message)?;
        self.hear()
    }

    /// A second writer, for another thread. Only one may write at a time.
    pub fn writer(&self) -> Result<UnixStream, Failure> {
        self.writer.try_clone().map_err(Failure::system("share a connection"))
    }
}
