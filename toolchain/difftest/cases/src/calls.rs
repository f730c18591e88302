//! Calls: many arguments, pointers to functions, recursion, results of every kind.

use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    many_arguments,
    tables_of_functions,
    narrow_results,
    wide_results,
    results_through_references,
    mutual_recursion,
    ackermann,
    towers_of_hanoi,
    deep_recursion,
    generic_function_items,
];

fn many_arguments(out: &mut dyn Write) -> fmt::Result {
    type Many = fn(u8, i64, bool, u16, i128, char, f32, &str, (u8, u32), [u16; 3], i8, f64) -> u64;
    fn many(
        a: u8,
        b: i64,
        c: bool,
        d: u16,
        e: i128,
        f: char,
        g: f32,
        h: &str,
        (i, j): (u8, u32),
        k: [u16; 3],
        l: i8,
        m: f64,
    ) -> u64 {
        let sums = [u64::from(a), b as u64, u64::from(c), u64::from(d), e as u64, (e >> 64) as u64];
        let more = [f as u64, g.to_bits().into(), h.len() as u64, i.into(), j.into(), k[1].into()];
        let last = [l as u64, m.to_bits(), u64::from(k[0]) << 16 | u64::from(k[2])];
        let all = sums.into_iter().chain(more).chain(last);
        all.fold(7, |hash, part| hash.wrapping_mul(0x100_0000_01b3) ^ part)
    }
    let many: Many = black_box(many);
    let first =
        many(255, -1, true, 65535, -2, 'ü', 1.5, "text", (9, 1 << 31), [1, 2, 3], -128, -0.0);
    let second = many(0, 1 << 40, false, 1, 1 << 100, '\0', -2.5, "", (0, 0), [7; 3], 127, 1e300);
    writeln!(out, "{first:x} {second:x}")
}

fn tables_of_functions(out: &mut dyn Write) -> fmt::Result {
    const OPERATIONS: [(&str, fn(u32, u32) -> u32); 5] = [
        ("add", u32::wrapping_add),
        ("multiply", |a, b| a.wrapping_mul(b)),
        ("rotate", u32::rotate_left),
        ("difference", u32::abs_diff),
        ("power", u32::wrapping_pow),
    ];
    let mut value = 3u32;
    for round in 0..20 {
        let (name, operation) = black_box(&OPERATIONS)[round * 7 % 5];
        value = operation(value, round as u32 + 2);
        if round % 4 == 0 {
            write!(out, "{name} {value} ")?;
        }
    }
    let same = OPERATIONS[0].0 == black_box(OPERATIONS)[0].0;
    writeln!(out, "{same}")
}

/// What is narrower than a register comes back with undefined bits around it.
fn narrow_results(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn byte(n: u64) -> u8 {
        (n >> 3) as u8
    }
    #[inline(never)]
    fn signed(n: u64) -> i8 {
        (n >> 5) as i8
    }
    #[inline(never)]
    fn word(n: u64) -> i16 {
        (n >> 7) as i16
    }
    #[inline(never)]
    fn truth(n: u64) -> bool {
        n & 0x104 == 4
    }
    let mut sampler = Sampler::new(51);
    let mut print = Fingerprint::new();
    for _ in 0..100 {
        let n = sampler.bits();
        print.word(u32::from(byte(n)).into());
        print.word(i64::from(signed(n)) as u128);
        print.word(i64::from(word(n)) as u128);
        print.word(i128::from(truth(n)) as u128 + u128::from(byte(n) == n as u8));
        print.flag(signed(n) < 0 && word(n) > 0);
    }
    writeln!(out, "{print}")
}

fn wide_results(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn divide(a: u128, b: u128) -> Option<(u128, u128)> {
        Some((a.checked_div(b)?, a % b))
    }
    #[inline(never)]
    fn pair(n: u64) -> (u64, i64) {
        (n.rotate_left(9), -(n as i64))
    }
    #[inline(never)]
    fn maybe(n: u64) -> Result<u64, i32> {
        if n % 2 == 0 { Ok(n / 2) } else { Err(n as i32) }
    }
    let [zero, seven, large] = black_box([0u128, 7, u128::MAX / 5]);
    write!(out, "{:?} {:?} ", divide(large, seven), divide(seven, zero))?;
    writeln!(out, "{:?} {:?} {:?}", pair(large as u64), maybe(12), maybe(large as u64))
}

fn results_through_references(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn split<'a>(words: &'a mut [u32], count: &mut u8, largest: &mut Option<&'a mut u32>) {
        for word in words {
            *count += 1;
            if largest.as_ref().is_none_or(|best| **best < *word) {
                *largest = Some(word);
            }
        }
    }
    let mut words = black_box([3u32, 9, 4, 9, 1]);
    let (mut count, mut largest) = (250, None);
    split(&mut words, &mut count, &mut largest);
    *largest.unwrap() = 100;
    writeln!(out, "{words:?} {count}")
}

fn mutual_recursion(out: &mut dyn Write) -> fmt::Result {
    fn female(n: u32) -> u32 {
        if n == 0 { 1 } else { n - male(female(n - 1)) }
    }
    fn male(n: u32) -> u32 {
        if n == 0 { 0 } else { n - female(male(n - 1)) }
    }
    let all: Vec<_> = (0..black_box(20)).map(|n| (female(n), male(n))).collect();
    writeln!(out, "{all:?}")
}

fn ackermann(out: &mut dyn Write) -> fmt::Result {
    fn ackermann(m: u64, n: u64) -> u64 {
        match (m, n) {
            (0, n) => n + 1,
            (m, 0) => ackermann(m - 1, 1),
            (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
        }
    }
    writeln!(out, "{} {}", ackermann(black_box(2), 9), ackermann(black_box(3), 4))
}

fn towers_of_hanoi(out: &mut dyn Write) -> fmt::Result {
    fn solve(count: u8, [from, to, over]: [usize; 3], pegs: &mut [Vec<u8>; 3], moves: &mut u32) {
        if count > 0 {
            solve(count - 1, [from, over, to], pegs, moves);
            let disc = pegs[from].pop().expect("the rules put a disc here");
            pegs[to].push(disc);
            *moves += u32::from(disc);
            solve(count - 1, [over, to, from], pegs, moves);
        }
    }
    let mut pegs = [(1..=black_box(9)).rev().collect(), Vec::new(), Vec::new()];
    let mut moves = 0;
    solve(9, [0, 2, 1], &mut pegs, &mut moves);
    writeln!(out, "{moves} {pegs:?}")
}

fn deep_recursion(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn descend(level: u32, above: &[u32; 20]) -> u32 {
        let mut own = *above;
        own[level as usize % 20] ^= level.wrapping_mul(0x9e37_79b9);
        if level == 0 {
            return own.iter().fold(0, |sum, &word| sum.rotate_left(5) ^ word);
        }
        descend(level - 1, black_box(&own)).wrapping_add(own[3])
    }
    writeln!(out, "{:x}", descend(black_box(1500), &[7; 20]))
}

fn generic_function_items(out: &mut dyn Write) -> fmt::Result {
    fn apply<T: Copy, F: Fn(T) -> T>(function: F, times: u32, value: T) -> T {
        (0..times).fold(value, |value, _| function(value))
    }
    let times = black_box(5);
    writeln!(
        out,
        "{} {} {:x} {}",
        apply(u8::count_ones_twice, times, 0xf7),
        apply(i64::wrapping_neg, times, 40),
        apply(u128::reverse_bits, times, 0x1234),
        apply(|n: f32| n * 1.5, times, 1.0)
    )
}

/// Something to name a function of a foreign type by.
trait CountTwice {
    fn count_ones_twice(self) -> Self;
}

impl CountTwice for u8 {
    fn count_ones_twice(self) -> Self {
        self.count_ones() as u8 * 2 + 1
    }
}
