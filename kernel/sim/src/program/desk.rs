//! The memory that a scripted program works on: fixed places in its data segment
//! for the arguments of calls, as a compiled program would have on its stack.

use abi::structs::{Msg, RefDescrip};
use zerocopy::byteorder::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::payload::{self, Head};
use crate::memory::DATA_BASE;

/// A place in the data segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    offset: u32,
    length: u32,
}

/// Who lives here: survives with the memory, wherever that goes.
pub const ANCHOR: Place = Place { offset: 0, length: 16 };
/// The message of the call that is being made.
pub const MESSAGE: Place = Place { offset: 0x100, length: 58 };
/// Up to three words that calls write results to.
pub const RESULTS: Place = Place { offset: 0x180, length: 12 };
/// Events, or the state of a child.
pub const EVENTS: Place = Place { offset: 0x200, length: 128 };
/// The parameters of a child.
pub const CREATE: Place = Place { offset: 0x300, length: 18 };
/// The data arguments of a child.
pub const ARGUMENTS: Place = Place { offset: 0x400, length: 64 };
/// Data on its way out, and of replies.
pub const EXCHANGE: Place = Place { offset: 0x1000, length: 0x4000 };
/// Data that came in.
pub const INCOMING: Place = Place { offset: 0x5000, length: 0x4000 };
/// Bytes that never change and that others may fetch at any time.
pub const LIBRARY: Place = Place { offset: 0x9000, length: 0x4000 };

/// Parts that others may write to.
pub const WRITABLE: Place = Place { offset: 0xd000, length: 0x4000 };

/// Size of the data segment that all of this needs.
pub const DATA_BYTES: u32 = 0x11000;

impl Place {
    /// Its address for system calls.
    pub const fn address(self) -> u32 {
        DATA_BASE + self.offset
    }

    /// Part `index` of it, if it is divided into parts of `length` bytes.
    #[must_use]
    pub const fn part(self, index: u32, length: u32) -> Place {
        assert!((index + 1) * length <= self.length, "the part lies within the place");
        Place { offset: self.offset + index * length, length }
    }

    /// Its size in bytes.
    pub const fn length(self) -> u32 {
        self.length
    }
}

/// Whose memory this is, as written in the memory itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Anchor {
    /// the incarnation plus one: zeroed memory belongs to nobody
    pub uid_and_one: u32,
    /// must be 0
    pub reserved: u32,
    /// how many steps the program has made
    pub steps: u64,
}

/// The data segment of one incarnation.
pub struct Desk<'a>(&'a mut [u8]);

impl<'a> Desk<'a> {
    /// The desk in this data segment.
    pub fn new(data: &'a mut [u8]) -> Desk<'a> {
        Desk(data)
    }

    /// The bytes of a place.
    pub fn bytes(&mut self, place: Place) -> &mut [u8] {
        &mut self.0[place.offset as usize..(place.offset + place.length) as usize]
    }

    /// Reads what lies at a place.
    pub fn read<T: FromBytes>(&mut self, place: Place) -> T {
        let bytes = self.bytes(place);
        T::read_from_bytes(&bytes[..size_of::<T>()]).expect("a place as large as its type")
    }

    /// Writes to a place.
    pub fn write<T: IntoBytes + Immutable>(&mut self, place: Place, value: &T) {
        self.bytes(place)[..size_of::<T>()].copy_from_slice(value.as_bytes());
    }

    /// Prepares a message whose data lies at `at`, of which a reply may have
    /// `capacity` bytes.
    pub fn write_message(&mut self, message: &Outgoing) {
        let msg = Msg {
            m_head: zerocopy::transmute!(message.head),
            m_ref: message.reference,
            m_cnt: U32::new(message.length),
            m_nreply: U32::new(message.capacity),
            m_base: U32::new(message.at),
        };
        self.write(MESSAGE, &msg);
    }

    /// The head and the rest of the message that a call has left.
    pub fn read_message(&mut self) -> (Head, Msg) {
        let msg: Msg = self.read(MESSAGE);
        (zerocopy::transmute!(msg.m_head), msg)
    }

    /// Fills the first `length` bytes of a place with the data of `key`.
    pub fn fill(&mut self, place: Place, length: u32, key: u64) {
        payload::fill(&mut self.bytes(place)[..length as usize], key, 0);
    }

    /// Whether the first `length` bytes of a place are those of `key` from
    /// `offset` on.
    pub fn holds(&mut self, place: Place, length: u32, key: u64, offset: u32) -> bool {
        let data = self.bytes(place).get(..length as usize);
        data.is_some_and(|data| payload::matches(data, key, u64::from(offset)))
    }
}

/// A message about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing {
    /// its header
    pub head: Head,
    /// the reference that goes with it
    pub reference: RefDescrip,
    /// bytes of data
    pub length: u32,
    /// bytes that a reply may have
    pub capacity: u32,
    /// address of the data
    pub at: u32,
}
