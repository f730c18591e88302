//! The goldfish clocks: nanoseconds, and one alarm each. Clock 0 is the image's
//! timer, clock 1 bounds tests. Source: QEMU, `hw/rtc/goldfish_rtc.c`.

use super::{RTC, STRIDE_BYTES, registers};
use m68k::board::Nanoseconds;
use volatile::access::{ReadOnly, ReadWrite, WriteOnly};
use volatile::{VolatileFieldAccess, VolatilePtr};

#[repr(C)]
#[derive(VolatileFieldAccess)]
struct Registers {
    /// Reading it latches `time_high`.
    #[access(ReadOnly)]
    time_low: u32,
    #[access(ReadOnly)]
    time_high: u32,
    /// Writing it arms the alarm.
    #[access(WriteOnly)]
    alarm_low: u32,
    #[access(WriteOnly)]
    alarm_high: u32,
    #[access(ReadWrite)]
    interrupt_enabled: u32,
    #[access(WriteOnly)]
    clear_alarm: u32,
    #[access(ReadOnly)]
    alarm_armed: u32,
    #[access(WriteOnly)]
    clear_interrupt: u32,
}

/// One of the clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rtc {
    /// The image's timer.
    Timer,
    /// The end of a test's time.
    Deadline,
}

impl Rtc {
    /// Its bit in the interrupt controller's masks.
    pub fn line(self) -> u32 {
        match self {
            Rtc::Timer => 1 << 0,
            Rtc::Deadline => 1 << 1,
        }
    }

    fn registers(self) -> VolatilePtr<'static, Registers> {
        let base = match self {
            Rtc::Timer => RTC.base,
            Rtc::Deadline => RTC.base + STRIDE_BYTES,
        };
        // SAFETY: goldfish_rtc.c lays them out so, at this place in virt.c.
        unsafe { registers(base) }
    }

    /// The time, in nanoseconds since 1970 plus an offset that differs from
    /// machine to machine. Callers mask interrupts, as all kernel code does: a
    /// second reader would change the latch.
    pub fn now(self) -> Nanoseconds {
        let registers = self.registers();
        let low = registers.time_low().read();
        let high = registers.time_high().read();
        Nanoseconds(u64::from(high) << 32 | u64::from(low))
    }

    /// The low half of the time, as [`Rtc::now`].
    pub fn now_low(self) -> u32 {
        self.registers().time_low().read()
    }

    /// Asks for an interrupt at a time; at once if it has passed.
    pub fn set_alarm(self, at: Nanoseconds) {
        let registers = self.registers();
        registers.interrupt_enabled().write(1);
        registers.alarm_high().write((at.0 >> 32) as u32);
        registers.alarm_low().write(at.0 as u32);
    }

    /// Withdraws the alarm and its interrupt.
    pub fn clear_alarm(self) {
        let registers = self.registers();
        registers.clear_alarm().write(0);
        registers.clear_interrupt().write(0);
    }

    /// Whether an alarm is still to come.
    pub fn alarm_is_armed(self) -> bool {
        self.registers().alarm_armed().read() != 0
    }

    /// Takes the interrupt of an alarm back; the handler's first act.
    pub fn acknowledge(self) {
        self.registers().clear_interrupt().write(0);
    }
}
