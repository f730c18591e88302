//! Interrupts come in at the named points and nowhere else.

use m68k::board::{self, Nanoseconds};
use m68k::interrupt::{self, Level};
use m68k::{cpu, test};
use qemu_virt::devices::pic::Pic;
use qemu_virt::timer;

const SOON_NS: u64 = 10_000;

fn in_ns(delay_ns: u64) -> Nanoseconds {
    Nanoseconds(board::current().now().0 + delay_ns)
}

/// Spins, with interrupts masked as all kernel code runs, until a time is past.
fn spin_past(time: Nanoseconds) {
    while board::current().now() <= time {
        core::hint::spin_loop();
    }
}

fn masked_code_is_not_interrupted() {
    let time = in_ns(SOON_NS);
    timer::set_alarm(time);
    spin_past(Nanoseconds(time.0 + SOON_NS));
    assert_eq!(timer::served_at(), None);
    assert_ne!(Pic::of_level(6).pending(), 0, "the interrupt waits");
    cpu::admit_interrupts();
    assert!(timer::served_at().is_some());
    assert_eq!(Pic::of_level(6).pending(), 0);
    assert!(interrupt::masked());
}
test!(masked_code_is_not_interrupted);

fn waiting_serves_and_masks_again() {
    let served = interrupt::served(Level(6));
    timer::set_alarm(in_ns(SOON_NS));
    cpu::wait_for_interrupt();
    assert!(timer::served_at().is_some());
    assert!(interrupt::masked());
    assert_eq!(interrupt::served(Level(6)), served.wrapping_add(1));
}
test!(waiting_serves_and_masks_again);

fn no_wake_up_is_lost_before_waiting() {
    let time = in_ns(SOON_NS);
    timer::set_alarm(time);
    spin_past(time);
    cpu::wait_for_interrupt();
    assert!(timer::served_at().is_some());
}
test!(no_wake_up_is_lost_before_waiting);

fn admitting_without_interrupts_serves_none() {
    let served = interrupt::served(Level(6));
    cpu::admit_interrupts();
    assert_eq!(interrupt::served(Level(6)), served);
    assert!(interrupt::masked());
}
test!(admitting_without_interrupts_serves_none);

fn critical_sections_nest() {
    critical_section::with(|_| {
        critical_section::with(|_| assert!(interrupt::masked()));
        assert!(interrupt::masked());
    });
    assert!(interrupt::masked());
}
test!(critical_sections_nest);
