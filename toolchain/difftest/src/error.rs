//! What keeps a differential test from being made. That outputs differ is no
//! error but its result: see [`crate::Report`].

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// The result of every step of a differential test.
pub type Result<T> = std::result::Result<T, Error>;

/// Why outputs could not be compared.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// A program could not be built for the 680x0.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cross(#[from] cross::Error),
    /// An image could not be run in QEMU.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Machine(#[from] qemu::Error),
    /// A program could not be built or run on the host.
    #[error("{what} failed on the host ({status})\n{output}")]
    #[diagnostic(help(
        "the compiler of the 680x0 builds the host's side, too: its own host library must be \
         installed beside it (on Debian: libstd-rust-web-dev)"
    ))]
    Host {
        /// what was being done
        what: String,
        /// how it ended
        status: std::process::ExitStatus,
        /// what it said
        output: String,
    },
    /// A program did not start or could not be talked to.
    #[error("cannot run {program}")]
    #[diagnostic(help("if it is missing: cargo xtask setup"))]
    Run {
        /// its name
        program: String,
        /// why
        #[source]
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// which
        path: PathBuf,
        /// why
        #[source]
        source: std::io::Error,
    },
    /// Only one of two cases of the same name would be compared.
    #[error("two cases are called {name}")]
    #[diagnostic(help("rename one of them"))]
    TwoCases {
        /// their name
        name: String,
    },
    /// The workspace `image/` has no such program.
    #[error("the workspace {} built no program {program}", workspace.display())]
    NoImage {
        /// the program
        program: &'static str,
        /// the workspace
        workspace: PathBuf,
    },
}

impl Error {
    pub(crate) fn run(program: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let program = program.display().to_string();
        |source| Error::Run { program, source }
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        |source| Error::File { path, source }
    }
}
