//! The clock and its alarm. A nanosecond is an instruction here, so the bounds
//! are numbers of instructions from the alarm to its handler.

use m68k::board::{self, Nanoseconds};
use m68k::{cpu, test};
use qemu_virt::timer;

/// From an alarm's time to its handler's reading of the clock.
const MAX_LATE_NS: u64 = 2_000;

fn now() -> Nanoseconds {
    board::current().now()
}

/// Waits for an alarm at a time; returns how late it was served.
fn lateness(time: Nanoseconds) -> Nanoseconds {
    timer::set_alarm(time);
    loop {
        if let Some(served) = timer::served_at() {
            assert!(served >= time, "served {} ns early", time.0 - served.0);
            return served.since(time);
        }
        cpu::wait_for_interrupt();
    }
}

fn alarms_are_served_on_time() {
    for delay_ns in [10_000, 100_000, 1_000_000, 10_000_000] {
        let late = lateness(Nanoseconds(now().0 + delay_ns));
        assert!(late.0 <= MAX_LATE_NS, "{} ns late after {delay_ns} ns", late.0);
    }
}
test!(alarms_are_served_on_time);

fn an_alarm_in_the_past_is_served_at_once() {
    let start = now();
    lateness(Nanoseconds(start.0 - 1_000_000));
    assert!(now().since(start).0 <= 2 * MAX_LATE_NS);
}
test!(an_alarm_in_the_past_is_served_at_once);

fn a_schedule_does_not_drift() {
    const PERIOD_NS: u64 = 1_000_000;
    let start = now();
    for tick in 1..=100 {
        let late = lateness(Nanoseconds(start.0 + tick * PERIOD_NS));
        assert!(late.0 <= MAX_LATE_NS, "tick {tick} is {} ns late", late.0);
    }
}
test!(a_schedule_does_not_drift);

fn a_withdrawn_alarm_is_not_served() {
    let time = Nanoseconds(now().0 + 10_000);
    timer::set_alarm(time);
    timer::clear_alarm();
    while now() <= time {
        core::hint::spin_loop();
    }
    cpu::admit_interrupts();
    assert_eq!(timer::served_at(), None);
}
test!(a_withdrawn_alarm_is_not_served);

fn the_clock_never_goes_back() {
    let mut before = now();
    for _ in 0..10_000 {
        let time = now();
        assert!(time >= before, "{} after {}", time.0, before.0);
        before = time;
    }
}
test!(the_clock_never_goes_back);
