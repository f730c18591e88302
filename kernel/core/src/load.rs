//! The node's load: how many incarnations can run, as a running average over a third of a
//! second (dissertation, §8.3); and the part of it that is due to each of them.
//!
//! While several can run, their time slices need ticks, and each tick sees how many wait. While
//! only one can, or none, nobody needs ticks, and the load is the part of the time in which the
//! processor does not rest. Without ticks it is brought up to date once a second, when it is
//! posted, until the node has come to rest.

use crate::platform::Instant;
use crate::ticks::TICK_US;

/// Microseconds between two reports of the node's status: 1 s.
const REPORT_US: u64 = 1_000_000;
/// Ticks over which the average runs, about.
const WINDOW: i32 = 16;
/// The load of one incarnation.
const ONE: u32 = 256;

/// A running average, and until when it is.
#[derive(Debug, Default)]
pub struct Average {
    value: u32,
    since: Instant,
    /// How long the processor had been used then.
    busy_us: u64,
}

impl Average {
    /// The average of somebody who begins at `now`.
    pub fn beginning(now: Instant) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// The average, × 256.
    pub fn value(&self) -> u32 {
        self.value
    }

    /// The load due to one incarnation until now, which has had the processor for `busy_us` in
    /// all.
    pub fn update_one(&mut self, now: Instant, busy_us: u64, turn: Turn) {
        let waiting = u16::from(turn == Turn::Awaited);
        self.update(now, busy_us, |share| (share + ONE * u32::from(waiting)).min(ONE));
    }

    /// The time until now was as `mean` says of the part of it in which the processor was busy,
    /// for `busy_us` in all.
    fn update(&mut self, now: Instant, busy_us: u64, mean: impl FnOnce(u32) -> u32) {
        let elapsed_us = u32::try_from(now.since_us(self.since)).unwrap_or(u32::MAX);
        let ticks = elapsed_us.saturating_add(TICK_US as u32 / 2) / TICK_US as u32;
        if ticks == 0 {
            return;
        }
        let mean = mean(share(elapsed_us, busy_us.saturating_sub(self.busy_us))) as i32;
        for _ in 0..ticks.min(64) {
            let missing = mean - self.value as i32;
            // Away from zero: it shall arrive.
            let step = (missing + missing.signum() * (WINDOW - 1)) / WINDOW;
            self.value = self.value.wrapping_add_signed(step);
        }
        (self.since, self.busy_us) = (now, busy_us);
    }
}

/// Whether an incarnation waits for the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has it, or cannot run.
    NotAwaited,
    /// It can run, and another one has it.
    Awaited,
}

/// The load, and since when it is.
#[derive(Debug, Default)]
pub struct Load {
    average: Average,
    /// When it is to be reported; never once the node has come to rest.
    pub report: Option<Instant>,
}

impl Load {
    /// Incarnations that can run, × 256.
    pub fn average(&self) -> u32 {
        self.average.value
    }

    /// Somebody can run from now on: answers when the load is to be reported.
    pub fn begin(&mut self, now: Instant, busy_us: u64) -> Instant {
        (self.average.since, self.average.busy_us) = (now, busy_us);
        let report = now.after_us(REPORT_US);
        self.report = Some(report);
        report
    }

    /// The load was reported; it is to be again if `ready` incarnations, or an average that is
    /// not used up, say that the node has not come to rest.
    pub fn reported(&mut self, now: Instant, ready: u16) {
        let goes_on = ready > 0 || self.average.value > 0;
        self.report = goes_on.then(|| now.after_us(REPORT_US));
    }

    /// The time until now was like this: `waiting` incarnations could run besides the one that
    /// had the processor, which has not rested for `busy_us` since its start.
    pub fn update(&mut self, now: Instant, busy_us: u64, waiting: u16) {
        self.average.update(now, busy_us, |share| share + ONE * u32::from(waiting));
    }
}

/// Which part of the time is busy, × 256.
fn share(elapsed_us: u32, busy_us: u64) -> u32 {
    let busy_us = u32::try_from(busy_us).unwrap_or(u32::MAX);
    (busy_us / (elapsed_us / ONE).max(1)).min(ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The load after so many ticks in which the processor was busy for `busy_us` of each.
    fn after(load: &mut Load, ticks: u64, busy_us: u64, waiting: u16) -> u32 {
        for _ in 0..ticks {
            let now = load.average.since.after_us(TICK_US);
            load.update(now, load.average.busy_us + busy_us, waiting);
        }
        load.average()
    }

    #[test]
    fn the_average_arrives_at_what_is_and_at_rest() {
        let mut load = Load::default();
        assert_eq!(after(&mut load, 200, TICK_US, 2), 3 * ONE);
        assert_eq!(after(&mut load, 200, TICK_US, 0), ONE);
        let half = after(&mut load, 200, TICK_US / 2, 0);
        assert!((ONE / 2 - 3..ONE / 2 + 3).contains(&half), "{half}");
        assert_eq!(after(&mut load, 200, 0, 0), 0);
    }

    #[test]
    fn one_look_a_second_says_as_much_as_fifty() {
        let mut load = Load::default();
        load.begin(Instant(0), 0);
        load.update(Instant(1_000_000), 1_000_000, 0);
        let rare = load.average();
        let often = after(&mut Load::default(), 50, TICK_US, 0);
        assert_eq!(rare, often);
        assert!(rare > ONE * 9 / 10, "{rare}");
    }

    #[test]
    fn reports_end_when_the_node_has_come_to_rest() {
        let mut load = Load::default();
        assert_eq!(load.begin(Instant(5), 0), Instant(1_000_005));
        load.update(Instant(1_000_005), 500_000, 0);
        load.reported(Instant(1_000_005), 0);
        assert_eq!(load.report, Some(Instant(2_000_005)), "the average is not used up");
        load.update(Instant(9_000_000), 500_000, 0);
        load.reported(Instant(9_000_000), 1);
        assert!(load.report.is_some(), "somebody can run");
        load.reported(Instant(9_000_000), 0);
        assert_eq!((load.average(), load.report), (0, None));
    }

    #[test]
    fn a_moment_is_not_looked_at() {
        let mut load = Load::default();
        load.update(Instant(9_000), 9_000, 0);
        assert_eq!((load.average(), load.average.since), (0, Instant(0)));
    }

    #[test]
    fn nobody_is_more_than_one() {
        let mut average = Average::beginning(Instant(0));
        for tick in 1..200 {
            // It has had the processor, and waits for it again.
            average.update_one(Instant(tick * TICK_US), tick * TICK_US, Turn::Awaited);
        }
        assert_eq!(average.value(), ONE);
        let half = |tick: u64| Instant(200 * TICK_US + tick * TICK_US);
        for tick in 0..200 {
            let busy_us = 200 * TICK_US + tick * TICK_US / 2;
            average.update_one(half(tick), busy_us, Turn::NotAwaited);
        }
        assert!((ONE / 2 - 3..ONE / 2 + 3).contains(&average.value()), "{}", average.value());
    }
}
