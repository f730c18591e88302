//! Everything that a node knows: its tables and the platform below them. The kernel's other
//! files add the operations on it, each on its subject.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use abi::error::CallError;
use abi::ids::{Epoch, GlobalId, NodeId};

use crate::backups::{BACKUPS, Backup};
use crate::config::{Config, INCARNATIONS_MAX};
use crate::exchange::{Exchange, Owner, Phase};
use crate::executor::Ready;
use crate::fast::Lines;
use crate::ghost::Ghost;
use crate::incarnation::{Blocked, Incarnation};
use crate::load::Load;
use crate::moving::transit::LEAVING;
use crate::moving::{Leaving, Parked, Redirects, Taken};
use crate::node::NOBODY;
use crate::outstanding::Outstanding;
use crate::platform::{Bus, Instant, Machine, Memory, Platform, Slot};
use crate::pool::{Pool, Queue};
use crate::ports::KernelPorts;
use crate::quota::{GUARANTEED, Share};
use crate::rdc::Rdcs;
use crate::sched::Scheduler;
use crate::slab::Slab;
use crate::sources::Sources;
use crate::ticks::{Tick, Ticker};
use crate::trace::Trace;

/// A place for one incarnation, with the ghost that goes with it (§8.2.2: a pool of local
/// incarnations, made in advance).
#[derive(Debug)]
pub struct Local {
    /// Who is here.
    pub incarnation: Option<Incarnation>,
    /// The ghost of this place.
    pub ghost: Ghost,
}

impl Local {
    /// Whether the incarnation or its ghost waits for a tick.
    #[inline]
    pub fn needs_ticks(&self) -> bool {
        self.ghost.exchange.phase != Phase::Idle
            || self.incarnation.as_ref().is_some_and(|incarnation| {
                incarnation.exchange.phase != Phase::Idle
                    || incarnation.interrupts.is_put_off
                    || matches!(incarnation.blocked, Blocked::Reply(_))
            })
    }
}

/// The state of a node.
pub struct State<P: Platform> {
    pub(crate) bus: P::Bus,
    pub(crate) memory: P::Memory,
    pub(crate) machine: P::Machine,
    pub(crate) config: Config,
    pub(crate) node: NodeId,
    pub(crate) epoch: Epoch,
    counter: u64,
    /// The boots of the other nodes that this one has talked to.
    pub(crate) peers: Vec<Option<Epoch>>,
    pub(crate) locals: Vec<Local>,
    pub(crate) ports: KernelPorts,
    pub(crate) sources: Sources,
    /// The connections that are in use the short way.
    pub(crate) lines: Lines<<P::Memory as Memory>::Place>,
    pub(crate) pool: Pool,
    /// What incarnations have a claim to in the pool and do not use.
    pub(crate) claims: Share,
    pub(crate) sched: Scheduler,
    /// Whose call is being served by its handler; nobody's at other times.
    pub(crate) calling: Slot,
    pub(crate) ticker: Ticker,
    /// Until when ticks pass although nobody waits: what is kept has to age.
    pub(crate) linger: Tick,
    /// The earliest deadline of an incarnation, of the node's status, of questions after children
    /// or of tests, or earlier.
    pub(crate) first_deadline: Option<Instant>,
    /// When children are asked next whether they answer, while somebody wants to know.
    pub(crate) probe: Option<Instant>,
    /// When dependencies are tested, if there are any.
    pub(crate) tests: Option<Instant>,
    /// Ports that wait to take the place of others.
    pub(crate) backups: Slab<Backup>,
    /// When something is to be done about them, if there are any.
    pub(crate) backups_due: Option<Instant>,
    /// The alarm that the machine is set to.
    pub(crate) alarm: Option<Instant>,
    pub(crate) rdcs: Rdcs,
    pub(crate) outstanding: Slab<Outstanding>,
    /// Streams whose last reply is to be acknowledged if they stay idle.
    pub(crate) unacknowledged: Vec<(Slot, u16)>,
    /// Incarnations whose data is being pulled.
    pub(crate) pulls: VecDeque<Slot>,
    /// Incarnations whose call may go on that waited for its stream.
    pub(crate) resumed: VecDeque<Slot>,
    /// Requests to the loader.
    pub(crate) loader: Queue,
    /// Attachments that other owners are taking over.
    pub(crate) leaving: Slab<Leaving>,
    /// The number of the last move to this node.
    pub(crate) moves: u16,
    /// What was taken over here last.
    pub(crate) taken: Taken,
    /// Where ports and streams have gone.
    pub(crate) redirects: Redirects,
    /// Senders who are told when a port is there again.
    pub(crate) parked: Parked,
    pub(crate) tasks: Ready,
    pub(crate) trace: Trace,
    pub(crate) load: Load,
    pub(crate) started: Instant,
}

impl<P: Platform> State<P> {
    /// The state of a node that has just been started.
    pub(crate) fn new(
        mut config: Config,
        bus: P::Bus,
        memory: P::Memory,
        machine: P::Machine,
    ) -> Self {
        let (node, epoch) = (bus.node(), bus.epoch());
        config.incarnations = config.incarnations.min(INCARNATIONS_MAX);
        let slots = config.incarnations;
        let least = Share::least(slots);
        config.messages = config.messages.max(least.messages);
        config.blocks = config.blocks.max(least.blocks);
        config.messages_each = config.messages_each.max(GUARANTEED.messages);
        let mut locals = Vec::with_capacity(usize::from(slots));
        for counter in 1..=u64::from(slots) {
            let source = GlobalId::new(node, epoch, counter).expect("the first identifiers");
            locals.push(Local { incarnation: None, ghost: Ghost::new(source) });
        }
        let started = machine.now();
        let peers = vec![None; usize::from(bus.nodes())];
        Self {
            bus,
            memory,
            machine,
            config,
            node,
            epoch,
            // So many are for ghosts.
            counter: u64::from(INCARNATIONS_MAX),
            peers,
            locals,
            ports: KernelPorts::new(node, slots, config.kernel_ports),
            sources: Sources::new(config.sources, config.kernel_ports.max(slots + 1)),
            lines: Lines::new(P::Memory::NOWHERE),
            pool: Pool::new(config.messages, config.blocks),
            claims: Share::default(),
            sched: Scheduler::new(),
            calling: NOBODY,
            ticker: Ticker::default(),
            linger: Tick(0),
            first_deadline: None,
            probe: None,
            tests: None,
            backups: Slab::new(BACKUPS),
            backups_due: None,
            alarm: None,
            rdcs: Rdcs::new(config.rdcs),
            // Each incarnation may be about to enter one when the bound is reached.
            outstanding: Slab::new(config.outstanding.saturating_add(slots)),
            unacknowledged: Vec::with_capacity(usize::from(config.incarnations) * 4),
            pulls: VecDeque::with_capacity(usize::from(slots)),
            resumed: VecDeque::with_capacity(usize::from(slots)),
            loader: Queue::EMPTY,
            leaving: Slab::new(LEAVING),
            moves: 0,
            taken: Taken::new(),
            redirects: Redirects::new(),
            parked: Parked::new(),
            tasks: Ready::new(slots),
            trace: Trace::new(),
            load: Load::default(),
            started,
        }
    }

    /// An identifier that nothing else in the pool has.
    pub(crate) fn new_id(&mut self) -> GlobalId {
        self.counter += 1;
        GlobalId::new(self.node, self.epoch, self.counter).expect("2^40 identifiers last for years")
    }

    /// The incarnation in `slot`, if there is one.
    pub(crate) fn incarnation(&self, slot: Slot) -> Option<&Incarnation> {
        self.locals.get(slot.index())?.incarnation.as_ref()
    }

    /// The incarnation in `slot`, to be changed.
    pub(crate) fn incarnation_mut(&mut self, slot: Slot) -> Option<&mut Incarnation> {
        self.locals.get_mut(slot.index())?.incarnation.as_mut()
    }

    /// The incarnation that makes a call or waits in one.
    pub(crate) fn caller(&mut self, slot: Slot) -> &mut Incarnation {
        self.locals[slot.index()].incarnation.as_mut().expect("a caller exists")
    }

    /// All slots.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + use<P> {
        (0..self.config.incarnations).map(Slot)
    }

    /// The exchange of `owner`, if there is such an incarnation.
    pub(crate) fn exchange(&mut self, owner: Owner) -> Option<&mut Exchange> {
        let local = self.locals.get_mut(owner.slot().index())?;
        match owner {
            Owner::Call(_) => {
                local.incarnation.as_mut().map(|incarnation| &mut incarnation.exchange)
            }
            Owner::Ghost(_) => Some(&mut local.ghost.exchange),
        }
    }

    /// `slot` waits for `blocked`.
    pub(crate) fn block(&mut self, slot: Slot, blocked: Blocked) {
        self.caller(slot).blocked = blocked;
        self.sched.remove(slot);
    }

    /// The call that `slot` is blocked in returns.
    pub(crate) fn finish(&mut self, slot: Slot, result: Result<u32, CallError>) {
        let code = match result {
            Ok(value) => value as i32,
            Err(error) => error.code(),
        };
        self.trace_returned(slot, code);
        self.return_from_call(slot, code);
        self.interrupt(slot);
    }

    /// The call that `slot` is blocked in returns `code`.
    pub(crate) fn return_from_call(&mut self, slot: Slot, code: i32) {
        let Some(incarnation) = self.locals[slot.index()].incarnation.as_mut() else { return };
        self.machine.set_result(slot, code);
        incarnation.blocked = Blocked::No;
        incarnation.deadline = None;
        incarnation.exchange.phase = Phase::Idle;
        if incarnation.can_run() {
            self.sched.add(slot, incarnation.priority);
        }
    }

    /// Lets `slot` run if nothing keeps it from running.
    #[inline]
    pub(crate) fn resume(&mut self, slot: Slot) {
        let incarnation = self.caller(slot);
        if incarnation.can_run() {
            let priority = incarnation.priority;
            self.sched.add(slot, priority);
        }
    }

    /// Before the kernel is left: shows others what was sent, has time slices pass while
    /// somebody waits for the processor, and the load be posted while somebody has it.
    #[inline]
    pub(crate) fn finish_turn(&mut self) {
        self.bus.publish();
        self.keep_time();
    }

    /// Has time slices pass and the load be posted if there is reason to.
    #[inline]
    pub(crate) fn keep_time(&mut self) {
        if self.sched.is_contended() {
            self.need_ticks();
        }
        self.keep_load();
    }

    /// Has the load be posted if somebody can run.
    #[inline]
    pub(crate) fn keep_load(&mut self) {
        if self.load.report.is_none() && self.sched.ready() > 0 {
            self.watch_load();
        }
    }

    /// Somebody waits for ticks to pass.
    #[inline]
    pub(crate) fn need_ticks(&mut self) {
        if self.ticker.next.is_none() {
            self.start_ticks();
        }
    }

    #[cold]
    fn start_ticks(&mut self) {
        self.ticker.start(self.machine.now());
        self.set_alarm();
    }

    /// Something kept here has to age by `ticks`, though nobody waits for it.
    pub(crate) fn linger(&mut self, ticks: u32) {
        let until = self.ticker.now.after(ticks);
        if !self.linger.has_reached(until) {
            self.linger = until;
        }
        self.need_ticks();
    }

    /// `slot` waits no longer than until `deadline`.
    pub(crate) fn set_deadline(&mut self, slot: Slot, deadline: Instant) {
        self.caller(slot).deadline = Some(deadline);
        self.add_deadline(deadline);
    }

    /// Something is to be done at `deadline`.
    pub(crate) fn add_deadline(&mut self, deadline: Instant) {
        if self.first_deadline.is_none_or(|first| deadline < first) {
            self.first_deadline = Some(deadline);
            self.set_alarm();
        }
    }

    /// Sets the machine's alarm to the next tick or deadline.
    pub(crate) fn set_alarm(&mut self) {
        let next = match (self.ticker.next, self.first_deadline) {
            (Some(tick), Some(deadline)) => Some(tick.min(deadline)),
            (tick, deadline) => tick.or(deadline),
        };
        if next != self.alarm {
            self.alarm = next;
            self.machine.set_alarm(next);
        }
    }
}
