//! From the typed model of the IR to one C file.
//!
//! A work queue starts with the program's roots. Whatever a processed function or
//! variable names is given a C identifier and queued; so exactly what is reachable is
//! written, once. The file has four parts after `runtime.h`: types, declarations,
//! variables, functions.
//!
//! One convention for what the IR leaves open: `undef` and `poison` are 0.

mod aggregate;
mod arith;
mod atomics;
mod call;
mod cast;
mod compare;
mod constants;
mod ctype;
mod edges;
mod expr;
mod failure;
mod floats;
mod function;
mod inline_asm;
mod intrinsics;
mod lines;
mod memory;
mod names;
mod slots;
mod symbols;
mod unit;
mod variables;
mod width;

use crate::error::Result;
use crate::options::Options;
use crate::program::Program;

/// The C text that every translation starts with.
pub const RUNTIME: &str = include_str!("runtime.h");

/// Translates what the roots of a program reach to one C file.
///
/// # Errors
/// [`Error::Unsupported`](crate::error::Error::Unsupported) for the first construct that is
/// not translated, and what reading the IR fails with.
pub fn emit(program: &mut Program, options: &Options) -> Result<String> {
    unit::Unit::new(program, options)?.translate()
}
