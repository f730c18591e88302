//! Text to values: the library's parsers and some written by hand.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::iter::Peekable;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use core::num::{IntErrorKind, ParseIntError};
use core::str::{Chars, FromStr};

use crate::cases;

cases![
    integers,
    radixes,
    kinds_of_errors,
    booleans_and_characters,
    network_addresses,
    expressions,
    settings,
    from_str_by_hand,
    hexadecimal_dump
];

/// Tries a text as every type of integer.
fn integers(out: &mut dyn Write) -> fmt::Result {
    let texts = [
        "0",
        "-0",
        "+7",
        "127",
        "128",
        "-128",
        "-129",
        "255",
        "256",
        "65535",
        "65536",
        "-32769",
        "4294967295",
        "4294967296",
        "-2147483648",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "007",
        "",
        "+",
        "-",
        "1_0",
        " 1",
        "१",
    ];
    for text in black_box(texts) {
        macro_rules! types {
            ($($type:ident)*) => { $(
                match text.parse::<$type>() {
                    Ok(value) => write!(out, "{value} ")?,
                    Err(error) => write!(out, "{} ", letter(error.kind().clone()))?,
                }
            )* };
        }
        types!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128);
        writeln!(out)?;
    }
    Ok(())
}

fn letter(kind: IntErrorKind) -> char {
    match kind {
        IntErrorKind::Empty => 'E',
        IntErrorKind::InvalidDigit => 'D',
        IntErrorKind::PosOverflow => 'P',
        IntErrorKind::NegOverflow => 'N',
        _ => '?',
    }
}

fn radixes(out: &mut dyn Write) -> fmt::Result {
    for (text, radix) in
        black_box([("7fff", 16), ("-Zz", 36), ("102", 2), ("-1000000000000000", 2), ("777777", 8)])
    {
        write!(
            out,
            "{:?} {:?} ",
            i16::from_str_radix(text, radix),
            u64::from_str_radix(text, radix).ok()
        )?;
    }
    writeln!(out)
}

fn kinds_of_errors(out: &mut dyn Write) -> fmt::Result {
    for text in black_box(["", "x", "300", "-1"]) {
        if let Err(error) = text.parse::<u8>() {
            write!(out, "{error}: {error:?}; ")?;
        }
    }
    writeln!(
        out,
        "{:?} {:?}",
        "1.x".parse::<f32>(),
        u8::try_from(black_box(-1i64)).map_err(|error| error.to_string())
    )
}

fn booleans_and_characters(out: &mut dyn Write) -> fmt::Result {
    for text in black_box(["true", "false", "True", "x", "", "ä", "ab"]) {
        write!(
            out,
            "{:?} {:?} ",
            text.parse::<bool>().ok(),
            text.parse::<char>().map_err(|e| e.to_string())
        )?;
    }
    writeln!(out)
}

fn network_addresses(out: &mut dyn Write) -> fmt::Result {
    let texts = [
        "127.0.0.1",
        "256.1.1.1",
        "::1",
        "2001:db8::ff00:42:8329",
        "1.2.3.4:80",
        "[::ffff:10.0.0.1]:65535",
        "fe80::1%3",
        "1::2::3",
    ];
    for text in black_box(texts) {
        write!(out, "{:?} {:?} ", text.parse::<IpAddr>().ok(), text.parse::<SocketAddr>().ok())?;
    }
    let address = Ipv6Addr::from(black_box(0x2001_0db8_0000_0000_0001_0000_0000_0001_u128));
    writeln!(out, "{address} {:x}", u128::from(address) >> 64)
}

/// A tree of an arithmetic expression.
#[derive(Debug)]
enum Expression {
    Number(i64),
    Negated(Box<Expression>),
    Operation(Box<Expression>, char, Box<Expression>),
}

impl Expression {
    fn value(&self) -> Option<i64> {
        match self {
            Expression::Number(number) => Some(*number),
            Expression::Negated(inner) => inner.value()?.checked_neg(),
            Expression::Operation(left, operator, right) => {
                let (left, right) = (left.value()?, right.value()?);
                match operator {
                    '+' => left.checked_add(right),
                    '-' => left.checked_sub(right),
                    '*' => left.checked_mul(right),
                    '/' => left.checked_div(right),
                    _ => None,
                }
            }
        }
    }
}

/// A parser by recursive descent.
struct Parser<'a>(Peekable<Chars<'a>>);

impl Parser<'_> {
    fn sum(&mut self) -> Result<Expression, String> {
        self.operations(&['+', '-'], Self::product)
    }

    fn product(&mut self) -> Result<Expression, String> {
        self.operations(&['*', '/'], Self::atom)
    }

    fn operations(
        &mut self,
        operators: &[char],
        operand: fn(&mut Self) -> Result<Expression, String>,
    ) -> Result<Expression, String> {
        let mut left = operand(self)?;
        while let Some(operator) = self.0.next_if(|c| operators.contains(c)) {
            left = Expression::Operation(Box::new(left), operator, Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Expression, String> {
        match self.0.next() {
            Some('-') => Ok(Expression::Negated(Box::new(self.atom()?))),
            Some('(') => {
                let inner = self.sum()?;
                self.0.next_if_eq(&')').map(|_| inner).ok_or_else(|| "no ')'".to_string())
            }
            Some(digit @ '0'..='9') => {
                let mut digits = String::from(digit);
                digits.extend(core::iter::from_fn(|| self.0.next_if(char::is_ascii_digit)));
                digits
                    .parse()
                    .map(Expression::Number)
                    .map_err(|error: ParseIntError| error.to_string())
            }
            other => Err(alloc::format!("unexpected {other:?}")),
        }
    }
}

fn expressions(out: &mut dyn Write) -> fmt::Result {
    let texts = [
        "1+2*3",
        "(1+2)*-3",
        "7/2-9/(3-3)",
        "2*(3",
        "99999999999*99999999999",
        "8-3-2",
        "",
        "4**2",
        "99999999999999999999",
    ];
    for text in black_box(texts) {
        match Parser(text.chars().peekable()).sum() {
            Ok(tree) => write!(out, "{:?} ", tree.value())?,
            Err(error) => write!(out, "{error} ")?,
        }
    }
    writeln!(out, "{:?}", Parser("1-(-2)".chars().peekable()).sum())
}

fn settings(out: &mut dyn Write) -> fmt::Result {
    let text = black_box(
        "# comment\nname = node 7\n\n[bus]\nslots=0x40 # hexadecimal\nmask = 0b101\nwrong\n\
         [cpu]\nclock = 25_000_000\n",
    );
    let mut section = "";
    let mut values: BTreeMap<(&str, &str), Result<u32, &str>> = BTreeMap::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim();
            let number = match value.split_at_checked(2) {
                Some(("0x", digits)) => u32::from_str_radix(digits, 16),
                Some(("0b", digits)) => u32::from_str_radix(digits, 2),
                _ => value.replace('_', "").parse(),
            };
            values.insert((section, key.trim()), number.map_err(|_| value));
        }
    }
    writeln!(out, "{values:?}")
}

/// A time of the day.
#[derive(Debug, PartialEq)]
struct Time {
    hour: u8,
    minute: u8,
    milliseconds: u16,
}

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hour, rest) = text.split_once(':').ok_or("no colon")?;
        let (minute, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
        let number =
            |text: &str, below| text.parse().ok().filter(|n: &u8| *n < below).ok_or("no such time");
        let seconds: f32 = seconds.parse().map_err(|_| "no seconds")?;
        let milliseconds = (seconds * 1000.0) as u16;
        Ok(Self { hour: number(hour, 24)?, minute: number(minute, 60)?, milliseconds })
    }
}

fn from_str_by_hand(out: &mut dyn Write) -> fmt::Result {
    for text in black_box(["12:30", "23:59:59.875", "24:00", "7", "1:2:x", "0:0:70"]) {
        write!(out, "{:?} ", text.parse::<Time>())?;
    }
    writeln!(out)
}

fn hexadecimal_dump(out: &mut dyn Write) -> fmt::Result {
    let bytes: Vec<u8> = (0..black_box(37u8)).map(|n| n.wrapping_mul(29) ^ 0x41).collect();
    let mut dump = String::new();
    for (line, chunk) in bytes.chunks(16).enumerate() {
        write!(dump, "{:08x}", line * 16)?;
        chunk.iter().try_for_each(|byte| write!(dump, " {byte:02x}"))?;
        let letters = chunk.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' });
        writeln!(dump, " |{}|", letters.collect::<String>())?;
    }
    let back: Result<Vec<u8>, _> = dump
        .lines()
        .filter_map(|line| line[8..].split_once('|'))
        .flat_map(|(words, _)| words.split_whitespace())
        .map(|word| u8::from_str_radix(word, 16))
        .collect();
    writeln!(out, "{dump}{}", back == Ok(bytes))
}
