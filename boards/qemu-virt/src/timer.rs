//! One alarm at a time, and a note of when it was served.

use crate::devices::rtc::Rtc;
use core::cell::Cell;
use critical_section::Mutex;
use m68k::board::Nanoseconds;

static SERVED_AT: Mutex<Cell<Option<Nanoseconds>>> = Mutex::new(Cell::new(None));

/// Arms the alarm for a time; it replaces one that is armed.
pub fn set_alarm(at: Nanoseconds) {
    critical_section::with(|section| SERVED_AT.borrow(section).set(None));
    Rtc::Timer.set_alarm(at);
}

/// Withdraws the alarm.
pub fn clear_alarm() {
    Rtc::Timer.clear_alarm();
}

/// When the handler of the last alarm ran, if it has.
pub fn served_at() -> Option<Nanoseconds> {
    critical_section::with(|section| SERVED_AT.borrow(section).get())
}

/// Serves the alarm's interrupt.
pub fn interrupted() {
    Rtc::Timer.acknowledge();
    let now = Rtc::Timer.now();
    critical_section::with(|section| SERVED_AT.borrow(section).set(Some(now)));
}
