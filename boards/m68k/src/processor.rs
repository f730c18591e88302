//! The processor and its clock as the portable kernel sees them:
//! `kernel::platform::Machine` for every board.

use crate::board::Nanoseconds;
use crate::context::Context;
use crate::cpu;
use crate::fpu::FpuState;
use abi::calls::ARGUMENTS_MAX;
use abi::ids::UserAddr;
use abi::space::PARAMETERS;
use alloc::boxed::Box;
use kernel::platform::{CpuTimes, Instant, Machine, Slot};

fn to_us(ns: u64) -> u64 {
    cpu::divide(ns, 1000)
}

/// A board's clock.
pub trait Clock {
    /// The time now, which never goes backwards.
    fn now(&self) -> Nanoseconds;

    /// Has an interrupt come at a time, in place of the one asked for before; none
    /// for `None`.
    fn set_alarm(&mut self, at: Option<Nanoseconds>);

    /// Whether that interrupt has come.
    fn has_rung(&self) -> bool;
}

/// A context and the time that it has had.
#[derive(Default, Debug)]
struct Place {
    context: Context,
    fpu: FpuState,
    used_ns: u64,
}

/// The contexts of all slots, and the clock.
#[derive(Debug)]
pub struct Processor<C> {
    clock: C,
    started: Nanoseconds,
    places: Box<[Place]>,
    /// Who has the processor, and since when.
    running: Option<(Slot, Nanoseconds)>,
    /// When the processor has last ceased to rest.
    awake_since: Nanoseconds,
    /// How long it had not rested when it went to rest last.
    busy_ns: u64,
    /// Whose values are in the FPU.
    fpu_owner: Option<Slot>,
}

impl<C: Clock> Processor<C> {
    /// A processor for so many slots, whose time begins now.
    pub fn new(slots: u16, clock: C) -> Processor<C> {
        let started = clock.now();
        let places = (0..slots).map(|_| Place::default()).collect();
        Processor {
            clock,
            started,
            places,
            running: None,
            awake_since: started,
            busy_ns: 0,
            fpu_owner: None,
        }
    }

    /// The context of a slot.
    pub fn context(&mut self, slot: Slot) -> &mut Context {
        &mut self.places[slot.index()].context
    }

    /// The number and the arguments of the call that `slot` has made.
    pub fn call(&self, slot: Slot) -> (u32, [u32; ARGUMENTS_MAX]) {
        let registers = self.places[slot.index()].context.registers();
        let [number, d1, d2, d3, ..] = registers.data;
        let [a0, a1, ..] = registers.address;
        (number, [d1, a0, a1, d2, d3])
    }

    /// From now on, `slot` has the processor: its time and its FPU.
    #[inline]
    pub fn give_to(&mut self, slot: Slot) {
        if self.running.is_none_or(|(running, _)| running != slot) {
            let since = match self.running.take() {
                // Nobody has had it since it rested.
                None => self.awake_since,
                Some((running, since)) => {
                    let now = self.clock.now();
                    self.places[running.index()].used_ns += now.since(since).0;
                    now
                }
            };
            self.running = Some((slot, since));
            self.switch_fpu(slot);
        }
    }

    /// From now on, nobody has the processor, and it rests; answers how many nanoseconds
    /// since its start it has not.
    pub fn rest(&mut self) -> u64 {
        let now = self.clock.now();
        if let Some((running, since)) = self.running.take() {
            self.places[running.index()].used_ns += now.since(since).0;
        }
        self.busy_ns += now.since(self.awake_since).0;
        self.busy_ns
    }

    /// The processor does not rest any more.
    pub fn wake(&mut self) {
        self.awake_since = self.clock.now();
    }

    fn switch_fpu(&mut self, slot: Slot) {
        if self.fpu_owner == Some(slot) {
            return;
        }
        if let Some(owner) = self.fpu_owner.replace(slot) {
            self.places[owner.index()].fpu.save();
        }
        self.places[slot.index()].fpu.restore();
    }

    fn time_of(&self, at: Instant) -> Nanoseconds {
        Nanoseconds(self.started.0.saturating_add(at.0.saturating_mul(1000)))
    }
}

impl<C: Clock> Machine for Processor<C> {
    fn now(&self) -> Instant {
        Instant(to_us(self.clock.now().since(self.started).0))
    }

    fn set_alarm(&mut self, at: Option<Instant>) {
        let at = at.map(|at| self.time_of(at));
        self.clock.set_alarm(at);
    }

    fn may_be_due(&self) -> bool {
        self.clock.has_rung()
    }

    fn start(&mut self, slot: Slot, entry: UserAddr, stack: UserAddr, argument: UserAddr) {
        // The space was made with the argument on its stack.
        assert_eq!(argument.0, PARAMETERS, "an incarnation starts with its parameters");
        let place = &mut self.places[slot.index()];
        place.context.start(entry.0, stack.0);
    }

    fn set_result(&mut self, slot: Slot, result: i32) {
        self.places[slot.index()].context.registers_mut().data[0] = result as u32;
    }

    fn release(&mut self, slot: Slot) {
        if self.running.is_some_and(|(running, _)| running == slot) {
            self.running = None;
        }
        // What it had in the FPU goes with it: the next one begins with zeros.
        if self.fpu_owner == Some(slot) {
            self.fpu_owner = None;
        }
        self.places[slot.index()] = Place::default();
    }

    /// All time is counted as the user's: the clock is read when another slot gets
    /// the processor, not at every entry to the kernel.
    fn times(&self, slot: Slot) -> CpuTimes {
        let now = self.clock.now();
        let running = self.running.filter(|(running, _)| *running == slot);
        let current = running.map_or(0, |(_, since)| now.since(since).0);
        let used_ns = self.places[slot.index()].used_ns + current;
        CpuTimes { user_us: to_us(used_ns), system_us: 0 }
    }
}
