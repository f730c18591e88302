//! The processor and its clock as the portable kernel sees them:
//! `kernel::platform::Machine` for every board.

use crate::board::Nanoseconds;
use crate::context::Context;
use crate::cpu;
use crate::fpu::FpuState;
use abi::ids::UserAddr;
use abi::space::PARAMETERS;
use alloc::boxed::Box;
use core::ptr::NonNull;
use kernel::platform::{CpuTimes, Instant, Machine, Slot};

fn to_us(ns: u64) -> u64 {
    cpu::divide(ns, 1000)
}

/// A board's clock.
pub trait Clock {
    /// What it has shown when the board was started.
    fn started(&self) -> Nanoseconds;

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
    seen: Seen,
}

/// How often the alarm has interrupted a context in each mode; both are halved when they get
/// large.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    user: u32,
    kernel: u32,
}

/// Where the processor spends its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// In user code.
    User,
    /// In the kernel.
    Kernel,
}

impl Seen {
    /// So many that products with times fit.
    const MAX: u32 = 1 << 16;

    fn count(&mut self, mode: Mode) {
        match mode {
            Mode::User => self.user += 1,
            Mode::Kernel => self.kernel += 1,
        }
        if self.user + self.kernel >= Seen::MAX {
            *self = Seen { user: self.user / 2, kernel: self.kernel / 2 };
        }
    }

    /// Divides a time as the modes were seen.
    fn divide(self, used_us: u64) -> CpuTimes {
        let all = (self.user + self.kernel).max(1);
        let system_us = cpu::divide(used_us.saturating_mul(u64::from(self.kernel)), all);
        CpuTimes { user_us: used_us - system_us, system_us }
    }
}

/// The contexts of all slots, and the clock.
#[derive(Debug)]
pub struct Processor<C> {
    clock: C,
    started: Nanoseconds,
    /// One for each slot, and one behind them for whoever has nothing.
    places: Places,
    /// Whose context is to be run, and whose values are in the FPU.
    current: NonNull<Place>,
    /// Whose time passes, if it is anybody's.
    charged: Option<NonNull<Place>>,
    /// Since when; or since when the processor has rested.
    since: Nanoseconds,
    /// When the processor has last ceased to rest.
    awake_since: Nanoseconds,
    /// How long it had not rested when it went to rest last.
    busy_ns: u64,
}

/// Places that never move, so that the current one is known by its address.
#[derive(Debug)]
struct Places {
    first: NonNull<Place>,
    count: u16,
}

impl Places {
    /// So many places, and one more. They are never given back, since no kernel ends.
    fn new(count: u16) -> Places {
        let places: Box<[Place]> = (0..=count).map(|_| Place::default()).collect();
        let first = NonNull::from(Box::leak(places)).cast();
        Places { first, count }
    }

    /// The place of a slot; the spare one if there is no such slot.
    #[inline]
    fn of(&self, slot: Slot) -> NonNull<Place> {
        // SAFETY: there are `count` places and a spare one.
        unsafe { self.first.add(slot.index().min(usize::from(self.count))) }
    }

    /// The place of nobody.
    fn spare(&self) -> NonNull<Place> {
        // SAFETY: it is the last one.
        unsafe { self.first.add(usize::from(self.count)) }
    }
}

impl<C: Clock> Processor<C> {
    /// A processor for so many slots. Its time has begun with the board's first instruction.
    pub fn new(slots: u16, clock: C) -> Processor<C> {
        let started = clock.started();
        let places = Places::new(slots);
        Processor {
            clock,
            started,
            current: places.spare(),
            places,
            charged: None,
            since: started,
            awake_since: started,
            busy_ns: 0,
        }
    }

    #[inline]
    fn place(&self, slot: Slot) -> &Place {
        // SAFETY: places live for ever, and nobody changes one while the processor is
        // borrowed.
        unsafe { self.places.of(slot).as_ref() }
    }

    #[inline]
    fn place_mut(&mut self, slot: Slot) -> &mut Place {
        // SAFETY: as in `place`; the processor is borrowed for it alone.
        unsafe { self.places.of(slot).as_mut() }
    }

    /// The context of a slot.
    pub fn context(&mut self, slot: Slot) -> &mut Context {
        &mut self.place_mut(slot).context
    }

    /// The context of who has the processor.
    #[inline]
    pub fn current(&mut self) -> &mut Context {
        // SAFETY: as in `place_mut`.
        unsafe { &mut self.current.as_mut().context }
    }

    /// From now on, `slot` has the processor: its time, its context and its FPU.
    #[inline]
    pub fn give_to(&mut self, slot: Slot) {
        let mut place = self.places.of(slot);
        if self.charged != Some(place) {
            // After a rest nobody has had the time since.
            if self.charged.is_some() {
                self.charge();
            }
            self.charged = Some(place);
        }
        if self.current != place {
            // SAFETY: as in `place_mut`; the two places are different ones.
            unsafe { self.current.as_mut().fpu.exchange(&place.as_mut().fpu) }
            self.current = place;
        }
    }

    /// The time until now was that of who is charged.
    #[inline]
    fn charge(&mut self) {
        let now = self.clock.now();
        if let Some(mut charged) = self.charged {
            // SAFETY: as in `place_mut`.
            let used_ns = unsafe { &mut charged.as_mut().used_ns };
            *used_ns = used_ns.wrapping_add(now.0.wrapping_sub(self.since.0));
        }
        self.since = now;
    }

    /// From now on, nobody has the processor, and it rests; answers how many nanoseconds
    /// since its start it has not.
    pub fn rest(&mut self) -> u64 {
        self.charge();
        self.charged = None;
        self.busy_ns = self.busy_ns.wrapping_add(self.since.0.wrapping_sub(self.awake_since.0));
        self.busy_ns
    }

    /// For how long it has rested, in nanoseconds, when it has for less than four seconds.
    pub fn rested_ns(&self) -> u32 {
        self.clock.now().0.wrapping_sub(self.since.0) as u32
    }

    /// The processor does not rest any more.
    pub fn wake(&mut self) {
        self.awake_since = self.clock.now();
        self.since = self.awake_since;
    }

    /// The alarm has gone off: who has the processor, if anybody, was found in this mode.
    pub fn found_in(&mut self, mode: Mode) {
        if let Some(mut charged) = self.charged {
            // SAFETY: as in `place_mut`.
            unsafe { charged.as_mut().seen.count(mode) }
        }
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
        self.context(slot).start(entry.0, stack.0);
    }

    #[inline]
    fn set_result(&mut self, slot: Slot, result: i32) {
        self.context(slot).set_result(result as u32);
    }

    fn release(&mut self, slot: Slot) {
        let place = self.places.of(slot);
        if self.charged == Some(place) {
            self.charged = None;
        }
        // What it had in the FPU goes with it: the next one begins with zeros.
        if self.current == place {
            self.current = self.places.spare();
        }
        *self.place_mut(slot) = Place::default();
    }

    fn times(&self, slot: Slot) -> CpuTimes {
        let is_charged = self.charged == Some(self.places.of(slot));
        let current = if is_charged { self.clock.now().since(self.since).0 } else { 0 };
        let place = self.place(slot);
        place.seen.divide(to_us(place.used_ns + current))
    }

    fn busy_us(&self) -> u64 {
        // It does not rest while the kernel asks.
        to_us(self.busy_ns.wrapping_add(self.clock.now().0.wrapping_sub(self.awake_since.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many looks at each mode, as often as said.
    fn seen(user: u32, kernel: u32, times: u32) -> Seen {
        let mut seen = Seen::default();
        for _ in 0..times {
            (0..user).for_each(|_| seen.count(Mode::User));
            (0..kernel).for_each(|_| seen.count(Mode::Kernel));
        }
        seen
    }

    #[test]
    fn time_is_divided_as_the_modes_were_seen() {
        let times = |user, kernel| {
            let times = seen(user, kernel, 1).divide(1_000_000);
            (times.user_us, times.system_us)
        };
        assert_eq!(times(0, 0), (1_000_000, 0));
        assert_eq!(times(3, 1), (750_000, 250_000));
        assert_eq!(times(0, 2), (0, 1_000_000));
    }

    #[test]
    fn a_year_of_looks_keeps_the_parts() {
        const YEAR_US: u64 = 365 * 86_400 * 1_000_000;
        let times = seen(3, 1, 100_000).divide(YEAR_US);
        assert_eq!(times.user_us + times.system_us, YEAR_US);
        let percent = times.system_us * 100 / YEAR_US;
        assert!((20..30).contains(&percent), "{percent}");
    }
}
