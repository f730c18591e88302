//! Exception handlers that return with `rte`.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("exceptions::traps", traps),
    ("exceptions::illegal_instruction", illegal_instruction),
    ("exceptions::division_by_zero", division_by_zero),
];

/// The part of an exception's stack frame that all formats have
/// (MC68040 User's Manual, section 8.2).
#[repr(C, packed(2))]
struct Frame {
    status: u16,
    pc: u32,
    /// format:4 | vector offset:12
    format_and_offset: u16,
}

const ILLEGAL_INSTRUCTION: usize = 4;
const DIVISION_BY_ZERO: usize = 5;
const TRAP_0: usize = 32;

// `asm/exceptions.S`, and the vector table in `support/start.S`
// SAFETY: both are in the image, with these types. The safe ones raise exceptions that have
// handlers; `enter_handler` is never called, but put into the table.
unsafe extern "C" {
    fn enter_handler();
    safe fn provoke_illegal(value: u32) -> u32;
    safe fn provoke_division() -> u32;
    safe fn sum_over_traps() -> u32;
    static vectors: [AtomicUsize; 256];
}

static VECTORS_SEEN: [AtomicU32; 256] = [const { AtomicU32::new(0) }; 256];
static LAST_FRAME: AtomicU32 = AtomicU32::new(0);

// SAFETY: `enter_handler` calls it so, and nothing else has its name.
#[unsafe(no_mangle)]
extern "C" fn handle(frame: &mut Frame) {
    let vector = usize::from(frame.format_and_offset & 0xfff) / 4;
    VECTORS_SEEN[vector].fetch_add(1, Ordering::Relaxed);
    LAST_FRAME.store(u32::from(frame.format_and_offset), Ordering::Relaxed);
    if vector == ILLEGAL_INSTRUCTION {
        // The frame holds the address of the instruction itself, a word long.
        frame.pc += 2;
    }
}

fn install(vector: usize) {
    // SAFETY: the table is in writable memory, and its words are only read by
    // the processor.
    let table = unsafe { &vectors };
    table[vector].store(enter_handler as *const () as usize, Ordering::SeqCst);
}

fn traps(out: &mut dyn Write) -> fmt::Result {
    (TRAP_0..TRAP_0 + 16).for_each(install);
    let sums = [sum_over_traps(), sum_over_traps()];
    let seen = VECTORS_SEEN[TRAP_0..TRAP_0 + 16].iter().map(|count| count.load(Ordering::Relaxed));
    write!(out, "{sums:?}")?;
    for count in seen {
        write!(out, " {count}")?;
    }
    writeln!(out)
}

fn illegal_instruction(out: &mut dyn Write) -> fmt::Result {
    install(ILLEGAL_INSTRUCTION);
    let value = provoke_illegal(41);
    writeln!(out, "{value} {:04x}", LAST_FRAME.load(Ordering::Relaxed))
}

/// Format 2: the frame holds the next instruction's address, and that of this one behind it.
fn division_by_zero(out: &mut dyn Write) -> fmt::Result {
    install(DIVISION_BY_ZERO);
    let value = provoke_division();
    writeln!(out, "{value} {:04x}", LAST_FRAME.load(Ordering::Relaxed))
}
