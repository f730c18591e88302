//! Floating point: on a 680x0 it is computed in software and must agree with
//! the host to the last bit. Of a NaN only that it is one is compared.

use alloc::format;
use alloc::string::ToString;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::Case;
use crate::sample::{Fingerprint, Sampler};

/// How many pairs of inputs a case tries.
const ROUNDS: u32 = 200;

macro_rules! float_cases {
    ($float:ident $bits:ident) => {
        mod $float {
            use super::*;

            /// The bits, but the same ones for each NaN.
            fn bits(value: $float) -> u128 {
                if value.is_nan() { 0x7777 } else { u128::from(value.to_bits()) }
            }

            fn edge(sampler: &mut Sampler) -> $float {
                let special = [
                    0.0,
                    -0.0,
                    1.0,
                    -1.0,
                    0.1,
                    $float::MAX,
                    $float::MIN,
                    $float::MIN_POSITIVE,
                    $float::MIN_POSITIVE / 8.0,
                    $float::INFINITY,
                    $float::NEG_INFINITY,
                    $float::NAN,
                    $float::EPSILON,
                ];
                match sampler.below(7) {
                    0 | 1 => $float::from_bits(sampler.bits() as $bits),
                    2 => (sampler.bits() as i64 >> sampler.below(63)) as $float,
                    3 => sampler.bits() as i32 as $float / 1024.0,
                    4 => special[sampler.below(special.len() as u32) as usize],
                    5 => sampler.below(1000) as $float * 0.01,
                    _ => sampler.below(10_000_000) as $float,
                }
            }

            fn inputs(subject: u64) -> impl Iterator<Item = ($float, $float)> {
                let mut sampler = Sampler::new(subject << 8 | 77);
                (0..ROUNDS).map(move |_| (edge(&mut sampler), edge(&mut sampler)))
            }

            pub(super) fn arithmetic(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b) in inputs(1) {
                    let all = [a + b, a - b, a * b, -a, a.abs(), a.copysign(b), a.signum()];
                    all.into_iter().for_each(|value| print.word(bits(value)));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn division(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b) in inputs(2) {
                    [a / b, a.recip(), b / 3.0]
                        .into_iter()
                        .for_each(|value| print.word(bits(value)));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn remainder(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                let mut sampler = Sampler::new(9);
                for _ in 0..ROUNDS / 4 {
                    let a = sampler.bits() as i32 as $float / 7.0;
                    let b = sampler.bits() as i16 as $float / 3.0;
                    print.word(bits(a % b));
                }
                writeln!(out, "{print} {:?}", black_box(7.5 as $float) % 2.25)
            }

            pub(super) fn comparison(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b) in inputs(3) {
                    let truths = [
                        a < b,
                        a <= b,
                        a == b,
                        a != b,
                        a > b,
                        a >= b,
                        !(a < b),
                        !(a >= b),
                        a.is_nan(),
                        a.is_finite(),
                        a.is_infinite(),
                        a.is_normal(),
                        a.is_subnormal(),
                        a.is_sign_negative(),
                    ];
                    truths.into_iter().for_each(|truth| print.flag(truth));
                    print.byte(a.classify() as u8);
                    print.byte(a.partial_cmp(&b).map_or(9, |order| order as u8));
                    print.word(bits(a.min(b)));
                    print.word(bits(a.max(b)));
                    if !a.is_nan() && !b.is_nan() {
                        print.byte(a.total_cmp(&b) as u8);
                        print.word(bits(a.clamp(b.min(1.0), b.max(1.0))));
                    }
                }
                writeln!(out, "{print}")
            }

            pub(super) fn conversion(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (a, b) in inputs(4) {
                    let unsigned = [
                        u128::from(a as u8),
                        u128::from(a as u16),
                        u128::from(a as u32),
                        u128::from(a as u64),
                    ];
                    let signed = [
                        i128::from(b as i8),
                        i128::from(b as i16),
                        i128::from(b as i32),
                        i128::from(b as i64),
                    ];
                    unsigned.into_iter().for_each(|value| print.word(value));
                    signed.into_iter().for_each(|value| print.word(value as u128));
                    print.word(a as u128);
                    print.word(b as i128 as u128);
                    print.word(bits(a as f32 as $float));
                    print.word(bits(b as f64 as $float));
                    print.word(bits(a.to_degrees()));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn from_integers(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                let mut sampler = Sampler::new(5);
                for _ in 0..ROUNDS {
                    let n = sampler.edge();
                    let all = [
                        n as u8 as $float,
                        n as i8 as $float,
                        n as u16 as $float,
                        n as i16 as $float,
                        n as u32 as $float,
                        n as i32 as $float,
                        n as u64 as $float,
                        n as i64 as $float,
                        n as $float,
                        n as i128 as $float,
                    ];
                    all.into_iter().for_each(|value| print.word(bits(value)));
                }
                writeln!(out, "{print}")
            }

            pub(super) fn text(out: &mut dyn Write) -> fmt::Result {
                let mut print = Fingerprint::new();
                for (index, (a, b)) in inputs(6).enumerate() {
                    write!(print, "{a} {b:?} {a:e} {b:E} {a:.3} {b:12.2} {a:+} {b:08.1} {a:<9}|")?;
                    if let Ok(back) = format!("{a:?}").parse::<$float>() {
                        print.flag(bits(back) == bits(a));
                    }
                    if index % 50 == 0 {
                        write!(out, "{a:?} {b:.4} ")?;
                    }
                }
                writeln!(out, "{print}")
            }

            pub(super) fn parsing(out: &mut dyn Write) -> fmt::Result {
                let texts = [
                    "1.5",
                    "3.14159265358979",
                    "1e308",
                    "-1e-320",
                    "123456789012345678",
                    "0.1",
                    "2.2250738585072011e-308",
                    "nan",
                    "-inf",
                    "abc",
                    "8.5e3",
                    "16777217",
                    ".5",
                    "5.",
                    "17976931348623157e292",
                    "9007199254740993",
                    "1e-400",
                    "-0",
                    "+7E+2",
                    "",
                    "1e",
                ];
                for text in black_box(texts) {
                    match text.parse::<$float>() {
                        Ok(value) => write!(out, "{value:e} {:x} ", bits(value))?,
                        Err(error) => write!(out, "{error} ")?,
                    }
                }
                writeln!(out)
            }

            /// Errors of rounding grow here until every bit differs.
            pub(super) fn chaos(out: &mut dyn Write) -> fmt::Result {
                let mut x = black_box(0.3 as $float);
                for step in 1..=300 {
                    x = 3.9 * x * (1.0 - x);
                    if step % 75 == 0 {
                        write!(out, "{x:?} ")?;
                    }
                }
                let sum: $float = (1..2000).map(|n| 1.0 / black_box(n) as $float).sum();
                let product: $float = (1..30).map(|n| black_box(n) as $float).product();
                writeln!(out, "{} {product:e}", sum.to_string())
            }
        }
    };
}

float_cases!(f32 u32);
float_cases!(f64 u64);

macro_rules! case_list {
    ($($float:ident)*) => { &[$(
        Case { name: concat!(stringify!($float), "_arithmetic"), run: $float::arithmetic },
        Case { name: concat!(stringify!($float), "_division"), run: $float::division },
        Case { name: concat!(stringify!($float), "_remainder"), run: $float::remainder },
        Case { name: concat!(stringify!($float), "_comparison"), run: $float::comparison },
        Case { name: concat!(stringify!($float), "_conversion"), run: $float::conversion },
        Case { name: concat!(stringify!($float), "_from_integers"), run: $float::from_integers },
        Case { name: concat!(stringify!($float), "_text"), run: $float::text },
        Case { name: concat!(stringify!($float), "_parsing"), run: $float::parsing },
        Case { name: concat!(stringify!($float), "_chaos"), run: $float::chaos },
    )*] };
}

pub(crate) const CASES: &[Case] = case_list!(f32 f64);
