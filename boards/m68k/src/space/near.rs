//! The page tables that were walked last: pages beside each other are found by one
//! look, without a walk.

use crate::address::{PhysAddr, VirtAddr};
use crate::mmu::Access;
use crate::mmu::m68040;
use core::ptr::NonNull;

/// A page table of one space, as the kernel sees it. A space keeps its tables until
/// it ends, so this is good for as long as the space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    part: u32,
    table: NonNull<u32>,
}

impl Near {
    /// No table.
    pub const NONE: Near = Near { part: u32::MAX, table: NonNull::dangling() };

    /// The page table that holds the descriptor for `at`.
    ///
    /// # Safety
    /// It is, and stays in place and of this space for as long as the value is used.
    pub unsafe fn new(at: VirtAddr, table: NonNull<u32>) -> Near {
        Near { part: m68040::part_of(at), table }
    }

    /// The page that is mapped where an address lies, and what may be done to it; none
    /// if this table does not say so.
    #[inline]
    pub fn page(&self, at: VirtAddr) -> Option<(PhysAddr, Access)> {
        if m68040::part_of(at) != self.part {
            return None;
        }
        let entry = m68040::index_in_table(at);
        // SAFETY: by `new`; no address has the part of `NONE`. The MMU writes
        // descriptors too.
        m68040::mapped_by(unsafe { self.table.add(entry).read_volatile() })
    }
}
