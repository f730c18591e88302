//! The kernel's coarse clock. A tick is 20 ms long, and ticks pass only while somebody waits
//! for one: retries, patience, ageing and time slices are counted in them, so that the paths
//! of messages never read a clock. Timeouts that incarnations ask for are exact.

use crate::platform::Instant;

/// Length of a tick in microseconds.
pub const TICK_US: u64 = 20_000;

/// A count of ticks. Wraps after 2.7 years of ticking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tick(pub u32);

impl Tick {
    /// The tick `count` ticks later.
    #[must_use]
    pub fn after(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// Ticks from `earlier` to this one, 0 if that lies ahead.
    pub fn since(self, earlier: Self) -> u32 {
        let distance = self.0.wrapping_sub(earlier.0);
        if (distance as i32) < 0 { 0 } else { distance }
    }

    /// Whether a multiple of `period` lies behind this tick and not behind `now`: several
    /// ticks may pass at once.
    pub fn passes(self, now: Self, period: u32) -> bool {
        self.0 / period != now.0 / period
    }

    /// Whether this tick is `other` or later.
    pub fn has_reached(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0) as i32 >= 0
    }
}

/// The running of the ticks.
#[derive(Debug, Default)]
pub struct Ticker {
    /// The current tick.
    pub now: Tick,
    /// When the next one begins, if they pass.
    pub next: Option<Instant>,
}

impl Ticker {
    /// Starts the ticks, if they do not pass.
    pub fn start(&mut self, now: Instant) {
        if self.next.is_none() {
            self.next = Some(now.after_us(TICK_US));
        }
    }

    /// Counts the ticks that have begun by `now`, at most 64 at a time, and answers how many
    /// they are. A node that was stopped for long goes on as if the time had been shorter: a
    /// peer's silence is then not mistaken for its death.
    pub fn advance(&mut self, now: Instant) -> u32 {
        let mut passed = 0;
        while let Some(next) = self.next.filter(|next| *next <= now) {
            self.now = self.now.after(1);
            passed += 1;
            let on_time = next.after_us(TICK_US);
            self.next = Some(if passed == 64 { now.after_us(TICK_US) } else { on_time });
        }
        passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_pass_on_schedule_and_skip_a_long_stop() {
        let mut ticker = Ticker::default();
        assert_eq!(ticker.advance(Instant(1_000_000)), 0, "not started");
        ticker.start(Instant(0));
        assert_eq!(ticker.advance(Instant(19_999)), 0);
        assert_eq!(ticker.advance(Instant(41_000)), 2);
        assert_eq!(ticker.next, Some(Instant(60_000)), "the schedule is absolute");
        assert_eq!(ticker.advance(Instant(3_600_000_000)), 64);
        assert_eq!(ticker.next, Some(Instant(3_600_020_000)));
    }

    #[test]
    fn no_period_is_skipped_when_several_ticks_pass_at_once() {
        assert!(Tick(49).passes(Tick(50), 50));
        assert!(Tick(48).passes(Tick(53), 50));
        assert!(!Tick(50).passes(Tick(99), 50));
    }

    #[test]
    fn comparisons_hold_across_the_wrap() {
        let late = Tick(u32::MAX);
        assert!(late.after(3).has_reached(late));
        assert!(!late.has_reached(late.after(3)));
        assert_eq!((late.after(3).since(late), late.since(late.after(3))), (3, 0));
    }
}
