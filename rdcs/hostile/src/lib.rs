//! What the modules of `hostile` have in common: dice, and what a guest is told.
#![cfg_attr(target_arch = "m68k", no_std)]

pub mod dice;

use zerocopy::big_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// What a guest is to do: its parameters.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Order {
    /// Of its dice.
    pub seed: U64,
    /// How many calls it makes.
    pub calls: U32,
}

/// The exit status of a guest that has made all its calls. One that ends by chance has another.
pub const COMPLETE: i32 = 0x600d;

/// The parameters of a glutton that takes messages; others take memory.
pub const MESSAGES: &[u8] = b"messages";
