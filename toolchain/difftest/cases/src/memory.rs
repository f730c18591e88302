//! Moving memory about: copies of every length, swaps, views as bytes.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::mem;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    copies_of_every_length,
    overlapping_copies,
    comparisons_of_every_length,
    fills,
    swaps,
    byte_orders,
    words_at_odd_addresses,
    large_arrays,
    boxes,
    arena,
    ring_buffer,
];

fn pattern(length: usize) -> Vec<u8> {
    let mut sampler = Sampler::new(121);
    (0..length).map(|_| sampler.bits() as u8).collect()
}

fn copies_of_every_length(out: &mut dyn Write) -> fmt::Result {
    let source = pattern(200);
    let mut print = Fingerprint::new();
    for length in 0..=130 {
        for (from, to) in black_box([(0, 0), (1, 0), (0, 1), (3, 2), (2, 3)]) {
            let mut target = [0xaau8; 140];
            target[to..to + length].copy_from_slice(&source[from..from + length]);
            target[to + length / 2..]
                .iter()
                .take(9)
                .chain(&target[..4])
                .for_each(|&byte| print.byte(byte));
        }
    }
    writeln!(out, "{print}")
}

fn overlapping_copies(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    let mut bytes = pattern(97);
    let mut words: Vec<u32> = bytes.iter().map(|&byte| u32::from(byte) * 0x0102_0408).collect();
    for length in 1..90usize {
        let (from, to) =
            (black_box(length * 7) % (97 - length), black_box(length * 5) % (97 - length));
        bytes.copy_within(from..from + length, to);
        words.copy_within(to..to + length, from);
        print.byte(bytes[length]);
        print.word(words[length].into());
    }
    writeln!(out, "{print} {:?}", &bytes[..8])
}

fn comparisons_of_every_length(out: &mut dyn Write) -> fmt::Result {
    let left = pattern(80);
    let mut print = Fingerprint::new();
    for length in 0..80usize {
        for at in [0, length / 2, length.saturating_sub(1)] {
            let mut right = left.clone();
            right[at] ^= black_box(0x80);
            print.flag(left[..length] == right[..length]);
            print.byte(left[..length].cmp(&right[..length]) as u8);
        }
    }
    writeln!(out, "{print}")
}

fn fills(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    for length in (0..70).chain([255, 256, 1000]) {
        let mut bytes = vec![black_box(0x11u8); length + 6];
        bytes[3..3 + length].fill(length as u8);
        bytes.iter().step_by(length / 8 + 1).for_each(|&byte| print.byte(byte));
        let mut triples = vec![[1u8, 2, 3]; length / 3];
        triples.iter_mut().skip(1).for_each(|triple| *triple = [0; 3]);
        triples.as_flattened().iter().take(8).for_each(|&byte| print.byte(byte));
        let wide = vec![black_box(1u128 << 77); length % 5];
        wide.iter().for_each(|&word| print.word(word));
    }
    writeln!(out, "{print}")
}

fn swaps(out: &mut dyn Write) -> fmt::Result {
    fn around<T: Clone + fmt::Debug>(out: &mut dyn Write, a: T, b: T) -> fmt::Result {
        let (mut a, mut b) = black_box((a, b));
        mem::swap(&mut a, &mut b);
        let mut both = [a.clone(), b.clone()];
        both.swap(0, 1);
        let old = mem::replace(&mut a, both[1].clone());
        write!(out, "{a:?} {b:?} {old:?} ")
    }
    around(out, 1u8, 2)?;
    around(out, [1u8; 3], [2; 3])?;
    around(out, (1u16, 2u64), (3, 4))?;
    around(out, [1i128; 2], [-1; 2])?;
    around(out, Some("a"), None)?;
    around(out, vec![1], vec![2, 3])?;
    writeln!(out)
}

fn byte_orders(out: &mut dyn Write) -> fmt::Result {
    let bytes = pattern(64);
    let mut print = Fingerprint::new();
    for at in 0..48 {
        let part: [u8; 16] = bytes[at..at + 16].try_into().expect("16 bytes");
        let [a, b, c, d, ..] = part;
        print.word(u128::from_le_bytes(part) ^ u128::from_be_bytes(part));
        print.word(u32::from_be_bytes([a, b, c, d]).into());
        print.word(u16::from_le_bytes([b, c]).into());
        print
            .word(u64::from_le_bytes(*part.first_chunk().expect("8 bytes")).to_be().to_be().into());
        print.flag(u32::from_ne_bytes(0x1234_5678u32.to_ne_bytes()) == black_box(0x1234_5678));
        let swapped = i64::from_be_bytes(*part.last_chunk().expect("8 bytes")).swap_bytes();
        print.word(swapped as u128);
    }
    writeln!(out, "{print}")
}

/// A stream of numbers without gaps between them.
fn words_at_odd_addresses(out: &mut dyn Write) -> fmt::Result {
    let mut stream = Vec::new();
    let mut sampler = Sampler::new(122);
    for _ in 0..20 {
        stream.push(sampler.bits() as u8);
        stream.extend((sampler.bits() as u16).to_be_bytes());
        stream.extend((sampler.bits() as u32).to_le_bytes());
        stream.extend(sampler.bits().to_be_bytes());
        stream.extend((sampler.bits() as u32 as f32).to_be_bytes());
    }
    let mut rest = &stream[..];
    let mut print = Fingerprint::new();
    while let Some((&[tag, a, b], after)) = rest.split_first_chunk() {
        let (middle, after) = after.split_first_chunk::<4>().expect("4 bytes follow");
        let (long, after) = after.split_first_chunk::<8>().expect("8 bytes follow");
        let (float, after) = after.split_first_chunk::<4>().expect("4 bytes follow");
        let sum = u64::from(u32::from_le_bytes(*middle)) + u64::from(u16::from_be_bytes([a, b]));
        print.word(u128::from(u64::from_be_bytes(*long)) * u128::from(sum) + u128::from(tag));
        print.word(f32::from_be_bytes(*float).to_bits().into());
        rest = after;
    }
    writeln!(out, "{print} {}", stream.len())
}

fn large_arrays(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn turned(array: [u32; 500]) -> [u32; 500] {
        let mut copy = array;
        copy.reverse();
        copy[7] = array[8];
        copy
    }
    let array: [u32; 500] = core::array::from_fn(|n| (n as u32).wrapping_mul(0x9e37_79b9));
    let twice = turned(turned(black_box(array)));
    let sum =
        twice.iter().zip(array).fold(0u32, |sum, (a, b)| sum.rotate_left(1) ^ a.wrapping_sub(b));
    let grid = black_box([[[1u8; 7]; 9]; 11]);
    writeln!(
        out,
        "{sum:x} {} {}",
        twice == array,
        grid.as_flattened().as_flattened().iter().map(|&n| u32::from(n)).sum::<u32>()
    )
}

fn boxes(out: &mut dyn Write) -> fmt::Result {
    let mut boxed: Vec<Box<[u16]>> =
        (0..black_box(30)).map(|n| vec![n as u16; n].into_boxed_slice()).collect();
    boxed.rotate_left(11);
    let large = Box::new(black_box([3u64; 100]));
    let moved = *large;
    let nested: Box<Box<Option<Box<i128>>>> = Box::new(Box::new(Some(Box::new(-5))));
    let total: usize = boxed.iter().map(|slice| slice.len()).sum();
    writeln!(out, "{total} {:?} {} {nested:?}", boxed[2], moved.iter().sum::<u64>())
}

/// An arena whose references are indexes, with a list of free places.
fn arena(out: &mut dyn Write) -> fmt::Result {
    enum Place {
        Free(Option<usize>),
        Taken(u32, [u8; 5]),
    }
    let mut places: Vec<Place> = Vec::new();
    let mut free = None;
    let mut sampler = Sampler::new(123);
    for n in 0..500u32 {
        if sampler.below(3) == 0 && !places.is_empty() {
            let at = sampler.below(places.len() as u32) as usize;
            if let Place::Taken(..) = places[at] {
                places[at] = Place::Free(free.replace(at));
            }
        } else if let Some(at) = free {
            let Place::Free(next) = mem::replace(&mut places[at], Place::Taken(n, [n as u8; 5]))
            else {
                return writeln!(out, "the free list holds a taken place");
            };
            free = next;
        } else {
            places.push(Place::Taken(n, [0; 5]));
        }
    }
    let mut print = Fingerprint::new();
    for place in &places {
        match place {
            Place::Free(next) => print.word(next.map_or(0, |at| at as u128 + 1)),
            Place::Taken(n, bytes) => print.word(u128::from(*n) * 3 + u128::from(bytes[4])),
        }
    }
    writeln!(out, "{print} {} {free:?}", places.len())
}

fn ring_buffer(out: &mut dyn Write) -> fmt::Result {
    let mut ring = [0u16; 16];
    let (mut head, mut tail) = (0u8, 0u8);
    let mut sampler = Sampler::new(124);
    let mut print = Fingerprint::new();
    for _ in 0..1000 {
        let used = head.wrapping_sub(tail);
        if sampler.below(2) == 0 && used < 16 {
            ring[usize::from(head % 16)] = sampler.bits() as u16;
            head = head.wrapping_add(1);
        } else if used > 0 {
            print.word(ring[usize::from(tail % 16)].into());
            tail = tail.wrapping_add(1);
        }
    }
    writeln!(out, "{print} {head} {tail}")
}
