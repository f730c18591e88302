//! memcpy, memmove, memset and memcmp against a byte loop: all alignments, all
//! lengths to 200 and some longer, and what lies around the block.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hint::black_box;
use m68k::board::{self, Nanoseconds};
use m68k::copy_loops::{self, Loop};
use m68k::test;

const MAX_LENGTH: usize = 200;
const LONGER: [usize; 4] = [255, 256, 1000, 4099];
/// Bytes on both sides of a block that must not change.
const MARGIN: usize = 8;

fn lengths() -> impl Iterator<Item = usize> {
    (0..=MAX_LENGTH).chain(LONGER)
}

/// Bytes that repeat at no small distance.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32).map(|index| (index.wrapping_mul(0x9E37_79B1) >> 13) as u8).collect()
}

/// Copies byte by byte; volatile, so that no compiler makes memcpy of it.
fn copy_bytes(memory: &mut [u8], from: usize, to: usize, length: usize) {
    let before: Vec<u8> = memory[from..from + length].to_vec();
    for (place, byte) in memory[to..to + length].iter_mut().zip(&before) {
        // SAFETY: a reference is a place to write to.
        unsafe { core::ptr::from_mut(place).write_volatile(*byte) };
    }
}

fn memcpy_is_a_byte_loop() {
    for length in lengths() {
        let source = pattern(length + 4);
        for (from, to) in (0..4).flat_map(|from| (0..4).map(move |to| (from, to))) {
            let mut memory = vec![0xEE_u8; length + 2 * MARGIN];
            let start = MARGIN + to;
            let (from, length) = black_box((from, length.min(memory.len() - start - 4)));
            memory[start..start + length].copy_from_slice(&source[from..from + length]);
            let (before, rest) = memory.split_at(start);
            let (block, behind) = rest.split_at(length);
            let same = block.iter().zip(&source[from..]).all(|(a, b)| a == b);
            assert!(same, "length {length}, from {from} to {to}");
            assert!(before.iter().chain(behind).all(|&byte| byte == 0xEE), "margins at {length}");
        }
    }
}
test!(memcpy_is_a_byte_loop);

/// What is longer goes by lines of 16 bytes where both sides lie equally to them.
fn memcpy_from_everywhere_in_a_line_to_everywhere() {
    const LINE: usize = 16;
    for length in [127, 128, 129, 143, 159, 255, 256, 271, 287, 288, 512, 1000, 1536, 4099] {
        let source = pattern(length + LINE);
        for (from, to) in (0..LINE).flat_map(|from| (0..LINE).map(move |to| (from, to))) {
            let mut memory = vec![0xEE_u8; length + LINE + 2 * MARGIN];
            let start = MARGIN + black_box(to);
            memory[start..start + length].copy_from_slice(&source[from..from + length]);
            let (before, rest) = memory.split_at(start);
            let (block, behind) = rest.split_at(length);
            assert!(block == &source[from..from + length], "length {length}, {from} to {to}");
            assert!(before.iter().chain(behind).all(|&byte| byte == 0xEE), "margins at {length}");
        }
    }
}
test!(memcpy_from_everywhere_in_a_line_to_everywhere);

fn memmove_is_a_byte_loop() {
    const DISTANCES: [usize; 12] = [0, 1, 2, 3, 4, 7, 31, 32, 33, 63, 64, 100];
    for length in lengths() {
        for distance in DISTANCES {
            for (from, to) in [(MARGIN, MARGIN + distance), (MARGIN + distance, MARGIN)] {
                let mut moved = pattern(length + distance + 2 * MARGIN);
                let mut expected = moved.clone();
                moved.copy_within(from..from + black_box(length), to);
                copy_bytes(&mut expected, from, to, length);
                let same = moved.iter().zip(&expected).all(|(a, b)| a == b);
                assert!(same, "length {length}, from {from} to {to}");
            }
        }
    }
}
test!(memmove_is_a_byte_loop);

fn memmove_at_all_alignments() {
    for length in lengths() {
        for (from, to) in (0..4).flat_map(|from| (0..4).map(move |to| (from, to + 5))) {
            let mut moved = pattern(length + 2 * MARGIN);
            let mut expected = moved.clone();
            moved.copy_within(from..from + black_box(length), to);
            copy_bytes(&mut expected, from, to, length);
            let same = moved.iter().zip(&expected).all(|(a, b)| a == b);
            assert!(same, "length {length}, from {from} to {to}");
        }
    }
}
test!(memmove_at_all_alignments);

fn memset_is_a_byte_loop() {
    for length in lengths() {
        for start in MARGIN..MARGIN + 4 {
            let mut memory = vec![0xEE_u8; length + 2 * MARGIN];
            memory[start..start + length].fill(black_box(0x5A));
            for (index, &byte) in memory.iter().enumerate() {
                let inside = (start..start + length).contains(&index);
                let expected = if inside { 0x5A } else { 0xEE };
                assert!(byte == expected, "length {length} at {start}: byte {index} is {byte:x}");
            }
        }
    }
}
test!(memset_is_a_byte_loop);

fn memcmp_finds_every_difference() {
    for length in (0..=MAX_LENGTH).step_by(3) {
        for (left, right) in (0..4).flat_map(|left| (0..4).map(move |right| (left, right))) {
            compare_at(length, left, right);
        }
    }
}
test!(memcmp_finds_every_difference);

/// Compares two blocks of a length at two alignments: equal, then with one byte
/// made larger at each place.
fn compare_at(length: usize, left: usize, right: usize) {
    let bytes = pattern(length);
    let (mut a, mut b) = (vec![0; length + 4], vec![0; length + 4]);
    a[left..left + length].copy_from_slice(&bytes);
    b[right..right + length].copy_from_slice(&bytes);
    let order = |a: &[u8], b: &[u8]| {
        black_box(&a[left..left + length]).cmp(black_box(&b[right..right + length]))
    };
    assert_eq!(order(&a, &b), Ordering::Equal, "length {length}");
    for place in (0..length).step_by(7) {
        let byte = a[left + place];
        let (changed, expected) = match byte {
            0xFF => (0x7F, Ordering::Less),
            _ => (0xFF, Ordering::Greater),
        };
        a[left + place] = changed;
        assert_eq!(order(&a, &b), expected, "length {length}, byte {place}");
        a[left + place] = byte;
    }
}

fn time(mut copy: impl FnMut()) -> Nanoseconds {
    let board = board::current();
    let start = board.now();
    copy();
    board.now().since(start)
}

fn memcpy_keeps_up_with_a_movem_loop() {
    let from = pattern(4096);
    let mut to = vec![0; 4096];
    let library = time(|| black_box(&mut to[..]).copy_from_slice(black_box(&from)));
    let plain = time(|| copy_loops::run(Loop::Movem, &mut to, &from));
    let enough = library.0 * 9 <= plain.0 * 10;
    assert!(enough, "memcpy takes {} instructions, a MOVEM loop {}", library.0, plain.0);
}
test!(memcpy_keeps_up_with_a_movem_loop);
