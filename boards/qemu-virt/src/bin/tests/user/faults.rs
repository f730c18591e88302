//! Code in user mode is kept from everything that is not its own, and whatever it
//! does is reported as its own fault.

use super::{Bench, DATA, Program, SMALL, program};
use abi::rdc_file::{USER_BEGIN, USER_END};
use abi::space::STACK_TOP;
use m68k::address::{PAGE_BYTES, VirtAddr};
use m68k::exception::{Access, Detail, Privilege, Vector};
use m68k::test;

/// Runs words in user mode until an exception ends them.
fn exception_of(words: &[u16]) -> m68k::exception::Frame {
    let mut bench = Bench::new();
    let slot = bench.load(Program::words(words), SMALL);
    bench.exception(slot)
}

/// Checks that words end at an access fault of the user's.
fn check_fault(words: &[u16], address: VirtAddr, access: Access) {
    let frame = exception_of(words);
    let Detail::Access(fault) = frame.detail else {
        panic!("no access fault: {frame}");
    };
    assert_eq!((fault.address, fault.access), (address.0, access), "{frame}");
    assert_eq!(fault.privilege, Privilege::User, "{frame}");
}

/// `move.l (at).l,%d0`, and a call
fn load(at: VirtAddr) -> [u16; 4] {
    [0x2039, (at.0 >> 16) as u16, at.0 as u16, TRAP_0]
}

/// `move.l %d0,(at).l`, and a call
fn store(at: VirtAddr) -> [u16; 4] {
    [0x23C0, (at.0 >> 16) as u16, at.0 as u16, TRAP_0]
}

/// `trap #0`
const TRAP_0: u16 = 0x4E40;

fn text_refuses_writes() {
    let text = VirtAddr(USER_BEGIN + 16);
    let mut bench = Bench::new();
    let slot = bench.load(Program::words(&load(text)), SMALL);
    bench.call(slot);
    check_fault(&store(text), text, Access::Write);
}
test!(text_refuses_writes);

fn everything_else_is_out_of_reach() {
    let heap_end = DATA.offset(PAGE_BYTES);
    let places = [0, 0x1000, heap_end.0, USER_END, 0xC000_1000, 0xFF00_6000, 0xFFFF_FFFC];
    for at in places.map(VirtAddr) {
        check_fault(&load(at), at, Access::Read);
        check_fault(&store(at), at, Access::Write);
    }
}
test!(everything_else_is_out_of_reach);

fn the_stack_has_an_end_and_a_guard() {
    let mut bench = Bench::new();
    let slot = bench.load(program!(user_push, user_push_end), SMALL);
    let frame = bench.exception(slot);
    let low = STACK_TOP - SMALL.stack_max;
    let Detail::Access(fault) = frame.detail else { panic!("no access fault: {frame}") };
    assert_eq!((fault.address, fault.access), (low - 4, Access::Write));
    for at in [VirtAddr(low - 4), VirtAddr(STACK_TOP)] {
        check_fault(&load(at), at, Access::Read);
    }
}
test!(the_stack_has_an_end_and_a_guard);

fn code_is_not_fetched_from_elsewhere() {
    for target in [0_u32, 0x0009_0000, 0xC000_1000] {
        // jmp (target).l
        let jump = [0x4EF9, (target >> 16) as u16, target as u16];
        check_fault(&jump, VirtAddr(target), Access::Fetch);
    }
}
test!(code_is_not_fetched_from_elsewhere);

fn privileged_instructions_are_refused() {
    // move.w #0x2700,%sr; movec %vbr,%d0; stop #0x2000; reset; rte; move %usp,%a0;
    // pflusha; moves.l %d0,(%a0)
    let instructions: [&[u16]; 8] = [
        &[0x46FC, 0x2700],
        &[0x4E7A, 0x0801],
        &[0x4E72, 0x2000],
        &[0x4E70],
        &[0x4E73],
        &[0x4E68],
        &[0xF518],
        &[0x0E90, 0x0800],
    ];
    for words in instructions {
        let frame = exception_of(words);
        assert_eq!(frame.vector, Vector::PRIVILEGE_VIOLATION, "{words:x?}: {frame}");
        assert_eq!(frame.pc, USER_BEGIN);
    }
}
test!(privileged_instructions_are_refused);

fn exceptions_name_their_vectors() {
    // illegal; divu.w #0,%d0; chk.w with -1 in %d0; trapv; line A; line F; trap #1;
    // trap #15. QEMU has no address errors.
    let cases: [(&[u16], Vector); 8] = [
        (&[0x4AFC], Vector::ILLEGAL_INSTRUCTION),
        (&[0x80FC, 0], Vector::DIVIDE_BY_ZERO),
        (&[0x70FF, 0x7201, 0x4181], Vector::CHECK),
        (&[0x44FC, 0x0002, 0x4E76], Vector::TRAP_ON_CONDITION),
        (&[0xA123], Vector::LINE_A),
        (&[0xFFFF], Vector::LINE_F),
        (&[0x4E41], Vector(Vector::TRAP_0.0 + 1)),
        (&[0x4E4F], Vector(Vector::TRAP_0.0 + 15)),
    ];
    for (words, vector) in cases {
        let frame = exception_of(words);
        assert_eq!(frame.vector, vector, "{words:x?}: {frame}");
    }
}
test!(exceptions_name_their_vectors);

fn no_stack_pointer_harms_the_kernel() {
    for sp in [0_u32, 1, 3, 0x7FFF_FFFF, 0x8000_0000, 0xC000_1001, 0xFFFF_FFFF] {
        // movea.l #sp,%sp; trap #0: the processor does not use it
        let mut bench = Bench::new();
        let words = [0x2E7C, (sp >> 16) as u16, sp as u16, TRAP_0];
        let slot = bench.load(Program::words(&words), SMALL);
        bench.call(slot);
        assert_eq!(bench.context(slot).registers().usp, sp);
        // movea.l #sp,%sp; move.l %d0,-(%sp)
        let frame = exception_of(&[0x2E7C, (sp >> 16) as u16, sp as u16, 0x2F00]);
        assert_eq!(frame.vector, Vector::ACCESS_FAULT, "{frame}");
    }
}
test!(no_stack_pointer_harms_the_kernel);
