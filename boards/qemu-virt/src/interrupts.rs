//! From a level to the device that asked.

use crate::devices::pic::{self, Pic};
use crate::devices::rtc::Rtc;
use crate::devices::tty::{self, InputInterrupt};
use crate::timer;
use crate::{console, doorbell};
use core::fmt;
use m68k::interrupt::{self, Level};

const TTY_PIC: Pic = Pic::of_level(1);
const DOORBELL_PIC: Pic = Pic::of_level(2);
const RTC_PIC: Pic = Pic::of_level(6);

/// Takes the interrupts of the console, the doorbell and the clocks.
pub fn init() {
    interrupt::set_handler(dispatch);
    (1..=pic::COUNT).for_each(|level| Pic::of_level(level).disable_all());
    TTY_PIC.enable(tty::LINE);
    tty::set_interrupt(InputInterrupt::Enabled);
    DOORBELL_PIC.enable(doorbell::LINE);
    RTC_PIC.enable(Rtc::Timer.line() | Rtc::Deadline.line());
}

fn dispatch(level: Level) {
    match level {
        Level(1) if TTY_PIC.pending() & tty::LINE != 0 => console::interrupted(),
        Level(2) if DOORBELL_PIC.pending() & doorbell::LINE != 0 => doorbell::interrupted(),
        Level(6) => clocks(RTC_PIC.pending()),
        // An interrupt that was withdrawn before it was served.
        Level(1 | 2) => {}
        Level(other) => panic!("an interrupt of level {other}, which no device here uses"),
    }
}

fn clocks(pending: u32) {
    if pending & Rtc::Timer.line() != 0 {
        timer::interrupted();
    }
    if pending & Rtc::Deadline.line() != 0 {
        timer::deadline_interrupted();
    }
}

/// One line for each controller.
pub fn describe(out: &mut dyn fmt::Write) -> fmt::Result {
    for level in 1..=pic::COUNT {
        let users = match level {
            1 => "console",
            2 => "doorbell",
            6 => "clocks",
            _ => "none",
        };
        let pending = Pic::of_level(level).pending();
        let served = interrupt::served(Level(level));
        writeln!(out, "  level {level}: pending {pending:08x}  served {served:>8}  {users}")?;
    }
    Ok(())
}
