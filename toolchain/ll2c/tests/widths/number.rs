//! Numbers of any width up to 256 bits, and those that the tests compute with.

use ll2c::ir::U256;

/// A number of a certain width, in the low bits.
#[derive(Clone, Copy)]
pub struct Number {
    pub width: u32,
    /// the bits above are 0
    pub bits: U256,
}

impl Number {
    pub fn new(width: u32, bits: U256) -> Self {
        Number { width, bits: bits & mask(width) }
    }

    pub fn flag(value: bool) -> Self {
        Number { width: 8, bits: U256::from(u8::from(value)) }
    }

    pub fn is_negative(self) -> bool {
        self.bits >> (self.width - 1) & U256::ONE == U256::ONE
    }

    /// In two's complement of 256 bits.
    pub fn extended(self) -> U256 {
        if self.is_negative() { self.bits | !mask(self.width) } else { self.bits }
    }

    pub fn magnitude(self) -> U256 {
        if self.is_negative() { U256::ZERO.wrapping_sub(self.extended()) } else { self.bits }
    }

    pub fn with(self, bits: U256) -> Self {
        Number::new(self.width, bits)
    }

    /// As LLVM stores it.
    pub fn bytes(self) -> Vec<u8> {
        self.bits.to_be_bytes()[32 - self.width.div_ceil(8) as usize..].to_vec()
    }
}

pub fn mask(width: u32) -> U256 {
    U256::MAX >> (256 - width)
}

/// Numbers at the edges, and some from a xorshift generator: the same in every run.
pub fn operands(width: u32) -> Vec<(Number, Number)> {
    let edges = [U256::ZERO, U256::ONE, U256::MAX, U256::ONE << (width - 1), mask(width) >> 1];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(width);
    let mut random = || {
        let mut words = [0_u128; 2];
        for word in &mut words {
            for half in 0..2 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *word |= u128::from(state) << (64 * half);
            }
        }
        U256::from_words(words[0], words[1])
    };
    let mut pairs = Vec::new();
    for (number, &a) in edges.iter().enumerate() {
        pairs.push((a, edges[(number + 1) % edges.len()]));
        pairs.push((a, a));
        pairs.push((a, random()));
    }
    for _ in 0..5 {
        pairs.push((random(), random()));
    }
    pairs.into_iter().map(|(a, b)| (Number::new(width, a), Number::new(width, b))).collect()
}
