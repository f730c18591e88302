//! Every operation of every integer type, over inputs near the edges.
//!
//! For each type there are six cases: arithmetic, checked arithmetic, division,
//! shifts, bits, and powers with conversions and text. Each prints one
//! fingerprint and a few of its inputs, so that a difference can be followed.

use alloc::format;
use core::fmt::{self, Write};

use crate::Case;
use crate::sample::{Fingerprint, Sampler};

/// How many pairs of inputs a case tries.
const ROUNDS: u32 = 250;

/// Adds results of any integer type to a fingerprint.
macro_rules! add {
    ($print:ident: $($value:expr),* $(,)?) => { $($print.word($value as u128);)* };
}

/// Adds the results of operations that may have none.
macro_rules! add_options {
    ($print:ident: $($value:expr),* $(,)?) => { $(
        match $value {
            Some(value) => $print.word(value as u128),
            None => $print.byte(0xee),
        }
    )* };
}

/// Adds the results of operations that come with an overflow flag.
macro_rules! add_overflowing {
    ($print:ident: $($value:expr),* $(,)?) => { $({
        let (value, overflowed) = $value;
        $print.word(value as u128);
        $print.flag(overflowed);
    })* };
}

/// The cases of one type. `$other` is the type of the same width and the other
/// signedness.
macro_rules! integer_cases {
    ($type:ident $other:ident) => {
        mod $type {
            use super::*;

            fn inputs(subject: u64) -> impl Iterator<Item = ($type, $type, u32)> {
                let mut sampler = Sampler::new(subject << 8 | $type::BITS as u64);
                (0..ROUNDS).map(move |_| {
                    let (a, b) = (sampler.edge() as $type, sampler.edge() as $type);
                    (a, b, sampler.below(2 * $type::BITS))
                })
            }

            pub(super) fn arithmetic(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b, _) in inputs(1) {
                    add!(print: a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b));
                    add!(print: a.wrapping_neg(), a & b, a | b, a ^ b, !a);
                    add!(print: a.saturating_add(b), a.saturating_sub(b), a.saturating_mul(b));
                    add!(print: a.min(b), a.max(b), a.abs_diff(b), a.midpoint(b));
                    for truth in [a < b, a <= b, a == b, a != b, a >= b, a > b] {
                        print.flag(truth);
                    }
                    print.byte(a.cmp(&b) as u8);
                    add!(print: if a < b { 3 } else { b }, a.clamp(3, 100));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn checked(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b, n) in inputs(2) {
                    add_options!(print: a.checked_add(b), a.checked_sub(b), a.checked_mul(b));
                    add_options!(print: a.checked_neg(), a.checked_shl(n), a.checked_shr(n));
                    add_options!(print: a.checked_pow(n & 7), $other::try_from(a).ok());
                    add_overflowing!(print: a.overflowing_add(b), a.overflowing_sub(b));
                    add_overflowing!(print: a.overflowing_mul(b), a.overflowing_neg());
                    add_overflowing!(print: a.overflowing_shl(n), a.overflowing_shr(n));
                    add_overflowing!(print: a.overflowing_pow(n & 7));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn division(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b, n) in inputs(3) {
                    add_options!(print: a.checked_div(b), a.checked_rem(b));
                    add_options!(print: a.checked_div_euclid(b), a.checked_rem_euclid(b));
                    add!(print: a / 2, a / 3, a / 7, a / 10, a / 64, a / 100, a / $type::MAX);
                    add!(print: a % 2, a % 3, a % 7, a % 10, a % 64, a % 100, a % $type::MAX);
                    if b != 0 {
                        add!(print: a.wrapping_div(b), a.wrapping_rem(b));
                        let narrow = b >> (n % $type::BITS);
                        add_options!(print: a.checked_div(narrow), a.checked_rem(narrow));
                    }
                }
                writeln!(out, "{print}")
            }

            pub(super) fn shifts(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, _, n) in inputs(4) {
                    let m = n % $type::BITS;
                    add!(print: a << m, a >> m, (a as $other) >> m, (a >> m) << m);
                    add!(print: a.wrapping_shl(n), a.wrapping_shr(n));
                    add!(print: a.rotate_left(n), a.rotate_right(n), a.rotate_left(3));
                    add!(print: a << 1, a >> 1, a << 7, a >> 7, a >> ($type::BITS - 1));
                    add!(print: a.unbounded_shl(n), a.unbounded_shr(n));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn bits(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b, n) in inputs(5) {
                    add!(print: a.leading_zeros(), a.trailing_zeros(), a.count_ones());
                    add!(print: a.leading_ones(), a.trailing_ones(), a.count_zeros());
                    add!(print: a.swap_bytes(), a.reverse_bits());
                    let m = n % $type::BITS;
                    add!(print: a | 1 << m, a & !(1 << m), a ^ 1 << m, a >> m & 1);
                    a.to_le_bytes().into_iter().for_each(|byte| print.byte(byte));
                    b.to_be_bytes().into_iter().for_each(|byte| print.byte(byte));
                    print.flag($type::from_be_bytes(a.to_be_bytes()) == a);
                    add!(print: $type::from_le_bytes(b.to_be_bytes()));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn conversions(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b, n) in inputs(6) {
                    add!(print: a as u8, a as i8, a as u16, a as i16, a as u32, a as i32);
                    add!(print: a as u64, a as i64, a as u128, a as i128, a as $other);
                    add!(print: a.wrapping_pow(n & 15), (a as f64).to_bits(), (a as f32).to_bits());
                    add!(print: a as f64 as $type, a as f32 as $type, (a > b) as $type);
                    add_options!(print: u8::try_from(a).ok(), i16::try_from(a).ok());
                    add_options!(print: u32::try_from(a).ok(), i64::try_from(a).ok());
                    add_options!(print: a.checked_ilog2(), a.checked_ilog10());
                    if a > 0 {
                        add!(print: a.isqrt());
                    }
                    write!(print, "{a} {b:?} {a:x} {a:#b} {a:+} {b:>12} {a:o} {b:#010X} {b:e}")?;
                    print.flag($type::from_str_radix(&format!("{a:x}"), 16) == Ok(a));
                }
                let [low, high] = [inputs(6).map(|x| x.0).min(), inputs(6).map(|x| x.0).max()];
                writeln!(out, "{print} {low:?} {high:?}")
            }
        }
    };
}

integer_cases!(u8 i8);
integer_cases!(i8 u8);
integer_cases!(u16 i16);
integer_cases!(i16 u16);
integer_cases!(u32 i32);
integer_cases!(i32 u32);
integer_cases!(u64 i64);
integer_cases!(i64 u64);
integer_cases!(u128 i128);
integer_cases!(i128 u128);

macro_rules! case_list {
    ($($type:ident)*) => { &[$(
        Case { name: concat!(stringify!($type), "_arithmetic"), run: $type::arithmetic },
        Case { name: concat!(stringify!($type), "_checked"), run: $type::checked },
        Case { name: concat!(stringify!($type), "_division"), run: $type::division },
        Case { name: concat!(stringify!($type), "_shifts"), run: $type::shifts },
        Case { name: concat!(stringify!($type), "_bits"), run: $type::bits },
        Case { name: concat!(stringify!($type), "_conversions"), run: $type::conversions },
    )*] };
}

pub(crate) const CASES: &[Case] = case_list!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128);
