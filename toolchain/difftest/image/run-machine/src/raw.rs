//! Raw memory: what the cases leave out, since they do without `unsafe`.

use core::fmt::{self, Write};
use core::hint::black_box;
use core::mem::{MaybeUninit, transmute};
use core::ptr;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("raw::unaligned", unaligned),
    ("raw::volatile", volatile),
    ("raw::unions", unions),
    ("raw::pointer_arithmetic", pointer_arithmetic),
    ("raw::overlapping_copies", overlapping_copies),
    ("raw::uninitialised", uninitialised),
    ("raw::transmuted", transmuted),
];

/// Every width at every offset within a long word.
fn unaligned(out: &mut dyn Write) -> fmt::Result {
    let mut bytes: [u8; 40] = black_box(core::array::from_fn(|n| n as u8));
    for offset in 0..4 {
        let at = bytes[offset..].as_mut_ptr();
        // SAFETY: 3 + 32 bytes lie within the array.
        unsafe {
            let word = at.cast::<u16>().read_unaligned();
            let wide = at.add(2).cast::<u128>().read_unaligned();
            let long = at.add(18).cast::<u64>().read_unaligned();
            at.add(28).cast::<u32>().write_unaligned(word.into());
            write!(out, "{word:04x} {:x} {long:x} ", wide >> 64)?;
        }
    }
    writeln!(out, "{:?}", &bytes[26..])
}

/// Each access happens once and in this order; here that they hit what they should.
fn volatile(out: &mut dyn Write) -> fmt::Result {
    let mut cells = (1u8, 2u16, 3u32, 4u64, -5i64, 6.5f64, true, 'x');
    // SAFETY: the pointers are those of the tuple's parts.
    unsafe {
        (&raw mut cells.0).write_volatile((&raw const cells.0).read_volatile() + 1);
        (&raw mut cells.1).write_volatile((&raw const cells.1).read_volatile() << 9);
        (&raw mut cells.2).write_volatile((&raw const cells.2).read_volatile().swap_bytes());
        (&raw mut cells.3).write_volatile((&raw const cells.3).read_volatile() << 40);
        (&raw mut cells.4).write_volatile((&raw const cells.4).read_volatile() * 3);
        (&raw mut cells.5).write_volatile((&raw const cells.5).read_volatile() / 2.0);
        (&raw mut cells.6).write_volatile(!(&raw const cells.6).read_volatile());
        (&raw mut cells.7)
            .write_volatile((&raw const cells.7).read_volatile().to_ascii_uppercase());
    }
    writeln!(out, "{cells:?}")
}

#[repr(C)]
union Word {
    long: u32,
    words: [u16; 2],
    bytes: [u8; 4],
    float: f32,
}

/// The first byte is the highest.
fn unions(out: &mut dyn Write) -> fmt::Result {
    let mut word = Word { long: black_box(0x1234_5678) };
    // SAFETY: any four bytes are a value of each of the types.
    unsafe {
        word.bytes[1] ^= 0xff;
        word.words.swap(0, 1);
        let (long, bytes) = (word.long, word.bytes);
        word.float = 1.5;
        writeln!(out, "{long:08x} {bytes:x?} {:x?}", word.words)
    }
}

fn pointer_arithmetic(out: &mut dyn Write) -> fmt::Result {
    let mut triples = black_box([[1u8, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]);
    let start = triples.as_mut_ptr();
    // SAFETY: every index is below 4.
    let (distance, bytes, sum) = unsafe {
        let third = start.add(black_box(2));
        third.sub(1).swap(third.add(1));
        let sum: u32 = (0..4).map(|n| u32::from((*start.offset(n))[1]) << (8 * n)).sum();
        (third.offset_from(start), third.byte_offset_from(start), sum)
    };
    let slice = ptr::slice_from_raw_parts(start, 3);
    writeln!(out, "{distance} {bytes} {sum:08x} {} {triples:?}", slice.len())
}

fn overlapping_copies(out: &mut dyn Write) -> fmt::Result {
    let mut words: [u16; 9] = black_box([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let start = words.as_mut_ptr();
    // SAFETY: every range lies within the array; the last two do not overlap.
    unsafe {
        ptr::copy(start, start.add(2), black_box(5));
        ptr::copy(start.add(4), start.add(3), black_box(4));
        ptr::copy_nonoverlapping(start.add(7), start, 2);
        start.add(5).write_bytes(0xab, 1);
    }
    writeln!(out, "{words:x?}")
}

fn uninitialised(out: &mut dyn Write) -> fmt::Result {
    let mut array = [const { MaybeUninit::<(u8, u64)>::uninit() }; 4];
    for (n, place) in array.iter_mut().enumerate() {
        place.write((n as u8 * 3, black_box(1) << (n * 20)));
    }
    // SAFETY: all four are written.
    let array = array.map(|place| unsafe { place.assume_init() });
    writeln!(out, "{array:?}")
}

fn transmuted(out: &mut dyn Write) -> fmt::Result {
    // SAFETY: the sizes are the same, and any bits are a value of these types.
    let (wide, bytes, pair) = unsafe {
        let wide: u64 = transmute(black_box([1u16, 2, 3, 4]));
        let bytes: [[u8; 4]; 2] = transmute(black_box(-2.0f64));
        let pair: [i32; 2] = transmute(black_box(i64::MIN | 7));
        (wide, bytes, pair)
    };
    writeln!(out, "{wide:016x} {bytes:x?} {pair:?}")
}
