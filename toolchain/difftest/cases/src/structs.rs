//! Structures by value and by reference, of many sizes and layouts.

use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    arrays_of_every_size,
    odd_sizes_in_slices,
    mixed_alignments,
    packed_fields,
    over_aligned,
    through_the_c_abi,
    nested_updates,
    tuples,
    without_size,
    swapped_in_place,
    large_results,
];

/// Arguments and results of `N` bytes, through a function pointer.
fn of_size<const N: usize>(print: &mut Fingerprint) {
    fn turn<const N: usize>(mut bytes: [u8; N], by: usize, also: [u8; N]) -> [u8; N] {
        bytes.rotate_left(by % N);
        for (byte, other) in bytes.iter_mut().zip(also) {
            *byte ^= other.rotate_left(3);
        }
        bytes
    }
    let function: fn([u8; N], usize, [u8; N]) -> [u8; N] = black_box(turn::<N>);
    let first = core::array::from_fn(|i| (i * 7 + N) as u8);
    let result = function(first, 3, function(first, 1, [0x5a; N]));
    result.into_iter().for_each(|byte| print.byte(byte));
    print.flag(result == first);
    print.byte(result.cmp(&first) as u8);
}

fn arrays_of_every_size(out: &mut dyn Write) -> fmt::Result {
    macro_rules! sizes {
        ($($size:literal)*) => { [$(of_size::<$size> as fn(&mut Fingerprint)),*] };
    }
    let mut print = Fingerprint::new();
    for run in sizes!(1 2 3 4 5 6 7 8 9 10 11 12 13 15 16 17 20 23 24 31 32 33 48 63 64 65 100) {
        run(&mut print);
    }
    writeln!(out, "{print}")
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Pixel(u8, u8, u8);
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Five {
    word: [u8; 4],
    tag: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Fourteen {
    count: u64,
    id: u32,
    kind: u16,
}

fn odd_sizes_in_slices(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(31);
    let mut pixels: Vec<_> = (0..50)
        .map(|_| Pixel(sampler.bits() as u8, sampler.bits() as u8, sampler.bits() as u8))
        .collect();
    let mut fives: Vec<_> = (0..50u32)
        .map(|n| Five { word: n.wrapping_mul(0x9e37_79b9).to_be_bytes(), tag: n % 3 == 0 })
        .collect();
    let mut fourteens: Vec<_> = (0..50)
        .map(|n| Fourteen { count: sampler.edge() as u64, id: n, kind: n as u16 * 3 })
        .collect();
    pixels.sort();
    fives.sort_by(|a, b| b.cmp(a));
    fourteens.sort_by_key(|each| (each.count, each.kind));
    pixels.rotate_right(7);
    fives.swap(1, 48);
    fourteens.dedup_by_key(|each| each.count);
    let bright = pixels.iter().map(|p| u32::from(p.0) + u32::from(p.1) + u32::from(p.2)).max();
    let order: u64 = fourteens.iter().zip(1..).map(|(each, n)| u64::from(each.id) * n).sum();
    writeln!(out, "{:?} {bright:?} {:?} {:?}", pixels[..3].as_ref(), &fives[47..], fives.first())?;
    writeln!(out, "{} {order} {:?}", fourteens.len(), fourteens.last())
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Various {
    a: u8,
    b: u64,
    c: u16,
    d: f64,
    e: bool,
    f: i128,
    g: char,
    h: f32,
    i: Option<u16>,
}

#[inline(never)]
fn change(mut various: Various, by: u8) -> Various {
    various.a = various.a.wrapping_add(by);
    various.b <<= by;
    various.c = various.c.swap_bytes();
    various.d /= f64::from(by);
    various.e = !various.e;
    various.f -= i128::from(by) << 100;
    various.g = char::from_u32(various.g as u32 + u32::from(by)).unwrap_or('?');
    various.h *= -0.5;
    various.i = various.i.map_or(Some(by.into()), |_| None);
    various
}

fn mixed_alignments(out: &mut dyn Write) -> fmt::Result {
    let start =
        Various { a: 250, b: 3, c: 0x1234, d: 10.0, e: true, f: 5, g: 'x', h: 8.0, i: None };
    let once = change(black_box(start), 7);
    let twice = change(once, 2);
    writeln!(out, "{once:?}\n{twice:?} {}", twice == change(change(start, 7), 2))
}

#[repr(C, packed)]
#[derive(Clone, Copy)]
struct Packed {
    a: u8,
    b: u32,
    c: u16,
    d: u64,
    e: i128,
}

fn packed_fields(out: &mut dyn Write) -> fmt::Result {
    let mut all = black_box([Packed { a: 1, b: 0x0203_0405, c: 0x0607, d: 8, e: -9 }; 3]);
    for (index, packed) in all.iter_mut().enumerate() {
        packed.b += index as u32;
        packed.d = packed.d.wrapping_sub(u64::from(packed.b));
        packed.e *= i128::from(packed.d);
        packed.c ^= 0xff << index;
    }
    for Packed { a, b, c, d, e } in all {
        write!(out, "{a} {b:x} {c:x} {d:x} {e:x} ")?;
    }
    writeln!(out, "{}", size_of::<Packed>())
}

#[repr(align(32))]
#[derive(Clone, Copy, Debug)]
struct Aligned(u8);

fn over_aligned(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn misplaced(count: u8, value: Aligned, more: &[Aligned]) -> usize {
        let local = black_box(Aligned(count));
        let addresses =
            [(&raw const value).addr(), (&raw const local).addr(), more.as_ptr().addr()];
        addresses.into_iter().filter(|address| address % 32 != 0).count()
    }
    let all = [Aligned(1), Aligned(2), Aligned(3)];
    let boxed = alloc::boxed::Box::new(all);
    let wrong = misplaced(1, all[1], &all) + misplaced(2, boxed[2], &boxed[1..]);
    let sum: u8 = black_box(&boxed).iter().map(|each| each.0).sum();
    writeln!(out, "{wrong} {sum} {}", size_of::<Aligned>())
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Small {
    tag: u8,
    value: i16,
}
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Big {
    id: u32,
    parts: [Small; 3],
    scale: f64,
}

extern "C" fn gather(a: Small, b: Small, c: Small, scale: f64) -> Big {
    Big { id: u32::from(a.tag) << 16 | u32::from(c.tag), parts: [c, b, a], scale }
}

extern "C" fn pick(big: Big, index: u8, low: i8, flag: bool) -> Small {
    let mut part = big.parts[usize::from(index)];
    part.value = part.value.wrapping_mul(low.into()).wrapping_sub(flag.into());
    part
}

fn through_the_c_abi(out: &mut dyn Write) -> fmt::Result {
    let gather: extern "C" fn(Small, Small, Small, f64) -> Big = black_box(gather);
    let pick: extern "C" fn(Big, u8, i8, bool) -> Small = black_box(pick);
    let small = |tag, value| Small { tag, value };
    let big = gather(small(200, -5), small(2, 300), small(3, i16::MIN), -0.75);
    writeln!(out, "{big:?} {:?} {:?}", pick(big, 0, -3, true), pick(big, 1, -128, false))
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Settings {
    name: alloc::string::String,
    limits: Limits,
    history: Vec<(u16, Limits)>,
}
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limits {
    low: i32,
    high: i64,
    step: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { low: -1, high: 1 << 40, step: black_box(3) }
    }
}

fn nested_updates(out: &mut dyn Write) -> fmt::Result {
    let mut settings = Settings { name: "first".into(), ..Settings::default() };
    for round in 0..3 {
        let limits = Limits { low: round, ..settings.limits };
        settings.history.push((round as u16 * 100, limits));
        settings.limits.high /= 3;
        settings.limits.step = settings.limits.step.wrapping_mul(90);
    }
    let copy = Settings { limits: Limits { step: 1, ..settings.limits }, ..settings.clone() };
    writeln!(out, "{copy:?} {}", copy == settings)
}

fn tuples(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn shuffle<A, B, C>((a, (b, c)): (A, (B, C))) -> (C, A, (B,)) {
        (c, a, (b,))
    }
    let first = shuffle(black_box((1u8, (2u64, [3u16; 3]))));
    let second = shuffle(black_box((true, ('c', -1i128))));
    let third = shuffle(black_box(((), ("text", 2.5f32))));
    writeln!(out, "{first:?} {second:?} {third:?} {}", (1, 'a', 2.0) < black_box((1, 'b', 1.0)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Nothing;

fn without_size(out: &mut dyn Write) -> fmt::Result {
    let mut many = alloc::vec![Nothing; black_box(1000)];
    many.extend([Nothing; 5]);
    many.sort();
    let pair: (Nothing, u8, [u32; 0]) = black_box((Nothing, 4, []));
    writeln!(out, "{} {:?} {:?} {}", many.len(), many.pop(), pair, many.iter().count())
}

fn swapped_in_place(out: &mut dyn Write) -> fmt::Result {
    let mut a = black_box([Fourteen { count: 1, id: 2, kind: 3 }; 4]);
    let mut b = black_box([Fourteen { count: 9, id: 8, kind: 7 }; 4]);
    core::mem::swap(&mut a, &mut b);
    let old = core::mem::replace(&mut a[2], b[1]);
    let (left, right) = b.split_at_mut(2);
    core::mem::swap(&mut left[0], &mut right[1]);
    right[0].id += u32::from(core::mem::take(&mut left[1].kind));
    writeln!(out, "{a:?} {old:?} {b:?}")
}

fn large_results(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn table(seed: u64) -> ([u64; 40], [u8; 333], bool) {
        let mut sampler = Sampler::new(seed);
        (
            core::array::from_fn(|_| sampler.bits()),
            core::array::from_fn(|i| i as u8 ^ 0x33),
            seed > 3,
        )
    }
    let tables = [table(black_box(2)), table(black_box(5))];
    let mut print = Fingerprint::new();
    for (words, bytes, flag) in &tables {
        words.iter().for_each(|&word| print.word(word.into()));
        bytes.iter().rev().for_each(|&byte| print.byte(byte));
        print.flag(*flag);
    }
    writeln!(out, "{print} {}", tables[0].0 == tables[1].0)
}
