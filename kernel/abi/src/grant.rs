//! Tickets: the right to read pages of another node, as kernel messages carry it.
//!
//! Bulk data is pulled: the owner of the source issues a grant and sends a
//! ticket; the reader copies and then looks whether the ticket still holds. The
//! rules stand in `kernel/bus`, `grants.rs`.

use zerocopy::big_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A grant as its reader sees it.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Ticket {
    /// The node that owns the pages.
    pub owner: u8,
    /// Nothing yet.
    pub reserved: u8,
    /// Which generation word tells whether the grant is open.
    pub grant: U16,
    /// What that word says as long as it is: the owner's epoch and a generation.
    pub generation: U32,
    /// Offset of the first byte in the first page.
    pub first_byte: U16,
    /// Pages that follow in the message, as physical addresses of four bytes.
    pub pages: U16,
    /// Bytes in all.
    pub length: U32,
}

const _: () = assert!(size_of::<Ticket>() == 16);
