//! What ends an image is reported: each of these tests does so, in its own way.

use crate::machine_code::Routine;
use core::fmt;
use core::hint::black_box;
use m68k::address::VirtAddr;
use m68k::board::{self, Nanoseconds};
use m68k::mmu::kernel;
use m68k::testing::Expect;
use m68k::{cpu, test};

fn a_panic_is_reported_with_its_message() {
    panic!("the answer is {}", black_box(42));
}
test!(a_panic_is_reported_with_its_message, Expect::Report("panic: the answer is 42"));

fn a_panic_is_reported_with_its_location() {
    panic!("where?");
}
test!(
    a_panic_is_reported_with_its_location,
    Expect::Report("  at qemu-virt/src/bin/tests/reports.rs:")
);

fn a_panic_of_the_language_is_reported() {
    let numbers = black_box([1, 2, 3]);
    black_box(numbers[black_box(7)]);
}
test!(
    a_panic_of_the_language_is_reported,
    Expect::Report("panic: index out of bounds: the len is 3 but the index is 7")
);

fn a_fault_is_reported() {
    // SAFETY: it is not; the report is the test.
    unsafe { kernel::read_only().start.pointer::<u32>().write_volatile(0) };
}
test!(a_fault_is_reported, Expect::Report("exception: access fault: supervisor write to c0001000"));

fn a_null_pointer_is_reported() {
    // SAFETY: it is not; the report is the test.
    unsafe { black_box(VirtAddr(0)).pointer::<u32>().read_volatile() };
}
test!(
    a_null_pointer_is_reported,
    Expect::Report("exception: access fault: supervisor read of 00000000")
);

fn an_illegal_instruction_is_reported() {
    static ILLEGAL: Routine = Routine::new(&[0x4AFC, 0x4E75]);
    ILLEGAL.call();
}
test!(an_illegal_instruction_is_reported, Expect::Report("exception: illegal instruction"));

fn a_frame_is_reported_in_words() {
    static TRAP: Routine = Routine::new(&[0x4E43, 0x4E75]);
    TRAP.call();
}
// TRAP #3 is vector 35, at 0x8C in the table; the frame is of format 0.
test!(a_frame_is_reported_in_words, Expect::Report(" 008c"));

struct Treacherous;

impl fmt::Display for Treacherous {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("again");
    }
}

fn a_failing_report_ends() {
    panic!("{}", black_box(Treacherous));
}
test!(a_failing_report_ends, Expect::Report("another failure while reporting"));

fn a_wait_without_end_is_bounded() {
    let never = Nanoseconds(u64::MAX);
    while board::current().now() < never {
        cpu::wait_for_interrupt();
    }
}
test!(a_wait_without_end_is_bounded, Expect::Report("panic: the test is over its budget"));

fn a_loop_without_end_is_bounded() {
    loop {
        black_box(());
    }
}
test!(a_loop_without_end_is_bounded, Expect::Overrun);
