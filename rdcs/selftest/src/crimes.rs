//! What user code must not do, as code of the 680x0: the culprit jumps to it.

use rdc::abi::rdc_file::USER_BEGIN;

/// Something that ends in an exception.
pub struct Crime {
    /// What it is.
    pub name: &'static str,
    /// The words of its code.
    pub code: &'static [u16],
    /// The exception.
    pub vector: u32,
    /// The address that a memory access was refused at.
    pub address: Option<u32>,
}

/// Where nothing lies between text and stack.
const NOTHING: u32 = 0x5555_0000;
/// In the pages of the kernel.
const KERNEL: u32 = 0xc000_1000;
/// In the text of the module.
const TEXT: u32 = USER_BEGIN + 16;

const ACCESS: u32 = 2;
const ILLEGAL: u32 = 4;
const ZERO_DIVIDE: u32 = 5;
const CHECK: u32 = 6;
const OVERFLOW: u32 = 7;
const PRIVILEGE: u32 = 8;
const LINE_A: u32 = 10;
const LINE_F: u32 = 11;
const TRAP_1: u32 = 33;
const TRAP_15: u32 = 47;

/// An instruction that names an address.
const fn absolute(operation: u16, at: u32) -> [u16; 3] {
    [operation, (at >> 16) as u16, at as u16]
}

/// `move.l (at).l,%d0`
const fn load(at: u32) -> [u16; 3] {
    absolute(0x2039, at)
}

/// `move.l %d0,(at).l`
const fn store(at: u32) -> [u16; 3] {
    absolute(0x23c0, at)
}

/// `jmp (at).l`
const fn jump(at: u32) -> [u16; 3] {
    absolute(0x4ef9, at)
}

/// A refused access to memory.
const fn access(name: &'static str, code: &'static [u16], address: u32) -> Crime {
    Crime { name, code, vector: ACCESS, address: Some(address) }
}

const fn crime(name: &'static str, code: &'static [u16], vector: u32) -> Crime {
    Crime { name, code, vector, address: None }
}

/// All of them, but jumps to odd addresses: QEMU knows no address error and executes what it
/// finds there, whatever that is.
pub const CRIMES: &[Crime] = &[
    access("to read by a null pointer", &load(0), 0),
    access("to write by a null pointer", &store(0), 0),
    access("to read where nothing is", &load(NOTHING), NOTHING),
    access("to read the kernel", &load(KERNEL), KERNEL),
    access("to write the kernel", &store(KERNEL), KERNEL),
    access("to write its text", &store(TEXT), TEXT),
    access("to jump to where nothing is", &jump(NOTHING), NOTHING),
    access("to jump into the kernel", &jump(KERNEL), KERNEL),
    crime("an illegal instruction", &[0x4afc], ILLEGAL),
    // moveq #0,%d1; divu.w %d1,%d0
    crime("to divide by zero", &[0x7200, 0x80c1], ZERO_DIVIDE),
    // moveq #0,%d1; moveq #1,%d0; chk.w %d1,%d0
    crime("a failed check of bounds", &[0x7200, 0x7001, 0x4181], CHECK),
    // move.w #2,%ccr; trapv
    crime("a trap on overflow", &[0x44fc, 0x0002, 0x4e76], OVERFLOW),
    // move.w #0x2700,%sr
    crime("to become the supervisor", &[0x46fc, 0x2700], PRIVILEGE),
    crime("to stop the processor", &[0x4e72, 0x2700], PRIVILEGE),
    crime("to return from an exception", &[0x4e73], PRIVILEGE),
    crime("an instruction of line A", &[0xa000], LINE_A),
    crime("a coprocessor that is not there", &[0xfe00], LINE_F),
    crime("a trap that is no call", &[0x4e41], TRAP_1),
    crime("a breakpoint", &[0x4e4f], TRAP_15),
];
