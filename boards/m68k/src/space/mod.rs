//! The address spaces of a node's incarnations, laid out by `abi::space`: text
//! shared and read-only, data, heap and stack private, mapped when they are
//! touched, nothing else. This is `kernel::platform::Memory` for every board.
//!
//! All that a space may grow to is reserved when it is made, so that growth never
//! fails. Users' bytes are reached by the owner's tables and the kernel's own
//! mapping of its slice, page by page, whichever space is active.

mod access;
mod brk;
mod making;
mod memory;
mod near;
mod pins;
mod regions;
mod tables;
#[cfg(test)]
mod tests;
mod texts;
mod touched;

use crate::address::{PAGE_BYTES, PhysAddr, VirtAddr};
use crate::frames::Frames;
use crate::mmu::m68040::PageTables;
use crate::mmu::{Access, Owner, Protection};
use crate::own_memory::OwnMemory;
use crate::windows::Windows;
use alloc::vec::Vec;
use core::ptr::NonNull;
use kernel::NOBODY;
use kernel::config::INCARNATIONS_MAX;
use kernel::platform::{BadAddress, Slot};
use near::Near;
use pins::Pins;
use regions::{Part, Regions};
use tables::SpaceTables;
use texts::{TextIndex, Texts};

/// The MMU's side of it.
pub trait Translation {
    /// The root of tables that map nothing.
    fn nothing(&self) -> PhysAddr;

    /// Translates user accesses by these tables from now on; forgets what it knows of
    /// others.
    fn switch(&mut self, root: PhysAddr);

    /// Forgets a page of the active user space: its descriptor has changed.
    fn forget(&mut self, page: VirtAddr);

    /// Makes code that was written as data visible to instruction fetches.
    fn publish_code(&mut self);
}

/// One space.
struct Space {
    tables: PageTables<SpaceTables>,
    regions: Regions,
    text: TextIndex,
    /// The page of the last message structure, writable, and where the kernel sees it;
    /// [`NO_PAGE`] at first.
    message_page: (u32, NonNull<u8>),
    /// The page tables that were walked last, for text and data and for stack and
    /// parameters.
    near: [Near; 2],
    /// Pages that it may still map, reserved with the frames.
    reserved: u32,
    /// Pages mapped of data and heap, and of the stack.
    data_pages: u16,
    stack_pages: u16,
}

impl Space {
    /// Which of the two halves an address lies in: text and data, or stack and parameters.
    #[inline]
    fn half(&self, at: u32) -> usize {
        usize::from(at >= self.regions.layout().stack_low)
    }
}

/// All spaces of a node.
pub struct Spaces<T> {
    own: OwnMemory,
    windows: Windows,
    frames: Frames,
    texts: Texts,
    slots: Vec<Option<Space>>,
    /// By slot, the root of its space's tables, or of tables that map nothing.
    roots: [PhysAddr; INCARNATIONS_MAX as usize],
    pins: Pins,
    /// Whose space user code runs in, or [`NOBODY`].
    active: Slot,
    /// How often pages were unmapped, less one; never 0.
    unmapped: u32,
    mmu: T,
}

/// No page begins there.
const NO_PAGE: (u32, NonNull<u8>) = (1, NonNull::dangling());

const USER_READ_WRITE: Protection = Protection { access: Access::ReadWrite, owner: Owner::User };
const USER_READ_ONLY: Protection = Protection { access: Access::ReadOnly, owner: Owner::User };

impl<T: Translation> Spaces<T> {
    /// No spaces yet, in these frames of the node's own memory.
    pub fn new(own: OwnMemory, windows: Windows, mut frames: Frames, mmu: T) -> Spaces<T> {
        Spaces {
            own,
            windows,
            pins: Pins::new(&mut frames),
            frames,
            texts: Texts::new(),
            slots: Vec::new(),
            roots: [mmu.nothing(); INCARNATIONS_MAX as usize],
            active: NOBODY,
            unmapped: 1,
            mmu,
        }
    }

    /// Makes the space of `slot` the one that user code runs in.
    #[inline]
    pub fn activate(&mut self, slot: Slot) {
        if self.active != slot {
            self.mmu.switch(self.roots[slot.bounded()]);
            self.active = slot;
        }
    }

    /// User code of `slot` has faulted at an address: maps the page if it may have
    /// it, so that the access can be repeated.
    pub fn fault(&mut self, slot: Slot, at: u32, access: Access) -> Result<(), BadAddress> {
        self.reach(slot, at, access).map(|_| ())
    }

    /// Pages are unmapped: no message structure is known to be in its place any more.
    fn count_unmapping(&mut self) {
        self.unmapped = self.unmapped.wrapping_add(1).max(1);
    }

    fn space(&self, slot: Slot) -> Option<&Space> {
        self.slots.get(slot.index())?.as_ref()
    }

    /// Maps the page of a private part that `at` lies in.
    fn grow(&mut self, slot: Slot, at: u32, content: Content) -> Result<PhysAddr, BadAddress> {
        let page = VirtAddr(at).page();
        let space = self.slots.get_mut(slot.index()).and_then(Option::as_mut);
        let space = space.ok_or(BadAddress)?;
        match space.regions.part(at).ok_or(BadAddress)? {
            Part::Text => return Err(BadAddress),
            Part::Data => space.data_pages += 1,
            Part::Stack => space.stack_pages += 1,
            Part::Parameters => {}
        }
        space.reserved -= 1;
        let frame = self.frames.take_reserved();
        if content == Content::Zeros {
            // SAFETY: the frame was free, so it is this space's alone now.
            unsafe { self.own.clear_page(frame) };
        }
        let mapped = space.tables.map(page, frame, USER_READ_WRITE);
        mapped.expect("an unmapped page of a part, with tables for all parts");
        if self.active == slot {
            self.mmu.forget(page);
        }
        Ok(frame)
    }
}

/// What a new page is to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Content {
    /// Zeros.
    Zeros,
    /// Anything: all of it is written before user code runs.
    Anything,
}

/// Bytes from an address to the end of its page.
fn rest_of_page(at: u32) -> u32 {
    PAGE_BYTES - at % PAGE_BYTES
}
