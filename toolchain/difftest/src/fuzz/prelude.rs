// The fixed part of every random program: inputs biased to the edges of their
// types, and a hash over everything that a function returns.
use core::fmt::{self, Write};
use core::hint::black_box;

/// A source of inputs: xorshift, biased to the edges.
pub struct Edge(u64);

impl Edge {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn wide(&mut self) -> u128 {
        let value = (u128::from(self.next()) << 64) | u128::from(self.next());
        let shift = (self.next() % 128) as u32;
        match self.next() % 10 {
            0 => 0,
            1 => 1,
            2 => u128::MAX,
            3 => 1 << shift,
            4 => (1u128 << shift).wrapping_sub(1),
            5 => !(1u128 << shift),
            6 => 0u128.wrapping_sub(value & 0xff),
            7 => value & 0x1f,
            8 => value >> shift,
            _ => value,
        }
    }
}

/// Makes an input of a type.
pub trait Make: Sized {
    fn make(edge: &mut Edge) -> Self;
}

/// Takes a value into a hash.
pub trait Mix {
    fn mix(&self, hash: &mut u64);
}

fn mix_byte(hash: &mut u64, byte: u8) {
    *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
}

macro_rules! integers {
    ($($t:ty)*) => { $(
        impl Make for $t {
            fn make(edge: &mut Edge) -> Self { edge.wide() as $t }
        }
        impl Mix for $t {
            fn mix(&self, hash: &mut u64) {
                for byte in self.to_le_bytes() {
                    mix_byte(hash, byte);
                }
            }
        }
    )* };
}
integers! { u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 }

impl Make for bool {
    fn make(edge: &mut Edge) -> Self { edge.next() & 4 != 0 }
}
impl Mix for bool {
    fn mix(&self, hash: &mut u64) { mix_byte(hash, u8::from(*self)); }
}
impl<T: Make, const N: usize> Make for [T; N] {
    fn make(edge: &mut Edge) -> Self { core::array::from_fn(|_| T::make(edge)) }
}
impl<T: Mix, const N: usize> Mix for [T; N] {
    fn mix(&self, hash: &mut u64) {
        for value in self {
            value.mix(hash);
        }
    }
}
impl<T: Make> Make for Option<T> {
    fn make(edge: &mut Edge) -> Self {
        if bool::make(edge) { Some(T::make(edge)) } else { None }
    }
}
impl<T: Mix> Mix for Option<T> {
    fn mix(&self, hash: &mut u64) {
        match self {
            None => mix_byte(hash, 0),
            Some(value) => {
                mix_byte(hash, 1);
                value.mix(hash);
            }
        }
    }
}
impl<A: Make, B: Make> Make for (A, B) {
    fn make(edge: &mut Edge) -> Self { (A::make(edge), B::make(edge)) }
}
impl<A: Mix, B: Mix> Mix for (A, B) {
    fn mix(&self, hash: &mut u64) {
        self.0.mix(hash);
        self.1.mix(hash);
    }
}
