//! Memory by its physical address, as the kernel reaches it.

use crate::address::{PAGE_BYTES, PhysAddr};
use core::ptr::NonNull;

/// A node's own memory. Copies of this value are the same memory; who holds which
/// part of it is [`crate::frames::Frames`]' business.
#[derive(Clone, Copy, Debug)]
pub struct OwnMemory {
    base: NonNull<u8>,
    start: PhysAddr,
    bytes: u32,
}

impl OwnMemory {
    /// The memory at `start`, which the kernel sees at `base`.
    ///
    /// # Safety
    /// All of it is mapped there, writable, for as long as the value is used.
    pub unsafe fn new(base: NonNull<u8>, start: PhysAddr, bytes: u32) -> OwnMemory {
        OwnMemory { base, start, bytes }
    }

    /// Its first address.
    pub fn start(&self) -> PhysAddr {
        self.start
    }

    /// Where the kernel sees an address.
    ///
    /// # Panics
    /// If the address is not in this memory.
    pub fn pointer(&self, at: PhysAddr) -> NonNull<u8> {
        let offset = at.0.wrapping_sub(self.start.0);
        assert!(offset < self.bytes, "{at} is not this node's memory");
        // SAFETY: by `new`, so many bytes are mapped from `base` on.
        unsafe { self.base.add(offset as usize) }
    }

    /// Bytes from its beginning to a place in it, as the kernel sees that.
    ///
    /// # Panics
    /// If the place is not in this memory.
    pub fn offset(&self, place: NonNull<u8>) -> u32 {
        let offset = place.addr().get().wrapping_sub(self.base.addr().get());
        assert!(offset < self.bytes as usize, "{place:?} is not in this node's memory");
        offset as u32
    }

    /// Fills a page with zeros.
    ///
    /// # Safety
    /// The page is the caller's alone.
    pub unsafe fn clear_page(&self, page: PhysAddr) {
        // SAFETY: pages of this memory are mapped whole; the caller owns this one.
        unsafe { self.pointer(page).write_bytes(0, PAGE_BYTES as usize) }
    }
}
