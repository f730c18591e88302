//! Symbolized backtraces of 680x0 code without frame pointers, printed by the
//! code itself, with no host at hand.
//!
//! Images are built with `-fomit-frame-pointer`, so a stack alone does not say
//! where a frame ends. ll2c's option `--backtrace` gathers what the compiler
//! knows about it (`.debug_frame`), the names of the functions and, on demand,
//! the source lines into one compact table, and links it into the image as the
//! section `.backtrace`. This crate reads that table in place: no allocation,
//! no `unsafe`, and no trust, neither in the table nor in the stack, for it runs
//! when something is already wrong.
//!
//! ```no_run
//! # fn section() -> &'static [u8] { &[] }
//! # fn read(address: u32) -> Option<u32> { None }
//! # let (pc, sp, fp) = (0, 0, 0);
//! use backtrace::{Pc, Registers, Table};
//!
//! // Between `__backtrace_start` and `__backtrace_end` of the linker script.
//! let table = Table::new(section()).expect("linked with --backtrace");
//! let registers = Registers { pc: Pc::Interrupted(pc), sp, fp };
//! for frame in table.unwind(registers, read) {
//!     println!("{frame}");
//! }
//! ```
//!
//! # The linker script
//!
//! The table is made from the linked image and linked in by a second pass, so
//! the section must lie where its size moves no code: behind the text.
//!
//! ```text
//! .backtrace : {
//!     __backtrace_start = .;
//!     KEEP(*(.backtrace))
//!     __backtrace_end = .;
//! }
//! ```
//!
//! # Assembly
//!
//! A routine in assembly tells the assembler its frame by directives, else a
//! walk stops there. In `.S` files, once per file `.cfi_sections .debug_frame`;
//! then per routine:
//!
//! ```text
//!     .cfi_sections .debug_frame
//!     .type   copy, @function
//! copy:
//!     .cfi_startproc
//!     movem.l %d2/%a6, -(%sp)
//!     .cfi_adjust_cfa_offset 8        | what SP went down
//!     .cfi_rel_offset %a6, 4          | only if the routine changes A6
//!     ...
//!     movem.l (%sp)+, %d2/%a6
//!     .cfi_adjust_cfa_offset -8
//!     .cfi_restore %a6
//!     rts
//!     .cfi_endproc
//!     .size   copy, . - copy
//! ```
//!
//! Code that nobody called says `.cfi_undefined %pc` behind `.cfi_startproc`:
//! there a walk ends in good order. An entry of an exception says so too; who
//! prints the exception walks on from the interrupted registers.
//!
//! # The layout, version 1
//!
//! All numbers are big-endian; nothing is aligned. A *number* is LEB128.
//!
//! | bytes | header |
//! |---|---|
//! | 0–3 | magic, `eqbt` |
//! | 4–7 | version, 1 |
//! | 8–11 | functions: entries in the function table |
//! | 12–15 | locations: entries in the location table |
//! | 16–19 | files: entries in the file table |
//! | 20–23 | bytes of the pool |
//! | 24 | the function table, the location table, the file table, the pool |
//!
//! | bytes | entry of the function table (20), ascending by start |
//! |---|---|
//! | 0–3 | address of its first instruction |
//! | 4–7 | its bytes |
//! | 8–11 | its name: offset of a string in the pool |
//! | 12–15 | its frame rows: offset in the pool |
//! | 16–19 | its line rows: offset in the pool |
//!
//! An entry of the location table is one word: the upper 12 bits an index into
//! the file table, the lower 20 bits a line. An entry of the file table is the
//! offset of a string in the pool. A string is a number, its bytes, and then
//! these in UTF-8.
//!
//! Rows are a number, their count, and then that many rows. Each begins with a
//! number: how many words of two bytes it stands behind the one before, the
//! first one behind the function's start. A row holds from there up to the next.
//!
//! - A *frame row* goes on with a number. Bits 0–1 are its kind: 0 the CFA is
//!   counted from SP, 1 from A6, 2 nobody called, 3 unknown. Bit 2: another
//!   number follows, which says where the caller's A6 is from now on: 0 in the
//!   register, else saved this many words below the CFA. Bits 3 and above: the
//!   distance of the CFA from the register, in words. Before the first row the
//!   CFA is SP + 4 and A6 is the caller's.
//! - A *line row* goes on with a number: an index into the location table plus
//!   one, or 0 for code without a line.
//!
//! # Limits
//!
//! GCC describes prologues and calls exactly, epilogues not: a walk from an
//! interrupt that came between the release of a frame and the `rts` may miss the
//! caller. A function that was left by a tail call has no frame and is missing.

#![cfg_attr(not(feature = "build"), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "build")]
pub mod build;
mod cursor;
mod format;
mod table;
mod unwind;

pub use format::{Base, CallerFp, Rule};
pub use table::{Location, Symbol, Table, TableError};
pub use unwind::{End, Frame, MAX_FRAMES, Pc, Registers, Unwind};
