//! Messages between a worker and the primary incarnation. The extra data of a [`Request`] is a
//! tally, that of an [`Order`] the path of a file.

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Stands for "no file" where the number of one is expected.
pub const NO_FILE: u32 = u32::MAX;

/// Bytes of a tally at most, and of every buffer for messages.
pub const TALLY_MAX: usize = 256 << 10;

/// The primary incarnation tells a worker its number; with it comes the stream on which the
/// worker asks for files.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Welcome {
    /// Which worker it is.
    pub worker: U32,
}

/// A worker asks for a file, with what it has found in the last one.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Request {
    /// Which worker asks.
    pub worker: U32,
    /// Where it is.
    pub node: U32,
    /// The file that was counted, or [`NO_FILE`].
    pub file: U32,
    /// Its bytes, or [`NO_FILE`] if it could not be read: then the data says why.
    pub bytes: U32,
}

/// The answer: the file to count next.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Order {
    /// Its number, or [`NO_FILE`] if all are done and the worker may end.
    pub file: U32,
}
