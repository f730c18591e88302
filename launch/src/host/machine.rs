//! The host as a processor: a clock, an alarm, and contexts that are played by the host's own
//! programs, which ask here what their calls have returned.

use std::collections::BTreeMap;
use std::time::Instant as HostInstant;

use abi::ids::UserAddr;
use kernel::platform::{CpuTimes, Identity, Instant, Machine, Registers, Slot, Start};

/// An incarnation that the kernel has started, for whoever plays it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Its place.
    pub slot: Slot,
    /// The first instruction of its module.
    pub entry: UserAddr,
    /// Its start block.
    pub argument: UserAddr,
}

/// The processor of node 0.
#[derive(Debug)]
pub struct HostMachine {
    started: HostInstant,
    alarm: Option<Instant>,
    results: BTreeMap<Slot, i32>,
    begun: Vec<Context>,
    released: Vec<Slot>,
}

impl HostMachine {
    /// A processor whose clock begins at `started`.
    pub fn new(started: HostInstant) -> Self {
        Self {
            started,
            alarm: None,
            results: BTreeMap::new(),
            begun: Vec::new(),
            released: Vec::new(),
        }
    }

    /// What the last call of `slot` has returned, once.
    pub fn take_result(&mut self, slot: Slot) -> Option<i32> {
        self.results.remove(&slot)
    }

    /// The host's time at which the kernel wants to be called.
    pub fn alarm(&self) -> Option<HostInstant> {
        self.alarm.map(|at| self.started + std::time::Duration::from_micros(at.0))
    }

    /// Incarnations that were started since the last question.
    pub fn take_begun(&mut self) -> Vec<Context> {
        std::mem::take(&mut self.begun)
    }

    /// Incarnations that were ended since the last question: they make no more calls.
    pub fn take_released(&mut self) -> Vec<Slot> {
        std::mem::take(&mut self.released)
    }
}

impl Machine for HostMachine {
    fn now(&self) -> Instant {
        Instant(self.started.elapsed().as_micros() as u64)
    }

    fn set_alarm(&mut self, at: Option<Instant>) {
        self.alarm = at;
    }

    fn start(&mut self, slot: Slot, start: &Start, _: Identity) {
        self.begun.push(Context { slot, entry: start.entry, argument: start.parameters });
    }

    fn set_result(&mut self, slot: Slot, result: i32) {
        self.results.insert(slot, result);
    }

    /// The programs of the host have none that the kernel could know.
    fn registers(&self, _: Slot) -> Option<Registers> {
        None
    }

    fn set_registers(&mut self, _: Slot, _: &Registers) {}

    fn release(&mut self, slot: Slot) {
        self.results.remove(&slot);
        self.begun.retain(|context| context.slot != slot);
        self.released.push(slot);
    }

    /// The programs of the host are not the kernel's to account for.
    fn times(&self, _: Slot) -> CpuTimes {
        CpuTimes::default()
    }

    /// Nor is the host's processor.
    fn busy_us(&self) -> u64 {
        0
    }
}
