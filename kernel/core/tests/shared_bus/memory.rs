//! User memory whose pages lie scattered over a node's local part, in one space.

use abi::grant::{Piece, record_bytes};
use abi::ids::{NodeId, UserAddr};
use abi::slice::PAGE_BYTES;
use abi::structs::Msg;
use bus::LocalParts;
use kernel::platform::{
    Access, BadAddress, GrantError, Memory, MemoryError, Side, Slot, SpaceMap, SpaceSpec, Usage,
    UserRange,
};
use kernel::shared_bus::SharedMemory;
use zerocopy::IntoBytes;

/// Pages of user memory, from [`BASE`] on.
pub const PAGES: u32 = 12;
/// The first user address.
pub const BASE: u32 = 0x10000;
/// Where user pages lie at the lowest.
const FRAMES: u32 = 16 * PAGE_BYTES;
/// Where records lie: one page for each.
const RECORDS: u32 = PAGE_BYTES;

pub struct ScatteredMemory {
    pub parts: LocalParts,
    own: NodeId,
    /// Which records are in use.
    pub pinned: Vec<u32>,
}

impl ScatteredMemory {
    pub fn new(parts: LocalParts, own: NodeId) -> Self {
        ScatteredMemory { parts, own, pinned: Vec::new() }
    }

    /// Bytes that follow each other from `address` on, up to the end of the range: where
    /// they lie, and how many. Pages lie pairwise together, and the pairs apart.
    fn piece(address: u32, end: u32) -> (u32, u32) {
        let page = (address - BASE) / PAGE_BYTES;
        let pair = page / 2;
        let frame = FRAMES + (pair * 5 % PAGES * 3 + page % 2) * PAGE_BYTES;
        let next = if page.is_multiple_of(2) { page + 2 } else { page + 1 };
        let limit = end.min(BASE + next * PAGE_BYTES);
        (frame + address % PAGE_BYTES, limit - address)
    }

    /// All pieces of a range.
    fn pieces(range: UserRange) -> Result<Vec<(u32, u32)>, BadAddress> {
        let end = range.base.0.checked_add(range.length).ok_or(BadAddress)?;
        if range.base.0 < BASE || end > BASE + PAGES * PAGE_BYTES {
            return Err(BadAddress);
        }
        let (mut pieces, mut at) = (Vec::new(), range.base.0);
        while at < end {
            let piece = Self::piece(at, end);
            at += piece.1;
            pieces.push(piece);
        }
        Ok(pieces)
    }

    pub fn fill(&self, range: UserRange, bytes: &[u8]) {
        let mut rest = bytes;
        for (offset, length) in Self::pieces(range).unwrap() {
            let (now, later) = rest.split_at(length as usize);
            self.parts.write(offset, now);
            rest = later;
        }
    }

    pub fn content(&self, range: UserRange) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (offset, length) in Self::pieces(range).unwrap() {
            let mut piece = vec![0; length as usize];
            self.parts.read(self.own, offset, &mut piece);
            bytes.extend(piece);
        }
        bytes
    }

    /// Writes a record, true or not.
    pub fn write_record(&self, record: u32, count: u32, pieces: &[(u32, u32)]) {
        self.parts.write(record, &count.to_be_bytes());
        for (index, (offset, bytes)) in pieces.iter().enumerate() {
            let piece = Piece { offset: (*offset).into(), bytes: (*bytes).into() };
            self.parts.write(record + record_bytes(index as u32), piece.as_bytes());
        }
    }
}

impl SharedMemory for ScatteredMemory {
    fn pin(&mut self, _slot: Slot, range: UserRange) -> Result<u32, GrantError> {
        let pieces = Self::pieces(range).map_err(|BadAddress| GrantError::BadAddress)?;
        let free = (0..14).map(|index| RECORDS + index * PAGE_BYTES);
        let record = free.clone().find(|record| !self.pinned.contains(record));
        let record = record.ok_or(GrantError::TableFull)?;
        self.pinned.push(record);
        self.write_record(record, pieces.len() as u32, &pieces);
        Ok(record)
    }

    fn unpin(&mut self, record: u32) {
        let place = self.pinned.iter().position(|pinned| *pinned == record);
        self.pinned.remove(place.expect("only what is pinned is released"));
    }

    fn write_from(
        &mut self,
        _slot: Slot,
        to: UserRange,
        _side: Side,
        node: NodeId,
        mut offset: u32,
    ) -> Result<(), BadAddress> {
        for (at, length) in Self::pieces(to)? {
            let mut bytes = vec![0; length as usize];
            self.parts.read(node, offset, &mut bytes);
            self.parts.write(at, &bytes);
            offset += length;
        }
        Ok(())
    }
}

/// What a bus never asks of a memory.
impl Memory for ScatteredMemory {
    fn create(&mut self, _: Slot, _: &SpaceSpec) -> Result<SpaceMap, MemoryError> {
        unreachable!()
    }

    fn loaded(&mut self, _: Slot) {
        unreachable!()
    }

    fn destroy(&mut self, _: Slot) {
        unreachable!()
    }

    fn check(&mut self, _: Slot, _: UserRange, _: Access) -> Result<(), BadAddress> {
        unreachable!()
    }

    fn copy_in(&mut self, _: Slot, _: UserAddr, _: &mut [u8]) -> Result<(), BadAddress> {
        unreachable!()
    }

    fn copy_out(&mut self, _: Slot, _: UserAddr, _: &[u8]) -> Result<(), BadAddress> {
        unreachable!()
    }

    type Place = ();
    const NOWHERE: () = ();

    fn place(&mut self, _: Slot, _: UserAddr) -> Option<()> {
        None
    }

    fn edit<R>(&mut self, (): (), _: impl FnOnce(&mut Msg) -> R) -> Option<R> {
        None
    }

    fn pass<R>(&mut self, (): (), (): (), _: impl FnOnce(&Msg, &mut Msg) -> R) -> Option<R> {
        None
    }

    fn copy_across(&mut self, _: (Slot, UserAddr), _: (Slot, UserRange)) -> Result<(), BadAddress> {
        unreachable!()
    }

    fn brk(&mut self, _: Slot, _: UserAddr) -> Result<UserAddr, MemoryError> {
        unreachable!()
    }

    fn touched(&self, _: Slot, _: UserAddr, _: u32) -> Option<UserRange> {
        unreachable!()
    }

    fn usage(&self, _: Slot) -> Usage {
        unreachable!()
    }

    fn free_pages(&self) -> u32 {
        unreachable!()
    }
}
