//! Inputs for the cases, and a short fingerprint of what came out of them.

use core::fmt::{self, Display, Write};
use core::hint::black_box;

/// A source of reproducible numbers (xorshift64 by Marsaglia).
pub(crate) struct Sampler(u64);

impl Sampler {
    /// A source that starts from `seed`, which must not be 0.
    pub(crate) fn new(seed: u64) -> Self {
        Self(black_box(seed))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next 128 bits.
    pub(crate) fn wide(&mut self) -> u128 {
        (u128::from(self.bits()) << 64) | u128::from(self.bits())
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (self.bits() % u64::from(bound)) as u32
    }

    /// A number near those where code goes wrong: 0, 1, powers of two and their
    /// neighbours, small and small negative ones, and any others of any length.
    /// Cut to a narrower type it is such a number there as well.
    pub(crate) fn edge(&mut self) -> u128 {
        let kind = self.below(12);
        let value = self.wide();
        let shift = self.below(128);
        match kind {
            0 => 0,
            1 => 1,
            2 => u128::MAX,
            3 => 1 << shift,
            4 => (1 << shift) - 1,
            5 => !(1 << shift),
            6 => value >> shift,
            7 => value & 0xff,
            8 => (value & 0xff).wrapping_neg(),
            9 => 0x8080_8080_8080_8080_8080_8080_8080_8080,
            10 => i128::MAX as u128 >> (shift & 0x78),
            _ => value,
        }
    }
}

/// Sums up many results (FNV-1a with 64 bits) for printing them in one word.
#[derive(Clone, Copy)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of nothing.
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The sum so far.
    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// Adds one byte.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }

    /// Adds a truth value.
    pub(crate) fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    /// Adds a number of up to 128 bits.
    pub(crate) fn word(&mut self, word: u128) {
        for byte in word.to_le_bytes() {
            self.byte(byte);
        }
    }
}

impl Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.byte(byte));
        Ok(())
    }
}

impl Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
