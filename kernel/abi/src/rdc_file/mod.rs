//! The RDC file: all modules of a program in one file (§3.1).
//!
//! ```text
//! header, 64 bytes | module table, 68 bytes each | text 0 | data 0 | text 1 | …
//! ```
//!
//! Every text and data begins at the first page boundary after what precedes it,
//! and the file ends with the last of them: there is one file for given contents.
//! Numbers are big-endian. Nothing in a file is believed: [`RdcFile::read`] checks
//! every field, and a node checks an entry of the table again ([`ModuleEntry::check`])
//! when it is asked to load the module.

mod entry;
mod error;
mod read;
#[cfg(feature = "alloc")]
mod write;

use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::structs::Label;

pub use error::{Expected, FileError, Place};
pub use read::{Module, RdcFile};
#[cfg(feature = "alloc")]
pub use write::{ModuleSource, write};

/// The first four bytes: "EQRD".
pub const MAGIC: u32 = 0x4551_5244;
/// The version of this format.
pub const VERSION: u16 = 1;
/// The version of what a program and its kernel have to agree on: numbers and arguments of calls,
/// structures, the start block, requests to the launch program. It is raised when programs that
/// were built before do not run any more; `tests/border.rs` finds out what has changed.
pub const ABI: u32 = 1;
/// Modules in a file at most.
pub const MODULES_MAX: usize = 256;
/// Texts and data begin at multiples of so many bytes.
pub const ALIGNMENT: u32 = crate::slice::PAGE_BYTES;
/// Bytes of one text, data, bss, stack or heap at most.
pub const SECTION_MAX: u32 = 64 << 20;
/// Bytes of a stack at least.
pub const STACK_MIN: u32 = 4096;
/// The lowest address of user memory: null pointers and small offsets from them fault.
pub const USER_BEGIN: u32 = 0x0001_0000;
/// The first address above user memory: addresses are positive in C's `int`, which
/// `inc_brk` returns.
pub const USER_END: u32 = 0x8000_0000;

/// The beginning of a file.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: U32,
    /// [`VERSION`].
    pub version: U16,
    /// Modules in the table; module 0 is that of the primary incarnation.
    pub modules: U16,
    /// Bytes of the file.
    pub length: U32,
    /// [`ALIGNMENT`].
    pub alignment: U32,
    /// [`hash`] of the file with these eight bytes zero.
    pub checksum: U64,
    /// What the build calls itself: by it, symbols for reports are found.
    pub build_id: [u8; 16],
    /// [`ABI`].
    pub abi: U32,
    /// Zero.
    pub reserved: [u8; 20],
}

const _: () = assert!(size_of::<Header>() == 64);

/// A module in the table. Sizes are bytes; addresses are those of user memory.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct ModuleEntry {
    /// The name: 1 to 19 letters, digits, `_`, `-` and `.`; no two alike.
    pub name: Label,
    /// Where the text begins in the file.
    pub text_offset: U32,
    /// Size of the text.
    pub text_bytes: U32,
    /// Where the initialised data begins in the file.
    pub data_offset: U32,
    /// Size of the initialised data.
    pub data_bytes: U32,
    /// Size of the zeroed data behind it.
    pub bss_bytes: U32,
    /// How far the stack may grow.
    pub stack_bytes: U32,
    /// How far the heap, behind the data, may grow.
    pub heap_bytes: U32,
    /// Where the text is linked, at a page.
    pub text_address: U32,
    /// Where the data is linked, at a page behind the text.
    pub data_address: U32,
    /// Where execution begins: an even address in the text.
    pub entry: U32,
    /// [`hash`] of the text: incarnations of one RDC with equal texts share them.
    pub text_id: U64,
}

const _: () = assert!(size_of::<ModuleEntry>() == 68);

/// FNV-1a, 64 bits. It finds damage, every change of a single byte for certain; it
/// is no defence against forgery, so texts are shared within one RDC only.
pub const fn hash(bytes: &[u8]) -> u64 {
    hash_on(0xcbf2_9ce4_8422_2325, bytes)
}

/// Goes on with a hash.
const fn hash_on(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}
