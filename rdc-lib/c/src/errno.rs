//! Errors as C knows them: the numbers of `include/errno.h`, which are those of Linux.

use rdc::CallError;
use rdc::abi::service::ServiceError;
use rdc::fs::Error;

/// A number for `errno`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(i32);

impl Errno {
    pub const NO_ENTRY: Errno = Errno(2);
    pub const INTERRUPTED: Errno = Errno(4);
    pub const IO: Errno = Errno(5);
    pub const BAD_FILE: Errno = Errno(9);
    pub const DENIED: Errno = Errno(13);
    pub const EXISTS: Errno = Errno(17);
    pub const IS_DIRECTORY: Errno = Errno(21);
    pub const INVALID: Errno = Errno(22);
    pub const TOO_MANY_FILES: Errno = Errno(24);
    pub const NO_SPACE: Errno = Errno(28);
    pub const NO_SEEK: Errno = Errno(29);
    pub const NOT_EMPTY: Errno = Errno(39);
    pub const OVERFLOW: Errno = Errno(75);
}

impl From<Error> for Errno {
    fn from(error: Error) -> Errno {
        match error {
            Error::Refused(refusal) => Errno::from(refusal),
            Error::Call(CallError::Interrupted) => Errno::INTERRUPTED,
            _ => Errno::IO,
        }
    }
}

impl From<ServiceError> for Errno {
    fn from(error: ServiceError) -> Errno {
        match error {
            ServiceError::NotFound => Errno::NO_ENTRY,
            ServiceError::Denied => Errno::DENIED,
            ServiceError::Exists => Errno::EXISTS,
            ServiceError::WrongKind => Errno::IS_DIRECTORY,
            ServiceError::NotEmpty => Errno::NOT_EMPTY,
            ServiceError::BadDescriptor => Errno::BAD_FILE,
            ServiceError::TooManyFiles => Errno::TOO_MANY_FILES,
            ServiceError::BadPath | ServiceError::BadRequest => Errno::INVALID,
            ServiceError::NoSpace => Errno::NO_SPACE,
            ServiceError::Failed => Errno::IO,
        }
    }
}

/// A number for C: what was asked for, or a negative error.
pub fn number(result: Result<usize, Errno>) -> i32 {
    match result.map(i32::try_from) {
        Ok(Ok(number)) => number,
        Ok(Err(_)) => -Errno::OVERFLOW.0,
        Err(Errno(error)) => -error,
    }
}
