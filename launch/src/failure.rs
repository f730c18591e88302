//! What goes wrong for the user of a command, with what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use miette::Diagnostic;

use crate::daemon::ListenError;
use crate::descriptors::DescriptorError;
use crate::protocol::{FrameError, Refusal};

/// Why a command has failed.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Failure {
    /// Nobody listens.
    #[error("no pool is up at {}", .0.display())]
    #[diagnostic(help("`equus up` starts one; `--socket` or EQUUS_SOCKET says where it is"))]
    NotUp(PathBuf),
    /// The daemon has ended.
    #[error("the pool has gone down")]
    #[diagnostic(help(
        "somebody has ended it, or its daemon was killed: `equus up` starts another"
    ))]
    GoneDown,
    /// The connection does not work.
    #[error("the pool does not answer as it should")]
    Connection(#[source] FrameError),
    /// The daemon refuses.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
    /// The daemon answers something else.
    #[error("the pool answers something that was not asked for")]
    #[diagnostic(help("the pool was started by another version of equus: end it"))]
    Unexpected,
    /// A descriptor file is wrong.
    #[error("{}: {problem}", file.display())]
    Descriptor {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problem: DescriptorError,
    },
    /// A file cannot be read, a folder not opened, or the like.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The operating system refuses something without a name.
    #[error("cannot {action}")]
    System {
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// No image is found.
    #[error("there is no kernel image at {}", .0.display())]
    #[diagnostic(help(
        "`cargo xtask build` puts one beside this command; --image and EQUUS_IMAGE name another"
    ))]
    NoImage(PathBuf),
    /// One of the system's own programs is not found.
    #[error("there is no {}", .0.display())]
    #[diagnostic(help(
        "`cargo xtask build` puts the system's own programs beside the kernel's image"
    ))]
    NoProgram(PathBuf),
    /// No back end of the compiler is found.
    #[error("there is no ll2c at {}", .0.display())]
    #[diagnostic(help(
        "`cargo xtask build` puts it beside this command; --ll2c and EQUUS_LL2C name another"
    ))]
    NoBackEnd(PathBuf),
    /// The compiler for the nodes is not there.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Toolchain(#[from] cross::Error),
    /// Modules cannot be built or packed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rdc(#[from] rdc_build::Error),
    /// The socket cannot be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Listen(#[from] ListenError),
    /// QEMU's pool cannot be started.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pool(#[from] qemu::Error),
    /// The pool's daemon has ended without a word.
    #[error("the pool does not start: its daemon has ended with {0}")]
    NotStarted(ExitStatus),
    /// The primary incarnation has not left by itself.
    #[error("{0}")]
    Program(String),
}

impl Failure {
    /// Makes a failure of an I/O error, for `map_err`.
    pub fn system(action: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { action, source }
    }

    /// Makes a failure of an I/O error with a file, for `map_err`.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// The exit code of the command.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Program(_) => exit::PROGRAM_FAILED,
            _ => exit::FAILED,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { reason: refusal.reason, help: refusal.help }
    }
}

/// A failure in another process, for the one that the user looks at.
impl From<&Failure> for Refusal {
    fn from(failure: &Failure) -> Self {
        let first: &(dyn Error + 'static) = failure;
        let causes = std::iter::successors(Some(first), |error| (*error).source());
        let reason = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        Self { reason, help: failure.help().map(|help| help.to_string()) }
    }
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Closed => Self::GoneDown,
            FrameError::Io(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::UnexpectedEof
                ) =>
            {
                Self::GoneDown
            }
            error => Self::Connection(error),
        }
    }
}

/// Exit codes beside those of RDCs.
pub mod exit {
    /// `equus` itself has failed: there was no pool, no such file, no node.
    pub const FAILED: u8 = 125;
    /// The primary incarnation has not left by itself: a fault, a lost node.
    pub const PROGRAM_FAILED: u8 = 126;
    /// Nobody reads the RDC's output any more.
    pub const BROKEN_PIPE: i32 = 141;
    /// The RDC was ended by ^C.
    pub const INTERRUPTED: i32 = 130;
    /// The RDC was ended by SIGTERM.
    pub const TERMINATED: i32 = 143;
}
