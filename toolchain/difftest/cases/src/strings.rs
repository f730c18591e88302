//! Methods of strings.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    searching,
    splitting,
    replacing_and_trimming,
    upper_and_lower_case,
    validation,
    lossy_decoding,
    utf16,
    growing_and_shrinking,
    slicing,
    escaping,
    ascii,
    comparing,
    searching_long_texts,
    words_and_lines,
];

const TEXT: &str = "Grüße, Jürgen ❤ 日本語 \u{1f600} tab\tend";

fn searching(out: &mut dyn Write) -> fmt::Result {
    let text = black_box(TEXT);
    let wide: Vec<_> =
        text.char_indices().filter(|(_, c)| !c.is_ascii()).map(|(at, _)| at).collect();
    write!(out, "{} {} {text:?} {wide:?} ", text.len(), text.chars().count())?;
    write!(
        out,
        "{:?} {:?} {:?} ",
        text.find("Jür"),
        text.rfind('e'),
        text.find(char::is_whitespace)
    )?;
    writeln!(
        out,
        "{:?} {} {:?}",
        text.find(['x', '語']),
        text.contains("日本"),
        text.matches("en").count()
    )
}

fn splitting(out: &mut dyn Write) -> fmt::Result {
    let text = black_box("a=1;bb=22;;c=3=4;");
    let pairs: Vec<_> = text.split(';').map(|part| part.split_once('=')).collect();
    let ended: Vec<_> = text.split_terminator(';').rev().collect();
    let few: Vec<_> = text.splitn(3, ['=', ';']).collect();
    let many: Vec<_> = "one<>two<>three".rsplitn(2, "<>").collect();
    let kept: Vec<_> = text.split_inclusive(';').map(str::len).collect();
    writeln!(out, "{pairs:?} {ended:?} {few:?} {many:?} {kept:?}")
}

fn replacing_and_trimming(out: &mut dyn Write) -> fmt::Result {
    let text = black_box("  xxhello worldxx\u{a0}\n");
    let trimmed = text.trim();
    write!(out, "{trimmed:?} {:?} ", trimmed.trim_matches('x'))?;
    write!(out, "{:?} {:?} ", trimmed.strip_prefix("xx"), trimmed.trim_end_matches("xx"))?;
    writeln!(
        out,
        "{} {} {:?}",
        trimmed.replace('o', "00"),
        trimmed.replacen("l", "", 2),
        text.trim_start_matches(char::is_whitespace)
    )
}

fn upper_and_lower_case(out: &mut dyn Write) -> fmt::Result {
    for text in black_box([TEXT, "ΑΣ Σ ΌΔΥΣΣΕΎΣ", "ŉ ﬃ ß İ ǆ", "ÀÉÎÕÜ"]) {
        write!(out, "{} {} ", text.to_uppercase(), text.to_lowercase())?;
    }
    writeln!(out, "{}", black_box("MiXed ÄÖ").to_ascii_lowercase())
}

fn validation(out: &mut dyn Write) -> fmt::Result {
    let all: [&[u8]; 9] = [
        b"plain",
        "ä€\u{1f600}".as_bytes(),
        &[0xe2, 0x28, 0xa1],
        &[0x41, 0xc0, 0x80],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90, 0x80, 0x80],
        &[0xe2, 0x82],
        &[0xff],
        &[0xf0, 0x9f, 0x98, 0x80, 0x80],
    ];
    for bytes in black_box(all) {
        write!(out, "{:?} ", core::str::from_utf8(bytes))?;
    }
    let mut sampler = Sampler::new(91);
    let mut valid = 0;
    for _ in 0..2000 {
        let bytes = (sampler.bits() & 0xbf9f_9fff_ffff_ffff | 0x8080_8000_0000_0000).to_be_bytes();
        valid += u32::from(core::str::from_utf8(&bytes[3..6]).is_ok());
    }
    writeln!(out, "{valid}")
}

fn lossy_decoding(out: &mut dyn Write) -> fmt::Result {
    let broken = black_box([72, 255, 105, 0xe2, 0x82, 0x48, 0xf0, 0x9f]);
    let text = String::from_utf8_lossy(&broken);
    let borrowed = matches!(String::from_utf8_lossy(b"fine"), Cow::Borrowed(_));
    let chunks: Vec<_> =
        broken.utf8_chunks().map(|chunk| (chunk.valid(), chunk.invalid())).collect();
    writeln!(
        out,
        "{text:?} {borrowed} {chunks:?} {:?}",
        String::from_utf8(broken.to_vec()).map_err(|e| e.utf8_error())
    )
}

fn utf16(out: &mut dyn Write) -> fmt::Result {
    let words: Vec<u16> = black_box(TEXT).encode_utf16().collect();
    let back = String::from_utf16(&words);
    let broken = black_box([0x48, 0xd800, 0x49, 0xdc00, 0xd83d, 0xde00]);
    writeln!(
        out,
        "{words:x?} {} {:?}",
        back.is_ok_and(|back| back == TEXT),
        String::from_utf16_lossy(&broken)
    )
}

fn growing_and_shrinking(out: &mut dyn Write) -> fmt::Result {
    let mut text = String::with_capacity(4);
    for n in 0..black_box(500usize) {
        text.push(char::from(b'a' + (n % 26) as u8));
        if n % 10 == 0 {
            text.insert(n / 2, 'Z');
        }
        if n % 17 == 0 {
            text.pop();
        }
        if n % 100 == 50 {
            text.insert_str(7, "<ä>");
        }
    }
    text.truncate(400);
    let drained: usize = text.drain(10..50).filter(|c| *c < 'k').count();
    text.retain(|c| c != 'q');
    text.replace_range(3..6, "§§");
    let removed = text.remove(5);
    let tail = text.split_off(text.len() - 9);
    let mut print = Fingerprint::new();
    print.write_str(&text)?;
    writeln!(out, "{} {print} {drained} {removed:?} {tail} {}", text.len(), &text[..30])
}

fn slicing(out: &mut dyn Write) -> fmt::Result {
    let text = black_box("äbcdé");
    let parts: Vec<_> = (0..=text.len()).map(|at| text.get(at..).map(str::len)).collect();
    let (left, right) = text.split_at(2);
    let chars =
        (text.chars().nth(4), text.chars().next_back(), text.chars().rev().collect::<String>());
    writeln!(
        out,
        "{parts:?} {left} {right} {chars:?} {} {:?}",
        text.is_char_boundary(1),
        text.floor_char_boundary(1)
    )
}

fn escaping(out: &mut dyn Write) -> fmt::Result {
    let text = black_box("q\"' \\ \u{0} \u{7f} \u{200b} \u{301}é\r\n");
    writeln!(
        out,
        "{text:?} {} {} {} {}",
        text.escape_debug(),
        text.escape_default(),
        text.escape_unicode(),
        b"\x00a\xff\n".escape_ascii()
    )
}

fn ascii(out: &mut dyn Write) -> fmt::Result {
    let mut counts = [0u32; 9];
    for byte in 0..=255u8 {
        let classes = [
            byte.is_ascii_alphabetic(),
            byte.is_ascii_digit(),
            byte.is_ascii_hexdigit(),
            byte.is_ascii_punctuation(),
            byte.is_ascii_whitespace(),
            byte.is_ascii_control(),
            byte.is_ascii_graphic(),
            byte.is_ascii_uppercase(),
            byte.is_ascii(),
        ];
        for (count, class) in counts.iter_mut().zip(classes) {
            *count += u32::from(class) * u32::from(byte);
        }
    }
    let mut text = black_box("Straße 42").to_string();
    text.make_ascii_uppercase();
    writeln!(
        out,
        "{counts:?} {text} {} {}",
        text.eq_ignore_ascii_case("strAße 42"),
        text.is_ascii()
    )
}

fn comparing(out: &mut dyn Write) -> fmt::Result {
    let mut words = black_box(["zebra", "Zebra", "zeb", "äpfel", "apfel", "", "zebra\0", "日本"]);
    words.sort_unstable();
    let orders: Vec<_> = words.windows(2).map(|pair| pair[1].cmp(pair[0]) as i8).collect();
    writeln!(out, "{words:?} {orders:?} {}", "abc" < black_box("abd"))
}

/// The two-way search and its cousins work with tables and periods.
fn searching_long_texts(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(92);
    let text: String = (0..3000).map(|_| if sampler.below(4) == 0 { 'b' } else { 'a' }).collect();
    for needle in
        black_box(["aaaaaaaaaaaaaaaaaaaa", "abab", "bbbb", "aabaabaab", "baaaaaaaaaaab", "c", ""])
    {
        let all: usize = text.match_indices(needle).map(|(at, _)| at).sum();
        write!(out, "{:?} {:?} {all} ", text.find(needle), text.rfind(needle))?;
    }
    writeln!(out)
}

fn words_and_lines(out: &mut dyn Write) -> fmt::Result {
    let text = black_box(" first line\nsecond\tone \r\n\nlast\r");
    let lines: Vec<_> = text.lines().collect();
    let reversed: Vec<String> =
        text.split_whitespace().map(|word| word.chars().rev().collect()).collect();
    writeln!(
        out,
        "{lines:?} {reversed:?} {}",
        text.split_ascii_whitespace().map(str::len).sum::<usize>()
    )
}
