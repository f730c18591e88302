//! Which pages of a space are there: those that were touched.

use super::{Spaces, Translation};
use crate::address::{PAGE_BYTES, VirtAddr};
use abi::ids::UserAddr;
use kernel::platform::{Slot, UserRange};

impl<T: Translation> Spaces<T> {
    /// The first private pages at or above `from` that are mapped: as many as follow each other
    /// in one part, up to `most` bytes.
    pub(super) fn touched_pages(&self, slot: Slot, from: u32, most: u32) -> Option<UserRange> {
        let space = self.space(slot)?;
        let is_mapped = |page: &u32| space.tables.page(VirtAddr(*page)).is_some();
        space.regions.private_parts().into_iter().find_map(|part| {
            let pages = |from: u32| (from..part.end).step_by(PAGE_BYTES as usize);
            let first = pages(part.start.max(from)).find(is_mapped)?;
            let count = pages(first).take((most / PAGE_BYTES) as usize).take_while(is_mapped);
            let length = count.count() as u32 * PAGE_BYTES;
            Some(UserRange { base: UserAddr(first), length })
        })
    }
}
