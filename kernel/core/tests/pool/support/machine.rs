//! A processor that runs nothing: the test plays the user code, and sees what calls return.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use abi::ids::UserAddr;
use kernel::platform::{CpuTimes, Identity, Instant, Machine, Slot, Start};

/// The processor of a node.
pub struct TestMachine {
    clock: Rc<Cell<u64>>,
    pub alarm: Option<Instant>,
    /// How often an alarm was asked for.
    pub alarms: u32,
    /// What the test says how long it has not rested.
    pub busy_us: u64,
    pub results: BTreeMap<Slot, i32>,
    pub started: BTreeMap<Slot, UserAddr>,
}

impl TestMachine {
    /// A processor with the pool's clock.
    pub fn new(clock: Rc<Cell<u64>>) -> Self {
        Self {
            clock,
            alarm: None,
            alarms: 0,
            busy_us: 0,
            results: BTreeMap::new(),
            started: BTreeMap::new(),
        }
    }
}

impl Machine for TestMachine {
    fn now(&self) -> Instant {
        Instant(self.clock.get())
    }

    fn set_alarm(&mut self, at: Option<Instant>) {
        self.alarm = at;
        self.alarms += u32::from(at.is_some());
    }

    fn start(&mut self, slot: Slot, start: &Start, _: Identity) {
        self.started.insert(slot, start.parameters);
    }

    fn set_result(&mut self, slot: Slot, result: i32) {
        let before = self.results.insert(slot, result);
        assert_eq!(before, None, "{slot:?}: one call returned twice");
    }

    fn release(&mut self, slot: Slot) {
        self.results.remove(&slot);
        self.started.remove(&slot);
    }

    fn times(&self, _: Slot) -> CpuTimes {
        CpuTimes { user_us: 5000, system_us: 3000 }
    }

    fn busy_us(&self) -> u64 {
        self.busy_us
    }
}
