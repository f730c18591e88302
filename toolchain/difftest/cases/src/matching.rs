//! `match` in all its forms: each becomes comparisons, a table, or a chain.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    dense_switch,
    sparse_switch,
    ranges,
    wide_numbers,
    slices,
    strings,
    tuples_and_guards,
    characters,
    let_else_chains,
    loops_with_labels,
];

fn dense_switch(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn operate(code: u8, a: i32, b: i32) -> i32 {
        match code {
            0 => a + b,
            1 => a - b,
            2 => a ^ b,
            3 => a & b,
            4 => a | b,
            5 => a << (b & 7),
            6 => a >> (b & 7),
            7 => !a,
            8 => -b,
            9 => a.min(b),
            10 => a.max(b),
            11 => i32::from(a < b),
            12 => a.count_ones() as i32,
            13 => b.leading_zeros() as i32,
            14 => a.swap_bytes(),
            15 => a % 13,
            16 => b / 7,
            17 => a.signum(),
            255 => i32::MIN,
            _ => -1,
        }
    }
    let mut print = Fingerprint::new();
    for code in 0..=255 {
        print.word(operate(code, 12345, black_box(-77)) as u128);
    }
    writeln!(out, "{print} {}", operate(black_box(14), 0x0102_0304, 0))
}

fn sparse_switch(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn name(code: u32) -> &'static str {
        match code {
            0 => "zero",
            7 | 8 | 9 => "few",
            1000 => "thousand",
            0x8000_0000 => "half",
            0xffff_ff00..=0xffff_ffff => "end",
            65536 => "page",
            code if code.is_power_of_two() => "power",
            _ => "other",
        }
    }
    for code in black_box([0, 8, 9, 10, 1000, 1 << 31, 1 << 30, !0, !0 << 8, !0 << 9, 65536]) {
        write!(out, "{} ", name(code))?;
    }
    writeln!(out)
}

fn ranges(out: &mut dyn Write) -> fmt::Result {
    let class = |n: i16| match n {
        i16::MIN..=-1000 => 'a',
        -999..0 => 'b',
        0 => 'c',
        1..=9 => 'd',
        10..100 => 'e',
        i16::MAX => 'g',
        100.. => 'f',
    };
    let text: String = black_box([i16::MIN, -1000, -999, -1, 0, 1, 9, 10, 99, 100, 32766, 32767])
        .map(class)
        .iter()
        .collect();
    let byte: Vec<u8> = (0..=255u8)
        .filter(|n| matches!(n, 3..=5 | 60..=61 | 128.. if n % 2 == black_box(1)))
        .collect();
    writeln!(out, "{text} {} {:?}", byte.len(), &byte[..5])
}

fn wide_numbers(out: &mut dyn Write) -> fmt::Result {
    let long = |n: u64| match n {
        0 => 0,
        1..=0xffff_ffff => 1,
        0x1_0000_0000 => 2,
        0x1_0000_0001..=0x7fff_ffff_ffff_ffff => 3,
        0xffff_ffff_ffff_ffff => 5,
        _ => 4,
    };
    let wide = |n: i128| match n {
        i128::MIN => "lowest",
        -0x1_0000_0000_0000_0000 => "minus one word",
        -5..=5 => "small",
        0x1_0000_0000_0000_0000.. => "large",
        _ => "other",
    };
    for n in black_box([0, 1, !0 >> 32, 1 << 32, (1 << 32) + 1, 1 << 63, !0, !0 >> 1]) {
        write!(out, "{} ", long(n))?;
    }
    for n in black_box([i128::MIN, -(1 << 64), 5, -6, 1 << 64, i128::MAX]) {
        write!(out, "{} ", wide(n))?;
    }
    writeln!(out)
}

fn slices(out: &mut dyn Write) -> fmt::Result {
    fn shape(slice: &[u16]) -> String {
        match slice {
            [] => "empty".into(),
            [one] => alloc::format!("one {one}"),
            [first, .., last] if first == last => alloc::format!("ring of {first}"),
            [0, rest @ ..] => alloc::format!("zero then {}", rest.len()),
            [.., 7, _] => "seven before the last".into(),
            [a, b, middle @ .., z] => alloc::format!("{a} {b} {} {z}", middle.len()),
            [_, _] => "two".into(),
        }
    }
    let all: [&[u16]; 8] =
        [&[], &[4], &[1, 2, 1], &[0, 9], &[5, 7, 6], &[1, 2, 3, 4, 5], &[8, 9], &[3, 4, 5]];
    for slice in black_box(all) {
        write!(out, "{}; ", shape(slice))?;
    }
    writeln!(out)
}

fn strings(out: &mut dyn Write) -> fmt::Result {
    let number = |word| match word {
        "" => -1,
        "one" | "eins" => 1,
        "two" | "zwei" => 2,
        "twelve" => 12,
        "twenty" => 20,
        word if word.starts_with('t') => 3,
        _ => 0,
    };
    for word in black_box(["two", "twelve", "ten", "", "eins", "Zwei", "twenty", "zwei"]) {
        write!(out, "{} ", number(word))?;
    }
    let bytes = match black_box(*b"RIFF1234") {
        [b'R', b'I', b'F', b'F', size @ ..] => u32::from_le_bytes(size),
        _ => 0,
    };
    writeln!(out, "{bytes:x}")
}

fn tuples_and_guards(out: &mut dyn Write) -> fmt::Result {
    let mut counts = [0u32; 7];
    let mut sampler = Sampler::new(41);
    for _ in 0..500 {
        let (a, b, c) = (sampler.edge() as i8, sampler.bits() & 3, sampler.bits() & 1 == 1);
        let class = match (a, b, c) {
            (0, _, true) => 0,
            (n, 0 | 1, _) if n < 0 => 1,
            (_, 2, false) => 2,
            (1..=50, low, flag) if flag == (low > 1) => 3,
            (n, _, true) if n % 3 == 0 => 4,
            (i8::MAX, ..) => 5,
            _ => 6,
        };
        counts[class] += 1;
    }
    writeln!(out, "{counts:?}")
}

fn characters(out: &mut dyn Write) -> fmt::Result {
    let kind = |c: char| match c {
        'a'..='z' | 'ä' | 'ö' | 'ü' | 'ß' => 'l',
        'A'..='Z' => 'u',
        '0'..='9' => 'd',
        '\u{0}'..='\u{1f}' | '\u{7f}' => 'c',
        '\u{1f600}'..='\u{1f64f}' => 'e',
        c if c.is_alphabetic() => 'a',
        _ => '-',
    };
    let text = black_box("Zürich 1291\t日本 \u{1f600}§");
    writeln!(out, "{}", text.chars().map(kind).collect::<String>())
}

fn let_else_chains(out: &mut dyn Write) -> fmt::Result {
    fn port(address: &str) -> Option<u16> {
        let Some((host, port)) = address.rsplit_once(':') else {
            return Some(80);
        };
        if let Ok(number) = port.parse::<u16>()
            && number != 0
            && let Some(first) = host.chars().next()
            && first.is_alphabetic()
        {
            return Some(number);
        }
        None
    }
    for address in black_box(["host", "host:8080", "host:0", ":5", "a:b:99999", "a:b:1"]) {
        write!(out, "{:?} ", port(address))?;
    }
    writeln!(out)
}

fn loops_with_labels(out: &mut dyn Write) -> fmt::Result {
    let limit = black_box(60u32);
    let mut a = 0u32;
    let found = 'search: loop {
        a += 1;
        'pairs: for b in a.. {
            let c = (a * a + b * b).isqrt();
            if c > limit {
                break 'pairs;
            }
            if c * c == a * a + b * b && a + b + c > 100 {
                break 'search (a, b, c);
            }
        }
    };
    let value = 'block: {
        if found.0 > black_box(100) {
            break 'block "large";
        }
        "small"
    };
    writeln!(out, "{found:?} {value}")
}
