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
mod debug;
pub mod error;
mod index;
pub mod ir;
mod lexer;
pub mod module;
pub mod options;
mod parse;
pub mod program;
mod routines;
mod shim;
mod source;
pub mod types;
