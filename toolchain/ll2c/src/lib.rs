//! Rust for the 680x0 that compiles right: rustc's LLVM IR, translated to one
//! C file for GCC.
//!
//! rustc's front end and LLVM's optimizer are sound for the 680x0, LLVM's
//! instruction selection is not. ll2c takes rustc's linker's place, reads the IR
//! that rustc leaves beside its objects, and lets GCC do the last step.
//!
//! The way of a translation: [`program`] loads the IR files and knows which
//! symbol a name means; [`module`] parses a file's text on demand into the
//! model of [`ir`]; `emit` walks what is reachable and writes C.

pub mod backtrace;
pub mod cli;
mod debug;
pub mod emit;
pub mod error;
mod index;
pub mod ir;
pub mod layout;
mod lexer;
pub mod link;
pub mod module;
pub mod options;
mod parse;
pub mod program;
mod routines;
mod shim;
mod source;
pub mod types;

use std::path::PathBuf;

use error::Result;
use options::Options;
use program::Program;

/// A translated program.
#[derive(Debug)]
pub struct Translation {
    /// the C file
    pub c: String,
    /// the IR had debug information
    pub has_debug_info: bool,
}

/// Translates the IR files of a program to one C file.
pub fn translate(paths: &[PathBuf], options: &Options) -> Result<Translation> {
    let mut program = Program::load(paths)?;
    let c = emit::emit(&mut program, options)?;
    let has_debug_info = program.modules.iter().any(module::Module::has_debug_info);
    Ok(Translation { c, has_debug_info })
}
