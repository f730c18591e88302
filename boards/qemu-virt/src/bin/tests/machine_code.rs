//! Instructions that a compiler does not emit, as words. The 68040 executes
//! read-only data too: its pages cannot forbid it.

use core::mem::transmute;

/// `rts`
const RTS: u16 = 0x4E75;

/// Instructions that end with `rts` and change nothing but D0, D1, A0, A1.
pub struct Routine(&'static [u16]);

impl Routine {
    /// Takes words that end with `rts`.
    pub const fn new(words: &'static [u16]) -> Routine {
        assert!(matches!(words, [.., RTS]), "a routine ends with rts");
        Routine(words)
    }

    /// The address of the first instruction.
    pub fn start(&self) -> u32 {
        self.0.as_ptr().addr() as u32
    }

    /// Calls it.
    pub fn call(&self) {
        // SAFETY: the words are a C function without arguments or result.
        let routine: extern "C" fn() = unsafe { transmute(self.0.as_ptr()) };
        routine();
    }
}
