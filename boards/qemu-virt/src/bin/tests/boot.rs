//! What boot leaves behind.

use m68k::address::{KERNEL_BASE, PAGE_BYTES};
use m68k::mmu::control;
use m68k::mmu::kernel::{self, Slice};
use m68k::{board, cpu, interrupt, test};
use qemu_virt::memory;

fn slice() -> Slice {
    memory::slice().expect("boot maps the slice")
}

fn the_command_line_arrives() {
    let line = board::current().command_line();
    assert!(board::option(line, "test.budget").is_some(), "{line:?}");
}
test!(the_command_line_arrives);

fn interrupts_are_masked_in_supervisor_mode() {
    assert!(interrupt::masked());
    assert_eq!(cpu::status() & 0x2000, 0x2000);
}
test!(interrupts_are_masked_in_supervisor_mode);

fn translation_and_caches_are_on() {
    const BOTH_CACHES: u32 = 0x8000_8000;
    assert!(control::enabled());
    assert_eq!(cpu::cache_control() & BOTH_CACHES, BOTH_CACHES);
}
test!(translation_and_caches_are_on);

fn nothing_overlaps_in_the_memory_map() {
    let map = memory::map().expect("boot maps the slice");
    let read_only = kernel::read_only();
    assert_eq!(read_only.start, KERNEL_BASE.offset(PAGE_BYTES));
    assert!(read_only.end < kernel::image_end());
    assert!(kernel::image_end() <= map.tables);
    assert!(map.tables < map.heap);
    assert!(map.heap < map.free);
    assert!(map.free < map.end());
}
test!(nothing_overlaps_in_the_memory_map);

fn own_memory_has_two_names() {
    let slice = slice();
    let virt = kernel::image_end();
    assert_eq!(slice.virt(slice.phys(virt)), virt);
    assert_eq!(slice.phys(KERNEL_BASE), slice.start);
}
test!(own_memory_has_two_names);
