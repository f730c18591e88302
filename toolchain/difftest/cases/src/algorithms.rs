//! Small programs whose answers are known, most of them from textbooks.

use alloc::collections::{BTreeMap, BinaryHeap};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    sieve,
    eight_queens,
    sha_256,
    crc_32,
    mersenne_twister,
    big_factorial,
    mandelbrot,
    planets,
    edit_distance,
    shortest_paths,
    game_of_life,
    base64,
    huffman,
    run_lengths_and_back,
    permutations,
    determinant,
    calendar,
    knapsack,
];

fn sieve(out: &mut dyn Write) -> fmt::Result {
    let limit = black_box(20_000);
    let mut composite = vec![false; limit];
    let mut primes = Vec::new();
    for n in 2..limit {
        if !composite[n] {
            primes.push(n);
            (n * n..limit).step_by(n).for_each(|multiple| composite[multiple] = true);
        }
    }
    let twins = primes.windows(2).filter(|pair| pair[1] - pair[0] == 2).count();
    writeln!(out, "{} {twins} {:?}", primes.len(), primes.last())
}

fn eight_queens(out: &mut dyn Write) -> fmt::Result {
    fn place(row: u32, columns: u32, left: u32, right: u32) -> u32 {
        if row == 8 {
            return 1;
        }
        let mut free = !(columns | left | right) & 0xff;
        let mut solutions = 0;
        while free != 0 {
            let queen = free & free.wrapping_neg();
            free ^= queen;
            solutions += place(row + 1, columns | queen, (left | queen) << 1, (right | queen) >> 1);
        }
        solutions
    }
    writeln!(out, "{}", place(black_box(0), 0, 0, 0))
}

/// FIPS 180-4. The constants are computed from the first primes' cube roots.
fn sha_256(out: &mut dyn Write) -> fmt::Result {
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    /// The first 32 bits behind the point of a prime's cube root.
    fn constant(prime: u128) -> u32 {
        let cube = prime << 96;
        let mut root = 0u128;
        for bit in (0..36).rev() {
            let trial = root | 1 << bit;
            if trial * trial * trial <= cube {
                root = trial;
            }
        }
        root as u32
    }
    let primes = (2u128..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    let constants: Vec<u32> = primes.take(64).map(constant).collect();
    let compress = |state: &mut [u32; 8], block: &[u8; 64]| {
        let mut words: Vec<u32> =
            block.as_chunks::<4>().0.iter().map(|&bytes| u32::from_be_bytes(bytes)).collect();
        for t in 16..64 {
            let (a, b) = (words[t - 15], words[t - 2]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ a >> 3;
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ b >> 10;
            words.push(words[t - 16].wrapping_add(s0).wrapping_add(words[t - 7]).wrapping_add(s1));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for (word, constant) in words.iter().zip(&constants) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let t1 = h
                .wrapping_add(s1)
                .wrapping_add(e & f ^ !e & g)
                .wrapping_add(*constant)
                .wrapping_add(*word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add(a & b ^ a & c ^ b & c);
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        for (word, part) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(part);
        }
    };
    for message in
        black_box(["", "abc", "a message that is longer than a single block of sixty-four bytes"])
    {
        let mut bytes = message.as_bytes().to_vec();
        bytes.push(0x80);
        bytes.resize((bytes.len() + 8).next_multiple_of(64) - 8, 0);
        bytes.extend((message.len() as u64 * 8).to_be_bytes());
        let mut state = START;
        bytes.as_chunks::<64>().0.iter().for_each(|block| compress(&mut state, block));
        state.iter().try_for_each(|word| write!(out, "{word:08x}"))?;
        writeln!(out)?;
    }
    Ok(())
}

fn crc_32(out: &mut dyn Write) -> fmt::Result {
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
            })
        })
    };
    writeln!(out, "{:08x} {:08x}", crc(black_box(b"123456789")), crc(&[0xff; 100]))
}

fn mersenne_twister(out: &mut dyn Write) -> fmt::Result {
    let mut state = [0u32; 624];
    state[0] = black_box(5489);
    for n in 1..624 {
        state[n] =
            (state[n - 1] ^ state[n - 1] >> 30).wrapping_mul(1_812_433_253).wrapping_add(n as u32);
    }
    let mut print = Fingerprint::new();
    let mut last = 0;
    for step in 0..1000 {
        let n = step % 624;
        let mixed = state[n] & 0x8000_0000 | state[(n + 1) % 624] & 0x7fff_ffff;
        let twist = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
        state[n] = state[(n + 397) % 624] ^ mixed >> 1 ^ twist;
        let mut word = state[n];
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        last = word ^ word >> 18;
        print.word(last.into());
    }
    writeln!(out, "{print} {last}")
}

fn big_factorial(out: &mut dyn Write) -> fmt::Result {
    const BASE: u64 = 1_000_000_000;
    let mut digits = vec![1u64];
    for factor in 2..=black_box(120u64) {
        let mut carry = 0;
        for digit in &mut digits {
            let product = *digit * factor + carry;
            (*digit, carry) = (product % BASE, product / BASE);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    write!(out, "{}", digits.last().copied().unwrap_or_default())?;
    digits.iter().rev().skip(1).try_for_each(|digit| write!(out, "{digit:09}"))?;
    writeln!(out)
}

fn mandelbrot(out: &mut dyn Write) -> fmt::Result {
    const ONE: i64 = 1 << 24;
    for y in -6..=6i64 {
        let line: String = (-20..=10i64)
            .map(|x| {
                let (cx, cy) = (x * ONE / 10, y * black_box(ONE) / 6);
                let (mut a, mut b, mut steps) = (0, 0, 0u8);
                while steps < 60 && (a * a + b * b) >> 24 < 4 * ONE {
                    (a, b) = ((a * a - b * b >> 24) + cx, (a * b >> 23) + cy);
                    steps += 1;
                }
                char::from(b" .:-=+*#%@"[usize::from(steps) * 9 / 60])
            })
            .collect();
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn planets(out: &mut dyn Write) -> fmt::Result {
    #[derive(Clone, Copy)]
    struct Body {
        place: [f64; 3],
        speed: [f64; 3],
        mass: f64,
    }
    let body = |n: f64| Body {
        place: [n, 1.0 / n, -n * 0.5],
        speed: [0.1 * n, -0.05, 0.02 * n],
        mass: 1.0 + n,
    };
    let mut bodies = black_box([body(1.0), body(-2.0), body(3.5)]);
    for _ in 0..100 {
        for i in 0..3 {
            for j in (0..3).filter(|&j| j != i) {
                let apart: [f64; 3] =
                    core::array::from_fn(|axis| bodies[j].place[axis] - bodies[i].place[axis]);
                let square = apart.iter().map(|d| d * d).sum::<f64>() + 0.25;
                for (speed, d) in bodies[i].speed.iter_mut().zip(apart) {
                    *speed += 0.01 * bodies[j].mass * d / (square * square);
                }
            }
        }
        for body in &mut bodies {
            for axis in 0..3 {
                body.place[axis] += 0.01 * body.speed[axis];
            }
        }
    }
    for body in bodies {
        write!(out, "{:?} {:.3e} ", body.place, body.speed[0])?;
    }
    writeln!(out)
}

fn edit_distance(out: &mut dyn Write) -> fmt::Result {
    fn distance(a: &str, b: &str) -> usize {
        let mut row: Vec<usize> = (0..=b.chars().count()).collect();
        for (i, x) in a.chars().enumerate() {
            let mut diagonal = core::mem::replace(&mut row[0], i + 1);
            for (j, y) in b.chars().enumerate() {
                let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
                diagonal = core::mem::replace(&mut row[j + 1], best);
            }
        }
        row.last().copied().unwrap_or_default()
    }
    for (a, b) in black_box([
        ("kitten", "sitting"),
        ("", "abc"),
        ("Grüße", "Grusse"),
        ("intention", "execution"),
    ]) {
        write!(out, "{} ", distance(a, b))?;
    }
    writeln!(out)
}

fn shortest_paths(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(131);
    let mut edges: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for _ in 0..400 {
        let (from, to) = (sampler.below(80), sampler.below(80));
        edges.entry(from).or_default().push((to, 1 + sampler.below(50)));
    }
    let mut best = [u32::MAX; 80];
    let mut queue = BinaryHeap::from([(Reverse(0), 0u32)]);
    while let Some((Reverse(cost), node)) = queue.pop() {
        if cost < best[node as usize] {
            best[node as usize] = cost;
            let next = edges.get(&node).into_iter().flatten();
            queue.extend(next.map(|&(to, weight)| (Reverse(cost + weight), to)));
        }
    }
    writeln!(out, "{best:?}")
}

fn game_of_life(out: &mut dyn Write) -> fmt::Result {
    const SIZE: usize = 24;
    let mut sampler = Sampler::new(132);
    let mut cells: [[bool; SIZE]; SIZE] =
        core::array::from_fn(|_| core::array::from_fn(|_| sampler.below(3) == 0));
    for _ in 0..40 {
        let old = cells;
        let alive = |row: usize, column: usize| usize::from(old[row % SIZE][column % SIZE]);
        for (row, line) in cells.iter_mut().enumerate() {
            for (column, cell) in line.iter_mut().enumerate() {
                let square: usize = (SIZE - 1..=SIZE + 1)
                    .flat_map(|i| (SIZE - 1..=SIZE + 1).map(move |j| (i, j)))
                    .map(|(i, j)| alive(row + i, column + j))
                    .sum();
                *cell = matches!((*cell, square), (true, 3 | 4) | (false, 3));
            }
        }
    }
    let mut print = Fingerprint::new();
    cells.as_flattened().iter().for_each(|&cell| print.flag(cell));
    writeln!(out, "{print} {}", cells.as_flattened().iter().filter(|cell| **cell).count())
}

fn base64(out: &mut dyn Write) -> fmt::Result {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fn encode(bytes: &[u8]) -> String {
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte))
                << (8 * (3 - chunk.len()));
            for digit in 0..4 {
                let shown = char::from(DIGITS[(word >> (18 - 6 * digit) & 63) as usize]);
                text.push(if digit > chunk.len() { '=' } else { shown });
            }
        }
        text
    }
    fn decode(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for chunk in text.as_bytes().chunks(4) {
            let kept = chunk.iter().filter(|&&digit| digit != b'=');
            let word = kept.clone().try_fold(0u32, |word, digit| {
                Some(word << 6 | DIGITS.iter().position(|d| d == digit)? as u32)
            })?;
            let count = kept.count();
            bytes.extend_from_slice(&(word << (6 * (4 - count))).to_be_bytes()[1..count]);
        }
        Some(bytes)
    }
    for text in black_box(["", "M", "Ma", "Man", "pleasure."]) {
        let encoded = encode(text.as_bytes());
        write!(out, "{encoded} {} ", decode(&encoded).as_deref() == Some(text.as_bytes()))?;
    }
    let all: Vec<u8> = (0..=255).collect();
    writeln!(out, "{} {:?}", decode(&encode(&all)) == Some(all), decode("a!=="))
}

fn huffman(out: &mut dyn Write) -> fmt::Result {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Tree {
        Leaf(char),
        Fork(alloc::boxed::Box<(Tree, Tree)>),
    }
    fn codes(tree: &Tree, code: String, all: &mut BTreeMap<char, String>) {
        match tree {
            Tree::Leaf(letter) => {
                all.insert(*letter, code);
            }
            Tree::Fork(both) => {
                codes(&both.0, code.clone() + "0", all);
                codes(&both.1, code + "1", all);
            }
        }
    }
    let text = black_box("she sells sea shells by the sea shore");
    let mut counts: BTreeMap<char, u32> = BTreeMap::new();
    text.chars().for_each(|letter| *counts.entry(letter).or_default() += 1);
    let mut heap: BinaryHeap<_> =
        counts.into_iter().map(|(letter, count)| Reverse((count, Tree::Leaf(letter)))).collect();
    while let (Some(Reverse(first)), Some(second)) = (heap.pop(), heap.pop()) {
        let Reverse(second) = second;
        heap.push(Reverse((first.0 + second.0, Tree::Fork((first.1, second.1).into()))));
        if heap.len() == 1 {
            break;
        }
    }
    let mut all = BTreeMap::new();
    if let Some(Reverse((_, tree))) = heap.pop() {
        codes(&tree, String::new(), &mut all);
    }
    let bits: usize = text.chars().map(|letter| all[&letter].len()).sum();
    writeln!(out, "{bits} {all:?}")
}

fn run_lengths_and_back(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(133);
    let bytes: Vec<u8> = (0..600)
        .flat_map(|_| core::iter::repeat_n(sampler.below(4) as u8, sampler.below(9) as usize))
        .collect();
    let packed: Vec<(u8, u8)> = bytes
        .chunk_by(|a, b| a == b)
        .flat_map(|run| run.chunks(7).map(|part| (part[0], part.len() as u8)))
        .collect();
    let back: Vec<u8> =
        packed.iter().flat_map(|&(byte, count)| core::iter::repeat_n(byte, count.into())).collect();
    writeln!(out, "{} {} {}", bytes.len(), packed.len(), back == bytes)
}

/// Heap's algorithm.
fn permutations(out: &mut dyn Write) -> fmt::Result {
    fn permute(letters: &mut [u8], count: usize, visit: &mut dyn FnMut(&[u8])) {
        if count == 1 {
            return visit(letters);
        }
        for n in 0..count {
            permute(letters, count - 1, visit);
            letters.swap(if count % 2 == 0 { n } else { 0 }, count - 1);
        }
    }
    let mut print = Fingerprint::new();
    let mut sorted = 0;
    permute(&mut black_box(*b"abcdefg"), 7, &mut |letters| {
        letters.iter().for_each(|&letter| print.byte(letter));
        sorted += u32::from(letters[..4].is_sorted());
    });
    writeln!(out, "{print} {sorted}")
}

/// Bareiss's elimination, which stays within the integers.
fn determinant(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(134);
    let mut matrix: [[i128; 9]; 9] =
        core::array::from_fn(|_| core::array::from_fn(|_| i128::from(sampler.bits() as i8)));
    let mut previous = 1;
    for step in 0..8 {
        for row in step + 1..9 {
            for column in step + 1..9 {
                let cross = matrix[row][column] * matrix[step][step]
                    - matrix[row][step] * matrix[step][column];
                matrix[row][column] = cross / previous;
            }
        }
        previous = matrix[step][step];
    }
    writeln!(out, "{}", matrix[8][8])
}

fn calendar(out: &mut dyn Write) -> fmt::Result {
    /// Year, month and day of a day counted from 1970-01-01 (Hinnant's algorithm).
    fn date(day: i64) -> (i64, i64, i64) {
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let in_era = shifted.rem_euclid(146_097);
        let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
        let in_year = in_era - (365 * year + year / 4 - year / 100);
        let month = (5 * in_year + 2) / 153;
        let day = in_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (year + era * 400 + i64::from(month <= 2), month, day)
    }
    let mut print = Fingerprint::new();
    for day in (-800_000..800_000).step_by(997) {
        let (year, month, day) = date(day);
        write!(print, "{year:04}-{month:02}-{day:02}")?;
    }
    writeln!(out, "{print} {:?} {:?}", date(black_box(20_000)), date(-1))
}

fn knapsack(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(135);
    let mut best = vec![0u32; 501];
    for _ in 0..60 {
        let (weight, value) = (1 + sampler.below(80) as usize, sampler.below(1000));
        for room in (weight..=500).rev() {
            best[room] = best[room].max(best[room - weight] + value);
        }
    }
    writeln!(out, "{:?}", best.iter().step_by(100).collect::<Vec<_>>())
}
