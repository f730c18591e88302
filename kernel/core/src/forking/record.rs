//! How an incarnation travels that is forked: records one after the other in the data of a
//! reply.

use abi::interrupt::FPU_LONGS;
use abi::message::{INLINE_DATA, WireGrant, WireReference};
use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::interrupts::HANDLERS;
use crate::platform::{Grant, Registers, UserRange};

/// Runs of memory that a fork may read at a time.
pub(super) const RUNS: usize = 8;

/// Records that are being written into a block.
pub(super) struct Writer<'b> {
    bytes: &'b mut [u8],
    length: usize,
}

impl<'b> Writer<'b> {
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    pub fn length(&self) -> u32 {
        self.length as u32
    }

    /// Whether there is room for so many bytes.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.length + bytes <= self.bytes.len()
    }

    /// Writes a record, for which there is room.
    pub fn put<T: IntoBytes + Immutable>(&mut self, record: &T) {
        let end = self.length + size_of::<T>();
        self.bytes[self.length..end].copy_from_slice(record.as_bytes());
        self.length = end;
    }
}

/// Takes the first record of `bytes`, if it is there.
pub(super) fn take<T: FromBytes>(bytes: &mut &[u8]) -> Option<T> {
    let (record, rest) = T::read_from_prefix(bytes).ok()?;
    *bytes = rest;
    Some(record)
}

/// What the kernel keeps of an incarnation beside its references. The records of its handlers
/// and of the first runs of its memory follow.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct StateRecord {
    pub data: [U32; 8],
    pub address: [U32; 8],
    pub pc: U32,
    pub ccr: U32,
    pub fpu: [U32; FPU_LONGS],
    /// The end of its heap.
    pub brk: U32,
    /// Bytes of its block of start parameters.
    pub parameters: U32,
    /// Its priority when it can run.
    pub priority: U16,
    /// That of its interrupts.
    pub level: U16,
    /// Its handle to itself, and its standard and auxiliary ports; 0 for none.
    pub myself: U32,
    pub standard: U32,
    pub auxiliary: U32,
    pub handlers: U16,
    pub runs: RunsRecord,
}

/// How many runs of memory follow, and whether there are more of them.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RunsRecord {
    pub count: U16,
    /// Where the rest begins; 0 if there is none.
    pub rest: U32,
}

/// A run of memory and the right to read it.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RunRecord {
    base: U32,
    grant: WireGrant,
}

/// The handler of an event.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct HandlerRecord {
    pub reference: U16,
    pub event: U16,
    pub priority: U32,
    pub address: U32,
}

/// An entry of the table of references. What it is follows, if it is something.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct EntryRecord {
    /// [`entry`].
    pub kind: u8,
    /// A `Domain`.
    pub domain: u8,
    pub generation: U32,
}

/// What an entry is.
pub(super) mod entry {
    /// Nothing, as are some behind it: [`super::FreeRecord`] follows. The generation is that of
    /// the next references there.
    pub const FREE: u8 = 0;
    /// The handle of an incarnation to itself.
    pub const MYSELF: u8 = 1;
    /// A port that is attached to no channel.
    pub const PORT: u8 = 2;
    /// A port that is to be attached: [`super::AttachedRecord`] follows.
    pub const ATTACHED: u8 = 3;
    /// Anything else: its form in a message follows.
    pub const COPY: u8 = 4;
}

/// How many entries are nothing.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct FreeRecord {
    pub count: U16,
}

/// The channel that a port is to be attached to.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct AttachedRecord {
    pub channel: U64,
    /// A `ChannelType`.
    pub channel_type: U16,
    /// Its place among the ports that the caller has listed; the largest number for none.
    pub place: U16,
}

const _: () = assert!(
    size_of::<StateRecord>()
        + HANDLERS * size_of::<HandlerRecord>()
        + RUNS * size_of::<RunRecord>()
        <= INLINE_DATA,
    "the first answer has room"
);

/// The longest form of an entry.
pub(super) const ENTRY_MAX: usize = size_of::<EntryRecord>() + size_of::<WireReference>();

impl StateRecord {
    /// What an incarnation has in these registers, and nothing else yet.
    pub fn of(registers: &Registers) -> Self {
        Self {
            data: registers.data.map(U32::new),
            address: registers.address.map(U32::new),
            pc: registers.pc.into(),
            ccr: u32::from(registers.ccr).into(),
            fpu: registers.fpu.map(U32::new),
            brk: U32::ZERO,
            parameters: U32::ZERO,
            priority: U16::ZERO,
            level: U16::ZERO,
            myself: U32::ZERO,
            standard: U32::ZERO,
            auxiliary: U32::ZERO,
            handlers: U16::ZERO,
            runs: RunsRecord { count: U16::ZERO, rest: U32::ZERO },
        }
    }

    /// The registers.
    pub fn registers(&self) -> Registers {
        Registers {
            data: self.data.map(U32::get),
            address: self.address.map(U32::get),
            pc: self.pc.get(),
            ccr: self.ccr.get() as u8,
            fpu: self.fpu.map(U32::get),
        }
    }
}

impl RunRecord {
    /// The run that begins at `base`, with a grant of all of it.
    pub fn new(base: u32, grant: Grant) -> Self {
        let (index, generation) = (grant.index.into(), grant.generation.into());
        let grant = WireGrant { index, generation, length: grant.length.into() };
        Self { base: base.into(), grant }
    }

    /// Where it lies, and the grant of it.
    pub fn read(&self) -> (UserRange, Grant) {
        let grant = crate::letter::read_grant(&self.grant);
        (UserRange { base: abi::ids::UserAddr(self.base.get()), length: grant.length }, grant)
    }
}
