//! What can go wrong around a machine.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;

/// Why a machine could not be run or did not do what was waited for.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// QEMU is not there or cannot be started.
    #[error("cannot start {program}")]
    #[diagnostic(help("`cargo xtask setup` installs what is missing"))]
    Start {
        /// QEMU's name.
        program: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// The image is not there.
    #[error("there is no image at {}", .0.display())]
    #[diagnostic(help("`cargo xtask build` makes it"))]
    NoImage(PathBuf),
    /// The image is of no use for a pool.
    #[error("the kernel image {} is of no use: {reason}", path.display())]
    #[diagnostic(help("`cargo xtask build` makes one"))]
    BadImage {
        /// The image.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Nodes of this number make no pool.
    #[error("{0}")]
    Layout(abi::slice::LayoutError),
    /// A node has used up its boot epochs.
    #[error("{0} was started 65535 times")]
    #[diagnostic(help("`equus down` and `equus up` begin anew"))]
    TooManyBoots(abi::ids::NodeId),
    /// There is not enough memory for a crate.
    #[error("cannot get the memory of {nodes} nodes, 16 MB each")]
    #[diagnostic(help("take fewer nodes"))]
    Memory {
        /// The nodes, the host included.
        nodes: usize,
        /// Why not.
        source: io::Error,
    },
    /// The console or the monitor failed.
    #[error("cannot {action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// QEMU's monitor answered something that makes no sense.
    #[error("QEMU's monitor answered {0:?}")]
    Monitor(String),
    /// Something awaited did not come.
    #[error("waited {} s for {awaited}; the console said:\n{console}", .limit.as_secs())]
    Timeout {
        /// What was awaited.
        awaited: String,
        /// How long.
        limit: Duration,
        /// The output until then.
        console: String,
    },
    /// The machine ended while something was awaited.
    #[error("the machine ended before {awaited} came; the console said:\n{console}")]
    Ended {
        /// What was awaited.
        awaited: String,
        /// The output until then.
        console: String,
    },
    /// The image did not get as far as its first test.
    #[error("the image ends ({end}) before its first test:\n{console}")]
    Boot {
        /// How it ended.
        end: String,
        /// Its output.
        console: String,
    },
}

impl Error {
    /// Makes an error of an I/O error, for `map_err`.
    pub(crate) fn io(action: &'static str) -> impl Fn(io::Error) -> Error {
        move |source| Error::Io { action, source }
    }
}
