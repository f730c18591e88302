//! A processor that runs nothing: the test plays the user code, and sees what calls return.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use abi::ids::UserAddr;
use kernel::platform::{CpuTimes, Identity, Instant, Machine, Registers, Slot, Start};

/// The processor of a node.
pub struct TestMachine {
    clock: Rc<Cell<u64>>,
    pub alarm: Option<Instant>,
    /// How often an alarm was asked for.
    pub alarms: u32,
    /// What the test says how long it has not rested.
    pub busy_us: u64,
    /// How much of that it says that each has had in user code, beside a little for everybody.
    pub used_us: BTreeMap<Slot, u64>,
    pub results: BTreeMap<Slot, i32>,
    pub started: BTreeMap<Slot, UserAddr>,
    /// What user code has in its registers, but for the result of its last call in D0.
    pub contexts: BTreeMap<Slot, Registers>,
    /// Those who were left in the middle of an instruction.
    pub in_instruction: BTreeSet<Slot>,
}

impl TestMachine {
    /// A processor with the pool's clock.
    pub fn new(clock: Rc<Cell<u64>>) -> Self {
        Self {
            clock,
            alarm: None,
            alarms: 0,
            busy_us: 0,
            used_us: BTreeMap::new(),
            results: BTreeMap::new(),
            started: BTreeMap::new(),
            contexts: BTreeMap::new(),
            in_instruction: BTreeSet::new(),
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
        let context = Registers::default().at(start.entry.0, start.stack.0);
        self.contexts.insert(slot, context);
    }

    fn set_result(&mut self, slot: Slot, result: i32) {
        let before = self.results.insert(slot, result);
        assert_eq!(before, None, "{slot:?}: one call returned twice");
    }

    fn registers(&self, slot: Slot) -> Option<Registers> {
        let mut registers = *self.contexts.get(&slot)?;
        registers.data[0] = self.results.get(&slot).copied().unwrap_or_default() as u32;
        (!self.in_instruction.contains(&slot)).then_some(registers)
    }

    fn set_registers(&mut self, slot: Slot, registers: &Registers) {
        assert!(
            !self.in_instruction.contains(&slot),
            "{slot:?} is in the middle of an instruction"
        );
        self.contexts.insert(slot, *registers);
        self.results.insert(slot, registers.data[0] as i32);
    }

    fn release(&mut self, slot: Slot) {
        self.results.remove(&slot);
        self.started.remove(&slot);
        self.contexts.remove(&slot);
        self.in_instruction.remove(&slot);
    }

    fn times(&self, slot: Slot) -> CpuTimes {
        let used_us = self.used_us.get(&slot).copied().unwrap_or_default();
        CpuTimes { user_us: 5000 + used_us, system_us: 3000 }
    }

    fn busy_us(&self) -> u64 {
        self.busy_us
    }
}
