//! What can go wrong, said so that the reader can act on it.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// The result of every step of a translation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a translation failed.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// The IR holds something that is not translated. Nothing is guessed.
    #[error("{construct} is not supported")]
    #[diagnostic(code(ll2c::unsupported))]
    Unsupported {
        /// what it is, in the words of the LLVM Language Reference
        construct: String,
        /// where it stands
        #[diagnostic_source]
        #[source]
        at: Place,
    },
    /// The text is not the IR that this version reads.
    #[error("cannot parse this: {message}")]
    #[diagnostic(code(ll2c::syntax))]
    Syntax {
        /// what was expected and what was found
        message: String,
        /// where
        #[diagnostic_source]
        #[source]
        at: Place,
    },
    /// A symbol that is needed is nowhere.
    #[error("undefined symbol {name}, used by {user}")]
    #[diagnostic(code(ll2c::undefined))]
    Undefined {
        /// demangled
        name: String,
        /// demangled
        user: String,
    },
    /// Two modules define the same symbol, neither of them weakly.
    #[error("symbol {name} is defined twice")]
    #[diagnostic(code(ll2c::duplicate), help("`#[no_mangle]` names must be unique in a program"))]
    Duplicate {
        /// demangled
        name: String,
        /// one of the definitions
        #[diagnostic_source]
        #[source]
        at: Place,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {path}")]
    #[diagnostic(code(ll2c::file))]
    File {
        /// `read`, `write` …
        action: &'static str,
        /// which
        path: PathBuf,
        /// why
        #[source]
        source: std::io::Error,
    },
    /// A program that ll2c runs failed.
    #[error("{program} failed: {status}")]
    #[diagnostic(code(ll2c::program))]
    Program {
        /// its name and arguments
        program: String,
        /// its exit status, or why it did not start
        status: String,
        /// what can be done
        #[help]
        help: Option<String>,
    },
    /// The image cannot be given its table for backtraces.
    #[error("no backtraces for {image}: {reason}")]
    #[diagnostic(
        code(ll2c::backtrace),
        help(
            "the linker script places the table behind all code and read-only data:\n  \
             .backtrace : {{ __backtrace_start = .; KEEP(*(.backtrace)) __backtrace_end = .; }}"
        )
    )]
    Backtrace {
        /// the linked ELF file
        image: PathBuf,
        /// what is wrong with it
        reason: String,
    },
    /// The command line does not make sense.
    #[error("{message}")]
    #[diagnostic(code(ll2c::usage))]
    Usage {
        /// what is wrong with it
        message: String,
        /// what to say instead
        #[help]
        help: Option<String>,
    },
}

/// A place in an IR file, with the function that it belongs to.
#[derive(Debug, Error, Diagnostic)]
#[error("{}{}:{line}: {text}", function.as_ref().map(|f| format!("in {f}, ")).unwrap_or_default(), path.display())]
pub struct Place {
    /// the IR file
    pub path: PathBuf,
    /// its line, from 1
    pub line: u32,
    /// the text of that line, trimmed, at most 200 characters of it
    pub text: String,
    /// the function, demangled
    pub function: Option<String>,
}
