//! Connections: for each a thread that reads and one that writes, so that neither a slow nor
//! a hostile one keeps the daemon waiting.

use std::io::BufReader;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use abi::ids::RdcId;

use super::Event;
use super::users::Admitted;
use crate::protocol::{self, FrameError, FromDaemon, Refusal, ToDaemon};

/// Messages on their way to a client: one who takes them more slowly than they come is dropped.
const OUTBOX_MAX: usize = 1024;
/// How long a write may take.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// A connection since the daemon's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(u64);

/// A connection of somebody who was admitted.
#[derive(Debug)]
pub struct Connection {
    id: ClientId,
    user: Admitted,
    stream: UnixStream,
    outbox: SyncSender<FromDaemon>,
    writer: JoinHandle<()>,
}

/// Whether a client has said which version it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greeted {
    No,
    Yes,
}

/// A client as the daemon's thread knows it.
#[derive(Debug)]
pub(super) struct Client {
    pub user: Admitted,
    pub greeted: Greeted,
    /// The RDC for which it is the launch program.
    pub rdc: Option<RdcId>,
    stream: UnixStream,
    outbox: SyncSender<FromDaemon>,
    writer: JoinHandle<()>,
}

impl Client {
    pub fn new(connection: Connection) -> (ClientId, Self) {
        let Connection { id, user, stream, outbox, writer } = connection;
        (id, Self { user, greeted: Greeted::No, rdc: None, stream, outbox, writer })
    }

    /// Says something; who does not listen is dropped.
    pub fn say(&self, message: FromDaemon) {
        if self.outbox.try_send(message).is_err() {
            self.drop_now();
        }
    }

    /// Closes the connection: its reader will tell that it is gone.
    pub fn drop_now(&self) {
        // It may be closed already, which is the aim.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Says what is still to be said, and closes the connection.
    pub fn part(self) {
        // The reader holds the outbox, too.
        let _ = self.stream.shutdown(Shutdown::Read);
        drop(self.outbox);
        // A writer that has failed has nothing more to say.
        let _ = self.writer.join();
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Begins to serve a connection: tells the daemon of it and of everything it says.
/// `on_end` is called when it has gone.
pub fn serve(
    stream: UnixStream,
    user: Admitted,
    events: &SyncSender<Event>,
    on_end: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let id = ClientId(LAST.fetch_add(1, Ordering::Relaxed));
    stream.set_write_timeout(Some(WRITE_LIMIT))?;
    let (reading, writing) = (stream.try_clone()?, stream.try_clone()?);
    let (outbox, messages) = sync_channel(OUTBOX_MAX);
    let refusals = outbox.clone();
    let writer = thread::Builder::new()
        .name("client writer".to_owned())
        .spawn(move || write_all(writing, &messages))?;
    let connection = Connection { id, user, stream, outbox, writer };
    let events = events.clone();
    thread::Builder::new().name("client reader".to_owned()).spawn(move || {
        // The receiver is gone only when the daemon ends.
        let _ = events.send(Event::Connected(connection));
        read_all(id, reading, &refusals, &events);
        drop(refusals);
        let _ = events.send(Event::Left(id));
        on_end();
    })?;
    Ok(())
}

fn write_all(mut stream: UnixStream, messages: &Receiver<FromDaemon>) {
    for message in messages {
        if protocol::write(&mut stream, &message).is_err() {
            // The reader finds out, too, and tells.
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn read_all(
    id: ClientId,
    stream: UnixStream,
    refusals: &SyncSender<FromDaemon>,
    events: &SyncSender<Event>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let message = match protocol::read::<ToDaemon>(&mut stream) {
            Ok(message) => message.check().map(|()| message),
            Err(FrameError::Closed | FrameError::Io(_)) => return,
            Err(error) => Err(Refusal::new(error.to_string())),
        };
        match message {
            Ok(message) => {
                if events.send(Event::Said(id, message)).is_err() {
                    return;
                }
            }
            Err(refusal) => {
                // Whoever says such things may not even listen.
                let _ = refusals.try_send(FromDaemon::Refused(refusal));
                return;
            }
        }
    }
}
