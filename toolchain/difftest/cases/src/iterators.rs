//! Chains of iterators, which the optimiser melts into loops.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::iter;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    sums,
    adaptors,
    from_both_ends,
    nested,
    folds,
    collections,
    own_iterator,
    peeking,
    comparisons,
    searches,
    partial_consumption,
    arrays,
    infinite,
];

fn sums(out: &mut dyn Write) -> fmt::Result {
    let n = black_box(100u32);
    let squares: u64 = (1..=n).map(|x| u64::from(x) * u64::from(x)).filter(|x| x % 3 != 0).sum();
    let product: u128 = (1..=30u128).product();
    let wrapped = (0..n).map(|x| x as u8).fold(0u8, u8::wrapping_add);
    let floats: f64 = (1..n).map(|x| 1.0 / f64::from(x)).sum();
    let checked: Option<u8> = (0..n).map(|x| x as u8).try_fold(0u8, u8::checked_add);
    writeln!(out, "{squares} {product} {wrapped} {floats:?} {checked:?}")
}

fn adaptors(out: &mut dyn Write) -> fmt::Result {
    let n = black_box(40u16);
    let a: Vec<_> = (0..n).zip("hello wörld".chars()).skip(2).step_by(3).collect();
    let b: Vec<_> =
        (0..n).flat_map(|x| (0..x % 3).map(move |y| x * y)).take_while(|&x| x < 60).collect();
    let c: Vec<_> = (0..n)
        .scan(1u32, |state, x| {
            *state = state.wrapping_mul(31).wrapping_add(x.into());
            (*state % 1009 != 5).then_some(*state >> 16)
        })
        .skip_while(|&x| x < 100)
        .collect();
    let d: Vec<_> =
        (0..n).filter_map(|x| x.checked_sub(30)).map_while(|x| (x < 5).then_some(x)).collect();
    let mut seen = Vec::new();
    let e = (1..4).chain(7..9).cycle().inspect(|x| seen.push(*x)).take(9).last();
    writeln!(out, "{a:?} {b:?} {} {:?} {d:?} {e:?} {seen:?}", c.len(), c.last())
}

fn from_both_ends(out: &mut dyn Write) -> fmt::Result {
    let words = black_box(["a", "b,c", "", "d,e,f"]);
    let backwards: Vec<_> =
        words.iter().flat_map(|word| word.split(',')).rev().enumerate().collect();
    let mut range = (0..black_box(20u8)).filter(|n| n % 3 != 1);
    let mut picked = Vec::new();
    while let (Some(low), Some(high)) = (range.next(), range.next_back()) {
        picked.push((low, high));
    }
    let odd: Vec<_> = (0..=black_box(255u8)).rev().step_by(50).collect();
    writeln!(out, "{backwards:?} {picked:?} {odd:?} {:?}", (b'a'..=b'e').rev().nth(2))
}

fn nested(out: &mut dyn Write) -> fmt::Result {
    let n = black_box(25u32);
    let triples: Vec<_> = (1..n)
        .flat_map(|a| (a..n).map(move |b| (a, b)))
        .filter_map(|(a, b)| (b..n).find(|c| a * a + b * b == c * c).map(|c| (a, b, c)))
        .collect();
    let flat: Vec<u8> =
        [Some([1u8, 2]), None, Some([3, 4])].into_iter().flatten().flatten().collect();
    writeln!(out, "{triples:?} {flat:?}")
}

fn folds(out: &mut dyn Write) -> fmt::Result {
    let n = black_box(50u32);
    let text = (0..n).step_by(7).fold(String::new(), |text, x| text + &alloc::format!("{x},"));
    let (even, odd): (Vec<u32>, Vec<u32>) = (0..n).partition(|x| x.count_ones() % 2 == 0);
    let (low, high): (Vec<_>, Vec<_>) = even.iter().map(|&x| (x as u8, u64::from(x) << 40)).unzip();
    let reduced = odd.iter().copied().reduce(|a, b| a.wrapping_mul(b) ^ (a >> 3));
    let failing: Result<u32, u32> =
        (0..n).try_fold(0, |sum, x| if sum > 100 { Err(x) } else { Ok(sum + x) });
    writeln!(out, "{text} {} {} {:?} {reduced:?} {failing:?}", low.len(), odd[3], high.last())
}

fn collections(out: &mut dyn Write) -> fmt::Result {
    let n = black_box(20u32);
    let deque: VecDeque<_> = (0..n).filter(|x| x % 6 == 1).collect();
    let mut by_length: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for word in black_box("the quick brown fox jumps over the lazy dog").split(' ') {
        by_length.entry(word.len()).or_default().push(word);
    }
    let all: Option<Vec<u32>> = (0..n).map(|x| (x < 100).then_some(x)).collect();
    let failed: Result<Vec<u32>, u32> =
        (0..n).map(|x| if x < 15 { Ok(x) } else { Err(x) }).collect();
    let text: String = by_length.values().flatten().map(|word| &word[..1]).collect();
    writeln!(out, "{deque:?} {by_length:?} {:?} {failed:?} {text}", all.map(|all| all.len()))
}

/// The Collatz sequence from a number down to 1.
struct Collatz(u64);
impl Iterator for Collatz {
    type Item = u64;
    fn next(&mut self) -> Option<u64> {
        let current = self.0;
        self.0 = match current {
            0 => return None,
            1 => 0,
            n if n % 2 == 0 => n / 2,
            n => 3 * n + 1,
        };
        Some(current)
    }
}

fn own_iterator(out: &mut dyn Write) -> fmt::Result {
    let longest = (1..black_box(2000)).map(|n| (Collatz(n).count(), n)).max();
    let peak = Collatz(837_799).max();
    let some: Vec<_> = Collatz(27).skip(70).step_by(5).take(4).collect();
    writeln!(out, "{longest:?} {peak:?} {some:?} {}", Collatz(97).position(|n| n == 16).unwrap())
}

fn peeking(out: &mut dyn Write) -> fmt::Result {
    let mut runs = Vec::new();
    let mut letters = black_box("aaabccddddde").chars().peekable();
    while let Some(letter) = letters.next() {
        let more = iter::from_fn(|| letters.next_if_eq(&letter)).count();
        runs.push((letter, more + 1));
    }
    let mut numbers = black_box([1u8, 2, 3, 10, 11]).into_iter().peekable();
    let mut gaps = 0;
    while let Some(number) = numbers.next() {
        gaps += numbers.peek().map_or(0, |next| next - number - 1);
    }
    writeln!(out, "{runs:?} {gaps}")
}

fn comparisons(out: &mut dyn Write) -> fmt::Result {
    let (a, b) = black_box(([1u8, 2, 3], [1u8, 2, 4, 0]));
    let order = a.iter().cmp(&b);
    let floats = [1.0, f32::NAN].iter().partial_cmp(&[1.0, 2.0]);
    let extremes = (
        b.iter().max(),
        b.iter().min_by_key(|n| n.abs_diff(3)),
        a.iter().rev().max_by_key(|n| *n / 4),
    );
    let sorted = (a.is_sorted(), b.iter().is_sorted_by_key(|n| *n ^ 3), a.iter().eq(&b[..3]));
    writeln!(out, "{order:?} {floats:?} {extremes:?} {sorted:?} {}", a.iter().lt(b.iter()))
}

fn searches(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(61);
    let words: Vec<u32> = (0..300).map(|_| sampler.bits() as u32 % 1000).collect();
    let found = (words.iter().position(|&x| x > 990), words.iter().rposition(|&x| x < 10));
    let mapped = words.iter().find_map(|&x| x.is_power_of_two().then(|| x.ilog2()));
    let counts = (words.iter().filter(|x| **x % 7 == 0).count(), words.iter().all(|&x| x < 1000));
    let index = words.iter().enumerate().min_by_key(|(index, x)| (**x, usize::MAX - index));
    writeln!(out, "{found:?} {mapped:?} {counts:?} {index:?} {}", words.iter().any(|&x| x == 5))
}

fn partial_consumption(out: &mut dyn Write) -> fmt::Result {
    let mut strings = black_box(["a", "b", "c", "d", "e"]).map(String::from).into_iter();
    let first: Vec<_> = strings.by_ref().take(2).collect();
    let last = strings.next_back();
    let hint = strings.size_hint();
    let mut vector: Vec<_> = (0..10).map(|n| alloc::format!("{n}")).collect();
    let drained: String = vector.drain(3..6).rev().collect();
    let kept: Vec<_> = vector.into_iter().skip(4).take(2).collect();
    writeln!(out, "{first:?} {last:?} {hint:?} {} {drained} {kept:?}", strings.len())
}

fn arrays(out: &mut dyn Write) -> fmt::Result {
    let texts = black_box([3u8, 1, 2]).map(|n| "x".repeat(n.into()));
    let lengths = texts.each_ref().map(|text| text.len());
    let mut sampler = Sampler::new(62);
    let table: [[u16; 5]; 4] =
        core::array::from_fn(|_| core::array::from_fn(|_| sampler.bits() as u16));
    let mut print = Fingerprint::new();
    table.as_flattened().iter().for_each(|&word| print.word(word.into()));
    let columns: [u32; 5] =
        core::array::from_fn(|column| table.iter().map(|row| u32::from(row[column])).sum());
    writeln!(out, "{texts:?} {lengths:?} {print} {columns:?}")
}

fn infinite(out: &mut dyn Write) -> fmt::Result {
    let powers: Vec<u64> =
        iter::successors(Some(black_box(1u64)), |n| n.checked_mul(1000)).collect();
    let fibonacci: Vec<u32> =
        iter::successors(Some((0u32, 1u32)), |&(a, b)| Some((b, a.checked_add(b)?)))
            .map(|pair| pair.0)
            .collect();
    let repeated: String =
        iter::repeat_n("ab", 3).chain(iter::once("c")).chain(iter::empty()).collect();
    let primes: Vec<u32> = (2u32..)
        .filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
        .take(15)
        .collect();
    writeln!(out, "{powers:?} {} {:?} {repeated} {primes:?}", fibonacci.len(), fibonacci.last())
}
