//! What can go wrong in finding a toolchain and in building with it.

use miette::Diagnostic;
use thiserror::Error;

/// The result of every step of a build.
pub type Result<T> = std::result::Result<T, Error>;

/// Why nothing could be built.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// No rustc with the source of its library.
    #[error("found no rustc that can build for the 680x0 (looked at: {looked_at})")]
    #[diagnostic(help(
        "on Debian 12 or later: apt-get install {debian}\n\
         elsewhere: rustup component add rust-src (for a toolchain of 1.{oldest} or later)"
    ))]
    NoRustc {
        /// every candidate and why it was not taken
        looked_at: String,
        /// the packages that hold one
        debian: String,
        /// the oldest minor version that will do
        oldest: u64,
    },
    /// A program of GCC or binutils is missing.
    #[error("found no {program} on the PATH")]
    #[diagnostic(help("on Debian: apt-get install {package}"))]
    NoProgram {
        /// its name
        program: &'static str,
        /// the package that holds it
        package: &'static str,
    },
    /// A program did not start or could not be talked to.
    #[error("cannot run {program}")]
    Run {
        /// its path
        program: String,
        /// why
        #[source]
        source: std::io::Error,
    },
    /// cargo ended with an error; its own words are in `output`.
    #[error("{what} failed\n{output}")]
    Cargo {
        /// what was being done
        what: String,
        /// what cargo and rustc said
        output: String,
    },
}
