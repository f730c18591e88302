//! A generator of random Rust programs: the same seed gives the same program.
//!
//! A program is a `no_std` module with `run`, which calls each of its functions
//! with inputs at the edges of their types and prints one line for each: its name
//! and a hash of all that came of it. Both sides of a comparison build the same
//! text, so a difference names the function that one of the compilers got wrong.
//! No program panics, allocates or runs long, and none depends on the width of
//! `usize` or on the order of bytes.

mod expression;
mod scope;
mod statement;
mod types;

use std::fmt::Write;

use fastrand::Rng;

use scope::{Parameter, Scope, Signature};
use types::Declarations;

/// The fixed part of every program.
const PRELUDE: &str = include_str!("prelude.rs");
/// About how many operations one call of a function may take.
const BUDGET: u64 = 4_000;
/// How often each function is called.
const ROUNDS: u32 = 12;

/// The text of a program of so many functions.
pub fn generate(seed: u64, functions: usize) -> String {
    let mut rng = Rng::with_seed(seed);
    let declarations = Declarations::random(&mut rng);
    let mut generator = Generator { rng, declarations, functions: Vec::new(), names: 0 };
    let mut text = format!("// Random program of seed {seed}.\n{PRELUDE}\n");
    text.push_str(&generator.declarations.text(&mut generator.rng));
    for number in 0..functions {
        text.push_str(&generator.function(number));
    }
    text.push_str(&generator.run());
    text
}

/// The state of a generation.
struct Generator {
    rng: Rng,
    declarations: Declarations,
    /// the functions so far
    functions: Vec<Signature>,
    /// how many names were given
    names: u32,
}

impl Generator {
    /// A name that is not taken.
    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// One of several words.
    fn choose<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.rng.usize(..words.len())]
    }

    /// One more function.
    fn function(&mut self, number: usize) -> String {
        let name = format!("f{number}");
        let mut scope = Scope::new(BUDGET);
        let parameters: Vec<_> = (0..self.rng.usize(1..5)).map(|_| self.parameter()).collect();
        let mut declared = Vec::new();
        for (index, parameter) in parameters.iter().enumerate() {
            let name = format!("p{index}");
            match parameter {
                Parameter::Value(ty) => scope.declare(&self.declarations, &name, ty, true),
                Parameter::Exclusive(ty) => {
                    scope.declare(&self.declarations, &format!("(*{name})"), ty, true);
                }
                Parameter::Slice(ty) => scope.slices.push((name.clone(), ty.clone())),
            }
            declared.push(format!("mut {name}: {parameter}"));
        }
        let result = self.declarations.value(&mut self.rng, 2);
        let body = self.statements(&mut scope, &result, 2);
        let value = self.expression(&mut scope, &result, 3);
        let inline = self.choose(&["", "#[inline(never)]\n", "#[inline(never)]\n"]);
        let cost = BUDGET - scope.budget;
        let text = format!(
            "{inline}pub fn {name}({}) -> {result} {{\n{body}{value}\n}}\n",
            declared.join(", ")
        );
        self.functions.push(Signature { name, parameters, result, cost });
        text
    }

    fn parameter(&mut self) -> Parameter {
        let ty = self.declarations.value(&mut self.rng, 1);
        match self.rng.u32(0..6) {
            0 => Parameter::Exclusive(ty),
            1 => Parameter::Slice(ty),
            _ => Parameter::Value(ty),
        }
    }

    /// What calls them all.
    fn run(&self) -> String {
        let mut text = "/// Calls every function and prints a line for each.\n\
             pub fn run(out: &mut dyn Write) -> fmt::Result {\n"
            .to_owned();
        for (number, function) in self.functions.iter().enumerate() {
            write_calls(&mut text, number, function).expect("a String takes it all");
        }
        text.push_str("Ok(())\n}\n");
        text
    }
}

/// The calls of one function, with the hash of what it returns and of what
/// it leaves behind its references.
fn write_calls(text: &mut String, number: usize, function: &Signature) -> std::fmt::Result {
    let seed = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1);
    writeln!(text, "let mut edge = Edge(black_box({seed:#x}));")?;
    writeln!(text, "let mut hash = 0xcbf2_9ce4_8422_2325u64;\nfor _ in 0..{ROUNDS} {{")?;
    let mut arguments = Vec::new();
    for (index, parameter) in function.parameters.iter().enumerate() {
        let (ty, argument) = match parameter {
            Parameter::Value(ty) => (ty.to_string(), format!("a{index}")),
            Parameter::Exclusive(ty) => (ty.to_string(), format!("&mut a{index}")),
            Parameter::Slice(ty) => (format!("[{ty}; 5]"), format!("&a{index}[..]")),
        };
        writeln!(text, "let mut a{index} = <{ty}>::make(&mut edge);")?;
        arguments.push(argument);
    }
    writeln!(text, "{}({}).mix(&mut hash);", function.name, arguments.join(", "))?;
    for (index, parameter) in function.parameters.iter().enumerate() {
        if matches!(parameter, Parameter::Exclusive(_)) {
            writeln!(text, "a{index}.mix(&mut hash);")?;
        }
    }
    writeln!(text, "}}\nwriteln!(out, \"{} {{hash:016x}}\")?;", function.name)
}

#[cfg(test)]
mod tests {
    use super::generate;

    #[test]
    fn a_seed_names_one_program() {
        assert_eq!(generate(7, 20), generate(7, 20));
        assert_ne!(generate(7, 20), generate(8, 20));
    }
}
