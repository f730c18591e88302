//! The end of the heap.

use super::{NO_PAGE, Space, Spaces, Translation};
use crate::address::{PAGE_BYTES, VirtAddr};
use crate::mmu::Access;
use abi::ids::UserAddr;
use kernel::platform::{MemoryError, Slot};

impl<T: Translation> Spaces<T> {
    /// Moves the end of the heap and answers the old one. A page that is granted
    /// stays with its readers when the heap gives it up: the space needs another
    /// frame for its place then, and [`MemoryError::NoMemory`] says that there is
    /// none.
    pub(super) fn move_brk(&mut self, slot: Slot, end: UserAddr) -> Result<UserAddr, MemoryError> {
        let space = self.space(slot).ok_or(MemoryError::BadRange)?;
        let old = space.regions.brk();
        if end.0 == 0 {
            return Ok(UserAddr(old));
        }
        space.regions.admit_brk(end.0)?;
        if end.0 < old {
            self.shrink(slot, end.0)?;
        }
        self.space_mut(slot).regions.set_brk(end.0);
        Ok(UserAddr(old))
    }

    fn shrink(&mut self, slot: Slot, end: u32) -> Result<(), MemoryError> {
        let space = self.space(slot).ok_or(MemoryError::BadRange)?;
        let kept_end = end.next_multiple_of(PAGE_BYTES);
        let pages = (kept_end..space.regions.heap_pages_end()).step_by(PAGE_BYTES as usize);
        let granted = pages.clone().filter(|&page| self.is_granted(slot, page)).count() as u32;
        self.frames.reserve(granted).map_err(|_| MemoryError::NoMemory)?;
        self.space_mut(slot).reserved += granted;
        self.space_mut(slot).message_page = NO_PAGE;
        self.count_unmapping();
        for page in pages {
            self.unmap_data(slot, VirtAddr(page));
        }
        self.clear_from(slot, end);
        Ok(())
    }

    fn is_granted(&self, slot: Slot, page: u32) -> bool {
        let mapped = self.space(slot).and_then(|space| space.tables.page(VirtAddr(page)));
        mapped.is_some_and(|(frame, _)| self.frames.holders(frame) > 1)
    }

    /// Unmaps a page of the heap, if it is mapped. Its frame is reserved again,
    /// unless it is granted.
    fn unmap_data(&mut self, slot: Slot, page: VirtAddr) {
        let Ok(frame) = self.space_mut(slot).tables.unmap(page) else { return };
        if self.active == slot {
            self.mmu.forget(page);
        }
        let is_granted = self.frames.holders(frame) > 1;
        self.frames.release(frame);
        let kept = if is_granted { Ok(()) } else { self.frames.reserve(1) };
        kept.expect("the frame has just become free");
        let space = self.space_mut(slot);
        space.data_pages -= 1;
        space.reserved += u32::from(!is_granted);
    }

    /// Zeros from `end` to the end of its page, if there is one: what the heap
    /// grows into is zero.
    fn clear_from(&mut self, slot: Slot, end: u32) {
        let length = end.next_multiple_of(PAGE_BYTES) - end;
        let is_mapped = self.space(slot).is_some_and(|space| {
            space.tables.page(VirtAddr(end)).is_some_and(|(_, access)| access == Access::ReadWrite)
        });
        if length == 0 || !is_mapped {
            return;
        }
        if let Ok(place) = self.reach(slot, end, Access::ReadWrite) {
            // SAFETY: so many bytes of the page lie there.
            unsafe { place.write_bytes(0, length as usize) }
        }
    }

    fn space_mut(&mut self, slot: Slot) -> &mut Space {
        let space = self.slots.get_mut(slot.index()).and_then(Option::as_mut);
        space.expect("the caller has looked it up")
    }
}
