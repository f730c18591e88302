//! A pool: nodes, what joins them, what runs on them, and what goes wrong.
//!
//! One event at a time leaves the queue: a packet arrives, a node makes a step, an
//! alarm rings, a fault begins or ends. After each the oracle has been told of
//! everything; every 1,000 events it looks at all of it.

mod launch;
mod network;
mod shape;
pub mod site;
mod strikes;
mod user;

use std::cell::RefCell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use abi::ids::{NodeId, RdcId};
use kernel::platform::Slot;
use slab::Slab;

use crate::backplane::{Backplane, Flight};
use crate::coverage::Coverage;
use crate::digest::Digest;
use crate::fault::{Fault, FaultPlan};
use crate::oracle::{Interrupts, Oracle, Violation};
use crate::plant::Defect;
use crate::program::{Phase, Program};
use crate::queue::{EventQueue, Micros};
use crate::random::{Dice, Player};
pub use shape::{Farewell, Shape, Tables};
use site::Site;

/// Events between two checks of everything.
const CHECK_EVERY: u64 = 1_000;

/// The virtual time in which everything must come to rest once the faults stop.
const DRAIN_US: Micros = 120_000_000;
/// The virtual time in which nothing must be left of an RDC that ends.
const ENDING_US: Micros = 20_000_000;
/// The virtual time after which a kernel at rest keeps nothing for anybody.
const AGEING_US: Micros = 20_000_000;

/// What a run was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// events in all
    pub events: u64,
    /// virtual time in all
    pub time_us: Micros,
    /// the hash of everything that happened
    pub hash: u64,
    /// streams that were ever opened
    pub streams: usize,
    /// incarnations that were ever created
    pub incarnations: usize,
    /// handlers that have run
    pub interrupts: Interrupts,
    /// what was tried
    pub coverage: Coverage,
}

/// A broken promise and when it was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, event {event}, {time_us} µs: {violation}")]
pub struct Failure {
    /// the run
    pub seed: u64,
    /// the event
    pub event: u64,
    /// its time
    pub time_us: Micros,
    /// the promise
    #[source]
    pub violation: Violation,
}

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// a packet reaches its receiver
    Arrive(u32),
    /// a node runs
    Step { node: NodeId, epoch: u16 },
    /// an alarm that a kernel has set
    Alarm { node: NodeId, epoch: u16 },
    /// a node learns what a peer is now
    Notice { observer: NodeId, peer: NodeId },
    /// a node without power gets it back
    Boot(NodeId),
    /// a fault ends
    Recover { fault: Fault, node: NodeId },
}

/// A pool that runs.
pub struct Pool {
    shape: Shape,
    queue: EventQueue<Event>,
    backplane: Rc<RefCell<Backplane>>,
    sites: Vec<Site>,
    programs: Vec<Option<Program>>,
    oracle: Oracle,
    faults: FaultPlan,
    notices: Dice,
    coverage: Coverage,
    digest: Digest,
    phase: Phase,
    events: u64,
    /// packets on their way
    flights: Slab<Flight>,
    /// when the last packet of each ordered pair of nodes arrives
    last_arrival_us: Vec<Micros>,
    /// while the bus is cut: which half each node is in
    half: Option<Vec<bool>>,
    published: Vec<Flight>,
    departed: Vec<Slot>,
    defect: Option<Defect>,
    trace: Option<Box<dyn Write>>,
}

impl Pool {
    /// A pool of this shape, switched off.
    pub fn new(shape: Shape) -> Pool {
        let nodes = usize::from(shape.nodes);
        let dice = |player| Dice::new(shape.seed, player);
        Pool {
            queue: EventQueue::with_capacity(1 << 14),
            backplane: Rc::new(RefCell::new(Backplane::new(nodes))),
            sites: (0..shape.nodes).map(|node| Site::new(NodeId(node))).collect(),
            programs: Vec::new(),
            oracle: Oracle::default(),
            faults: FaultPlan::new(shape.faults, dice(Player::Network), dice(Player::Faults)),
            notices: dice(Player::Notices),
            coverage: Coverage::default(),
            digest: Digest::default(),
            phase: Phase::Busy,
            events: 0,
            flights: Slab::new(),
            last_arrival_us: vec![0; nodes * nodes],
            half: None,
            published: Vec::new(),
            departed: Vec::new(),
            defect: shape.plant.map(Defect::new),
            trace: None,
            shape,
        }
    }

    /// Writes a line of state for each event to `trace`.
    pub fn trace_to(&mut self, trace: Box<dyn Write>) {
        self.trace = Some(trace);
    }

    /// Runs the pool to its end. A kernel that panics has broken a promise too.
    pub fn run(mut self) -> Result<Report, Failure> {
        let ended = catch_unwind(AssertUnwindSafe(|| self.live()))
            .unwrap_or_else(|panic| Err(Violation::Panic { message: message_of(panic.as_ref()) }));
        if ended.is_err() {
            self.note_records();
        }
        ended.map_err(|violation| self.failure(violation))?;
        Ok(self.report())
    }

    fn live(&mut self) -> Result<(), Violation> {
        self.power_up();
        self.launch()?;
        while self.events < self.shape.events {
            self.next_event()?;
            self.maybe_strike();
        }
        self.heal();
        if self.shape.farewell == Farewell::HostDies {
            self.lose_host();
            return self.end_all();
        }
        self.phase = Phase::Draining;
        let end_us = self.queue.now_us() + DRAIN_US;
        while self.queue.now_us() < end_us && !self.is_at_rest() {
            self.next_event()?;
        }
        self.check_everything()?;
        self.phase = Phase::Resting;
        let end_us = self.queue.now_us() + AGEING_US;
        while self.queue.now_us() < end_us {
            self.next_event()?;
        }
        self.check_everything()?;
        self.oracle.check_drained()?;
        self.oracle.check_orphans()?;
        self.check_members()?;
        self.check_nothing_is_kept()?;
        self.end_all()
    }

    /// Ends every RDC; nothing of any must be left.
    fn end_all(&mut self) -> Result<(), Violation> {
        self.phase = Phase::Ending(self.shape.farewell);
        self.oracle.register.sentence_all();
        let end_us = self.queue.now_us() + ENDING_US;
        while self.queue.next_at_us().is_some_and(|next_us| next_us < end_us) {
            self.next_event()?;
        }
        if let Some((incarnation, node)) = self.oracle.register.all_living().next() {
            return Err(Violation::Survived { incarnation, node });
        }
        self.check_nothing_is_kept()
    }

    /// Boots all nodes at once.
    fn power_up(&mut self) {
        for index in 0..self.shape.nodes {
            self.boot(NodeId(index));
        }
    }

    fn next_event(&mut self) -> Result<(), Violation> {
        let Some(event) = self.queue.pop() else {
            let what = "nothing will ever happen again".to_owned();
            return Err(Violation::Kernel { node: NodeId::HOST, what });
        };
        self.events += 1;
        match event {
            Event::Arrive(index) => self.arrive(index),
            Event::Step { node, epoch } if self.is_in(node, epoch) => self.step_node(node)?,
            Event::Alarm { node, epoch } if self.is_in(node, epoch) => self.ring(node),
            Event::Step { .. } | Event::Alarm { .. } => {}
            Event::Notice { observer, peer } => self.notice(observer, peer),
            Event::Boot(node) => self.boot(node),
            Event::Recover { fault, node } => self.recover(fault, node),
        }
        self.send_off()?;
        self.write_line(event);
        if self.events.is_multiple_of(CHECK_EVERY) {
            self.check_everything()?;
        }
        Ok(())
    }

    /// Writes the line of state after `event`, if somebody wants it.
    fn write_line(&mut self, event: Event) {
        if self.trace.is_some() {
            let (living, flying) = (self.oracle.register.living(), self.flights.len());
            let hash = self.digest.value();
            self.note(format_args!("{event:?}: {living} live, {flying} fly, hash {hash:016x}"));
        }
        if let (Event::Step { node, .. }, true) = (event, self.trace.is_some())
            && let Some(board) = &self.sites[node.index()].board
        {
            let (messages, blocks) = board.kernel.messages_in_use();
            let grants = self.backplane.borrow().grants(node);
            self.note(format_args!(
                "  {node}: {messages} messages, {blocks} blocks, {grants} grants"
            ));
        }
    }

    /// Writes a line about this event, if somebody wants it. A reader that has gone
    /// away ends the trace, not the run.
    fn note(&mut self, what: std::fmt::Arguments<'_>) {
        let Some(trace) = &mut self.trace else { return };
        if writeln!(trace, "{} {} {what}", self.events, self.queue.now_us()).is_err() {
            self.trace = None;
        }
    }

    /// Writes what the kernels have recorded last, as the host reads it after a crash.
    fn note_records(&mut self) {
        let backplane = self.backplane.clone();
        for node in (0..self.shape.nodes).map(NodeId) {
            for record in backplane.borrow().records(node) {
                self.note(format_args!("  {node}: {record}"));
            }
        }
    }

    /// Whether `node` has power and is still in this epoch.
    fn is_in(&self, node: NodeId, epoch: u16) -> bool {
        let site = &self.sites[node.index()];
        site.board.is_some() && site.epoch == epoch
    }

    fn is_at_rest(&self) -> bool {
        self.flights.is_empty() && self.programs.iter().flatten().all(Program::is_at_rest)
    }

    /// Looks at the whole pool at once.
    fn check_everything(&self) -> Result<(), Violation> {
        self.oracle.register.check_calls(self.queue.now_us())?;
        for site in &self.sites {
            let Some(board) = &site.board else { continue };
            board.kernel.integrity().map_err(|broken| Violation::Kernel {
                node: site.id,
                what: format!("its tables contradict each other: {broken:?}"),
            })?;
        }
        for (uid, node) in self.oracle.register.all_living() {
            let board = self.sites[node.index()].board.as_ref();
            if !board.is_some_and(|board| board.residents.contains(&Some(uid))) {
                return Err(Violation::Vanished { incarnation: uid, node });
            }
        }
        Ok(())
    }

    /// Checks that the home of each RDC knows of those who live, started or not, and of nobody
    /// else.
    fn check_members(&self) -> Result<(), Violation> {
        let host = self.sites[0].board.as_ref().expect("the host has power");
        for rdc in (1..=self.shape.roots() as u32).filter_map(RdcId::new) {
            let Some(view) = host.kernel.launched(rdc) else { continue };
            let mut known: Vec<_> = view.members;
            known.sort_unstable();
            let mut living = Vec::new();
            for site in &self.sites[1..] {
                let residents = site.board.iter().flat_map(|board| board.kernel.residents());
                let members = residents.filter(|resident| resident.rdc == rdc);
                living.extend(members.map(|resident| (resident.id, site.id)));
            }
            living.sort_unstable();
            if known != living {
                let what =
                    format!("takes {known:?} for the members of {rdc:?}, which are {living:?}");
                return Err(Violation::Kernel { node: NodeId::HOST, what });
            }
        }
        Ok(())
    }

    /// Checks that kernels at rest hold no messages, no data and no grants.
    fn check_nothing_is_kept(&self) -> Result<(), Violation> {
        for site in &self.sites {
            let Some(board) = &site.board else { continue };
            let (messages, blocks) = board.kernel.messages_in_use();
            let grants = self.backplane.borrow().grants(site.id);
            if messages + blocks + grants > 0 {
                let what = format!(
                    "keeps {messages} messages, {blocks} blocks and {grants} grants for nobody"
                );
                return Err(Violation::Kernel { node: site.id, what });
            }
        }
        Ok(())
    }

    fn failure(&self, violation: Violation) -> Failure {
        let (seed, event) = (self.shape.seed, self.events);
        Failure { seed, event, time_us: self.queue.now_us(), violation }
    }

    fn report(self) -> Report {
        Report {
            events: self.events,
            time_us: self.queue.now_us(),
            hash: self.digest.value(),
            streams: self.oracle.streams.len(),
            incarnations: self.oracle.register.asked(),
            interrupts: self.oracle.interrupts,
            coverage: self.coverage,
        }
    }
}

/// What a panic said.
fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
