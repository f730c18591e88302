//! How the steps of the emitter fail, before it is known on which line of IR.

use crate::error::Error;
use crate::layout::NoLayout;

/// The result of a step of the emitter.
pub(super) type Outcome<T> = Result<T, Failure>;

/// Why a step failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The construct is not translated: its name, in a form that fits "… is not supported".
    Unsupported(String),
    /// An error that already says where it happened.
    Placed(Box<Error>),
}

impl Failure {
    /// Shorthand for a refusal.
    pub fn unsupported<T>(construct: impl Into<String>) -> Outcome<T> {
        Err(Failure::Unsupported(construct.into()))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Placed(Box::new(error))
    }
}

impl From<NoLayout> for Failure {
    fn from(NoLayout(ty): NoLayout) -> Self {
        Failure::Unsupported(format!("a value of type {ty} in memory"))
    }
}
