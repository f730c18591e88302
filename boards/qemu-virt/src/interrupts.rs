//! From a level to the device that asked.

use crate::console;
use crate::devices::pic::{self, Pic};
use crate::devices::rtc::Rtc;
use crate::devices::tty::{self, InputInterrupt};
use crate::timer;
use core::fmt;
use m68k::interrupt::{self, Level};

const TTY_PIC: Pic = Pic::of_level(1);
const RTC_PIC: Pic = Pic::of_level(6);

/// Takes the interrupts of the console and the clocks.
pub fn init() {
    interrupt::set_handler(dispatch);
    (1..=pic::COUNT).for_each(|level| Pic::of_level(level).disable_all());
    TTY_PIC.enable(tty::LINE);
    tty::set_interrupt(InputInterrupt::Enabled);
    RTC_PIC.enable(Rtc::Timer.line() | Rtc::Deadline.line());
}

fn dispatch(level: Level) {
    match level {
        Level(1) if TTY_PIC.pending() & tty::LINE != 0 => console::interrupted(),
        Level(6) => clocks(RTC_PIC.pending()),
        // An interrupt that was withdrawn before it was served.
        Level(1) => {}
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
            6 => "clocks",
            _ => "none",
        };
        let pending = Pic::of_level(level).pending();
        let served = interrupt::served(Level(level));
        writeln!(out, "  level {level}: pending {pending:08x}  served {served:>8}  {users}")?;
    }
    Ok(())
}
