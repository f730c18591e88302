//! The slices of all nodes as this one sees them: through the window at their
//! physical addresses (`mmu::control::open_slices`).

use crate::address::VirtAddr;
use abi::ids::NodeId;
use abi::slice::{PAGE_BYTES, SliceLayout};
use core::ptr::NonNull;
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering};

/// The slices of a pool, one after the other from physical address 0 on.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    layout: SliceLayout,
    own: NodeId,
}

/// An address in a slice; never in the first page of one.
#[derive(Clone, Copy, Debug)]
pub struct Place(NonNull<u8>);

impl Windows {
    /// The view of node `own`.
    ///
    /// # Safety
    /// 1. The window on the slices is open, or opened before any of them is used.
    /// 2. Each node has one view at most, and its bus area is accessed by nothing
    ///    but the bus.
    pub unsafe fn new(layout: SliceLayout, own: NodeId) -> Windows {
        assert!(own.index() < layout.nodes(), "{own} is not in this pool");
        Windows { layout, own }
    }

    /// Bytes in the local part of a slice, less its first page, in which nothing
    /// lies; none if they are not there.
    pub fn local(&self, node: NodeId, offset: u32, length: u32) -> Option<*const u8> {
        let end = offset.checked_add(length)?;
        let is_there = node.index() < self.layout.nodes()
            && offset >= PAGE_BYTES
            && end <= self.layout.local_bytes();
        is_there.then(|| self.address(node, offset).pointer::<u8>().cast_const())
    }

    fn address(&self, node: NodeId, offset: u32) -> VirtAddr {
        VirtAddr(u32::from(node.0) * self.layout.slice_bytes() + offset)
    }
}

impl bus::Memory for Windows {
    type Place = Place;

    fn own(&self) -> NodeId {
        self.own
    }

    fn layout(&self) -> &SliceLayout {
        &self.layout
    }

    fn place(&self, node: NodeId, offset: u32, length: u32) -> Place {
        let end = offset.checked_add(length).expect("a place does not wrap");
        assert!(node.index() < self.layout.nodes(), "{node} is not in this pool");
        assert!(end <= self.layout.slice_bytes(), "{offset:#x} is not in a slice");
        assert_eq!(offset % 4, 0, "{offset:#x} is no place for a word");
        let address = self.address(node, offset).pointer::<u8>();
        Place(NonNull::new(address).expect("the first page of a slice is not used"))
    }

    // SAFETY: as `Memory` says.
    unsafe fn further(&self, base: Place, bytes: u32) -> Place {
        // SAFETY: the caller keeps it among the bytes of `base`.
        Place(unsafe { base.0.add(bytes as usize) })
    }

    fn load(&self, word: Place) -> u32 {
        // SAFETY: places lie in the window, aligned to 4; all accesses to words
        // are atomic.
        let word = unsafe { word.0.cast::<AtomicU32>().as_ref() };
        u32::from_be(word.load(Ordering::Acquire))
    }

    fn store(&self, word: Place, value: u32) {
        // SAFETY: as in `load`.
        let word = unsafe { word.0.cast::<AtomicU32>().as_ref() };
        word.store(value.to_be(), Ordering::Release);
    }

    // SAFETY: as `Memory` says.
    unsafe fn room(&self, place: Place, length: usize) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(place.0, length)
    }

    // SAFETY: as `Memory` says.
    unsafe fn read(&self, place: Place, length: usize) -> &[u8] {
        // SAFETY: the caller says that the bytes are there and stay as they are.
        unsafe { slice::from_raw_parts(place.0.as_ptr(), length) }
    }
}
