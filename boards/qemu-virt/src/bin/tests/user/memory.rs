//! The memory of spaces as the MMU lets user code see it, while the kernel changes it.

use super::{Bench, DATA, SMALL, program};
use abi::ids::UserAddr;
use abi::space::STACK_TOP;
use kernel::platform::Memory;
use m68k::address::{PAGE_BYTES, VirtAddr};
use m68k::context::Leave;
use m68k::exception::Access;
use m68k::test;

/// What `user_peek` finds at an address, or none if it may not read it.
fn peek(bench: &mut Bench, slot: kernel::platform::Slot, at: VirtAddr) -> Option<u32> {
    bench.context(slot).registers_mut().address[0] = at.0;
    match bench.run(slot) {
        Leave::Call => Some(bench.context(slot).registers().data[0]),
        left => {
            let fault = bench.fault(slot).unwrap_or_else(|| panic!("{left:?}"));
            assert_eq!((fault.address, fault.access), (at.0, Access::Read));
            None
        }
    }
}

fn a_stack_grows_by_the_kernels_copies() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_peek, user_peek_end), SMALL);
    let low = STACK_TOP - SMALL.stack_max;
    assert_eq!(bench.spaces.usage(slot).stack, 1);
    assert_eq!(bench.spaces.copy_out(slot, UserAddr(low), &77_u32.to_be_bytes()), Ok(()));
    assert_eq!(bench.spaces.usage(slot).stack, 2);
    assert_eq!(peek(&mut bench, slot, VirtAddr(low)), Some(77));
    assert!(bench.spaces.copy_out(slot, UserAddr(low - 4), &[0; 4]).is_err());
}
test!(a_stack_grows_by_the_kernels_copies);

fn what_the_heap_gives_up_is_gone_at_once() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_peek, user_peek_end), SMALL);
    let page = DATA.offset(2 * PAGE_BYTES);
    let end = UserAddr(page.0 + PAGE_BYTES);
    let old = bench.spaces.brk(slot, end).expect("within the bound");
    assert_eq!(bench.spaces.copy_out(slot, UserAddr(page.0), &[1; 4]), Ok(()));
    assert_eq!(peek(&mut bench, slot, page), Some(0x0101_0101));
    bench.spaces.brk(slot, old).expect("within the bound");
    assert_eq!(peek(&mut bench, slot, page), None, "the MMU has forgotten it");
    bench.spaces.brk(slot, end).expect("within the bound");
    assert_eq!(peek(&mut bench, slot, page), Some(0), "new memory is zero");
}
test!(what_the_heap_gives_up_is_gone_at_once);

fn a_text_is_shared() {
    let mut bench = Bench::new();
    let program = program!(user_peek, user_peek_end);
    let first = bench.load(program, SMALL);
    let pages = bench.spaces.free_pages();
    let second = bench.load(program, SMALL);
    // Data and heap, stack, parameters, tables.
    assert_eq!(pages - bench.spaces.free_pages(), 5 + 2 + 1 + 1);
    for slot in [first, second] {
        assert_eq!(peek(&mut bench, slot, DATA), Some(0));
    }
}
test!(a_text_is_shared);

fn many_spaces_leave_nothing_behind() {
    let mut bench = Bench::new();
    let program = program!(user_peek, user_peek_end);
    let slots = [bench.load(program, SMALL), bench.load(program, SMALL)];
    let pages = bench.spaces.free_pages();
    for round in 0..1000_u32 {
        let slot = slots[round as usize % 2];
        let value = round.to_be_bytes();
        assert_eq!(bench.spaces.copy_out(slot, UserAddr(DATA.0), &value), Ok(()));
        assert_eq!(peek(&mut bench, slot, DATA), Some(round));
        bench.spaces.destroy(slot);
        bench.load_again(slot, program, SMALL);
        assert_eq!(peek(&mut bench, slot, DATA), Some(0), "nothing of its predecessor");
    }
    assert_eq!(bench.spaces.free_pages(), pages);
}
test!(many_spaces_leave_nothing_behind);
