//! The memory of one space's page tables: frames that the space takes when it is
//! made and gives back when it ends, cut into tables front to back.

use crate::address::{PAGE_BYTES, PhysAddr};
use crate::mmu::TableMemory;
use crate::own_memory::OwnMemory;
use abi::rdc_file::{USER_BEGIN, USER_END};
use abi::space::SpaceLayout;
use alloc::vec::Vec;

/// What one table of each kind covers and takes, in bytes.
const POINTER_TABLE_COVERS: u32 = 32 << 20;
const PAGE_TABLE_COVERS: u32 = 256 << 10;
const ROOT_OR_POINTER_BYTES: u32 = 512;
const PAGE_TABLE_BYTES: u32 = 256;

/// Frames for the tables of a space of this layout, at most.
pub fn frames_for(layout: &SpaceLayout) -> u32 {
    let parts = [(USER_BEGIN, layout.heap_end), (layout.stack_low, USER_END)];
    let tables = |covers: u32| {
        let count = |&(begin, end): &(u32, u32)| end.div_ceil(covers) - begin / covers;
        parts.iter().map(count).sum::<u32>()
    };
    let pointer_tables = tables(POINTER_TABLE_COVERS);
    // A table for pointers behind one for pages may leave half of its size unused.
    let bytes = ROOT_OR_POINTER_BYTES * (1 + pointer_tables)
        + PAGE_TABLE_BYTES * (tables(PAGE_TABLE_COVERS) + pointer_tables);
    bytes.div_ceil(PAGE_BYTES)
}

/// The frames and how much of them is in use.
#[derive(Debug)]
pub struct SpaceTables {
    own: OwnMemory,
    frames: Vec<PhysAddr>,
    used_bytes: u32,
}

impl SpaceTables {
    /// Tables in these frames, which nobody else uses.
    pub fn new(own: OwnMemory, frames: Vec<PhysAddr>) -> SpaceTables {
        SpaceTables { own, frames, used_bytes: 0 }
    }

    /// The frames.
    pub fn frames(&self) -> &[PhysAddr] {
        &self.frames
    }
}

impl TableMemory for SpaceTables {
    fn read(&self, at: PhysAddr) -> u32 {
        // SAFETY: tables lie in this space's frames; descriptors are aligned. The
        // MMU writes them too.
        unsafe { self.own.pointer(at).cast::<u32>().read_volatile() }
    }

    fn write(&mut self, at: PhysAddr, descriptor: u32) {
        // SAFETY: as in `read`.
        unsafe { self.own.pointer(at).cast::<u32>().write_volatile(descriptor) }
    }

    fn write_all(&mut self, at: PhysAddr, descriptors: impl ExactSizeIterator<Item = u32>) {
        assert!(at.0 % PAGE_BYTES + 4 * descriptors.len() as u32 <= PAGE_BYTES, "one table");
        let first = self.own.pointer(at).cast::<u32>();
        for (index, descriptor) in descriptors.enumerate() {
            // SAFETY: as in `read`; a table lies in one frame, and so do these.
            unsafe { first.add(index).write_volatile(descriptor) }
        }
    }

    fn allocate(&mut self, bytes: u32) -> Option<PhysAddr> {
        let start = self.used_bytes.next_multiple_of(bytes);
        let frame = self.frames.get((start / PAGE_BYTES) as usize)?;
        self.used_bytes = start + bytes;
        let table = frame.offset(start % PAGE_BYTES);
        // SAFETY: the frames are this value's own, and each byte is handed out once.
        unsafe { self.own.pointer(table).write_bytes(0, bytes as usize) };
        Some(table)
    }
}
