//! Who called whom, by name: the table that ll2c has put into the image, applied
//! to the kernel's stack.

pub use backtrace::Pc;

use crate::cpu::Here;
use crate::stack;
use backtrace::{Registers, Table};
use core::fmt::{self, Write};

// SAFETY: linker/kernel.ld defines both; only their addresses are used.
unsafe extern "C" {
    static __backtrace_start: u8;
    static __backtrace_end: u8;
}

/// The section `.backtrace` of the running image.
fn section() -> &'static [u8] {
    let (start, end) = (&raw const __backtrace_start, &raw const __backtrace_end);
    // SAFETY: linker/kernel.ld puts the section between the two, read-only.
    unsafe { core::slice::from_raw_parts(start, end.addr() - start.addr()) }
}

/// Writes a line for each frame, from the code at `pc` outwards.
pub fn write(out: &mut dyn Write, pc: Pc, here: Here) -> fmt::Result {
    let table = match Table::new(section()) {
        Ok(table) => table,
        Err(error) => return writeln!(out, "  no backtrace from {:08x}: {error}", pc.address()),
    };
    let start = Registers { pc, sp: here.sp, fp: here.fp };
    let mut walk = table.unwind(start, stack::word_at);
    for (index, frame) in walk.by_ref().enumerate() {
        writeln!(out, "  {index:2}: {frame}")?;
    }
    match walk.end() {
        Some(end) => writeln!(out, "      {end}"),
        None => Ok(()),
    }
}
