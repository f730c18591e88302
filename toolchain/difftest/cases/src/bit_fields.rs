//! Integers of odd widths, packed into words by shifts and masks.

use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    packed_header,
    twenty_four_bits,
    sign_extension,
    five_bit_groups,
    flags_in_a_byte,
    bit_set,
    morton_codes
];

/// 3 + 5 + 12 + 24 + 20 bits in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Header(u64);

impl Header {
    fn new(kind: u8, queue: u8, length: u16, target: u32, check: u32) -> Self {
        let [kind, queue] = [kind & 7, queue & 31].map(u64::from);
        let (length, target) = (u64::from(length & 0xfff), u64::from(target & 0xff_ffff));
        Self(kind << 61 | queue << 56 | length << 44 | target << 20 | u64::from(check & 0xf_ffff))
    }

    fn kind(self) -> u8 {
        (self.0 >> 61) as u8
    }

    fn queue(self) -> u8 {
        (self.0 >> 56) as u8 & 31
    }

    fn length(self) -> u16 {
        (self.0 >> 44) as u16 & 0xfff
    }

    /// The target, as a number with a sign.
    fn target(self) -> i32 {
        ((self.0 >> 12) as i32) >> 8
    }

    fn with_check(self, check: u32) -> Self {
        Self(self.0 & !0xf_ffff | u64::from(check & 0xf_ffff))
    }
}

fn packed_header(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(21);
    let mut print = Fingerprint::new();
    for _ in 0..200 {
        let [a, b] = [sampler.edge() as u32, sampler.edge() as u32];
        let header = Header::new(a as u8, b as u8, a as u16, b, a ^ b).with_check(a);
        print.byte(header.kind());
        print.byte(header.queue());
        print.word(header.length().into());
        print.word(header.target() as u128);
        print.word(header.0.into());
    }
    let header = black_box(Header::new(5, 30, 0xabc, 0x80_0001, 7));
    writeln!(out, "{print} {header:x?} {} {}", header.target(), header > Header(1 << 63))
}

/// A number of 24 bits in three bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Three([u8; 3]);

impl Three {
    fn new(value: u32) -> Self {
        let [_, a, b, c] = value.to_be_bytes();
        Self([a, b, c])
    }

    fn value(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c])
    }
}

fn twenty_four_bits(out: &mut dyn Write) -> fmt::Result {
    let mut table = [Three::new(0); 64];
    let mut sum = 0xff_fff0u32;
    for (index, entry) in table.iter_mut().enumerate() {
        sum = sum.wrapping_mul(5).wrapping_add(black_box(index as u32));
        *entry = Three::new(sum);
    }
    let same = table.iter().filter(|entry| entry.value() & 1 == 1).count();
    table.swap(3, 60);
    table.copy_within(10..20, 30);
    let total: u32 = table.iter().map(|entry| entry.value()).sum();
    writeln!(out, "{same} {total} {:?} {}", table[33], table[13] == table[33])
}

fn sign_extension(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(22);
    let mut print = Fingerprint::new();
    for _ in 0..100 {
        let word = sampler.bits();
        for width in black_box([1, 3, 7, 9, 15, 17, 24, 31, 33, 48, 56, 63]) {
            let unused = 64 - width;
            print.word((((word << unused) as i64) >> unused) as u128);
            print.word(u128::from((word << unused) >> unused));
        }
        print.word((((word as u32) << 8) as i32 >> 8) as u128);
        print.word((((word as u8) << 3) as i8 >> 3) as u128);
    }
    writeln!(out, "{print}")
}

/// 40 bits as eight digits of five, and back.
fn five_bit_groups(out: &mut dyn Write) -> fmt::Result {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bytes = black_box(*b"a bare 680x0 ...");
    let mut back = Fingerprint::new();
    for chunk in bytes.chunks_exact(5) {
        let word = chunk.iter().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
        let mut again = 0u64;
        for group in (0..8).rev() {
            let digit = (word >> (5 * group)) as usize & 31;
            write!(out, "{}", char::from(DIGITS[digit]))?;
            again = again << 5 | digit as u64;
        }
        back.flag(again == word);
    }
    writeln!(out, " {back}")
}

fn flags_in_a_byte(out: &mut dyn Write) -> fmt::Result {
    let mut carry = false;
    let mut state = black_box(0b1010_0110u8);
    for step in 0..40 {
        let bit = |n: u32| state & 1 << n != 0;
        let (zero, negative) = (state == 0, bit(7));
        let next = (bit(0) != bit(3)) ^ carry;
        carry = bit(7) && !zero || negative != bit(step % 8);
        state = state << 1 | u8::from(next);
    }
    writeln!(out, "{state:08b} {carry}")
}

fn bit_set(out: &mut dyn Write) -> fmt::Result {
    let mut words = [0u32; 10];
    for n in (0..320).filter(|n| n % 7 == 3 || n % 11 == black_box(5)) {
        words[n / 32] |= 1 << (n % 32);
    }
    let mut left = words;
    let mut members = 0u32;
    let mut sum = 0;
    for (index, word) in left.iter_mut().enumerate() {
        while *word != 0 {
            sum += index as u32 * 32 + word.trailing_zeros();
            *word &= *word - 1;
            members += 1;
        }
    }
    let runs: u32 = words.iter().map(|word| (word & !(word << 1)).count_ones()).sum();
    writeln!(out, "{members} {sum} {runs} {:?}", words.map(u32::leading_zeros))
}

/// The bits of two coordinates, alternating.
fn morton_codes(out: &mut dyn Write) -> fmt::Result {
    fn spread(word: u16) -> u32 {
        [(8, 0x00ff_00ff), (4, 0x0f0f_0f0f), (2, 0x3333_3333), (1, 0x5555_5555)]
            .iter()
            .fold(u32::from(word), |word, &(shift, mask)| (word | word << shift) & mask)
    }
    let mut print = Fingerprint::new();
    for x in (0..2000u16).step_by(37) {
        print.word((spread(x) | spread(black_box(x).wrapping_mul(17)) << 1).into());
    }
    writeln!(out, "{print} {:#x}", spread(black_box(0xffff)))
}
