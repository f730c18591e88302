//! Generic code, made for each type anew.

use alloc::vec::Vec;
use core::fmt::{self, Debug, Write};
use core::hint::black_box;
use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Index, IndexMut, Mul, Neg, Sub};

use crate::cases;

cases![
    matrices,
    associated_items,
    numbers_of_any_width,
    operators,
    states_as_types,
    lending,
    constant_evaluation,
    blanket_implementations
];

/// A matrix whose size is part of its type.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Matrix<T, const ROWS: usize, const COLUMNS: usize>([[T; COLUMNS]; ROWS]);

impl<T: Copy + Default + AddAssign + Mul<Output = T>, const A: usize, const B: usize>
    Matrix<T, A, B>
{
    fn times<const C: usize>(&self, other: &Matrix<T, B, C>) -> Matrix<T, A, C> {
        let mut result = Matrix([[T::default(); C]; A]);
        for row in 0..A {
            for column in 0..C {
                for inner in 0..B {
                    result.0[row][column] += self.0[row][inner] * other.0[inner][column];
                }
            }
        }
        result
    }

    fn transposed(&self) -> Matrix<T, B, A> {
        Matrix(core::array::from_fn(|row| core::array::from_fn(|column| self.0[column][row])))
    }
}

fn matrices(out: &mut dyn Write) -> fmt::Result {
    let a = Matrix(black_box([[1i64, 2, 3], [4, 5, -6]]));
    let b = Matrix(black_box([[0.5f32, 2.0], [1.25, -3.0]]));
    let mut power = b;
    for _ in 0..6 {
        power = power.times(&b);
    }
    writeln!(out, "{:?} {:?} {power:?}", a.times(&a.transposed()), a.transposed().times(&a).0[2])
}

trait Code {
    type Word: Copy + Debug;
    const NAME: &'static str;
    const LENGTH: usize = 2;
    fn encode(letters: &str) -> Vec<Self::Word>;
}
struct Bytes;
struct Scalars;
impl Code for Bytes {
    type Word = u8;
    const NAME: &'static str = "bytes";
    fn encode(letters: &str) -> Vec<u8> {
        letters.bytes().take(Self::LENGTH).collect()
    }
}
impl Code for Scalars {
    type Word = char;
    const NAME: &'static str = "scalars";
    const LENGTH: usize = Bytes::LENGTH + 1;
    fn encode(letters: &str) -> Vec<char> {
        letters.chars().take(Self::LENGTH).collect()
    }
}

fn associated_items(out: &mut dyn Write) -> fmt::Result {
    fn show<C: Code>(out: &mut dyn Write, letters: &str) -> fmt::Result {
        write!(out, "{} {} {:?}; ", C::NAME, C::LENGTH, C::encode(letters))
    }
    let letters = black_box("äöü");
    show::<Bytes>(out, letters)?;
    show::<Scalars>(out, letters)?;
    writeln!(out)
}

fn numbers_of_any_width(out: &mut dyn Write) -> fmt::Result {
    fn mix<T>(start: T, step: T, rounds: u32) -> T
    where
        T: Copy + Add<Output = T> + Mul<Output = T> + Sub<Output = T>,
    {
        (0..rounds).fold(start, |value, _| value * step - start + step)
    }
    let rounds = black_box(3);
    writeln!(
        out,
        "{} {} {} {} {} {}",
        mix(3i8, 2, rounds),
        mix(9u16, 12, rounds),
        mix(-9i32, 120, rounds),
        mix(9u64, 12_000, rounds),
        mix(-9i128, 1 << 40, rounds),
        mix(0.1f64, 3.0, rounds)
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Default)]
struct Complex {
    re: f64,
    im: f64,
}
impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }
}
impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }
}
impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self { re: -self.re, im: -self.im }
    }
}

/// A grid that is indexed by a pair.
struct Grid<T> {
    width: usize,
    cells: Vec<T>,
}
impl<T> Index<(usize, usize)> for Grid<T> {
    type Output = T;
    fn index(&self, (row, column): (usize, usize)) -> &T {
        &self.cells[row * self.width + column]
    }
}
impl<T> IndexMut<(usize, usize)> for Grid<T> {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut T {
        &mut self.cells[row * self.width + column]
    }
}

fn operators(out: &mut dyn Write) -> fmt::Result {
    let turn = Complex { re: 0.0, im: black_box(1.0) };
    let mut grid = Grid { width: 3, cells: alloc::vec![Complex::default(); 6] };
    for row in 0..2 {
        for column in 0..3 {
            let place = Complex { re: row as f64, im: column as f64 };
            grid[(row, column)] = -(place * turn) + turn;
        }
    }
    grid[(1, 1)].re *= 8.0;
    writeln!(out, "{:?}", grid.cells)
}

struct Open;
struct Closed;
struct Door<State> {
    uses: u32,
    state: PhantomData<State>,
}
impl Door<Closed> {
    fn open(self) -> Door<Open> {
        Door { uses: self.uses + 1, state: PhantomData }
    }
}
impl Door<Open> {
    fn close(self) -> Door<Closed> {
        Door { uses: self.uses * 3, state: PhantomData }
    }
}

fn states_as_types(out: &mut dyn Write) -> fmt::Result {
    let door = Door::<Closed> { uses: black_box(1), state: PhantomData };
    let door = door.open().close().open().close();
    writeln!(out, "{} {}", door.uses, size_of::<Door<Open>>())
}

/// An iterator whose items borrow from it.
trait Lending {
    type Item<'a>
    where
        Self: 'a;
    fn next(&mut self) -> Option<Self::Item<'_>>;
}
struct Overlapping {
    data: Vec<u32>,
    at: usize,
}
impl Lending for Overlapping {
    type Item<'a> = &'a mut [u32];
    fn next(&mut self) -> Option<&mut [u32]> {
        self.at += 1;
        self.data.get_mut(self.at - 1..self.at + 2)
    }
}

fn lending(out: &mut dyn Write) -> fmt::Result {
    let mut windows = Overlapping { data: (1..=black_box(8)).collect(), at: 0 };
    while let Some([a, b, c]) = windows.next() {
        *b += *a * 2;
        *c ^= *b;
    }
    writeln!(out, "{:?}", windows.data)
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut word = index as u32;
        let mut bit = 0;
        while bit < 8 {
            word = if word & 1 == 1 { word >> 1 ^ 0xedb8_8320 } else { word >> 1 };
            bit += 1;
        }
        table[index] = word;
        index += 1;
    }
    table
}

fn constant_evaluation(out: &mut dyn Write) -> fmt::Result {
    static TABLE: [u32; 256] = crc_table();
    const PLACES: [(usize, &str, i128); 3] =
        [(TABLE_SIZE, "size", -1), (3, "b", 1 << 99), (0, "", 0)];
    const TABLE_SIZE: usize = size_of::<[u32; 256]>();
    let same = black_box(&TABLE).iter().zip(crc_table()).filter(|(a, b)| **a == *b).count();
    writeln!(out, "{same} {:x} {:?}", black_box(TABLE)[200], black_box(PLACES))
}

trait Describe {
    fn describe(&self) -> alloc::string::String;
}
impl<T: Debug> Describe for T {
    fn describe(&self) -> alloc::string::String {
        alloc::format!("«{self:?}» of {}", core::any::type_name::<T>())
    }
}

fn blanket_implementations(out: &mut dyn Write) -> fmt::Result {
    let objects: [&dyn Describe; 3] = [&5u8, &Some("x"), &[Some(1i16), None]];
    for object in black_box(objects) {
        write!(out, "{} ", object.describe())?;
    }
    writeln!(out)
}
