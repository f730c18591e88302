//! Enums: discriminants, niches, data, and what is derived for them.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::convert::Infallible;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::mem;
use core::num::{NonZeroI64, NonZeroU8, NonZeroU128};

use crate::cases;

cases![
    discriminants,
    niches_of_bool_and_char,
    niches_of_pointers,
    niches_in_nested_enums,
    nonzero_numbers,
    data_of_every_kind,
    derived_order,
    wide_payloads,
    option_methods,
    result_methods,
    changed_in_place,
    state_machine,
    uninhabited,
];

#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Byte {
    Zero,
    High = 200,
    Next,
}
#[repr(i16)]
#[derive(Clone, Copy, Debug)]
enum Signed {
    Lowest = i16::MIN,
    Minus = -1,
    Top = i16::MAX,
}
#[repr(u64)]
#[derive(Clone, Copy, Debug)]
enum Huge {
    Small = 1,
    Big = 0xfedc_ba98_7654_3210,
}
#[repr(i64)]
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "the payloads are only printed")]
enum Tagged {
    Unit = -5_000_000_000,
    Tuple(u8, u32) = 7,
    Named { flag: bool },
}

fn discriminants(out: &mut dyn Write) -> fmt::Result {
    for byte in black_box([Byte::Zero, Byte::High, Byte::Next]) {
        write!(out, "{byte:?} {} ", byte as u32 as f32)?;
    }
    for signed in black_box([Signed::Lowest, Signed::Minus, Signed::Top]) {
        write!(out, "{signed:?} {} {} ", signed as i64, signed as u8)?;
    }
    for huge in black_box([Huge::Small, Huge::Big]) {
        write!(out, "{huge:?} {:x} {} ", huge as u64, huge as i32)?;
    }
    for tagged in black_box([Tagged::Unit, Tagged::Tuple(1, 2), Tagged::Named { flag: true }]) {
        write!(out, "{tagged:?} ")?;
    }
    writeln!(out, "{}", black_box(Byte::High) < Byte::Next)
}

fn niches_of_bool_and_char(out: &mut dyn Write) -> fmt::Result {
    let bools: [Option<Option<Option<bool>>>; 5] = black_box([
        None,
        Some(None),
        Some(Some(None)),
        Some(Some(Some(false))),
        Some(Some(Some(true))),
    ]);
    let chars: [Option<Option<char>>; 4] =
        black_box([None, Some(None), Some(Some('\0')), Some(Some('\u{10ffff}'))]);
    let orders = black_box([None, Some(Ordering::Less), Some(Ordering::Greater)]);
    for option in bools {
        write!(out, "{option:?} {} ", option.flatten().flatten().unwrap_or(true))?;
    }
    writeln!(out, "{chars:?} {orders:?} {}", size_of_val(&bools) + size_of_val(&orders))
}

fn niches_of_pointers(out: &mut dyn Write) -> fmt::Result {
    type Function = fn(u8) -> u8;
    let functions: [Option<Function>; 2] = black_box([None, Some(u8::reverse_bits)]);
    let texts: [Option<&str>; 3] = black_box([Some(""), None, Some("text")]);
    let boxes: [Option<Box<[u16]>>; 2] = black_box([Some(vec![1, 2].into()), None]);
    let vectors: [Option<Vec<u8>>; 3] = black_box([None, Some(vec![]), Some(vec![9])]);
    let results: [Result<String, u8>; 2] = black_box([Ok("fine".to_string()), Err(3)]);
    let called: Vec<_> = functions.iter().map(|f| f.map(|f| f(0b0001_0011))).collect();
    writeln!(out, "{called:?} {texts:?} {boxes:?} {vectors:?} {results:?}")
}

#[derive(Clone, Debug, PartialEq)]
enum Inner {
    A(bool),
    B,
    C,
}
#[derive(Clone, Debug, PartialEq)]
enum Outer {
    Wrapped(Inner),
    Pair(u8, u8),
    Empty,
}
#[derive(Clone, Debug, PartialEq)]
enum Outermost {
    Some(Option<Outer>),
    Text(String),
    Last,
}

fn niches_in_nested_enums(out: &mut dyn Write) -> fmt::Result {
    let all = black_box(vec![
        Outermost::Some(Some(Outer::Wrapped(Inner::A(true)))),
        Outermost::Some(Some(Outer::Wrapped(Inner::C))),
        Outermost::Some(Some(Outer::Pair(1, 255))),
        Outermost::Some(Some(Outer::Empty)),
        Outermost::Some(None),
        Outermost::Text("t".to_string()),
        Outermost::Last,
    ]);
    for each in &all {
        let rank = match each {
            Outermost::Some(Some(Outer::Wrapped(Inner::A(flag)))) => i32::from(*flag),
            Outermost::Some(Some(Outer::Wrapped(Inner::B | Inner::C))) => 2,
            Outermost::Some(Some(Outer::Pair(a, b))) => i32::from(*a) - i32::from(*b),
            Outermost::Some(Some(Outer::Empty) | None) => 4,
            Outermost::Text(text) => text.len() as i32 + 5,
            Outermost::Last => 7,
        };
        write!(out, "{rank} {} ", all.iter().position(|other| other == each).unwrap())?;
    }
    writeln!(out, "{all:?}")
}

fn nonzero_numbers(out: &mut dyn Write) -> fmt::Result {
    let bytes: Vec<_> = black_box([0u8, 1, 255]).into_iter().map(NonZeroU8::new).collect();
    let long = [0, -1, i64::MIN].map(|n| NonZeroI64::new(black_box(n)));
    let wide = [0, 1 << 127].map(|n| NonZeroU128::new(black_box(n)));
    let zeros = long.map(|n| n.map_or(0, NonZeroI64::trailing_zeros));
    writeln!(out, "{bytes:?} {long:?} {wide:?} {zeros:?} {:?}", "0".parse::<NonZeroU8>())
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Value {
    Nothing,
    Small(u8),
    Pair { x: i32, y: String },
    Nested(Box<Value>),
    Maybe(Option<u64>),
    Array([u16; 3]),
    Wide(i128),
    Float(f32),
}

fn values() -> Vec<Value> {
    let pair = |x, y: &str| Value::Pair { x, y: y.to_string() };
    black_box(vec![
        Value::Small(200),
        pair(4, "abc"),
        Value::Nested(Box::new(Value::Nested(Box::new(Value::Small(7))))),
        Value::Maybe(None),
        Value::Nothing,
        pair(-4, ""),
        Value::Maybe(Some(1 << 40)),
        Value::Array([1, 2, 3]),
        Value::Wide(-(1 << 100)),
        Value::Small(5),
        Value::Float(0.5),
    ])
}

fn data_of_every_kind(out: &mut dyn Write) -> fmt::Result {
    fn weight(value: &Value) -> i64 {
        match value {
            Value::Nothing => 1,
            Value::Small(n @ 0..=9) => i64::from(*n) * 2,
            Value::Small(n) => -i64::from(*n),
            Value::Pair { x, y } if *x > 0 => i64::from(*x) + y.len() as i64,
            Value::Pair { x, .. } => i64::from(*x),
            Value::Nested(inner) => 3 * weight(inner),
            Value::Maybe(None) => 99,
            Value::Maybe(Some(n)) => *n as i64,
            Value::Array([first, _, last]) => i64::from(*first) << last,
            Value::Wide(n) => (*n >> 60) as i64,
            Value::Float(n) => (n * 1e3) as i64,
        }
    }
    for value in values() {
        write!(out, "{value:?} {} ", weight(&value))?;
    }
    writeln!(out)
}

fn derived_order(out: &mut dyn Write) -> fmt::Result {
    let mut all = values();
    all.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let copy = all.clone();
    all.reverse();
    writeln!(out, "{all:?} {} {:?}", copy == all, copy[1].partial_cmp(&Value::Float(f32::NAN)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum WidePayload {
    One(u128),
    Two(u8, i128, u16),
    Three,
}

fn wide_payloads(out: &mut dyn Write) -> fmt::Result {
    let mut all = black_box([
        WidePayload::Two(1, -1, 2),
        WidePayload::Three,
        WidePayload::One(u128::MAX),
        WidePayload::Two(1, -2, 2),
        WidePayload::One(0),
    ]);
    all.sort();
    let some: Vec<Option<WidePayload>> = all.iter().map(|&each| Some(each)).rev().collect();
    writeln!(out, "{all:?} {some:?}")
}

fn option_methods(out: &mut dyn Write) -> fmt::Result {
    let [some, none] = black_box([Some(3u8), None]);
    write!(out, "{:?} {:?} {:?} ", some.xor(none), none.or(Some(9)), some.zip(Some('z')))?;
    write!(out, "{:?} {:?} ", some.and_then(|n| n.checked_sub(4)), some.filter(|n| n % 2 == 0))?;
    let mut slot = none;
    let inserted = *slot.get_or_insert_with(|| black_box(8));
    let taken = slot.take_if(|n| *n > 7);
    write!(out, "{inserted} {taken:?} {slot:?} {:?} ", slot.replace(1))?;
    let words: Option<Vec<u8>> = ["1", "2", "x"].iter().map(|word| word.parse().ok()).collect();
    writeln!(out, "{words:?} {:?} {:?}", slot.is_some_and(|n| n == 1), some.max(none))
}

fn result_methods(out: &mut dyn Write) -> fmt::Result {
    fn sum(text: &str) -> Result<i32, String> {
        let numbers = text
            .split('+')
            .map(|word| word.trim().parse::<i32>().map_err(|error| format_error(word, &error)))
            .collect::<Result<Vec<_>, _>>()?;
        numbers
            .iter()
            .try_fold(0i32, |sum, &number| sum.checked_add(number))
            .ok_or_else(|| "too much".to_string())
    }
    fn format_error(word: &str, error: &dyn fmt::Display) -> String {
        alloc::format!("{word:?}: {error}")
    }
    for text in black_box(["1+2 + 3", "x+1", "2147483647+1", "", "-5+ 5"]) {
        write!(out, "{:?} {:?} ", sum(text), sum(text).unwrap_or_else(|error| error.len() as i32))?;
    }
    writeln!(out)
}

fn changed_in_place(out: &mut dyn Write) -> fmt::Result {
    let mut all = values();
    for value in &mut all {
        match value {
            Value::Small(n) if *n > 100 => *value = Value::Wide(i128::from(*n) << 70),
            Value::Pair { x, y } => {
                *x = -*x;
                y.push('!');
            }
            Value::Maybe(slot) => *slot = slot.xor(Some(1)),
            Value::Array(words) => words.swap(0, 2),
            Value::Nested(inner) => *value = mem::replace(inner, Value::Nothing),
            _ => {}
        }
    }
    writeln!(out, "{all:?}")
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    Reading { left: u8, sum: u16 },
    Done(u16),
    Failed,
}

fn state_machine(out: &mut dyn Write) -> fmt::Result {
    let step = |state, byte| match (state, byte) {
        (State::Idle, left @ 1..=9) => State::Reading { left, sum: 0 },
        (State::Idle | State::Done(_), 0) => State::Idle,
        (State::Reading { left: 1, sum }, byte) => State::Done(sum + u16::from(byte)),
        (State::Reading { left, sum }, byte) => {
            State::Reading { left: left - 1, sum: sum * 2 + u16::from(byte) }
        }
        _ => State::Failed,
    };
    let mut state = State::Idle;
    for byte in black_box([0, 3, 200, 100, 50, 0, 2, 1, 1, 77, 0]) {
        state = step(state, byte);
        write!(out, "{state:?} ")?;
    }
    writeln!(out)
}

fn uninhabited(out: &mut dyn Write) -> fmt::Result {
    let surely: Result<u32, Infallible> = black_box(Ok(4));
    let Ok(value) = surely;
    let never: Option<Infallible> = black_box(None);
    writeln!(out, "{value} {never:?} {}", size_of::<Option<Infallible>>())
}
