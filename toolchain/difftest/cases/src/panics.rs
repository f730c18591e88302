//! Cases that must panic: the message and the place are their output. Each
//! ends with a line that is never reached.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::num::NonZeroU16;

use crate::cases;

cases![
    array_index,
    slice_range,
    slice_order,
    string_boundary,
    division_by_zero,
    wide_remainder_by_zero,
    division_overflow,
    checked_addition,
    checked_subtraction,
    strict_multiplication,
    unwrap_none,
    expect_error,
    borrowed_twice,
    unreachable_arm,
    failed_assertion,
    formatted_message,
    vector_removal,
    copy_lengths,
    zero_chunks,
    drop_before,
];

/// Says that no panic came.
fn survived(out: &mut dyn Write, result: &dyn fmt::Debug) -> fmt::Result {
    writeln!(out, "no panic, but {result:?}")
}

fn array_index(out: &mut dyn Write) -> fmt::Result {
    let array = black_box([1u8, 2, 3]);
    survived(out, &array[black_box(7usize)])
}

fn slice_range(out: &mut dyn Write) -> fmt::Result {
    let array = black_box([1u32; 5]);
    survived(out, &&array[2..black_box(9)])
}

fn slice_order(out: &mut dyn Write) -> fmt::Result {
    let array = black_box([1u32; 5]);
    survived(out, &&array[black_box(4)..black_box(2)])
}

fn string_boundary(out: &mut dyn Write) -> fmt::Result {
    let text = black_box("naïve");
    survived(out, &&text[..black_box(3)])
}

fn division_by_zero(out: &mut dyn Write) -> fmt::Result {
    survived(out, &(black_box(10u32) / black_box(0)))
}

fn wide_remainder_by_zero(out: &mut dyn Write) -> fmt::Result {
    survived(out, &(black_box(10i128) % black_box(0)))
}

fn division_overflow(out: &mut dyn Write) -> fmt::Result {
    survived(out, &(black_box(i64::MIN) / black_box(-1)))
}

fn checked_addition(out: &mut dyn Write) -> fmt::Result {
    survived(out, &black_box(250u8).checked_add(black_box(6)).expect("a sum below 256"))
}

fn checked_subtraction(out: &mut dyn Write) -> fmt::Result {
    survived(out, &black_box(3u16).checked_sub(black_box(4)).unwrap())
}

fn strict_multiplication(out: &mut dyn Write) -> fmt::Result {
    survived(out, &black_box(i32::MAX).strict_mul(black_box(2)))
}

fn unwrap_none(out: &mut dyn Write) -> fmt::Result {
    survived(out, &NonZeroU16::new(black_box(0)).unwrap())
}

fn expect_error(out: &mut dyn Write) -> fmt::Result {
    survived(out, &black_box("12x").parse::<i32>().expect("a number"))
}

fn borrowed_twice(out: &mut dyn Write) -> fmt::Result {
    let cell = black_box(RefCell::new(5));
    let held = cell.borrow();
    survived(out, &(*cell.borrow_mut() + *held))
}

fn unreachable_arm(out: &mut dyn Write) -> fmt::Result {
    let name = match black_box(9) {
        0 => "zero",
        1 => "one",
        other => unreachable!("{other} is not a bit"),
    };
    survived(out, &name)
}

fn failed_assertion(out: &mut dyn Write) -> fmt::Result {
    let (left, right) = (black_box(2i8), black_box(-2i8));
    assert_eq!(left, right, "of {:>4}", 12);
    survived(out, &left)
}

fn formatted_message(out: &mut dyn Write) -> fmt::Result {
    let valid = black_box(false);
    assert!(valid, "{:?} {:#x} {}", vec![1u8, 2], 0xdead_beef_u32, 'é');
    survived(out, &valid)
}

fn vector_removal(out: &mut dyn Write) -> fmt::Result {
    let mut vector: Vec<u16> = (0..black_box(4)).collect();
    survived(out, &vector.swap_remove(black_box(4)))
}

fn copy_lengths(out: &mut dyn Write) -> fmt::Result {
    let mut target = [0u16; 4];
    target.copy_from_slice(&black_box([1u16; 6])[..black_box(3)]);
    survived(out, &target)
}

fn zero_chunks(out: &mut dyn Write) -> fmt::Result {
    let array = [1, 2, 3];
    survived(out, &array.chunks(black_box(0)).count())
}

/// What was printed before a panic stays.
fn drop_before(out: &mut dyn Write) -> fmt::Result {
    let boxed: Box<dyn Fn(usize) -> char> = Box::new(|index| {
        let text: String = 5.to_string();
        text.chars().nth(index).unwrap()
    });
    writeln!(out, "{}", boxed(black_box(0)))?;
    survived(out, &boxed(black_box(1)))
}
