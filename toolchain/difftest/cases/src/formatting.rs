//! The formatting machinery: every primitive, width, fill, sign and shape.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::{format, vec};
use core::fmt::{self, Alignment, Write};
use core::hint::black_box;
use core::time::Duration;

use crate::cases;

cases![
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    u64,
    i64,
    u128,
    i128,
    f32,
    f64,
    bool,
    char,
    str,
    widths_from_arguments,
    nested_structures,
    pretty_structures,
    pretty_collections,
    own_flags,
    builders,
    durations,
    named_and_reordered,
    failing_writer,
    arguments_in_arguments,
];

macro_rules! integer_case {
    ($($type:ident)*) => { $(
        fn $type(out: &mut dyn Write) -> fmt::Result {
            for value in black_box([$type::MIN, 0, 1, 99, 100, $type::MAX / 3, $type::MAX]) {
                write!(out, "{value} {value:?} {value:+} {value:5} {value:<5}| ")?;
                write!(out, "{value:^9}| {value:*>12} {value:x} {value:X} {value:#x} ")?;
                write!(out, "{value:#010x} {value:b} {value:#b} {value:o} {value:#o} ")?;
                writeln!(out, "{value:08} {value:+08} {value:e} {value:.3e} {value:x?} {value:#X?}")?;
            }
            Ok(())
        }
    )* };
}
integer_case!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128);

macro_rules! float_case {
    ($($type:ident)*) => { $(
        fn $type(out: &mut dyn Write) -> fmt::Result {
            let values = [0.0, -0.0, 1.0, 0.1, -2.5, 1e-7, 123456.8, 0.3e16, 1e17];
            let extremes = [$type::MAX, $type::MIN_POSITIVE, $type::INFINITY, $type::NAN];
            for value in black_box(values).into_iter().chain(extremes) {
                write!(out, "{value} {value:?} {value:+} {value:.0} {value:.1} {value:9.3} ")?;
                write!(out, "{value:<9.2}| {value:^11}| {value:*>10.1} {value:010.2} {value:e} ")?;
                writeln!(out, "{value:E} {value:.2e} {value:+.7?}")?;
            }
            Ok(())
        }
    )* };
}
float_case!(f32 f64);

fn bool(out: &mut dyn Write) -> fmt::Result {
    for truth in black_box([true, false]) {
        write!(out, "{truth} {truth:?} {truth:>7} {truth:-<7} {truth:^8}|{truth:.2} ")?;
    }
    writeln!(out)
}

fn char(out: &mut dyn Write) -> fmt::Result {
    for c in black_box(['a', 'é', '\'', '"', '\n', '\u{1f600}', '\u{7f}']) {
        write!(out, "{c} {c:?} {c:>4} {c:ä<3} {c:^5}|")?;
    }
    writeln!(out)
}

fn str(out: &mut dyn Write) -> fmt::Result {
    for text in black_box(["", "abc", "Grüße", "日本語", "a\tb\"\\"]) {
        write!(
            out,
            "{text} {text:?} {text:>8} {text:_<8} {text:^8}|{text:.2} {text:>6.3} {text:10.0?} "
        )?;
    }
    writeln!(out, "{:?}", black_box(String::from("owned")))
}

fn widths_from_arguments(out: &mut dyn Write) -> fmt::Result {
    for (width, precision) in black_box([(0usize, 0usize), (3, 1), (12, 5), (20, 9)]) {
        let (number, text) = (black_box(2.75f64), black_box("abcdefghij"));
        write!(out, "{:width$}|{:<width$.precision$}|{:^1$}|", 42u8, width, 7i64)?;
        write!(out, "{:.*}|{number:>width$.1}|{text:>width$.precision$}|", precision, number)?;
    }
    writeln!(out)
}

#[derive(Debug, Default, Clone)]
struct Unit;
#[derive(Debug, Default, Clone)]
struct Tuple(u8, String, Unit);
#[derive(Debug, Default, Clone)]
struct Record {
    id: i16,
    part: Option<Tuple>,
    list: alloc::vec::Vec<Choice>,
}
#[derive(Debug, Clone)]
enum Choice {
    Plain,
    Held(f32, char),
    Named { text: &'static str, truth: Result<bool, ()> },
}

fn record() -> Record {
    black_box(Record {
        id: -7,
        part: Some(Tuple(255, "two\nlines".into(), Unit)),
        list: vec![
            Choice::Plain,
            Choice::Held(1.0, '\''),
            Choice::Named { text: "é", truth: Err(()) },
        ],
    })
}

fn nested_structures(out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "{:?} {:x?} {:4?} {:?}", record(), record().id, (1, "a"), Record::default())
}

fn pretty_structures(out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "{:#?}\n{:#?}", record(), (1u8, [Some(2.5)], ()))
}

fn pretty_collections(out: &mut dyn Write) -> fmt::Result {
    let map: BTreeMap<_, _> = black_box([(3u8, "c"), (1, "a")]).into();
    let set: BTreeSet<_> = black_box(["y", "x"]).into();
    writeln!(
        out,
        "{map:?} {set:?} {map:#?} {set:#?} {:02x?} {:#06x?}",
        [1u8, 200],
        vec![10u16, 65535]
    )
}

/// Answers with the flags that it was asked with.
struct Flags;
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alignment = match f.align() {
            Some(Alignment::Left) => 'l',
            Some(Alignment::Center) => 'c',
            Some(Alignment::Right) => 'r',
            None => '-',
        };
        let text = format!("{:?}{:?}{:?}{alignment}", f.width(), f.precision(), f.fill());
        f.write_str(&text)?;
        let marks = [
            (f.sign_plus(), '+'),
            (f.sign_minus(), '~'),
            (f.alternate(), '#'),
            (f.sign_aware_zero_pad(), '0'),
        ];
        marks.into_iter().filter(|mark| mark.0).try_for_each(|mark| f.write_char(mark.1))
    }
}

fn own_flags(out: &mut dyn Write) -> fmt::Result {
    write!(out, "{Flags} {Flags:5} {Flags:<+5.2} {Flags:é^#9} {Flags:>-1} {Flags:08} ")?;
    writeln!(out, "{:w$.p$}", Flags, w = black_box(300), p = black_box(17))
}

/// Pads as the library's own types do.
struct Padded(i32);
impl fmt::Display for Padded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad_integral(self.0 >= 0, "0q", &format!("{}", self.0.unsigned_abs()))?;
        f.pad("|padded")
    }
}
impl fmt::Debug for Padded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries((0..self.0).map(|n| n * n)).entry(&"end").finish_non_exhaustive()
    }
}

fn builders(out: &mut dyn Write) -> fmt::Result {
    let [plus, minus] = black_box([Padded(3), Padded(-45)]);
    write!(out, "{plus} {minus} {plus:+9.4} {minus:<9} {minus:#09} {plus:?} {plus:#?} ")?;
    let map = fmt::from_fn(|f| f.debug_map().key(&"k").value(&[1, 2]).entry(&2.5, &()).finish());
    let open = fmt::from_fn(|f| f.debug_struct("Open").field("a", &'a').finish_non_exhaustive());
    writeln!(out, "{map:?} {map:#?} {open:?}")
}

fn durations(out: &mut dyn Write) -> fmt::Result {
    for nanoseconds in
        black_box([0u64, 1, 999, 1_000, 1_500_000, 999_999_999, 61_000_000_001, u64::MAX])
    {
        let duration = Duration::from_nanos(nanoseconds);
        write!(out, "{duration:?} {duration:.2?} {duration:>12.1?} {:?} ", duration.as_secs_f32())?;
    }
    let sum = Duration::from_millis(black_box(1999)) * 3 / 7 + Duration::from_secs_f64(0.25);
    writeln!(out, "{sum:?} {:?}", sum.checked_sub(Duration::from_secs(9)))
}

fn named_and_reordered(out: &mut dyn Write) -> fmt::Result {
    let value = black_box(31);
    writeln!(
        out,
        "{1} {0} {1:?} {name:#x} {{}} {value:>+w$} {}",
        'a',
        "b",
        name = 255,
        w = value - 20
    )
}

/// Takes a few bytes and then fails.
struct Narrow(String);
impl Write for Narrow {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > 10 {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

fn failing_writer(out: &mut dyn Write) -> fmt::Result {
    let mut narrow = Narrow(String::new());
    let results = [
        write!(narrow, "{:>4}", 7),
        write!(narrow, "{:?}", "long text"),
        write!(narrow, "{:?}", Some(1)),
    ];
    writeln!(out, "{results:?} {}", narrow.0)
}

fn arguments_in_arguments(out: &mut dyn Write) -> fmt::Result {
    let (a, b) = black_box((1u8, 2.5f32));
    let inner = format_args!("<{a:03}>").to_string();
    out.write_fmt(format_args!("{} {}\n", format_args!("[{inner:>8}]"), format_args!("{b:?}")))
}
