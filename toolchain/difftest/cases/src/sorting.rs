//! Sorting: small and large, stable and not, in patterns that sorts look for.

use alloc::collections::BinaryHeap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    ten_thousand_stable,
    ten_thousand_unstable,
    patterns,
    every_small_length,
    records,
    by_cached_keys,
    floats,
    odd_sizes,
    heap_sort,
    quick_sort_by_hand,
];

/// Ten thousand pairs of a key, of which there are few, and a number.
fn pairs() -> Vec<(u16, u32)> {
    let mut sampler = Sampler::new(81);
    (0..10_000).map(|number| (sampler.below(500) as u16, number)).collect()
}

fn ten_thousand_stable(out: &mut dyn Write) -> fmt::Result {
    let mut all = pairs();
    all.sort_by_key(|pair| pair.0);
    let stable = all.is_sorted();
    let print =
        fingerprint(all.iter().map(|&(key, number)| u128::from(key) << 32 | u128::from(number)));
    all.sort_by_key(|pair| Reverse(pair.1 % 1000));
    writeln!(out, "{stable} {print} {:?}", &all[5000..5003])
}

fn ten_thousand_unstable(out: &mut dyn Write) -> fmt::Result {
    let mut all: Vec<u64> =
        pairs().iter().map(|pair| u64::from(pair.0) * 0x1_0000_0001 ^ u64::from(pair.1)).collect();
    all.sort_unstable();
    let sorted = all.is_sorted();
    let print = fingerprint(all.iter().map(|&word| word.into()));
    all.sort_unstable_by(|a, b| (b % 4096).cmp(&(a % 4096)).then(a.cmp(b)));
    writeln!(out, "{sorted} {print} {:?}", &all[..2])
}

fn fingerprint(words: impl Iterator<Item = u128>) -> Fingerprint {
    let mut print = Fingerprint::new();
    words.for_each(|word| print.word(word));
    print
}

fn patterns(out: &mut dyn Write) -> fmt::Result {
    let makers: [fn(i32) -> i32; 7] =
        [|n| n, |n| -n, |n| n % 17, |n| n ^ 0x55, |n| (n - 300).abs(), |_| 3, |n| n * 7919 % 1009];
    for maker in black_box(makers) {
        let all: Vec<i32> = (0..600).map(maker).collect();
        let (mut stable, mut unstable) = (all.clone(), all);
        stable.sort();
        unstable.sort_unstable();
        let print = fingerprint(stable.iter().map(|&n| n as u128));
        write!(out, "{print} {} ", stable == unstable)?;
    }
    writeln!(out)
}

fn every_small_length(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(82);
    let mut print = Fingerprint::new();
    for length in 0..70 {
        let mut signed: Vec<i8> = (0..length).map(|_| sampler.bits() as i8).collect();
        let mut wide: Vec<i128> = (0..length).map(|_| sampler.edge() as i128).collect();
        signed.sort();
        wide.sort_unstable_by_key(|&n| Reverse(n));
        signed.iter().for_each(|&n| print.byte(n as u8));
        wide.iter().for_each(|&n| print.word(n as u128));
    }
    writeln!(out, "{print}")
}

fn records(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(83);
    let mut all: Vec<(u8, String, Option<u32>)> = (0..300u32)
        .map(|n| {
            (
                sampler.below(8) as u8,
                alloc::format!("k{}", sampler.below(50)),
                (n % 3 > 0).then_some(n),
            )
        })
        .collect();
    all.sort_by_key(|record| record.0);
    let mut print = Fingerprint::new();
    write!(print, "{all:?}")?;
    all.sort_by(|a, b| a.1.cmp(&b.1).then(b.2.cmp(&a.2)));
    write!(print, "{all:?}")?;
    all.sort_unstable();
    all.dedup_by(|a, b| a.1 == b.1);
    writeln!(out, "{print} {} {:?}", all.len(), all[7])
}

fn by_cached_keys(out: &mut dyn Write) -> fmt::Result {
    let mut words: Vec<_> =
        black_box("a sort by keys that are computed once for each word of this line")
            .split(' ')
            .collect();
    let mut computed = 0;
    words.sort_by_cached_key(|word| {
        computed += 1;
        word.chars().rev().collect::<String>()
    });
    writeln!(out, "{words:?} {computed}")
}

fn floats(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(84);
    let mut all: Vec<f64> = (0..200).map(|_| sampler.bits() as i32 as f64 / 8.0).collect();
    all.extend([f64::INFINITY, -0.0, 0.0, f64::MIN_POSITIVE, f64::NEG_INFINITY]);
    all.sort_by(f64::total_cmp);
    let print = fingerprint(all.iter().map(|n| n.to_bits().into()));
    let zeros = all.iter().position(|n| *n == 0.0).map(|at| &all[at..at + 2]);
    writeln!(out, "{print} {zeros:?} {:?}", all.first())
}

fn odd_sizes(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(85);
    let mut fives: Vec<[u8; 5]> =
        (0..150).map(|_| core::array::from_fn(|_| sampler.below(5) as u8)).collect();
    let mut large: Vec<[u32; 25]> = (0..60).map(|_| [sampler.below(1000); 25]).collect();
    fives.sort();
    large.sort_by_key(|block| block[24]);
    let mut print = Fingerprint::new();
    fives.as_flattened().iter().for_each(|&byte| print.byte(byte));
    large.iter().for_each(|block| print.word(block[7].into()));
    writeln!(out, "{print} {:?}", fives[75])
}

fn heap_sort(out: &mut dyn Write) -> fmt::Result {
    let heap: BinaryHeap<_> =
        pairs().into_iter().take(1000).map(|(key, number)| (Reverse(key), number)).collect();
    let sorted = heap.into_sorted_vec();
    let print = fingerprint(
        sorted.iter().map(|(key, number)| u128::from(key.0) << 32 | u128::from(*number)),
    );
    writeln!(out, "{print} {:?}", sorted[500])
}

fn quick_sort_by_hand(out: &mut dyn Write) -> fmt::Result {
    fn sort<T: PartialOrd>(slice: &mut [T]) {
        if slice.len() < 2 {
            return;
        }
        let last = slice.len() - 1;
        slice.swap(last / 2, last);
        let mut border = 0;
        for index in 0..last {
            if slice[index] < slice[last] {
                slice.swap(index, border);
                border += 1;
            }
        }
        slice.swap(border, last);
        let (low, high) = slice.split_at_mut(border);
        sort(low);
        sort(&mut high[1..]);
    }
    let mut all = pairs();
    all.truncate(2000);
    sort(&mut all);
    writeln!(out, "{} {:?}", all.is_sorted(), all[1000])
}
