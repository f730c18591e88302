//! Exceptions: from the vectors to a decision. An exception of code that runs
//! [`guarded`] ends that code and is handed to whoever guarded it; every other
//! one is unexpected, and is reported before the image ends.

mod frame;

pub use frame::{Access, Detail, Fault, Frame, Privilege, Vector, format_of, length_words};

use crate::cpu::{self, Registers};
use crate::report;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// What guards the running code: where to return to, and what ended it.
struct Guard {
    resume_sp: u32,
    outcome: Cell<Option<Frame>>,
}

static INNERMOST: AtomicPtr<Guard> = AtomicPtr::new(ptr::null_mut());

// SAFETY: asm/vectors.S has them. `routine` may be called with `context`, and what is left on the
// stack when it is aborted is nobody's loss; `guarded_abort` is given what `guarded_call` has
// stored in `resume_sp`, and that call has not returned.
unsafe extern "C" {
    unsafe fn guarded_call(
        routine: unsafe extern "C" fn(*mut u8),
        context: *mut u8,
        resume_sp: *mut u32,
    ) -> u32;
    unsafe fn guarded_abort(resume_sp: u32) -> !;
}

/// A guarded piece of code and its result.
struct Piece<F, R> {
    code: Option<F>,
    result: MaybeUninit<R>,
}

// SAFETY: for [`guarded`] only: `context` is the address of a `Piece<F, R>` of its own.
unsafe extern "C" fn run_piece<F: FnOnce() -> R, R>(context: *mut u8) {
    // SAFETY: `guarded` passes its own piece, which nobody else uses meanwhile.
    let piece = unsafe { &mut *context.cast::<Piece<F, R>>() };
    if let Some(code) = piece.code.take() {
        piece.result.write(code());
    }
}

/// Runs code that may fault. An exception in it ends it and becomes the error;
/// the interrupt mask is then as before.
///
/// # Safety
/// The code is left at the exception without unwinding: it must own nothing that
/// needs dropping and hold no lock while it may fault. Volatile accesses to
/// doubtful addresses are what this is for.
pub unsafe fn guarded<F: FnOnce() -> R, R>(code: F) -> Result<R, Frame> {
    let mut piece = Piece { code: Some(code), result: MaybeUninit::uninit() };
    let mut guard = Guard { resume_sp: 0, outcome: Cell::new(None) };
    let guard = &raw mut guard;
    let outer = INNERMOST.swap(guard, Ordering::Relaxed);
    let status = cpu::status();
    // SAFETY: the piece outlives the call; the guard is on this very stack and
    // is taken down again before it goes out of scope.
    let aborted = unsafe {
        guarded_call(run_piece::<F, R>, (&raw mut piece).cast(), &raw mut (*guard).resume_sp)
    };
    INNERMOST.store(outer, Ordering::Relaxed);
    if aborted == 0 {
        // SAFETY: the routine returned, so it has written its result.
        return Ok(unsafe { piece.result.assume_init() });
    }
    // SAFETY: the status is what this function found, in supervisor mode; the
    // guard is alive, and the dispatcher has stored what ended the code.
    let frame = unsafe {
        cpu::set_status(status);
        (*guard).outcome.get()
    };
    Err(frame.expect("the dispatcher stores a frame before it aborts"))
}

/// Called by asm/vectors.S for everything but autovectored interrupts.
///
/// # Safety
/// Behind the registers must lie the frame that the processor pushed.
#[unsafe(no_mangle)]
unsafe extern "C" fn exception_dispatch(registers: *const Registers) {
    // SAFETY: the caller saved the registers right below the processor's frame.
    let (registers, words) = unsafe {
        let words = registers.add(1).cast::<u16>();
        let format_word = words.add(Frame::HEAD_WORDS - 1).read();
        let length = length_words(format_of(format_word)).unwrap_or(Frame::HEAD_WORDS);
        (&*registers, core::slice::from_raw_parts(words, length))
    };
    let guard = INNERMOST.load(Ordering::Relaxed);
    match Frame::decode(words) {
        // SAFETY: a guard that is set lies on the stack above this exception.
        Some(frame) if !guard.is_null() => unsafe {
            (*guard).outcome.set(Some(frame));
            guarded_abort((*guard).resume_sp)
        },
        frame => report::unexpected_exception(registers, words, frame.as_ref()),
    }
}
