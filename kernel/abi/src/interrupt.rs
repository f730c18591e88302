//! Software interrupts (B.9): where a module takes them, and what the kernel leaves on the
//! stack of an incarnation that it interrupts.
//!
//! Before the handler of an event runs, the kernel pushes an [`InterruptFrame`] onto the
//! incarnation's stack and enters its module [`ENTRY_OFFSET`] bytes behind the entry, with the
//! stack pointer at the frame. The stub of the library there calls the handler with the address
//! of the event, which stands first in the frame, and then makes the call
//! `inc_interruptReturn`, with the stack pointer at the frame again. The frame lies in the
//! incarnation's own memory, so that it goes where that goes: what comes back from there is an
//! allegation.

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::structs::EvDesc;

/// A module takes software interrupts so many bytes behind its entry: what stands there before
/// is a jump to its start code.
pub const ENTRY_OFFSET: u32 = 8;

/// Longs of the FPU: FP0 to FP7 in extended precision, FPCR, FPSR, FPIAR.
pub const FPU_LONGS: usize = 8 * 3 + 3;

/// What lies on the stack while a handler runs: 208 bytes. The last two fields stand where a
/// debugger finds the caller of a routine that has pushed so much.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct InterruptFrame {
    /// The event, for the handler.
    pub if_event: EvDesc,
    /// The handler.
    pub if_handler: U32,
    /// The interrupt priority of what was interrupted.
    pub if_priority: U32,
    /// The address of this frame: by this the kernel knows one.
    pub if_self: U32,
    /// The condition codes, in the lowest five bits.
    pub if_ccr: U32,
    /// The registers of the FPU.
    pub if_fpu: [U32; FPU_LONGS],
    /// D0 to D7. D0 is the result of a call that is complete.
    pub if_data: [U32; 8],
    /// A0 to A7. A7 is the stack pointer before the frame was pushed.
    pub if_address: [U32; 8],
    /// Where it was interrupted.
    pub if_pc: U32,
}

impl InterruptFrame {
    /// Bytes of a frame. The stub's file says the same to debuggers.
    pub const BYTES: u32 = 208;
}

const _: () = assert!(size_of::<InterruptFrame>() == InterruptFrame::BYTES as usize);
// What the stub relies on: rdc-lib/asm/start.S.
const _: () = assert!(core::mem::offset_of!(InterruptFrame, if_event) == 0);
const _: () = assert!(core::mem::offset_of!(InterruptFrame, if_handler) == 16);
