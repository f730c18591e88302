//! Characters, whose properties stand in compressed tables.

use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::Fingerprint;

cases![properties, case_mappings, escapes, digits, encodings, conversions, ranges];

/// Ranges that hold letters of every kind and much else.
fn characters() -> impl Iterator<Item = char> {
    let ranges = black_box([
        0..0x3000u32,
        0xa640..0xab70,
        0x10400..0x10500,
        0x1_e900..0x1_e960,
        0x1_f000..0x1_f700,
    ]);
    ranges.into_iter().flatten().filter_map(char::from_u32)
}

fn properties(out: &mut dyn Write) -> fmt::Result {
    let mut counts = [0u32; 7];
    for c in characters() {
        let classes = [
            c.is_alphabetic(),
            c.is_numeric(),
            c.is_whitespace(),
            c.is_lowercase(),
            c.is_uppercase(),
            c.is_alphanumeric(),
            c.is_control(),
        ];
        for (count, class) in counts.iter_mut().zip(classes) {
            *count = count
                .wrapping_mul(if class { 3 } else { 1 })
                .wrapping_add(u32::from(class) * c as u32);
        }
    }
    writeln!(out, "{counts:x?}")
}

fn case_mappings(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    for c in characters() {
        c.to_lowercase()
            .chain(c.to_uppercase())
            .for_each(|mapped| print.word(u128::from(mapped as u32)));
    }
    writeln!(out, "{print} {} {}", black_box('ß').to_uppercase(), black_box('İ').to_lowercase())
}

fn escapes(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    for c in characters().filter(|&c| c as u32 % 5 == 0) {
        write!(print, "{c:?}{}{}", c.escape_unicode(), c.escape_default())?;
    }
    writeln!(out, "{print} {:?}", black_box(['\'', '"', '\0', '\u{ad}', '\u{301}', '\u{e000}']))
}

fn digits(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    for c in '\0'..='\u{ff}' {
        for radix in black_box([2, 8, 10, 16, 36]) {
            print.byte(c.to_digit(radix).map_or(99, |digit| digit as u8));
            print.flag(c.is_digit(radix));
        }
    }
    let letters: alloc::string::String = (0..36).filter_map(|n| char::from_digit(n, 36)).collect();
    writeln!(out, "{print} {letters} {:?}", char::from_digit(black_box(10), 10))
}

fn encodings(out: &mut dyn Write) -> fmt::Result {
    let mut print = Fingerprint::new();
    for c in characters() {
        c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| print.byte(byte));
        c.encode_utf16(&mut [0; 2]).iter().for_each(|&word| print.word(word.into()));
        print.byte((c.len_utf8() * 10 + c.len_utf16()) as u8);
    }
    writeln!(out, "{print}")
}

fn conversions(out: &mut dyn Write) -> fmt::Result {
    for number in
        black_box([0x41, 0xd7ff, 0xd800, 0xdfff, 0xe000, 0x0010_ffff, 0x0011_0000, u32::MAX])
    {
        write!(out, "{:?} ", char::from_u32(number))?;
    }
    let bytes =
        (u8::try_from(black_box('ÿ')), u8::try_from(black_box('Ā')).is_err(), char::from(200u8));
    let decoded = char::decode_utf16(black_box([0xd83d, 0xde00, 0xdc00]))
        .map(|c| c.map_err(|e| e.unpaired_surrogate()));
    writeln!(
        out,
        "{bytes:?} {:?} {:?}",
        decoded.collect::<alloc::vec::Vec<_>>(),
        "xy".parse::<char>()
    )
}

fn ranges(out: &mut dyn Write) -> fmt::Result {
    let around = ('\u{d7fe}'..='\u{e001}').map(|c| c as u32).sum::<u32>();
    let letters: alloc::string::String = ('a'..=black_box('z')).rev().step_by(4).collect();
    writeln!(
        out,
        "{around} {letters} {} {:?}",
        ('α'..'ω').contains(&black_box('λ')),
        ('a'..'e').max()
    )
}
