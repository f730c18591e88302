//! Methods of slices and vectors.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    binary_searches,
    rotations,
    chunks_and_windows,
    splitting,
    copying_and_filling,
    joining,
    selecting,
    removing,
    growing,
    comparing,
    rows_of_bytes,
    first_and_last,
];

fn numbers(count: usize, below: u32) -> Vec<u32> {
    let mut sampler = Sampler::new(71);
    (0..count).map(|_| sampler.below(below)).collect()
}

fn binary_searches(out: &mut dyn Write) -> fmt::Result {
    let mut sorted = numbers(200, 5000);
    sorted.sort_unstable();
    sorted.dedup();
    let mut print = Fingerprint::new();
    for wanted in (0..5000).step_by(13) {
        match sorted.binary_search(&wanted) {
            Ok(at) => print.word(at as u128),
            Err(at) => print.word(!(at as u128)),
        }
        print.word(sorted.partition_point(|&each| each < wanted * 2) as u128);
    }
    let pairs = black_box([(1u8, 'a'), (4, 'b'), (9, 'c')]);
    writeln!(
        out,
        "{print} {:?} {:?}",
        pairs.binary_search_by_key(&9, |pair| pair.0),
        pairs.binary_search(&(4, 'a'))
    )
}

fn rotations(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    for (length, by) in black_box([(1usize, 1), (10, 3), (33, 32), (100, 57), (257, 128)]) {
        let mut bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
        let mut triples: Vec<[u8; 3]> = (0..length).map(|n| [n as u8, 1, 2]).collect();
        let mut wide: Vec<u128> = (0..length).map(|n| (n as u128) << 77).collect();
        bytes.rotate_left(by);
        triples.rotate_right(by);
        wide.rotate_left(by);
        triples[..length / 2].reverse();
        bytes.iter().chain(triples.as_flattened()).for_each(|&byte| print.byte(byte));
        wide.iter().for_each(|&word| print.word(word));
    }
    writeln!(out, "{print}")
}

fn chunks_and_windows(out: &mut dyn Write) -> fmt::Result {
    let all = numbers(50, 100);
    let sums: Vec<u32> = all.chunks(7).map(|chunk| chunk.iter().sum()).collect();
    let back: Vec<_> = all.rchunks(9).map(<[u32]>::len).collect();
    let rising = all.windows(3).filter(|w| w[0] < w[1] && w[1] < w[2]).count();
    let runs: Vec<_> = all.chunk_by(|a, b| a <= b).map(<[u32]>::len).collect();
    let exact = all.chunks_exact(8);
    let (fours, rest) = all.as_chunks::<4>();
    let total: u32 = fours.iter().map(|[a, _, c, _]| a * c).sum();
    writeln!(out, "{sums:?} {back:?} {rising} {runs:?} {:?} {total} {rest:?}", exact.remainder())
}

fn splitting(out: &mut dyn Write) -> fmt::Result {
    let all = numbers(40, 10);
    let parts: Vec<_> = all.split(|n| n % 5 == 0).map(<[u32]>::len).collect();
    let few: Vec<_> = all.splitn(3, |&n| n == black_box(7)).map(<[u32]>::len).collect();
    let (left, right) = all.split_at(13);
    let inclusive = all.split_inclusive(|&n| n == 9).next_back();
    let strips = (all.strip_prefix(&left[..2]).map(<[u32]>::len), left.split_first_chunk::<3>());
    writeln!(
        out,
        "{parts:?} {few:?} {:?} {inclusive:?} {strips:?} {:?}",
        right.split_last(),
        left.split_at_checked(50)
    )
}

fn copying_and_filling(out: &mut dyn Write) -> fmt::Result {
    let mut bytes = [0u8; 67];
    bytes[3..40].fill(7);
    bytes[5..].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x50);
    bytes.copy_within(2..31, 20);
    bytes.copy_within(30..60, 1);
    let (low, high) = bytes.split_at_mut(33);
    low.swap_with_slice(&mut high[..33]);
    let mut words = [0u64; 9];
    words[1..6].copy_from_slice(&black_box([1, 2, 3, 4, u64::MAX]));
    words.fill_with({
        let mut next = 5u64;
        move || {
            next = next.wrapping_mul(1_000_003);
            next
        }
    });
    let mut texts = vec!["a".repeat(3); 4];
    texts[1..3].clone_from_slice(&["b".repeat(2), "c".repeat(9)]);
    writeln!(out, "{bytes:?} {words:?} {texts:?}")
}

fn joining(out: &mut dyn Write) -> fmt::Result {
    let parts = black_box([[1u16, 2], [3, 4]]);
    let lists = [vec![1u8], vec![], vec![2, 3]];
    writeln!(
        out,
        "{:?} {:?} {:?} {:?}",
        parts.concat(),
        lists.join(&0),
        lists.concat().repeat(3),
        ["x", "yz"].join("--")
    )
}

fn selecting(out: &mut dyn Write) -> fmt::Result {
    let mut all = numbers(301, 100_000);
    let (low, middle, high) = all.select_nth_unstable(150);
    let split = (low.iter().max() <= Some(middle), high.iter().min() >= Some(middle));
    let middle = *middle;
    let top = all.select_nth_unstable_by(3, |a, b| b.cmp(a)).1;
    let top = *top;
    let minimum = all.iter().copied().min();
    writeln!(out, "{middle} {split:?} {top} {minimum:?} {:?}", all.iter().max())
}

fn removing(out: &mut dyn Write) -> fmt::Result {
    let mut all = numbers(100, 30);
    all.retain(|n| n % 3 != 0);
    all.dedup_by(|a, b| a.abs_diff(*b) < 3);
    let removed = (all.remove(5), all.swap_remove(2), all.pop());
    let drained: Vec<_> = all.drain(4..10).collect();
    let spliced: Vec<_> = all.splice(1..3, [100, 200, 300, 400]).collect();
    let even: Vec<_> = all.extract_if(.., |n| *n % 4 == 0).collect();
    let tail = all.split_off(all.len() / 2);
    all.truncate(6);
    writeln!(out, "{removed:?} {drained:?} {spliced:?} {even:?} {} {all:?}", tail.len())
}

fn growing(out: &mut dyn Write) -> fmt::Result {
    let mut vectors: Vec<Vec<u16>> = Vec::new();
    for n in 0..black_box(40u16) {
        let mut vector = Vec::with_capacity(2);
        vector.extend(0..n);
        vector.insert(usize::from(n / 2), 999);
        vector.extend_from_slice(&[n; 3]);
        vector.extend_from_within(1..3);
        vector.resize(usize::from(n) + 7, 5);
        vectors.insert(vectors.len() / 2, vector);
    }
    let lengths: usize = vectors.iter().map(Vec::len).sum();
    let mut nested = vec![vec![0u8; 3]; 4];
    nested[2][1] = 9;
    let boxed = nested.clone().into_boxed_slice();
    writeln!(out, "{lengths} {:?} {nested:?} {}", vectors[17], boxed.len())
}

fn comparing(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(72);
    let mut print = Fingerprint::new();
    for length in 0..40usize {
        let left: Vec<u8> = (0..length).map(|_| sampler.bits() as u8).collect();
        let mut right = left.clone();
        print.flag(left == right);
        if let Some(byte) = right.get_mut(length * 2 / 3) {
            *byte = byte.wrapping_add(sampler.below(3) as u8);
        }
        print.byte(left.cmp(&right) as u8);
        print.flag(
            left.starts_with(&right[..length / 2]) && right.ends_with(&left[length - length / 5..]),
        );
    }
    let words = black_box([[1i16, -2], [1, 2]]);
    writeln!(out, "{print} {:?} {}", words[0].cmp(&words[1]), words.contains(&[1, 2]))
}

/// Rows of an image whose lines are longer than what they hold.
fn rows_of_bytes(out: &mut dyn Write) -> fmt::Result {
    const STRIDE: usize = 37;
    let mut image = vec![0u8; STRIDE * 20];
    for (y, row) in image.chunks_exact_mut(STRIDE).enumerate() {
        for (x, pixel) in row[..31].iter_mut().enumerate() {
            *pixel = (x * y) as u8 ^ black_box(0x11);
        }
    }
    let mut print = Fingerprint::new();
    for rows in image.chunks_exact(STRIDE).collect::<Vec<_>>().windows(2) {
        let sum: u32 =
            rows[0].iter().zip(&rows[1][1..]).map(|(a, b)| u32::from(*a) * u32::from(*b)).sum();
        print.word(sum.into());
    }
    writeln!(out, "{print}")
}

fn first_and_last(out: &mut dyn Write) -> fmt::Result {
    let all = black_box(vec![1u8, 2, 3]);
    let ranges = (all.get(5), all.get(1..9), all.get(1..=2), all.get(3..), all.first_chunk::<2>());
    let [first, .., last] = all[..] else { return writeln!(out, "too short") };
    let reduced = all.iter().copied().map(u32::from).reduce(|a, b| a * 10 + b);
    writeln!(
        out,
        "{ranges:?} {first} {last} {reduced:?} {:?} {:?}",
        all.split_first(),
        all.last_chunk::<4>()
    )
}
