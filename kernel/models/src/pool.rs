//! The pool: kernels of the simulator's platform, the packets on their way between them, and the
//! time, which passes only when somebody says so.
//!
//! A kernel is a function of what has come to it and when: so a hash of that stands for its whole
//! state. Two orders of events that no kernel can tell apart lead to the same hash.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use abi::ids::NodeId;
use kernel::platform::Slot;
use kernel::{Config, Next};
use sim::backplane::{Arrival, Backplane, Flight};
use sim::plant::{Defect, Effect};
use sim::pool::site::{Board, Site};
use sim::queue::Micros;
use xxhash_rust::xxh3::Xxh3Default;

/// Nodes of the pool.
pub const NODES: usize = 3;

/// Turns that a kernel may want to come to rest at one moment.
const TURNS: usize = 1_000;

/// The kernels and all that is between them.
pub struct Pool {
    backplane: Rc<RefCell<Backplane>>,
    sites: Vec<Site>,
    /// what each kernel wants to do next
    next: Vec<Next>,
    /// packets on their way, in order, from each node to each
    links: Vec<VecDeque<Flight>>,
    /// packets that may come at any time
    strays: Vec<Flight>,
    /// who does not know yet what has become of whom
    notices: Vec<(NodeId, NodeId)>,
    /// of each node, a hash of all that has come to it
    histories: Vec<u64>,
    now_us: Micros,
    defect: Option<Defect>,
    published: Vec<Flight>,
}

impl Pool {
    /// A pool whose nodes know each other.
    pub fn new() -> Pool {
        let backplane = Rc::new(RefCell::new(Backplane::new(NODES)));
        let mut sites: Vec<Site> = nodes().map(Site::new).collect();
        for site in &mut sites {
            site.boot(config(), &backplane, 0);
        }
        let mut pool = Pool {
            backplane,
            sites,
            next: vec![Next::Idle; NODES],
            links: (0..NODES * NODES).map(|_| VecDeque::new()).collect(),
            strays: Vec::new(),
            notices: Vec::new(),
            histories: vec![0; NODES],
            now_us: 0,
            defect: None,
            published: Vec::new(),
        };
        for observer in nodes() {
            for peer in nodes().filter(|&peer| peer != observer) {
                pool.backplane.borrow_mut().notice(observer, peer);
            }
        }
        pool.settle();
        pool
    }

    /// Plants a defect.
    pub fn plant(&mut self, defect: Defect) {
        self.defect = Some(defect);
    }

    /// The node, if it has power.
    pub fn board(&mut self, node: NodeId) -> Option<&mut Board> {
        self.sites[node.index()].board.as_mut()
    }

    /// The time since the start.
    pub fn now_us(&self) -> Micros {
        self.now_us
    }

    /// Lets a kernel do all that it can do now, after `input` has come to it.
    pub fn advance(&mut self, node: NodeId, input: &[u8]) {
        self.remember(node, input);
        let Some(board) = self.sites[node.index()].board.as_mut() else { return };
        board.processor.borrow_mut().now_us = self.now_us;
        let wants = (0..TURNS).find_map(|_| {
            board.kernel.interrupt();
            Some(board.kernel.next()).filter(|next| *next != Next::Again)
        });
        self.next[node.index()] = wants.expect("a kernel comes to rest");
        self.backplane.borrow_mut().take_published(&mut self.published);
        for mut flight in self.published.drain(..) {
            let effect = self.defect.as_mut().map_or(Effect::Goes, |it| it.apply(&mut flight));
            if effect == Effect::Vanishes || self.sites[flight.to.index()].board.is_none() {
                self.backplane.borrow_mut().discard(flight);
            } else {
                self.links[flight.from.index() * NODES + flight.to.index()].push_back(flight);
            }
        }
    }

    fn remember(&mut self, node: NodeId, input: &[u8]) {
        let history = &mut self.histories[node.index()];
        let mut hash = Xxh3Default::new();
        hash.update(&history.to_le_bytes());
        hash.update(&self.now_us.to_le_bytes());
        hash.update(input);
        *history = hash.digest();
    }

    /// Nodes between which packets are on their way.
    pub fn busy_links(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        let busy = self.links.iter().enumerate().filter(|(_, link)| !link.is_empty());
        busy.map(|(at, _)| (NodeId((at / NODES) as u8), NodeId((at % NODES) as u8)))
    }

    /// The next packet from one node to another.
    pub fn first(&self, (from, to): (NodeId, NodeId)) -> Option<&Flight> {
        self.links[from.index() * NODES + to.index()].front()
    }

    fn take(&mut self, (from, to): (NodeId, NodeId)) -> Flight {
        let link = &mut self.links[from.index() * NODES + to.index()];
        link.pop_front().expect("a packet on its way")
    }

    /// The next packet from one node to another arrives.
    pub fn deliver(&mut self, link: (NodeId, NodeId)) {
        let flight = self.take(link);
        self.arrive(flight);
    }

    /// The same packet is lost.
    pub fn lose(&mut self, link: (NodeId, NodeId)) {
        let flight = self.take(link);
        self.backplane.borrow_mut().discard(flight);
    }

    /// The same packet will come at some time.
    pub fn delay(&mut self, link: (NodeId, NodeId)) {
        let flight = self.take(link);
        self.strays.push(flight);
    }

    /// The same packet will come once more at some time.
    pub fn copy(&mut self, link: (NodeId, NodeId)) {
        let copy = self.first(link).map(|flight| self.backplane.borrow_mut().duplicate(flight));
        self.strays.extend(copy);
    }

    /// Packets that may come at any time.
    pub fn strays(&self) -> &[Flight] {
        &self.strays
    }

    /// One of these comes.
    pub fn deliver_stray(&mut self, at: usize) {
        let flight = self.strays.remove(at);
        self.arrive(flight);
    }

    fn arrive(&mut self, flight: Flight) {
        let to = flight.to;
        let input = [&[1, flight.from.0], flight.packet.bytes()].concat();
        let arrival = self.backplane.borrow_mut().deliver(flight);
        if arrival == Arrival::Arrived {
            self.advance(to, &input);
        }
    }

    /// Cuts the power of a node.
    pub fn kill(&mut self, node: NodeId) {
        self.sites[node.index()].board = None;
        self.next[node.index()] = Next::Idle;
        self.backplane.borrow_mut().kill(node);
        for from in nodes() {
            self.links[from.index() * NODES + node.index()].clear();
        }
        self.strays.retain(|flight| flight.to != node);
        self.remember(node, b"killed");
        self.notices.extend(nodes().filter(|&it| it != node).map(|observer| (observer, node)));
    }

    /// Who does not know yet what has become of whom.
    pub fn notices(&self) -> &[(NodeId, NodeId)] {
        &self.notices
    }

    /// One of them learns it. What the other has sent is lost then.
    pub fn notice(&mut self, at: usize) {
        let (observer, peer) = self.notices.remove(at);
        self.backplane.borrow_mut().notice(observer, peer);
        self.links[peer.index() * NODES + observer.index()].clear();
        self.strays.retain(|flight| (flight.from, flight.to) != (peer, observer));
        self.advance(observer, &[2, peer.0]);
    }

    /// The incarnation that a node runs next.
    pub fn ready(&self, node: NodeId) -> Option<Slot> {
        match self.next[node.index()] {
            Next::Run(slot) => Some(slot),
            Next::Again | Next::Idle => None,
        }
    }

    /// Whether nothing happens before an alarm rings.
    pub fn is_quiet(&self) -> bool {
        let is_idle = nodes().all(|node| self.ready(node).is_none());
        is_idle && self.notices.is_empty() && self.links.iter().all(VecDeque::is_empty)
    }

    /// Whether an alarm is set for a time up to `end_us`.
    pub fn next_alarm_us(&self, end_us: Micros) -> Option<Micros> {
        let boards = self.sites.iter().filter_map(|site| site.board.as_ref());
        let alarms = boards.filter_map(|board| board.processor.borrow().alarm_us);
        alarms.min().filter(|&alarm_us| alarm_us <= end_us)
    }

    /// Lets time pass from alarm to alarm until something happens, or all is done up to `end_us`.
    pub fn wait(&mut self, end_us: Micros) {
        while self.is_quiet()
            && let Some(alarm_us) = self.next_alarm_us(end_us)
        {
            self.now_us = self.now_us.max(alarm_us);
            for node in nodes() {
                let board = self.sites[node.index()].board.as_ref();
                let alarm_us = board.and_then(|board| board.processor.borrow().alarm_us);
                if alarm_us.is_some_and(|alarm_us| alarm_us <= self.now_us) {
                    self.advance(node, &[3]);
                }
            }
        }
    }

    /// Lets time pass up to the next alarm, and delivers what comes of it in order; false if no
    /// alarm is set for a time up to `end_us`.
    pub fn pass(&mut self, end_us: Micros) -> bool {
        let Some(alarm_us) = self.next_alarm_us(end_us) else { return false };
        self.now_us = self.now_us.max(alarm_us);
        self.settle();
        true
    }

    /// Delivers everything in order, until nothing is left to do at this moment.
    pub fn settle(&mut self) {
        for node in nodes() {
            self.advance(node, &[]);
        }
        loop {
            let Some(link) = self.busy_links().next() else { return };
            self.deliver(link);
        }
    }

    /// A hash of everything that decides what can still happen.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Xxh3Default::new();
        hash.update(&self.now_us.to_le_bytes());
        for history in &self.histories {
            hash.update(&history.to_le_bytes());
        }
        for (at, link) in self.links.iter().enumerate() {
            for flight in link {
                hash.update(&[at as u8]);
                hash.update(flight.packet.bytes());
            }
        }
        for flight in &self.strays {
            hash.update(&[b's', flight.from.0, flight.to.0]);
            hash.update(flight.packet.bytes());
        }
        for (observer, peer) in &self.notices {
            hash.update(&[b'n', observer.0, peer.0]);
        }
        hash.digest()
    }

    /// Whether the tables of all kernels agree, and if not, whose do not.
    pub fn check(&self) -> Result<(), NodeId> {
        for site in &self.sites {
            let Some(board) = &site.board else { continue };
            board.kernel.integrity().map_err(|_| site.id)?;
        }
        Ok(())
    }

    /// A node whose kernel still keeps messages or grants.
    pub fn keeper(&self) -> Option<NodeId> {
        let keeps = |site: &&Site| {
            let kept = site.board.as_ref().map(|board| board.kernel.messages_in_use());
            let grants = self.backplane.borrow().grants(site.id);
            kept.is_some_and(|(messages, blocks)| messages + blocks + grants > 0)
        };
        self.sites.iter().find(keeps).map(|site| site.id)
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

/// All nodes.
pub fn nodes() -> impl Iterator<Item = NodeId> {
    (0..NODES as u8).map(NodeId)
}

/// Small tables: they are made anew for each state.
fn config() -> Config {
    Config {
        incarnations: 4,
        references: 32,
        stream_space_references: 32,
        kernel_ports: 32,
        messages: 16,
        blocks: 8,
        messages_each: 8,
        sources: 32,
        outstanding: 4,
        rdcs: 2,
        ..Config::default()
    }
}
