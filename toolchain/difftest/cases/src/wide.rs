//! 128-bit numbers beyond single operations, and 64-bit ones that meet in them.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    division_identities,
    products_of_halves,
    carries,
    greatest_common_divisors,
    powers_modulo_a_prime,
    shifts_across_words,
    radixes,
    signed_in_structures,
    roots,
    mixed_widths,
];

fn division_identities(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(11);
    let mut print = Fingerprint::new();
    for _ in 0..400 {
        let (a, b) = (sampler.edge(), sampler.edge().max(1));
        let (quotient, remainder) = (a / b, a % b);
        assert!(remainder < b && quotient * b + remainder == a);
        let (c, d) = (a as i128, b as i128);
        let signed = c.wrapping_div(d).wrapping_mul(d).wrapping_add(c.wrapping_rem(d));
        assert_eq!(signed, c);
        print.word(quotient);
        print.word(remainder);
        print.word(c.div_euclid(d.max(2)) as u128);
    }
    writeln!(out, "{print} {}", black_box(u128::MAX) / black_box(10_000_000_019))
}

/// 64 × 64 → 128 bits, by the machine and by hand.
fn products_of_halves(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(12);
    let mut print = Fingerprint::new();
    for _ in 0..300 {
        let (a, b) = (sampler.edge() as u64, sampler.edge() as u64);
        let product = u128::from(a) * u128::from(b);
        let [low, high] = [0, 32].map(|shift| u128::from(a >> shift & 0xffff_ffff));
        assert_eq!(product, low * u128::from(b) + (high * u128::from(b) << 32));
        print.word(product);
        print.word((i128::from(a as i64) * i128::from(b as i64)) as u128);
    }
    writeln!(out, "{print}")
}

fn carries(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(13);
    let mut total = [0u64; 4];
    for _ in 0..500 {
        let addend = [sampler.edge() as u64, sampler.edge() as u64, 0, u64::MAX];
        let mut carry = false;
        for (word, part) in total.iter_mut().zip(addend) {
            let (sum, first) = word.overflowing_add(part);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, first | second);
        }
    }
    writeln!(out, "{total:016x?}")
}

fn greatest_common_divisors(out: &mut dyn Write) -> fmt::Result {
    fn gcd(a: u128, b: u128) -> u128 {
        if b == 0 { a } else { gcd(b, a % b) }
    }
    let mut sampler = Sampler::new(14);
    let mut print = Fingerprint::new();
    for _ in 0..30 {
        print.word(gcd(sampler.wide(), sampler.edge()));
    }
    let factor = black_box(1_000_000_007u128);
    writeln!(out, "{print} {}", gcd(factor * 0xffff_ffff_fffb, factor * 0x1_0000_0000_000f))
}

fn powers_modulo_a_prime(out: &mut dyn Write) -> fmt::Result {
    const PRIME: u64 = 0xffff_ffff_ffff_ffc5;
    let times = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64;
    let power = |mut base: u64, mut exponent: u64| {
        let mut result = 1;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = times(result, base);
            }
            base = times(base, base);
            exponent >>= 1;
        }
        result
    };
    let mut sampler = Sampler::new(15);
    for _ in 0..4 {
        let base = sampler.bits() % PRIME;
        assert_eq!(times(base, power(base, PRIME - 2)), 1);
        write!(out, "{:x} ", power(base, black_box(65537)))?;
    }
    writeln!(out)
}

fn shifts_across_words(out: &mut dyn Write) -> fmt::Result {
    let value = black_box(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128);
    let mut print = Fingerprint::new();
    for n in black_box([0, 1, 7, 31, 32, 33, 63, 64, 65, 95, 96, 97, 126, 127]) {
        for result in [value << n, value >> n, ((value as i128) >> n) as u128] {
            print.word(result);
        }
        print.word(((value << 8) as i128 >> n) as u128);
        write!(out, "{:x} ", value.rotate_left(n) & 0xffff)?;
    }
    let shuffled = (value << 72) | (value >> 56) ^ (value as u64 as u128) << 40;
    writeln!(out, "{print} {shuffled:032x}")
}

fn radixes(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(16);
    let mut print = Fingerprint::new();
    for radix in 2..=36 {
        let value = sampler.edge();
        let mut digits = String::new();
        let mut rest = value;
        while rest > 0 {
            digits.insert(0, char::from_digit((rest % u128::from(radix)) as u32, radix).unwrap());
            rest /= u128::from(radix);
        }
        print.flag(u128::from_str_radix(&digits, radix) == Ok(value));
        print.write_str(&digits)?;
        print.write_str(&format!("{value:>50}{value:#x}{value:#o}{value:#b}"))?;
    }
    writeln!(out, "{print} {:?}", "-8000".parse::<i128>())
}

/// A structure that holds 128 bits between smaller things.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Mixed {
    flag: bool,
    wide: i128,
    small: u8,
    other: Option<u128>,
    short: i16,
}

fn signed_in_structures(out: &mut dyn Write) -> fmt::Result {
    let make = |n: i128| Mixed {
        flag: n % 2 == 0,
        wide: n << 90,
        small: n as u8,
        other: (n > 0).then(|| n as u128 * 3),
        short: n as i16,
    };
    let all = black_box([make(-3), make(0), make(77)]);
    let mut copy = all;
    copy[1].wide -= 1;
    copy.swap(0, 2);
    let order: [_; 3] = core::array::from_fn(|i| all[i].partial_cmp(&copy[i]));
    writeln!(out, "{copy:?} {order:?} {}", all[1] == copy[1])
}

fn roots(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(17);
    for _ in 0..6 {
        let value = sampler.edge();
        let root = value.isqrt();
        assert!(root * root <= value);
        write!(out, "{root} {:?} ", value.checked_ilog(7))?;
    }
    writeln!(out)
}

fn mixed_widths(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(18);
    let (mut a, mut b, mut c, mut d) = (1u8, 1u32, 1u64, 1u128);
    for _ in 0..200 {
        let n = sampler.edge();
        d = d.wrapping_mul(n | 1).wrapping_add(u128::from(c));
        c ^= (d >> 61) as u64;
        b = b.rotate_left(u32::from(a) & 31).wrapping_sub((c >> 17) as u32);
        a = a.wrapping_add((b % 251) as u8).wrapping_mul(3);
        d ^= i128::from(b as i32) as u128;
        c = c.wrapping_add(i64::from(a as i8) as u64);
    }
    writeln!(out, "{a:x} {b:x} {c:x} {d:x}")
}
