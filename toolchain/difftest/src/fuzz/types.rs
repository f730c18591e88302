//! The types of random programs: scalars, arrays, pairs, options, and the
//! structures and enums that a program declares.

use std::fmt::{self, Write};

use fastrand::Rng;

/// The integer types of Rust with a fixed width.
pub const INTEGERS: &[Type] = &[
    Type::Int { bits: 8, signed: false },
    Type::Int { bits: 16, signed: false },
    Type::Int { bits: 32, signed: false },
    Type::Int { bits: 64, signed: false },
    Type::Int { bits: 128, signed: false },
    Type::Int { bits: 8, signed: true },
    Type::Int { bits: 16, signed: true },
    Type::Int { bits: 32, signed: true },
    Type::Int { bits: 64, signed: true },
    Type::Int { bits: 128, signed: true },
];

/// A type of a random program. All of them are `Copy` there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// an integer
    Int { bits: u32, signed: bool },
    /// `bool`
    Bool,
    /// `[T; N]`, never empty
    Array(Box<Type>, usize),
    /// `(A, B)`
    Pair(Box<Type>, Box<Type>),
    /// `Option<T>`
    Option(Box<Type>),
    /// the structure of that number
    Struct(usize),
    /// the enum of that number
    Enum(usize),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Int { bits, signed } => write!(f, "{}{bits}", if *signed { 'i' } else { 'u' }),
            Type::Bool => f.write_str("bool"),
            Type::Array(element, len) => write!(f, "[{element}; {len}]"),
            Type::Pair(first, second) => write!(f, "({first}, {second})"),
            Type::Option(some) => write!(f, "Option<{some}>"),
            Type::Struct(number) => write!(f, "S{number}"),
            Type::Enum(number) => write!(f, "E{number}"),
        }
    }
}

/// The type of shift counts, indices and loop variables.
pub const U32: Type = Type::Int { bits: 32, signed: false };

/// The types that a program declares.
#[derive(Default)]
pub struct Declarations {
    /// the types of the fields of each structure
    pub structs: Vec<Vec<Type>>,
    /// the data of each variant of each enum, if it has any
    pub enums: Vec<Vec<Option<Type>>>,
}

impl Declarations {
    /// As many of each as a program of some hundred functions can use.
    pub fn random(rng: &mut Rng) -> Declarations {
        let mut declarations = Declarations::default();
        for _ in 0..6 {
            let fields = (0..rng.usize(1..6)).map(|_| declarations.value(rng, 1)).collect();
            declarations.structs.push(fields);
            let variant = |rng: &mut Rng| rng.bool().then(|| declarations.value(rng, 1));
            let variants = (0..rng.usize(2..6)).map(|_| variant(rng)).collect();
            declarations.enums.push(variants);
        }
        declarations
    }

    /// A random type; `depth` bounds how deep it nests.
    pub fn value(&self, rng: &mut Rng, depth: u32) -> Type {
        let inner = |rng: &mut Rng| Box::new(self.value(rng, depth - 1));
        match rng.u32(0..12) {
            0 if depth > 0 => Type::Array(inner(rng), rng.usize(1..7)),
            1 if depth > 0 => Type::Pair(inner(rng), inner(rng)),
            2 if depth > 0 => Type::Option(inner(rng)),
            3 if !self.structs.is_empty() => Type::Struct(rng.usize(..self.structs.len())),
            4 if !self.enums.is_empty() => Type::Enum(rng.usize(..self.enums.len())),
            5 => Type::Bool,
            _ => integer(rng),
        }
    }

    /// The declarations as Rust, with their `Make` and `Mix`.
    pub fn text(&self, rng: &mut Rng) -> String {
        let mut text = String::new();
        for (number, fields) in self.structs.iter().enumerate() {
            write_struct(&mut text, number, fields, rng.bool()).expect("a String takes it all");
        }
        for (number, variants) in self.enums.iter().enumerate() {
            write_enum(&mut text, number, variants).expect("a String takes it all");
        }
        text
    }
}

/// A random integer type.
pub fn integer(rng: &mut Rng) -> Type {
    INTEGERS[rng.usize(..INTEGERS.len())].clone()
}

fn write_struct(text: &mut String, number: usize, fields: &[Type], c_layout: bool) -> fmt::Result {
    if c_layout {
        writeln!(text, "#[repr(C)]")?;
    }
    writeln!(text, "#[derive(Clone, Copy)]\npub struct S{number} {{")?;
    for (index, ty) in fields.iter().enumerate() {
        writeln!(text, "    f{index}: {ty},")?;
    }
    writeln!(text, "}}\nimpl Make for S{number} {{")?;
    writeln!(text, "    fn make(edge: &mut Edge) -> Self {{\n        Self {{")?;
    for index in 0..fields.len() {
        writeln!(text, "            f{index}: Make::make(edge),")?;
    }
    writeln!(text, "        }}\n    }}\n}}\nimpl Mix for S{number} {{")?;
    writeln!(text, "    fn mix(&self, hash: &mut u64) {{")?;
    for index in 0..fields.len() {
        writeln!(text, "        self.f{index}.mix(hash);")?;
    }
    writeln!(text, "    }}\n}}")
}

fn write_enum(text: &mut String, number: usize, variants: &[Option<Type>]) -> fmt::Result {
    writeln!(text, "#[derive(Clone, Copy)]\npub enum E{number} {{")?;
    for (index, data) in variants.iter().enumerate() {
        match data {
            Some(ty) => writeln!(text, "    V{index}({ty}),")?,
            None => writeln!(text, "    V{index},")?,
        }
    }
    writeln!(text, "}}\nimpl Make for E{number} {{\n    fn make(edge: &mut Edge) -> Self {{")?;
    writeln!(text, "        match edge.next() % {} {{", variants.len())?;
    for (index, data) in variants.iter().enumerate() {
        let pattern = if index + 1 == variants.len() { "_".to_owned() } else { index.to_string() };
        let data = if data.is_some() { "(Make::make(edge))" } else { "" };
        writeln!(text, "            {pattern} => Self::V{index}{data},")?;
    }
    writeln!(text, "        }}\n    }}\n}}\nimpl Mix for E{number} {{")?;
    writeln!(text, "    fn mix(&self, hash: &mut u64) {{\n        match self {{")?;
    for (index, data) in variants.iter().enumerate() {
        match data {
            Some(_) => writeln!(
                text,
                "            Self::V{index}(data) => {{ mix_byte(hash, {index}); data.mix(hash); }}"
            )?,
            None => writeln!(text, "            Self::V{index} => mix_byte(hash, {index}),")?,
        }
    }
    writeln!(text, "        }}\n    }}\n}}")
}
