//! What a launch endpoint serves to the incarnations of its RDC (§3.3): host files, the
//! three standard streams, arguments and environment, and reports.
//!
//! A request is an `inc_invoke` on the stream to the launch endpoint: [`Request`] in the
//! header, a path or the bytes to write as extra data. The reply has [`Response`] in the
//! header and the bytes read as extra data. A file has no position here: each request says
//! where, so that a request that was repeated or an incarnation that has moved changes
//! nothing. Descriptors belong to the RDC and end with it.

use core::fmt;

use zerocopy::big_endian::{I32, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of extra data of one request or response at most: more is asked for in pieces.
pub const TRANSFER_MAX: u32 = 64 << 10;
/// Bytes of a path at most.
pub const PATH_MAX: u32 = 1024;
/// The descriptor of the RDC's standard input.
pub const STDIN: u32 = 0;
/// The descriptor of the RDC's standard output.
pub const STDOUT: u32 = 1;
/// The descriptor of the RDC's standard error.
pub const STDERR: u32 = 2;

/// The head of a request: 32 bytes, an `m_head`.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Request {
    /// An [`Operation`].
    pub operation: U32,
    /// The descriptor concerned; of `Arguments`, 0.
    pub descriptor: U32,
    /// Where in the file, in bytes; of `List`, the entries to skip.
    pub offset: U64,
    /// Bytes wanted, at most [`TRANSFER_MAX`].
    pub length: U32,
    /// [`open`] flags.
    pub flags: U32,
    /// Zero.
    pub reserved: [u8; 8],
}

/// The head of a response: 32 bytes, an `m_head`.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Response {
    /// A descriptor, a number of bytes or entries, 0; or a negative [`ServiceError`].
    pub result: I32,
    /// [`kind`] of a file.
    pub kind: U32,
    /// Size of a file in bytes, or the time.
    pub size: U64,
    /// Zero.
    pub reserved: [u8; 16],
}

const _: () = assert!(size_of::<Request>() == crate::constants::HEADER_BYTES);
const _: () = assert!(size_of::<Response>() == crate::constants::HEADER_BYTES);

/// Flags of [`Operation::Open`].
pub mod open {
    /// To read.
    pub const READ: u32 = 1;
    /// To write.
    pub const WRITE: u32 = 2;
    /// Writes go to the end, whatever their offset.
    pub const APPEND: u32 = 4;
    /// Made if it is not there.
    pub const CREATE: u32 = 8;
    /// It must not have been there.
    pub const NEW: u32 = 16;
    /// Emptied.
    pub const TRUNCATE: u32 = 32;
}

/// Kinds of files in [`Response::kind`] and in the entries of a folder.
pub mod kind {
    /// A file of bytes.
    pub const FILE: u32 = 1;
    /// A folder.
    pub const FOLDER: u32 = 2;
    /// A terminal, pipe or other stream: offsets mean nothing.
    pub const STREAM: u32 = 3;
}

macro_rules! numbered {
    ($(#[doc = $enum_doc:literal])+ $enum:ident: $($number:literal $name:ident $doc:literal;)+) => {
        $(#[doc = $enum_doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(i32)]
        pub enum $enum { $(#[doc = $doc] $name = $number,)+ }

        impl $enum {
            /// All, in the order of their numbers.
            pub const ALL: &[$enum] = &[$($enum::$name),+];

            /// The one of this number, if there is one.
            pub const fn from_number(number: i32) -> Option<$enum> {
                match number { $($number => Some($enum::$name),)+ _ => None }
            }

            /// What it is, in a sentence.
            pub const fn text(self) -> &'static str {
                match self { $($enum::$name => $doc,)+ }
            }
        }
    };
}

numbered! {
    /// What is asked for.
    Operation:
    1 Open "Opens the file of the path given as data; answers its descriptor, kind and size.";
    2 Close "Closes a descriptor.";
    3 Read "Reads up to `length` bytes at `offset`; 0 bytes at the end.";
    4 Write "Writes the data at `offset`; answers the bytes written.";
    5 Status "Answers kind and size of a descriptor.";
    6 Look "Answers kind and size of the file of the path given as data.";
    7 List "Answers entries of the folder of the path given as data: a byte of kind, the name, \
        a zero; at most `length` bytes of them from entry `offset` on; the result is their number.";
    8 MakeFolder "Makes the folder of the path given as data.";
    9 Remove "Removes the file or empty folder of the path given as data.";
    10 Rename "Renames: the data is the old path, a zero, and the new path.";
    11 Resize "Cuts or extends a file to `offset` bytes.";
    12 Arguments "Answers the arguments, each ended by a zero, from byte `offset` of them on; the \
        size is that of all.";
    13 Environment "Answers the environment likewise, as NAME=value.";
    14 Report "The data is a report for the user, such as that of a panic.";
    15 Time "Answers the time of day as the size: microseconds since 1970.";
}

numbered! {
    /// Why a request was refused.
    ServiceError:
    -1 NotFound "There is no such file, or the RDC was not given its folder.";
    -2 Denied "The host does not allow it, or the folder was given for reading only.";
    -3 Exists "It exists already.";
    -4 WrongKind "It is a folder where a file is wanted, or the other way round.";
    -5 NotEmpty "The folder is not empty.";
    -6 BadDescriptor "No file of the RDC is open under this descriptor, or not for this.";
    -7 TooManyFiles "The RDC has as many files open as it may.";
    -8 BadPath "The path is empty, too long, or not UTF-8.";
    -9 BadRequest "The operation, a flag, or a length is not among those that are served.";
    -10 NoSpace "The host has no space left.";
    -11 Failed "The host failed to carry it out.";
}

impl ServiceError {
    /// The number: negative, fixed.
    pub const fn code(self) -> i32 {
        self as i32
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for ServiceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_and_found_again() {
        for (index, operation) in Operation::ALL.iter().enumerate() {
            assert_eq!(*operation as i32, 1 + index as i32, "{operation:?}");
            assert_eq!(Operation::from_number(*operation as i32), Some(*operation));
        }
        for (index, error) in ServiceError::ALL.iter().enumerate() {
            assert_eq!(error.code(), -1 - index as i32, "{error:?}");
            assert_eq!(ServiceError::from_number(error.code()), Some(*error));
        }
        assert_eq!(Operation::from_number(0), None);
        assert_eq!(ServiceError::from_number(1), None);
    }
}
