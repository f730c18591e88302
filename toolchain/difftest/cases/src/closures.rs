//! Closures: what they capture and how they are called.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;

cases![
    kinds_of_capture,
    boxed_in_lists,
    composed,
    returned,
    called_once,
    curried,
    memoised,
    as_comparators,
    large_captures
];

fn kinds_of_capture(out: &mut dyn Write) -> fmt::Result {
    let mut count = black_box(0u16);
    let text = "shared".to_string();
    let owned = vec![1u8, 2, 3];
    let mut add = |n: u16| {
        count += n * text.len() as u16;
        count
    };
    let sums = [add(1), add(10)];
    let consume = move |index: usize| owned.get(index).copied();
    writeln!(out, "{sums:?} {count} {text} {:?} {:?}", consume(2), consume(3))
}

fn boxed_in_lists(out: &mut dyn Write) -> fmt::Result {
    let factor = black_box(-3i64);
    let mut functions: Vec<Box<dyn Fn(i64) -> i64>> =
        vec![Box::new(|x| x + 1), Box::new(move |x| x * factor), Box::new(|x| x.pow(3))];
    functions.push(Box::new(i64::swap_bytes));
    functions.swap(0, 2);
    let all = functions.iter().fold(3, |value, function| function(value));
    writeln!(out, "{all} {:?}", functions.iter().map(|function| function(2)).collect::<Vec<_>>())
}

fn composed(out: &mut dyn Write) -> fmt::Result {
    fn then<A, B, C>(first: impl Fn(A) -> B, second: impl Fn(B) -> C) -> impl Fn(A) -> C {
        move |value| second(first(value))
    }
    let length = then(|n: u8| n.to_string(), |text: String| text.len() as u64 * 1_000_000_007);
    let half = then(&length, |n| n as f32 / 2.0);
    let pair = then(black_box(7u8).wrapping_add_by(), |n| (n, n % 2 == 0));
    writeln!(out, "{} {} {:?} {:?}", length(200), half(5), pair(250), pair(3))
}

/// Makes a closure from a number.
trait AddBy: Sized {
    fn wrapping_add_by(self) -> impl Fn(Self) -> Self;
}
impl AddBy for u8 {
    fn wrapping_add_by(self) -> impl Fn(Self) -> Self {
        move |other| self.wrapping_add(other)
    }
}

fn returned(out: &mut dyn Write) -> fmt::Result {
    fn counter(step: u32) -> impl FnMut() -> u32 {
        let mut value = 0;
        move || {
            value += step;
            value
        }
    }
    fn choose(name: &str) -> Box<dyn Fn(f64, f64) -> f64> {
        match name {
            "plus" => Box::new(|a, b| a + b),
            "mean" => Box::new(|a, b| f64::midpoint(a, b)),
            _ => Box::new(|_, _| f64::NAN),
        }
    }
    let (mut threes, mut fives) = (counter(3), counter(black_box(5)));
    let mixed: Vec<_> = (0..6).map(|n| if n % 3 == 0 { fives() } else { threes() }).collect();
    let floats = black_box(["plus", "mean", "none"]).map(|name| choose(name)(1.5, 4.25));
    writeln!(out, "{mixed:?} {floats:?}")
}

fn called_once(out: &mut dyn Write) -> fmt::Result {
    let text = "moved".to_string();
    let mut jobs: Vec<Box<dyn FnOnce(u8) -> String>> =
        vec![Box::new(move |n| text.repeat(n.into()))];
    for (index, word) in black_box(["a", "bc"]).into_iter().enumerate() {
        jobs.push(Box::new(move |n| alloc::format!("{word}{}", index + usize::from(n))));
    }
    let results: Vec<_> = jobs.into_iter().map(|job| job(2)).collect();
    writeln!(out, "{results:?}")
}

fn curried(out: &mut dyn Write) -> fmt::Result {
    let line = |a: i32| move |b: i32| move |x: i32| a * x + b;
    let [two, minus] = black_box([2, -5]);
    writeln!(out, "{} {}", line(two)(minus)(10), (0..5).map(line(minus)(two)).sum::<i32>())
}

fn memoised(out: &mut dyn Write) -> fmt::Result {
    fn memoise(
        function: &dyn Fn(&mut dyn FnMut(usize) -> u128, usize) -> u128,
        count: usize,
    ) -> u128 {
        fn value(
            function: &dyn Fn(&mut dyn FnMut(usize) -> u128, usize) -> u128,
            known: &mut Vec<Option<u128>>,
            n: usize,
        ) -> u128 {
            if let Some(value) = known[n] {
                return value;
            }
            let result = function(&mut |m| value(function, known, m), n);
            known[n] = Some(result);
            result
        }
        value(function, &mut vec![None; count + 1], count)
    }
    let fibonacci = memoise(
        &|again, n| if n < 2 { n as u128 } else { again(n - 1) + again(n - 2) },
        black_box(180),
    );
    writeln!(out, "{fibonacci}")
}

fn as_comparators(out: &mut dyn Write) -> fmt::Result {
    let mut words = black_box(["pear", "fig", "apple", "Kiwi", "date"]);
    let weights = black_box([3, 1, 2u8]);
    words.sort_by_key(|word| (weights[word.len() % 3], core::cmp::Reverse(*word)));
    let position = words.iter().position(|word| word.chars().all(char::is_lowercase));
    writeln!(out, "{words:?} {position:?}")
}

fn large_captures(out: &mut dyn Write) -> fmt::Result {
    let table: [u64; 60] = core::array::from_fn(|i| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let look = black_box(move |index: usize, salt: u64| table[index % 60] ^ salt);
    let copy = look;
    writeln!(out, "{:x} {:x}", look(59, 1), copy(61, u64::MAX))
}
