//! Pages kept in place for readers on other nodes, and their records (`abi::grant`)
//! in this node's slice.
//!
//! A record of few pieces lies in a cell of frames that are taken at boot, a longer
//! one in a frame that it takes while it lasts.

use super::{Spaces, Translation, rest_of_page};
use crate::address::{PAGE_BYTES, PhysAddr};
use crate::frames::Frames;
use crate::mmu::Access;
use crate::own_memory::OwnMemory;
use abi::grant::{RECORD_HEAD_BYTES, pieces_max, record_bytes};
use abi::slice::GRANTS;
use alloc::vec::Vec;
use core::ops::Range;
use kernel::platform::{BadAddress, GrantError, Slot, UserRange};

const CELL_BYTES: u32 = 256;

/// The most pieces of a record in so many bytes.
const fn pieces_in(bytes: u32) -> u32 {
    (bytes - RECORD_HEAD_BYTES) / (record_bytes(1) - record_bytes(0))
}

/// The cells for records.
pub(super) struct Pins {
    cells: Range<PhysAddr>,
    free: Vec<PhysAddr>,
}

impl Pins {
    /// A cell for each grant that can be open, or fewer where memory is small.
    pub fn new(frames: &mut Frames) -> Pins {
        let wanted = GRANTS as u32 * CELL_BYTES / PAGE_BYTES;
        let count = wanted.min(frames.count() / 16);
        let taken: Vec<_> = (0..count).map_while(|_| frames.take().ok()).collect();
        let start = taken.first().copied().unwrap_or(PhysAddr(0));
        let end = start.offset(taken.len() as u32 * PAGE_BYTES);
        let cells = (start.0..end.0).step_by(CELL_BYTES as usize).map(PhysAddr);
        assert!(
            taken.iter().all(|frame| (start..end).contains(frame)),
            "the first frames follow one another"
        );
        Pins { free: cells.collect(), cells: start..end }
    }

    /// Memory for the record of a range, and the pieces that it has room for.
    fn allocate(&mut self, length: u32, frames: &mut Frames) -> Option<(PhysAddr, u32)> {
        if pieces_max(length) <= pieces_in(CELL_BYTES) {
            self.free.pop().map(|cell| (cell, pieces_in(CELL_BYTES)))
        } else {
            frames.take().ok().map(|frame| (frame, pieces_in(PAGE_BYTES)))
        }
    }

    fn free(&mut self, record: PhysAddr, frames: &mut Frames) {
        if self.cells.contains(&record) {
            self.free.push(record);
        } else {
            frames.release(record);
        }
    }
}

/// A record in this node's memory.
#[derive(Clone, Copy)]
struct Record {
    own: OwnMemory,
    at: PhysAddr,
}

impl Record {
    /// The word with the number of pieces, and the two words of a piece.
    const COUNT: u32 = 0;

    const fn piece(index: u32) -> [u32; 2] {
        let first = record_bytes(index) / 4;
        [first, first + 1]
    }

    fn word(self, index: u32) -> u32 {
        let place = self.own.pointer(self.at.offset(4 * index)).cast::<u32>();
        // SAFETY: the word lies in the record's cell or frame. Others only read it.
        u32::from_be(unsafe { place.read_volatile() })
    }

    /// Writes piece `index`.
    fn set_piece(self, index: u32, (offset, bytes): (u32, u32)) {
        let [offset_word, bytes_word] = Record::piece(index);
        self.set_word(offset_word, offset);
        self.set_word(bytes_word, bytes);
    }

    fn set_word(self, index: u32, value: u32) {
        let place = self.own.pointer(self.at.offset(4 * index)).cast::<u32>();
        // SAFETY: as in `word`.
        unsafe { place.write_volatile(value.to_be()) }
    }

    /// Hands the first one of the frames that each piece lies in, and their number, to `each`.
    fn for_each_run(self, mut each: impl FnMut(PhysAddr, u32)) {
        let start = self.own.start();
        for index in 0..self.word(Record::COUNT) {
            let [offset, bytes] = Record::piece(index).map(|word| self.word(word));
            let in_page = offset % PAGE_BYTES;
            each(start.offset(offset - in_page), (in_page + bytes).div_ceil(PAGE_BYTES));
        }
    }
}

impl<T: Translation> Spaces<T> {
    pub(super) fn keep(&mut self, slot: Slot, range: UserRange) -> Result<u32, GrantError> {
        range.base.0.checked_add(range.length).ok_or(GrantError::BadAddress)?;
        let memory = self.pins.allocate(range.length, &mut self.frames);
        let (at, room) = memory.ok_or(GrantError::TableFull)?;
        let record = Record { own: self.own, at };
        if let Err(error) = self.write_record(record, room, slot, range) {
            self.pins.free(at, &mut self.frames);
            return Err(error);
        }
        record.for_each_run(|first, count| self.frames.hold(first, count));
        Ok(at.0 - self.own.start().0)
    }

    /// Writes the pieces that a range lies in, of which there may be `room`.
    fn write_record(
        &mut self,
        record: Record,
        room: u32,
        slot: Slot,
        range: UserRange,
    ) -> Result<(), GrantError> {
        // The piece that may still grow, and those before it.
        let (mut offset, mut bytes, mut before) = (0, 0, 0);
        let mut done = 0;
        while done < range.length {
            let at = range.base.0 + done;
            let length = rest_of_page(at).min(range.length - done);
            let place = self.reach(slot, at, Access::ReadOnly);
            let place = self.own.offset(place.map_err(|BadAddress| GrantError::BadAddress)?);
            if offset + bytes == place {
                bytes += length;
            } else {
                if bytes > 0 {
                    record.set_piece(before, (offset, bytes));
                    before += 1;
                }
                if before == room {
                    return Err(GrantError::TableFull);
                }
                (offset, bytes) = (place, length);
            }
            done += length;
        }
        if bytes > 0 {
            record.set_piece(before, (offset, bytes));
            before += 1;
        }
        record.set_word(Record::COUNT, before);
        Ok(())
    }

    pub(super) fn let_go(&mut self, record: u32) {
        let at = self.own.start().offset(record);
        let record = Record { own: self.own, at };
        record.for_each_run(|first, count| self.frames.let_go(first, count));
        self.pins.free(at, &mut self.frames);
    }
}
