//! Grants as their readers see them: which generation word tells whether one is open,
//! and the record that tells where its bytes lie.
//!
//! Bulk data is pulled: the owner of the source keeps its pages in place, writes a
//! *record* of them into its own slice, opens a grant and sends index and generation
//! in a message. The reader looks whether the grant is open, copies by the record, and
//! looks again. The rules stand in `kernel/bus`, `grants.rs`.
//!
//! A record is a word with the number of pieces, then a [`Piece`] for each, in the
//! order of the bytes. Pages that follow each other physically are one piece.

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::slice::{GRANTS, PAGE_BYTES};

/// A grant's index as messages carry it: its number, which is that of its generation
/// word, and where its record lies in the owner's slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrantIndex(pub u32);

const _: () = assert!(GRANTS == 256, "a number is a byte");

impl GrantIndex {
    /// The index of grant `number` with its record at `record` bytes in the slice: a
    /// multiple of four below 64 MB.
    pub const fn new(number: u8, record: u32) -> GrantIndex {
        assert!(record.is_multiple_of(4) && record >> 26 == 0, "where no record lies");
        GrantIndex((number as u32) << 24 | record >> 2)
    }

    /// The number of the grant.
    pub const fn number(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// Bytes from the beginning of the owner's slice to the record.
    pub const fn record(self) -> u32 {
        (self.0 & 0xff_ffff) << 2
    }
}

/// Bytes of a record before its first piece: the number of pieces.
pub const RECORD_HEAD_BYTES: u32 = 4;

/// Bytes of a record of so many pieces.
pub const fn record_bytes(pieces: u32) -> u32 {
    RECORD_HEAD_BYTES + pieces * size_of::<Piece>() as u32
}

/// The most pieces that `length` bytes of memory consist of.
pub const fn pieces_max(length: u32) -> u32 {
    length / PAGE_BYTES + 2
}

/// Granted bytes that follow each other in their owner's slice.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Piece {
    /// Bytes from the beginning of the slice to the first one.
    pub offset: U32,
    /// Number of bytes.
    pub bytes: U32,
}

const _: () = assert!(size_of::<Piece>() == 8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_keeps_its_parts() {
        for (number, record) in [(0, 0), (255, (1 << 26) - 4), (7, 0x12_3454)] {
            let index = GrantIndex::new(number, record);
            assert_eq!((index.number(), index.record()), (number, record));
        }
    }

    #[test]
    fn pieces_are_bounded_by_the_pages_that_bytes_can_touch() {
        assert_eq!(pieces_max(2), 2, "two bytes may lie in two pages");
        assert_eq!(pieces_max(PAGE_BYTES + 2), 3);
        assert_eq!(record_bytes(3), 28);
    }
}
