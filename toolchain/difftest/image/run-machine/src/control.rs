//! Where control goes: deep recursion, and at last a panic.

use core::fmt::{self, Write};
use core::hint::black_box;

use crate::Case;

pub(crate) const CASES: &[Case] =
    &[("control::deep_recursion", deep_recursion), ("control::panic", division_by_zero)];

/// Each level has a frame of its own, of more than 256 bytes.
#[inline(never)]
fn descend(above: &[u32; 64], level: u32) -> u32 {
    let mut own = *above;
    own[(level % 64) as usize] ^= level;
    if level == 0 {
        return own.iter().fold(0, |sum, &word| sum.wrapping_mul(31).wrapping_add(word));
    }
    descend(black_box(&own), level - 1) ^ own[0]
}

fn deep_recursion(out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "{:08x}", descend(&black_box([7; 64]), black_box(3000)))
}

fn division_by_zero(out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "not reached: {}", black_box(1u64) / black_box(0))
}
