//! The daemon: it owns the crate, is node 0 for everybody, and plays the launch endpoints of
//! all RDCs. Launch programs and lists are at the other end of a Unix socket.
//!
//! One thread drives the kernel and decides everything; it waits for [`Event`]s in one place.
//! Threads for each connection and for the crate's nodes only pass on what comes. When the
//! daemon ends, in whatever way, its nodes end with it and every connection is closed.

mod answers;
mod clients;
mod crates;
mod listen;
mod logs;
mod names;
mod rdcs;
mod roster;
mod users;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use abi::ids::{Epoch, NodeId, RdcId};
use abi::ring::PairWord;
use bus::Rest;
use kernel::{Config, Node};
use qemu::PoolEvent;
use serde::{Deserialize, Serialize};

use crate::host::{HostMachine, HostMemory, HostPlatform, Load, Station};
use crate::protocol::{FromDaemon, Refusal, ToDaemon};

pub use clients::{Connection, serve};
pub use crates::{Crate, events_of_pool};
pub use listen::{ListenError, Listener};
pub use roster::{NodeEntry, Roster};
pub use users::Users;

use clients::{Client, ClientId};
use logs::Logs;
use names::Names;
use rdcs::Rdc;

/// Events on their way to the daemon's thread: those who bring more wait.
const EVENTS_MAX: usize = 1024;
/// Events that are handled before the kernel is looked after again.
const EVENTS_AT_ONCE: usize = 64;
/// How long nodes may take to come up.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How often nodes that have booted are looked at: links of others make no noise here.
const LINK_POLL: Duration = Duration::from_millis(2);

/// Something that the daemon's thread has to know.
#[derive(Debug)]
pub enum Event {
    /// Of a node or the virtual bus.
    Pool(PoolEvent),
    /// Somebody has connected.
    Connected(Connection),
    /// Somebody says something, within its bounds.
    Said(ClientId, ToDaemon),
    /// Somebody has gone, or has said what makes no sense.
    Left(ClientId),
    /// The daemon is to end.
    Stop,
}

/// Where events come from and go to.
pub fn events() -> (SyncSender<Event>, Receiver<Event>) {
    sync_channel(EVENTS_MAX)
}

/// The system's own programs, as RDC files: what a pool lacks, its programs cannot use.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// The module of stream space, which is added to every RDC.
    pub stream_space: Option<Vec<u8>>,
    /// The name service.
    pub name_service: Option<Vec<u8>>,
}

/// How long a daemon lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until somebody ends it.
    UntilDown,
    /// As long as its only connection.
    OneClient,
}

/// How far the start of a pool has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// So many nodes of so many are up, this one last.
    Up {
        /// The node's name.
        node: String,
        /// Nodes that are up.
        up: usize,
        /// Nodes in all, but the host.
        of: usize,
    },
    /// All are up.
    Ready,
}

/// The connections of a pool that has ended. They are closed when this is dropped, after what
/// is still to be said.
#[derive(Debug)]
pub struct Connections(BTreeMap<ClientId, Client>);

impl Drop for Connections {
    fn drop(&mut self) {
        for (_, client) in std::mem::take(&mut self.0) {
            client.part();
        }
    }
}

/// Who is told how far the start has come. An error of it ends the daemon: whoever waited for
/// the pool is gone.
pub type Reporter = Box<dyn FnMut(Progress) -> std::io::Result<()>>;

/// Whether the daemon goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    Running,
    Ending,
}

/// The daemon of one pool.
pub struct Daemon<C: Crate> {
    station: Station<HostPlatform<C::Bells>>,
    pool: C,
    events: Receiver<Event>,
    roster: Roster,
    clients: BTreeMap<ClientId, Client>,
    rdcs: BTreeMap<RdcId, Rdc>,
    last_rdc: u32,
    system: System,
    names: Names,
    logs: Logs,
    started: Instant,
    stage: Stage,
    /// Why the pool has not started, if it has not.
    failure: Option<Refusal>,
    lifetime: Lifetime,
    reporter: Reporter,
}

impl<C: Crate> Daemon<C> {
    /// The daemon of a pool with these programs of the system's, whose nodes have been started, and send their events to `events`.
    pub fn new(
        pool: C,
        events: Receiver<Event>,
        roster: Roster,
        system: System,
        lifetime: Lifetime,
        reporter: Reporter,
    ) -> Self {
        let started = Instant::now();
        let board = pool.backplane().plug(NodeId::HOST).expect("the daemon is node 0 once");
        let bus = kernel::shared_bus::SharedBus::start(board, pool.bells(), pool.epoch());
        let memory = HostMemory::new(pool.backplane(), NodeId::HOST);
        let node = Node::new(Config::default(), bus, memory, HostMachine::new(started));
        Self {
            station: Station::new(node),
            pool,
            events,
            roster,
            clients: BTreeMap::new(),
            rdcs: BTreeMap::new(),
            last_rdc: 0,
            system,
            names: Names::default(),
            logs: Logs::default(),
            started,
            stage: Stage::Starting,
            failure: None,
            lifetime,
            reporter,
        }
    }

    /// Runs the pool to its end; its nodes have ended, too, when this returns. The
    /// connections end with what it returns, so that who is connected is told of the end last.
    ///
    /// # Errors
    /// Why the pool has not started.
    pub fn run(mut self) -> Result<Connections, Refusal> {
        while self.stage != Stage::Ending {
            let mut outcomes = Vec::new();
            let load = self.station.work(&mut outcomes);
            for (rdc, outcome) in outcomes {
                self.came(rdc, outcome);
            }
            if let Some(event) = self.wait(load) {
                self.happened(event);
            }
            for _ in 0..EVENTS_AT_ONCE {
                let Ok(event) = self.events.try_recv() else { break };
                self.happened(event);
            }
            self.welcome();
            self.watch_start();
        }
        let connections = Connections(self.clients);
        self.failure.map_or(Ok(connections), Err)
    }

    /// Waits for an event, the kernel's alarm, or a bell, unless the kernel has more to do.
    fn wait(&mut self, load: Load) -> Option<Event> {
        if load == Load::Busy || self.station.node_mut().bus().prepare_to_sleep() == Rest::Stay {
            return None;
        }
        let now = Instant::now();
        let limit = (self.stage == Stage::Starting).then(|| self.started + START_LIMIT);
        let poll = self.roster.booting().next().is_some().then(|| now + LINK_POLL);
        let until = self.station.alarm().into_iter().chain(limit).chain(poll).min();
        let event = match until {
            Some(until) => self.events.recv_timeout(until.saturating_duration_since(now)),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        self.station.node_mut().bus().woke();
        match event {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::Stop),
        }
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Pool(event) => self.pool_changed(event),
            Event::Connected(connection) => {
                let (id, client) = Client::new(connection);
                self.clients.insert(id, client);
            }
            Event::Said(client, message) => self.said(client, message),
            Event::Left(client) => self.left(client),
            Event::Stop => self.stage = Stage::Ending,
        }
    }

    fn pool_changed(&mut self, event: PoolEvent) {
        match event {
            // The kernel looks at its rings before the next wait.
            PoolEvent::Bell => {}
            PoolEvent::Console { node, line } => {
                let name = self.roster.name(node);
                self.logs.push(self.started.elapsed(), name, line);
            }
            PoolEvent::Up { node, epoch } => self.roster.has_booted(node, epoch),
            PoolEvent::Ended { node, exit, errors, .. } => {
                let why = match errors.trim() {
                    "" => exit.to_string(),
                    errors => format!("{exit}: {errors}"),
                };
                self.lost(node, &why);
            }
        }
    }

    /// A node is gone: those concerned are told, and it is started again.
    fn lost(&mut self, node: NodeId, why: &str) {
        let name = self.roster.name(node).to_owned();
        let verdict = self.roster.is_lost(node);
        let mut text = format!("{name} is lost ({why})");
        match verdict {
            roster::Verdict::Restart => {
                self.pool.restart(node);
                text.push_str("; it is started again");
            }
            roster::Verdict::GiveUp => text.push_str("; it is not started again: it was too often"),
        }
        self.logs.push(self.started.elapsed(), &name, text.clone());
        let kernel = self.station.node();
        let has_node = |rdc| kernel.launched(rdc).is_some_and(|view| view.nodes.contains(&node));
        for (_, rdc) in self.rdcs.iter().filter(|(id, _)| has_node(**id)) {
            if let Some(client) = rdc.client.and_then(|client| self.clients.get_mut(&client)) {
                client.say(FromDaemon::Notice(text.clone()));
            }
        }
        if self.stage == Stage::Starting && verdict == roster::Verdict::GiveUp {
            let console = self.logs.last_of(&name).join("\n");
            self.fail(&format!("{text}\n{console}"));
        }
    }

    /// Nodes that have booted are up when they are linked with all others.
    fn welcome(&mut self) {
        let up: Vec<_> = self.roster.booting().filter(|node| self.is_linked(*node)).collect();
        for (node, _) in up {
            self.roster.is_up(node);
            if self.stage == Stage::Starting {
                self.report_up(node);
            }
        }
    }

    /// Whether a boot and all others that run have agreed to talk.
    fn is_linked(&self, (node, epoch): (NodeId, Epoch)) -> bool {
        let backplane = self.pool.backplane();
        let says = |(own, epoch), (peer, peer_epoch)| {
            let word = backplane.load(own, backplane.layout().pair_word(own, peer));
            word == PairWord::bits(epoch, Some(peer_epoch))
        };
        let host = (NodeId::HOST, self.pool.epoch());
        let others = self.roster.running().filter(|other| other.0 != node);
        let mut others = others.chain([host]);
        others.all(|other| says((node, epoch), other) && says(other, (node, epoch)))
    }

    fn report_up(&mut self, node: NodeId) {
        let (up, of) = self.roster.count();
        let node = self.roster.name(node).to_owned();
        self.report(Progress::Up { node, up, of });
        if up == of && self.stage == Stage::Starting {
            self.stage = Stage::Running;
            self.report(Progress::Ready);
        }
    }

    fn report(&mut self, progress: Progress) {
        if (self.reporter)(progress).is_err() {
            self.stage = Stage::Ending;
        }
    }

    /// The pool does not start.
    fn fail(&mut self, why: &str) {
        self.failure = Some(Refusal::new(format!("the pool does not start: {why}")));
        self.stage = Stage::Ending;
    }

    /// Nodes that do not come up end the start.
    fn watch_start(&mut self) {
        if self.stage == Stage::Starting && self.started.elapsed() >= START_LIMIT {
            let missing = self.roster.missing().join(", ");
            let limit = START_LIMIT.as_secs();
            self.fail(&format!("waited {limit} s for these nodes to come up: {missing}"));
        }
    }
}
