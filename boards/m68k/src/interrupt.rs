//! Interrupts: from the autovectors to the board's one handler, and critical
//! sections for what handlers share with the rest.
//!
//! A handler moves bytes and flags only: it never allocates and takes no lock.

use crate::cpu::{self, Here};
use core::sync::atomic::{AtomicU32, Ordering};
use spin::Once;

/// An interrupt level, 1 to 7; 7 cannot be masked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level(pub u8);

static HANDLER: Once<fn(Level)> = Once::new();

/// How often each level was served.
static SERVED: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

/// Where the running handler interrupted: PC, SP, A6; a PC of 0 when none runs.
static INTERRUPTED: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

/// Sets the handler of all levels, once.
pub fn set_handler(handler: fn(Level)) {
    HANDLER.call_once(|| handler);
}

/// How often interrupts of a level were served since boot, modulo 2^32.
pub fn served(level: Level) -> u32 {
    SERVED[usize::from(level.0)].load(Ordering::Relaxed)
}

/// How often interrupts of any level were served since boot, modulo 2^32.
pub fn served_in_all() -> u32 {
    SERVED.iter().fold(0, |sum, count| sum.wrapping_add(count.load(Ordering::Relaxed)))
}

/// Where the running interrupt handler interrupted, if one runs.
pub fn interrupted() -> Option<Here> {
    let [pc, sp, fp] = INTERRUPTED.each_ref().map(|word| word.load(Ordering::Relaxed));
    (pc != 0).then_some(Here { pc, sp, fp })
}

/// Called by asm/vectors.S for interrupts of the kernel itself, with the level, the processor's frame and A6.
///
/// # Safety
/// `frame` must be the exception frame on the stack: SR, PC, format word.
#[unsafe(no_mangle)]
unsafe extern "C" fn interrupt_dispatch(level: u32, frame: *const u16, fp: u32) {
    const SHORT_FRAME_BYTES: u32 = 8;
    // SAFETY: the caller passes the frame that the processor pushed.
    let (high, low) = unsafe { (frame.add(1).read(), frame.add(2).read()) };
    let here =
        [u32::from(high) << 16 | u32::from(low), frame.addr() as u32 + SHORT_FRAME_BYTES, fp];
    for (word, value) in INTERRUPTED.iter().zip(here) {
        word.store(value, Ordering::Relaxed);
    }
    serve(Level(level as u8));
    INTERRUPTED[0].store(0, Ordering::Relaxed);
}

/// Serves an interrupt by the board's handler. Called for interrupts of user code,
/// which leave its context first.
pub fn serve(level: Level) {
    let count = &SERVED[usize::from(level.0) % SERVED.len()];
    count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    match HANDLER.get() {
        Some(handler) => handler(level),
        None => panic!("an interrupt of level {} before the board has set a handler", level.0),
    }
}

#[cfg(target_arch = "m68k")]
mod section {
    //! What `critical_section::with` does on this processor.

    struct MaskedSection;
    critical_section::set_impl!(MaskedSection);

    // SAFETY: one processor; with all interrupts masked nothing else runs.
    unsafe impl critical_section::Impl for MaskedSection {
        // SAFETY: as `Impl` says: each is followed by its `release`, in the order of a stack.
        unsafe fn acquire() -> u16 {
            crate::cpu::mask_interrupts()
        }

        // SAFETY: as for `acquire`.
        unsafe fn release(status: u16) {
            // SAFETY: the value comes from `acquire`.
            unsafe { crate::cpu::set_status(status) }
        }
    }
}

/// Whether interrupts of all levels below 7 are masked.
pub fn masked() -> bool {
    cpu::status() & 0x0700 == 0x0700
}
