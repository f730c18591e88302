//! Exception frames as the processor pushes them, decoded.
//!
//! Layouts: MC68040 User's Manual, 8.4.6 (formats 0 to 4 and 7), MC68030 User's
//! Manual, 8.2 (formats 9, A and B). Only portable code: tested on the host.

use crate::address::PAGE_BYTES;
use core::fmt;

/// An exception vector, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vector(pub u8);

impl Vector {
    /// A bus or MMU fault; called bus error on the 68030.
    pub const ACCESS_FAULT: Vector = Vector(2);
    /// A jump to an odd address.
    pub const ADDRESS_ERROR: Vector = Vector(3);
    /// An instruction that does not exist.
    pub const ILLEGAL_INSTRUCTION: Vector = Vector(4);
    /// An integer division by zero.
    pub const DIVIDE_BY_ZERO: Vector = Vector(5);
    /// CHK or CHK2 out of bounds.
    pub const CHECK: Vector = Vector(6);
    /// TRAPV and its conditional relatives.
    pub const TRAP_ON_CONDITION: Vector = Vector(7);
    /// A privileged instruction in user mode.
    pub const PRIVILEGE_VIOLATION: Vector = Vector(8);
    /// A traced instruction.
    pub const TRACE: Vector = Vector(9);
    /// An instruction 1010 xxxx.
    pub const LINE_A: Vector = Vector(10);
    /// An instruction 1111 xxxx that this processor does not have.
    pub const LINE_F: Vector = Vector(11);
    /// An RTE on a frame of unknown format.
    pub const FORMAT_ERROR: Vector = Vector(14);
    /// TRAP #0.
    pub const TRAP_0: Vector = Vector(32);

    /// What the vector is for, in the manual's words.
    pub fn name(self) -> &'static str {
        const FIRST: [&str; 16] = [
            "reset stack pointer",
            "reset program counter",
            "access fault",
            "address error",
            "illegal instruction",
            "integer divide by zero",
            "CHK instruction",
            "TRAPcc instruction",
            "privilege violation",
            "trace",
            "line A emulator",
            "line F emulator",
            "unassigned vector",
            "coprocessor protocol violation",
            "format error",
            "uninitialized interrupt",
        ];
        match self.0 {
            number @ 0..16 => FIRST[usize::from(number)],
            24 => "spurious interrupt",
            25..32 => "autovector interrupt",
            32..48 => "TRAP instruction",
            48..56 => "floating-point exception",
            56..59 => "MMU exception",
            64.. => "user vector",
            _ => "unassigned vector",
        }
    }
}

/// What an access wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To read data.
    Read,
    /// To write data.
    Write,
    /// To fetch an instruction.
    Fetch,
}

/// Whose an access was, by its function code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Privilege {
    /// Function codes 1 and 2.
    User,
    /// Function codes 5 and 6.
    Supervisor,
}

/// The failed access of an access fault or bus error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where it went.
    pub address: u32,
    /// What it wanted.
    pub access: Access,
    /// For whom.
    pub privilege: Privilege,
    /// The special status word itself.
    pub status: u16,
}

/// The part of a frame that depends on its format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// Formats 0 and 1: nothing more.
    Short,
    /// Formats 2 and 9: the address of the instruction, or the odd address.
    Instruction(u32),
    /// Format 3: the effective address of a floating-point operation.
    Operand(u32),
    /// Format 4, of processors without FPU: effective address, and the
    /// instruction that was not there.
    NoFpu {
        /// The operand's address.
        operand: u32,
        /// The instruction's address.
        instruction: u32,
    },
    /// Format 7 of the 68040, formats A and B of the 68030.
    Access(Fault),
}

/// An exception frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The status register before.
    pub status: u16,
    /// Where the program would go on.
    pub pc: u32,
    /// The frame's format, 0 to 15.
    pub format: u8,
    /// The exception.
    pub vector: Vector,
    /// What else the processor said.
    pub detail: Detail,
}

/// Words of a frame of a format, or none if no 68030 or 68040 pushes it.
pub fn length_words(format: u8) -> Option<usize> {
    Some(match format {
        0 | 1 => 4,
        2 | 3 => 6,
        4 => 8,
        7 => 30,
        9 => 10,
        0xA => 16,
        0xB => 46,
        _ => return None,
    })
}

/// The format of a frame, from the word behind the PC.
pub fn format_of(format_word: u16) -> u8 {
    (format_word >> 12) as u8
}

impl Fault {
    /// An address in the page that was missing. The address of a misaligned access
    /// whose second part failed is that of its first: MC68040 User's Manual, 8.4.6.2.
    pub fn page(&self) -> u32 {
        const MISALIGNED: u16 = 1 << 11;
        let second = self.status & MISALIGNED != 0;
        if second { (self.address | (PAGE_BYTES - 1)).wrapping_add(1) } else { self.address }
    }
}

impl Frame {
    /// Words before the part that depends on the format: SR, PC, format.
    pub const HEAD_WORDS: usize = 4;

    /// Decodes the words of a frame; none if its format is unknown or the words
    /// are too few for it.
    pub fn decode(words: &[u16]) -> Option<Frame> {
        let &[status, pc_high, pc_low, format_word, ..] = words else {
            return None;
        };
        let format = format_of(format_word);
        let words = words.get(..length_words(format)?)?;
        Some(Frame {
            status,
            pc: long(pc_high, pc_low),
            format,
            vector: Vector(((format_word & 0xFFF) / 4) as u8),
            detail: detail(format, words),
        })
    }

    /// Whether the processor was in supervisor mode.
    pub fn from_supervisor(&self) -> bool {
        self.status & 0x2000 != 0
    }
}

fn long(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}

/// The long at a byte offset that the manual gives.
fn long_at(words: &[u16], offset: usize) -> u32 {
    long(words[offset / 2], words[offset / 2 + 1])
}

fn detail(format: u8, words: &[u16]) -> Detail {
    match format {
        2 | 9 => Detail::Instruction(long_at(words, 0x08)),
        3 => Detail::Operand(long_at(words, 0x08)),
        4 => Detail::NoFpu { operand: long_at(words, 0x08), instruction: long_at(words, 0x0C) },
        7 => Detail::Access(fault_68040(words)),
        0xA | 0xB => Detail::Access(fault_68030(format, words)),
        _ => Detail::Short,
    }
}

fn privilege(function_code: u16) -> Privilege {
    if function_code & 4 == 0 { Privilege::User } else { Privilege::Supervisor }
}

/// Whether a function code is of a program space, 2 or 6.
fn is_program(function_code: u16) -> bool {
    function_code & 3 == 2
}

/// MC68040 User's Manual, 8.4.6.6: TM is the function code, RW is set for reads, also
/// for that of a locked access, which is to write.
fn fault_68040(words: &[u16]) -> Fault {
    const READ: u16 = 1 << 8;
    const LOCKED: u16 = 1 << 9;
    let status = words[0x0C / 2];
    let function_code = status & 7;
    let is_read = status & (READ | LOCKED) == READ;
    let access = match (is_read, is_program(function_code)) {
        (true, true) => Access::Fetch,
        (true, false) => Access::Read,
        (false, _) => Access::Write,
    };
    Fault { address: long_at(words, 0x14), access, privilege: privilege(function_code), status }
}

/// MC68030 User's Manual, 8.2.1. A failed fetch shows as FC or FB with the
/// address in the pipe's stage (format B) or behind the PC (format A), or, on
/// some emulators, as a data fault in program space.
fn fault_68030(format: u8, words: &[u16]) -> Fault {
    const FAULT_STAGE_C: u16 = 1 << 15;
    const FAULT_STAGE_B: u16 = 1 << 14;
    const DATA_FAULT: u16 = 1 << 8;
    const READ: u16 = 1 << 6;
    let status = words[0x0A / 2];
    let function_code = status & 7;
    let is_data = status & DATA_FAULT != 0;
    let stage_b = match format {
        0xB => long_at(words, 0x24),
        _ => long_at(words, 0x02).wrapping_add(4),
    };
    let address = if is_data {
        long_at(words, 0x10)
    } else if status & FAULT_STAGE_B != 0 {
        stage_b
    } else {
        debug_assert!(status & FAULT_STAGE_C != 0 || status == 0);
        stage_b.wrapping_sub(2)
    };
    let access = if !is_data || is_program(function_code) {
        Access::Fetch
    } else if status & READ != 0 {
        Access::Read
    } else {
        Access::Write
    };
    let privilege = if is_data {
        privilege(function_code)
    } else if words[0] & 0x2000 == 0 {
        Privilege::User
    } else {
        Privilege::Supervisor
    };
    Fault { address, access, privilege, status }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match self.access {
            Access::Read => "read of",
            Access::Write => "write to",
            Access::Fetch => "instruction fetch from",
        };
        let privilege = match self.privilege {
            Privilege::User => "user",
            Privilege::Supervisor => "supervisor",
        };
        write!(f, "{privilege} {access} {:08x} (SSW {:04x})", self.address, self.status)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.vector.name())?;
        match self.detail {
            Detail::Short => Ok(()),
            Detail::Instruction(address) => write!(f, ", instruction at {address:08x}"),
            Detail::Operand(address) => write!(f, ", operand at {address:08x}"),
            Detail::NoFpu { operand, instruction } => {
                write!(f, ", no FPU for {instruction:08x}, operand at {operand:08x}")
            }
            Detail::Access(fault) => write!(f, ": {fault}"),
        }
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
