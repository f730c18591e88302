//! Each exception that QEMU raises, decoded; and code that runs guarded.

use crate::machine_code::Routine;
use m68k::exception::{self, Detail, Frame, Vector};
use m68k::{cpu, interrupt, test};

/// Runs instructions that end in an exception.
fn exception_of(routine: &Routine) -> Frame {
    // SAFETY: the words own nothing; they end at the exception.
    unsafe { exception::guarded(|| routine.call()) }.expect_err("the instructions raise something")
}

/// Checks vector and format, and that the frame says where the exception arose:
/// `pc` and `instruction` are offsets in bytes from the routine's start.
fn check(routine: &Routine, vector: Vector, format: u8, pc: u32, instruction: u32) {
    let frame = exception_of(routine);
    assert_eq!((frame.vector, frame.format), (vector, format), "{frame}");
    assert!(frame.from_supervisor());
    assert_eq!(frame.pc, routine.start() + pc, "{frame}");
    match frame.detail {
        Detail::Short => assert_eq!(format, 0),
        Detail::Instruction(address) => assert_eq!(address, routine.start() + instruction),
        other => panic!("an unexpected kind of frame: {other:?}"),
    }
}

fn illegal_instruction() {
    static ILLEGAL: Routine = Routine::new(&[0x4AFC, 0x4E75]);
    check(&ILLEGAL, Vector::ILLEGAL_INSTRUCTION, 0, 0, 0);
}
test!(illegal_instruction);

fn division_by_zero() {
    // moveq #0,%d1; divu.w %d1,%d0
    static DIVIDE: Routine = Routine::new(&[0x7200, 0x80C1, 0x4E75]);
    check(&DIVIDE, Vector::DIVIDE_BY_ZERO, 2, 4, 2);
}
test!(division_by_zero);

fn check_out_of_bounds() {
    // moveq #-1,%d0; moveq #1,%d1; chk.w %d1,%d0. With an immediate operand QEMU
    // 7.2 forgets its word in the PC.
    static CHECK: Routine = Routine::new(&[0x70FF, 0x7201, 0x4181, 0x4E75]);
    check(&CHECK, Vector::CHECK, 2, 6, 4);
}
test!(check_out_of_bounds);

fn trap_on_overflow() {
    // move.w #2,%ccr; trapv
    static TRAPV: Routine = Routine::new(&[0x44FC, 0x0002, 0x4E76, 0x4E75]);
    check(&TRAPV, Vector::TRAP_ON_CONDITION, 2, 6, 4);
}
test!(trap_on_overflow);

fn unimplemented_lines() {
    static LINE_A: Routine = Routine::new(&[0xA123, 0x4E75]);
    static LINE_F: Routine = Routine::new(&[0xFFFF, 0x4E75]);
    check(&LINE_A, Vector::LINE_A, 0, 0, 0);
    check(&LINE_F, Vector::LINE_F, 0, 0, 0);
}
test!(unimplemented_lines);

fn trace() {
    // move.w #0xA700,%sr: the next instruction, nop, is traced
    static TRACED: Routine = Routine::new(&[0x46FC, 0xA700, 0x4E71, 0x4E75]);
    check(&TRACED, Vector::TRACE, 2, 6, 4);
    assert_eq!(cpu::status() & 0x8000, 0, "tracing has ended");
}
test!(trace);

/// TRAP #0 is the users' alone; its handler takes the frame for one of theirs.
fn all_other_traps() {
    macro_rules! traps {
        ($($number:literal)*) => {
            [$({
                static TRAP: Routine = Routine::new(&[0x4E40 + $number, 0x4E75]);
                &TRAP
            }),*]
        };
    }
    let traps = traps!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    for (number, trap) in (1..).zip(traps) {
        check(trap, Vector(Vector::TRAP_0.0 + number), 0, 2, 0);
    }
}
test!(all_other_traps);

fn guarded_code_returns_its_value() {
    // SAFETY: nothing faults.
    let value = unsafe { exception::guarded(|| (7_u8, 1_u64 << 40)) };
    assert_eq!(value, Ok((7, 1 << 40)));
}
test!(guarded_code_returns_its_value);

fn guards_nest() {
    static ILLEGAL: Routine = Routine::new(&[0x4AFC, 0x4E75]);
    static LINE_A: Routine = Routine::new(&[0xA000, 0x4E75]);
    // SAFETY: as in `exception_of`.
    let outer = unsafe {
        exception::guarded(|| {
            assert_eq!(exception_of(&ILLEGAL).vector, Vector::ILLEGAL_INSTRUCTION);
            LINE_A.call();
        })
    };
    assert_eq!(outer.map_err(|frame| frame.vector), Err(Vector::LINE_A));
}
test!(guards_nest);

fn the_mask_is_as_before() {
    // move.w #0x2500,%sr; an illegal instruction
    static UNMASK: Routine = Routine::new(&[0x46FC, 0x2500, 0x4AFC, 0x4E75]);
    let frame = exception_of(&UNMASK);
    assert_eq!(frame.status & 0x0700, 0x0500);
    assert!(interrupt::masked());
}
test!(the_mask_is_as_before);
