//! The router: one thread that speaks vhost-user with all QEMU processes and passes
//! bells on.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use abi::ids::{Epoch, NodeId};
use bus::backplane::Backplane;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use vhost::vhost_user::{self, BackendReqHandler};

use super::Bells;
use super::device::{Device, Kick};
use crate::Error;

/// Events taken from the kernel at a time.
const BATCH: usize = 64;

/// What an event is about, as the number that epoll keeps for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    /// The QEMU of this boot says something.
    Socket(NodeId, Epoch),
    /// The guest has written to its doorbell.
    Kick(NodeId),
    /// The router is to end.
    End,
}

impl Token {
    fn data(self) -> EventData {
        EventData::new_u64(match self {
            Token::End => 0,
            Token::Kick(node) => 1 << 8 | u64::from(node.0),
            Token::Socket(node, epoch) => u64::from(epoch.get()) << 16 | u64::from(node.0),
        })
    }

    fn of(data: EventData) -> Token {
        let number = data.u64();
        let node = NodeId(number as u8);
        match (Epoch::new((number >> 16) as u16), number >> 8) {
            (Some(epoch), _) => Token::Socket(node, epoch),
            (None, 0) => Token::End,
            (None, _) => Token::Kick(node),
        }
    }
}

/// The doorbell of one running node.
struct Line {
    epoch: Epoch,
    socket: UnixStream,
    handler: BackendReqHandler<Mutex<Device>>,
    device: Arc<Mutex<Device>>,
    kick: Option<OwnedFd>,
}

/// What the router's thread works with.
struct Shared {
    epoll: OwnedFd,
    end: OwnedFd,
    backplane: Arc<Backplane>,
    bells: Bells,
    failed: Failed,
    /// Indexed by node; none where no node runs.
    lines: Vec<Mutex<Option<Line>>>,
}

/// Is told of a boot of a node whose doorbell has failed, and why: it hears no bells.
pub(crate) type Failed = Box<dyn Fn(NodeId, Epoch, String) + Send + Sync>;

/// The router of a crate. Drop ends it.
pub(crate) struct Router {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("bells", &self.shared.bells).finish_non_exhaustive()
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // A count that is full ends the router as well.
        let _ = rustix::io::write(&self.shared.end, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            // A panic of the router has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

impl Router {
    /// Starts a router for the nodes of a crate.
    pub(crate) fn start(
        backplane: Arc<Backplane>,
        bells: Bells,
        failed: Failed,
    ) -> Result<Router, Error> {
        let no_start = |error: rustix::io::Errno| Error::io("start the doorbells")(error.into());
        let lines = (0..backplane.layout().nodes()).map(|_| Mutex::new(None)).collect();
        let shared = Shared {
            epoll: epoll::create(CreateFlags::CLOEXEC).map_err(no_start)?,
            end: eventfd(0, EventfdFlags::CLOEXEC).map_err(no_start)?,
            backplane,
            bells,
            failed,
            lines,
        };
        shared.watch(shared.end.as_fd(), Token::End).map_err(no_start)?;
        let shared = Arc::new(shared);
        let work = Arc::clone(&shared);
        let name = "doorbells".to_owned();
        let thread = thread::Builder::new().name(name).spawn(move || work.run());
        let thread = Some(thread.map_err(Error::io("start the doorbells"))?);
        Ok(Router { shared, thread })
    }

    /// Serves the doorbell of a boot of a node that is about to start, at the other end
    /// of `socket`.
    pub(crate) fn plug(&self, node: NodeId, epoch: Epoch, socket: UnixStream) -> Result<(), Error> {
        let device = Arc::new(Mutex::new(Device::new(self.shared.bells.call(node))));
        let theirs = socket.try_clone().map_err(Error::io("share a doorbell's socket"))?;
        let handler = BackendReqHandler::from_stream(theirs, Arc::clone(&device));
        self.shared
            .watch(socket.as_fd(), Token::Socket(node, epoch))
            .map_err(|error| Error::io("watch a doorbell's socket")(error.into()))?;
        *self.shared.line(node) = Some(Line { epoch, socket, handler, device, kick: None });
        Ok(())
    }

    /// Forgets the doorbell of a node that has ended.
    pub(crate) fn unplug(&self, node: NodeId) {
        self.shared.forget(node, &mut self.shared.line(node));
    }
}

impl Shared {
    fn line(&self, node: NodeId) -> std::sync::MutexGuard<'_, Option<Line>> {
        self.lines[node.index()].lock().expect("nobody panics with a line in hand")
    }

    fn watch(&self, file: BorrowedFd<'_>, token: Token) -> rustix::io::Result<()> {
        epoll::add(&self.epoll, file, token.data(), EventFlags::IN)
    }

    fn run(&self) {
        let mut seen = Seen::new(self.backplane.layout().nodes());
        let mut events = Vec::with_capacity(BATCH);
        loop {
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => panic!("epoll fails: {error}"),
            }
            for event in &events {
                match Token::of(event.data) {
                    Token::Kick(node) => self.kicked(node, &mut seen),
                    Token::Socket(node, epoch) => self.talk(node, epoch),
                    Token::End => return,
                }
            }
        }
    }

    /// A guest has rung: finds out whom, and passes it on.
    fn kicked(&self, node: NodeId, seen: &mut Seen) {
        let rung = match &*self.line(node) {
            Some(Line { kick: Some(kick), .. }) => rustix::io::read(kick, &mut [0; 8]),
            _ => return,
        };
        // Who reads the count first looks for all bells that it counts.
        if rung.is_ok() {
            let layout = self.backplane.layout();
            seen.changed(node, |target| self.backplane.load(node, layout.bells_word(node, target)))
                .for_each(|target| self.bells.ring(target));
        }
    }

    /// Handles one message of a boot's QEMU. Who speaks another language gets no answer any
    /// more.
    fn talk(&self, node: NodeId, epoch: Epoch) {
        let mut guard = self.line(node);
        // The next boot may be there already, and its QEMU has not said anything.
        let Some(line) = guard.as_mut().filter(|line| line.epoch == epoch) else { return };
        let handled = line.handler.handle_request();
        let kick = line.device.lock().expect("nobody panics with a device in hand").take_kick();
        let taken = match kick {
            Some(kick) => self.set_kick(line, node, kick),
            None => Ok(()),
        };
        let failure = match (handled, taken) {
            (Ok(()), Ok(())) => return,
            // QEMU has ended, which its supervisor hears of.
            (Err(vhost_user::Error::Disconnected), _) => None,
            (Err(error), _) => Some(error.to_string()),
            (_, Err(error)) => Some(error.to_string()),
        };
        // The place is still in hand: once it is let go, the next boot may stand there.
        self.forget(node, &mut guard);
        drop(guard);
        if let Some(reason) = failure {
            (self.failed)(node, epoch, reason);
        }
    }

    fn set_kick(&self, line: &mut Line, node: NodeId, kick: Kick) -> io::Result<()> {
        if let Some(old) = line.kick.take() {
            epoll::delete(&self.epoll, &old)?;
        }
        if let Kick::From(file) = kick {
            rustix::io::ioctl_fionbio(&file, true)?;
            self.watch(file.as_fd(), Token::Kick(node))?;
            line.kick = Some(file);
        }
        Ok(())
    }

    /// Serves the line no more that stands in a node's place.
    fn forget(&self, node: NodeId, place: &mut Option<Line>) {
        let Some(line) = place.take() else { return };
        // Other processes may still hold the same files, so closing does not do.
        let _ = epoll::delete(&self.epoll, &line.socket);
        if let Some(kick) = &line.kick {
            let _ = epoll::delete(&self.epoll, kick);
        }
        *self.bells.call(node).lock().expect("nobody panics with a bell in hand") = None;
    }
}

/// The counts of bells that were seen last, for each ordered pair of nodes.
struct Seen {
    nodes: usize,
    counts: Vec<u32>,
}

impl Seen {
    /// As it is in memory that is all zero.
    fn new(nodes: usize) -> Seen {
        Seen { nodes, counts: vec![0; nodes * nodes] }
    }

    /// The nodes that `ringer` has rung since the last look, by its counts now.
    fn changed(
        &mut self,
        ringer: NodeId,
        count: impl Fn(NodeId) -> u32,
    ) -> impl Iterator<Item = NodeId> {
        let first = ringer.index() * self.nodes;
        let seen = &mut self.counts[first..first + self.nodes];
        seen.iter_mut().enumerate().filter_map(move |(target, seen)| {
            let target = NodeId(target as u8);
            let now = count(target);
            (std::mem::replace(seen, now) != now).then_some(target)
        })
    }
}
