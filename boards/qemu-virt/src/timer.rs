//! The two clocks' alarms: one for the image, with a note of when it was served,
//! and one for the end of a test's time.

use crate::devices::rtc::Rtc;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering};
use critical_section::Mutex;
use m68k::board::Nanoseconds;
use m68k::{stack, testing};

/// Whether the alarm's interrupt has come since it was set.
static RUNG: AtomicBool = AtomicBool::new(false);

static SERVED_AT: Mutex<Cell<Option<Nanoseconds>>> = Mutex::new(Cell::new(None));

/// Arms the alarm for a time; it replaces one that is armed.
pub fn set_alarm(at: Nanoseconds) {
    RUNG.store(false, Ordering::Relaxed);
    critical_section::with(|section| SERVED_AT.borrow(section).set(None));
    Rtc::Timer.set_alarm(at);
}

/// Withdraws the alarm.
pub fn clear_alarm() {
    RUNG.store(false, Ordering::Relaxed);
    Rtc::Timer.clear_alarm();
}

/// When the handler of the last alarm ran, if it has.
pub fn served_at() -> Option<Nanoseconds> {
    critical_section::with(|section| SERVED_AT.borrow(section).get())
}

/// Whether the alarm's interrupt has come since it was set.
#[inline]
pub fn has_rung() -> bool {
    RUNG.load(Ordering::Relaxed)
}

/// Serves the alarm's interrupt, an occasion to look at the stack.
pub fn interrupted() {
    Rtc::Timer.acknowledge();
    RUNG.store(true, Ordering::Relaxed);
    stack::check();
    let now = Rtc::Timer.now();
    critical_section::with(|section| SERVED_AT.borrow(section).set(Some(now)));
}

/// Whether the second clock's alarm means the end of a test's time.
static DEADLINE_SET: AtomicBool = AtomicBool::new(false);

/// Sets or withdraws the end of a test's time.
pub fn set_deadline(at: Option<Nanoseconds>) {
    DEADLINE_SET.store(at.is_some(), Ordering::Relaxed);
    match at {
        Some(at) => Rtc::Deadline.set_alarm(at),
        None => Rtc::Deadline.clear_alarm(),
    }
}

/// Serves the second clock's interrupt.
pub fn deadline_interrupted() {
    Rtc::Deadline.acknowledge();
    if DEADLINE_SET.load(Ordering::Relaxed) {
        testing::deadline_passed();
    }
}

/// Has QEMU's main loop turn soon, by an alarm.
pub fn turn_main_loop() {
    if DEADLINE_SET.load(Ordering::Relaxed) {
        return;
    }
    let clock = Rtc::Deadline;
    let mut delay_ns = 100_000;
    loop {
        let time = Nanoseconds(clock.now().0 + delay_ns);
        clock.set_alarm(time);
        // An alarm that is due when it is set interrupts without the main loop.
        if clock.now() < time {
            return;
        }
        delay_ns *= 2;
    }
}
