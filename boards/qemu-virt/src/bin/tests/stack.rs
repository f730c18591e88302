//! The stack: its watermark panics in time, its guard page stops it for good.

use core::hint::black_box;
use m68k::board::{self, Nanoseconds};
use m68k::testing::Expect;
use m68k::{cpu, stack, test};
use qemu_virt::timer;

/// Calls itself until the stack has less than `left_bytes` left; then acts.
fn descend(left_bytes: u32, act: &dyn Fn()) -> u32 {
    let frame = black_box([0_u32; 16]);
    if cpu::here().sp - stack::extent().bottom.0 > left_bytes {
        // Not a tail call: the frame is needed after it.
        return descend(left_bytes, act) + black_box(frame)[3];
    }
    act();
    frame[0]
}

fn the_high_water_mark_rises() {
    let before = stack::high_water_bytes();
    let half = (stack::extent().top.0 - stack::extent().bottom.0) / 2;
    descend(half, &|| {});
    let after = stack::high_water_bytes();
    assert!(after >= half && after > before, "{before} bytes, then {after}");
    stack::check();
}
test!(the_high_water_mark_rises);

fn too_deep_a_call_is_noticed_at_the_next_check() {
    descend(stack::MARGIN_BYTES - 256, &|| {});
    stack::check();
}
test!(too_deep_a_call_is_noticed_at_the_next_check, Expect::Report("panic: stack watermark"));

fn an_interrupt_of_too_deep_a_call_notices() {
    descend(stack::MARGIN_BYTES - 256, &|| {
        timer::set_alarm(Nanoseconds(board::current().now().0 + 1_000));
        cpu::wait_for_interrupt();
    });
}
test!(an_interrupt_of_too_deep_a_call_notices, Expect::Report("panic: stack watermark"));

fn the_guard_page_stops_an_endless_recursion() {
    descend(0, &|| {});
}
test!(the_guard_page_stops_an_endless_recursion, Expect::DoubleFault);
