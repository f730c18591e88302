//! The trace: what the node does, as records that the bus keeps where the host reads them
//! after the fact, also after a crash.

use abi::constants::EndReason;
use abi::ids::{GlobalId, ModuleId, NodeId, RdcId};
use abi::message::{Header, KernelPort, Kind};
use abi::structs::EvDesc;
use abi::trace::{Record, TraceEvent};

use crate::delivery::packets::Dropped;
use crate::interrupts::Handler;
use crate::platform::{Bus, Machine, PeerChange, PeerState, Platform, Slot};
use crate::state::State;

/// What is recorded, and how much was.
#[derive(Debug)]
pub struct Trace {
    written: u32,
    level: Level,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What is rare: incarnations, peers, faults, full tables.
    Changes,
    /// Each call and message too.
    Everything,
}

/// Tables and pools that can be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Table {
    /// The messages of one incarnation.
    Quota = 1,
    /// The messages of the node.
    Messages = 2,
    /// The blocks of the node.
    Blocks = 3,
}

impl Trace {
    /// Nothing has been recorded; only changes will be.
    pub fn new() -> Self {
        Self { written: 0, level: Level::Changes }
    }

    /// Whether each call and message is recorded.
    #[inline]
    pub fn is_busy(&self) -> bool {
        self.level >= Level::Everything
    }

    /// Sets what is recorded from now on.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
    }
}

/// An identity as the trace shows it: its counter.
fn shown(id: GlobalId) -> u32 {
    id.counter() as u32
}

impl<P: Platform> State<P> {
    /// Records something rare.
    pub(crate) fn record(&mut self, event: TraceEvent, values: &[u32]) {
        let time_ns = self.machine.now().0 * 1000;
        self.bus.trace(&Record::new(time_ns, self.trace.written, event, values));
        self.trace.written = self.trace.written.wrapping_add(1);
    }

    /// Records something that happens all the time, if that is wanted.
    #[inline]
    fn record_busy(&mut self, event: TraceEvent, values: &[u32]) {
        if self.trace.level >= Level::Everything {
            self.record(event, values);
        }
    }

    #[inline]
    pub(crate) fn trace_called(&mut self, slot: Slot, number: u32, args: &[u32; 5]) {
        if self.trace.level >= Level::Everything {
            let inc = self.incarnation(slot).map_or(0, |incarnation| shown(incarnation.id));
            self.record(TraceEvent::Called, &[inc, number, args[0], args[1], args[2]]);
        }
    }

    #[inline]
    pub(crate) fn trace_blocked(&mut self, slot: Slot, number: u32) {
        if self.trace.level >= Level::Everything {
            let inc = self.incarnation(slot).map_or(0, |incarnation| shown(incarnation.id));
            self.record(TraceEvent::Blocked, &[inc, number, 0]);
        }
    }

    #[inline]
    pub(crate) fn trace_returned(&mut self, slot: Slot, result: i32) {
        if self.trace.level >= Level::Everything {
            let Some(incarnation) = self.incarnation(slot) else { return };
            let (inc, call) = (shown(incarnation.id), incarnation.call);
            self.record(TraceEvent::Returned, &[inc, call, result as u32]);
        }
    }

    #[inline]
    pub(crate) fn trace_sent(&mut self, node: NodeId, kind: Kind, sequence: u32, to: KernelPort) {
        let values = [u32::from(node.0), kind as u32, sequence, to.0];
        self.record_busy(TraceEvent::Sent, &values);
    }

    #[inline]
    pub(crate) fn trace_received(&mut self, node: NodeId, header: &Header) {
        if self.trace.level >= Level::Everything {
            let kind = u32::from(header.kind);
            let values = [u32::from(node.0), kind, header.sequence.get(), header.to.get()];
            self.record(TraceEvent::Received, &values);
        }
    }

    pub(crate) fn trace_retried(&mut self, node: NodeId, kind: Kind, sequence: u32) {
        self.record_busy(TraceEvent::Retried, &[u32::from(node.0), kind as u32, sequence, 0]);
    }

    pub(crate) fn trace_dropped(&mut self, node: NodeId, kind: u8, why: Dropped) {
        let values = [u32::from(node.0), u32::from(kind), 0, why as u32];
        self.record(TraceEvent::Dropped, &values);
    }

    pub(crate) fn trace_full(&mut self, table: Table, bound: u16) {
        self.record_busy(TraceEvent::Full, &[table as u32, u32::from(bound)]);
    }

    pub(crate) fn trace_made(&mut self, slot: Slot, rdc: RdcId, module: ModuleId) {
        let inc = self.incarnation(slot).map_or(0, |incarnation| shown(incarnation.id));
        self.record(TraceEvent::IncMade, &[inc, rdc.get(), u32::from(module.0)]);
    }

    pub(crate) fn trace_ended(&mut self, id: GlobalId, rdc: RdcId, reason: EndReason, detail: u32) {
        self.record(TraceEvent::IncEnded, &[shown(id), rdc.get(), reason as u32, detail]);
    }

    pub(crate) fn trace_interrupt(&mut self, slot: Slot, event: &EvDesc, handler: Handler) {
        if self.trace.level >= Level::Everything {
            let inc = self.incarnation(slot).map_or(0, |incarnation| shown(incarnation.id));
            let (event, reference) = (event.ed_evtype.get(), event.ed_reference.get());
            let priority = u32::from(handler.priority.get());
            let values = [inc, event, reference, handler.address.0, priority];
            self.record(TraceEvent::Interrupted, &values);
        }
    }

    pub(crate) fn trace_fault(&mut self, slot: Slot, vector: u32, pc: u32, address: u32) {
        let inc = self.incarnation(slot).map_or(0, |incarnation| shown(incarnation.id));
        self.record(TraceEvent::UserFault, &[inc, vector, pc, address]);
    }

    pub(crate) fn trace_peer(&mut self, change: PeerChange) {
        let node = u32::from(change.node.0);
        match change.state {
            PeerState::Up(epoch) => {
                self.record(TraceEvent::PeerUp, &[node, u32::from(epoch.get())]);
            }
            PeerState::Down => self.record(TraceEvent::PeerDown, &[node, 0]),
        }
    }
}
