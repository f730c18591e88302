//! The processor and its clock as the portable kernel sees them:
//! `kernel::platform::Machine` for every board.

use crate::board::Nanoseconds;
use crate::context::Context;
use crate::cpu;
use crate::fpu::FpuState;
use abi::space::PARAMETERS;
use alloc::boxed::Box;
use core::ptr::NonNull;
use kernel::config::INCARNATIONS_MAX;
use kernel::platform::{CpuTimes, Identity, Instant, Machine, Registers, Slot, Start};

fn to_us(ns: u64) -> u64 {
    cpu::divide(ns, 1000)
}

/// A board's clock.
pub trait Clock {
    /// What it has shown when the board was started.
    fn started(&self) -> Nanoseconds;

    /// The time now, which never goes backwards.
    fn now(&self) -> Nanoseconds;

    /// Its low half, which may cost less.
    fn now_low(&self) -> u32 {
        self.now().0 as u32
    }

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
    identity: Identity,
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
    /// Whether the time that passes is his.
    is_charged: bool,
    /// Since when; or since when the processor has rested. It is the low half of a time: alarms
    /// come more often than once in four seconds while anybody is charged.
    since: u32,
    /// When the processor has last ceased to rest.
    awake_since: Nanoseconds,
    /// How long it had not rested when it went to rest last.
    busy_ns: u64,
}

/// Places that never move, one for each slot and one of nobody, so that the current one is
/// known by its address.
#[derive(Debug)]
struct Places(NonNull<Place>);

impl Places {
    /// Makes them. They are never given back, since no kernel ends.
    fn new() -> Places {
        let places: Box<[Place]> = (0..=INCARNATIONS_MAX).map(|_| Place::default()).collect();
        Places(NonNull::from(Box::leak(places)).cast())
    }

    /// The place of a slot.
    #[inline]
    fn of(&self, slot: Slot) -> NonNull<Place> {
        // SAFETY: there are INCARNATIONS_MAX places, and one more.
        unsafe { self.0.add(slot.bounded()) }
    }

    /// The place of nobody.
    fn spare(&self) -> NonNull<Place> {
        // SAFETY: it is the last one.
        unsafe { self.0.add(usize::from(INCARNATIONS_MAX)) }
    }
}

impl<C: Clock> Processor<C> {
    /// A processor whose time has begun with the board's first instruction.
    pub fn new(clock: C) -> Processor<C> {
        let started = clock.started();
        let places = Places::new();
        Processor {
            clock,
            started,
            current: places.spare(),
            places,
            is_charged: false,
            since: started.0 as u32,
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

    /// As [`Processor::current`], to look at.
    #[inline]
    pub fn running(&self) -> &Context {
        // SAFETY: as in `place`.
        unsafe { &self.current.as_ref().context }
    }

    /// Who that is.
    #[inline]
    pub fn identity(&self) -> &Identity {
        // SAFETY: as in `place`.
        unsafe { &self.current.as_ref().identity }
    }

    /// From now on, `slot` has the processor: its time, its context and its FPU.
    #[inline]
    pub fn give_to(&mut self, slot: Slot) {
        let place = self.places.of(slot);
        let mut current = self.current;
        if current != place {
            if self.is_charged {
                self.charge(self.clock.now_low());
            }
            // SAFETY: as in `place_mut`; the two places are different ones.
            unsafe { current.as_mut().fpu.exchange(&place.as_ref().fpu) }
            self.current = place;
        }
        // After a rest nobody has had the time since.
        self.is_charged = true;
    }

    /// The time until now was that of who is charged.
    #[inline]
    fn charge(&mut self, now: u32) {
        if self.is_charged {
            let passed = u64::from(now.wrapping_sub(self.since));
            // SAFETY: as in `place_mut`.
            unsafe { self.current.as_mut().used_ns += passed }
        }
        self.since = now;
    }

    /// From now on, nobody has the processor, and it rests; answers how many nanoseconds
    /// since its start it has not.
    pub fn rest(&mut self) -> u64 {
        let now = self.clock.now();
        self.charge(now.0 as u32);
        self.is_charged = false;
        self.busy_ns = self.busy_ns.wrapping_add(now.0.wrapping_sub(self.awake_since.0));
        self.busy_ns
    }

    /// For how long who is charged has had the processor, or it has rested, in nanoseconds: less
    /// than four seconds.
    pub fn passed_ns(&self) -> u32 {
        self.clock.now_low().wrapping_sub(self.since)
    }

    /// The processor does not rest any more.
    pub fn wake(&mut self) {
        self.awake_since = self.clock.now();
        self.since = self.awake_since.0 as u32;
    }

    /// The alarm has gone off: who has the processor, if anybody, was found in this mode.
    pub fn found_in(&mut self, mode: Mode) {
        self.charge(self.clock.now_low());
        if self.is_charged {
            // SAFETY: as in `place_mut`.
            unsafe { self.current.as_mut().seen.count(mode) }
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

    fn start(&mut self, slot: Slot, start: &Start, identity: Identity) {
        // The space was made with the argument on its stack.
        assert_eq!(start.parameters.0, PARAMETERS, "an incarnation starts with its parameters");
        let place = self.place_mut(slot);
        place.identity = identity;
        place.context.start(start.entry.0, start.stack.0);
    }

    #[inline]
    fn set_result(&mut self, slot: Slot, result: i32) {
        self.context(slot).set_result(result as u32);
    }

    fn registers(&self, slot: Slot) -> Option<Registers> {
        let place = self.place(slot);
        let (pc, ccr) = place.context.resumes_at()?;
        let saved = place.context.registers();
        let is_in_fpu = self.current == self.places.of(slot);
        let fpu = if is_in_fpu { FpuState::of_fpu() } else { place.fpu.clone() };
        let mut address = [saved.usp; 8];
        address[..saved.address.len()].copy_from_slice(&saved.address);
        Some(Registers { data: saved.data, address, pc, ccr, fpu: fpu.0 })
    }

    fn set_registers(&mut self, slot: Slot, registers: &Registers) {
        let is_in_fpu = self.current == self.places.of(slot);
        let place = self.place_mut(slot);
        place.context.resume_at(registers.pc, registers.ccr);
        let saved = place.context.registers_mut();
        let (address, _) = registers.address.split_at(saved.address.len());
        saved.data = registers.data;
        saved.address.copy_from_slice(address);
        saved.usp = registers.sp();
        place.fpu = FpuState(registers.fpu);
        if is_in_fpu {
            place.fpu.load();
        }
    }

    fn release(&mut self, slot: Slot) {
        let place = self.places.of(slot);
        // What it had in the FPU goes with it: the next one begins with zeros.
        if self.current == place {
            self.is_charged = false;
            self.current = self.places.spare();
        }
        *self.place_mut(slot) = Place::default();
    }

    fn times(&self, slot: Slot) -> CpuTimes {
        let is_charged = self.is_charged && self.current == self.places.of(slot);
        let current = if is_charged { u64::from(self.passed_ns()) } else { 0 };
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
