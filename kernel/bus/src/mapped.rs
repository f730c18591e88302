//! Real memory: the slices of all nodes in one range of addresses.
//!
//! On a board these are the windows on the crate's memory, on the host a mapping
//! of the memory file, in a simulation an allocation ([`crate::backplane`]).
#![allow(unsafe_code, reason = "this is where addresses become memory")]

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering};

use abi::ids::NodeId;
use abi::slice::SliceLayout;

use crate::memory::Memory;

/// An address in the crate's memory.
#[derive(Clone, Copy, Debug)]
pub struct Address(NonNull<u8>);

// SAFETY: the memory is shared by design: words are atomic, and slots change hands
// by the protocol of this crate, which does not care on which thread a side runs.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

impl Address {
    /// The address as others name it.
    pub(crate) const fn new(address: NonNull<u8>) -> Address {
        Address(address)
    }

    pub(crate) const fn get(self) -> NonNull<u8> {
        self.0
    }
}

/// All slices, one after the other.
#[derive(Debug)]
pub struct Mapped<'m> {
    base: Address,
    own: NodeId,
    layout: SliceLayout,
    memory: PhantomData<&'m AtomicU32>,
}

impl<'m> Mapped<'m> {
    /// The view of node `own` on the slices of a pool, which follow one another
    /// from `base` on.
    ///
    /// # Safety
    /// 1. `base` is a multiple of four, and all slices are mapped there, readable
    ///    and, in the rings of this node at others and in its own slice, writable,
    ///    for the lifetime `'m`.
    /// 2. Nobody accesses the bus areas except through this crate, and at any time
    ///    each node has one view at most.
    pub unsafe fn new(base: NonNull<u8>, layout: SliceLayout, own: NodeId) -> Mapped<'m> {
        assert_eq!(base.as_ptr().addr() % 4, 0, "shared words are aligned");
        assert!(own.index() < layout.nodes(), "{own} is not in this pool");
        Mapped { base: Address(base), own, layout, memory: PhantomData }
    }
}

impl Memory for Mapped<'_> {
    type Place = Address;

    fn own(&self) -> NodeId {
        self.own
    }

    fn layout(&self) -> &SliceLayout {
        &self.layout
    }

    fn place(&self, node: NodeId, offset: u32, length: u32) -> Address {
        let end = offset.checked_add(length).expect("a place does not wrap");
        assert!(node.index() < self.layout.nodes(), "{node} is not in this pool");
        assert!(end <= self.layout.slice_bytes(), "{offset:#x} is not in a slice");
        assert_eq!(offset % 4, 0, "{offset:#x} is no place for a word");
        let slice = node.index() * self.layout.slice_bytes() as usize;
        // SAFETY: by `new`, all slices are mapped from `base` on; the node and the
        // offset were just checked.
        Address(unsafe { self.base.0.add(slice + offset as usize) })
    }

    // SAFETY: as `Memory` says.
    unsafe fn further(&self, base: Address, bytes: u32) -> Address {
        // SAFETY: the caller keeps it among the bytes of `base`.
        Address(unsafe { base.0.add(bytes as usize) })
    }

    fn load(&self, word: Address) -> u32 {
        // SAFETY: places come from `place` and `further`: mapped, aligned. All
        // accesses to words are atomic.
        let word = unsafe { word.0.cast::<AtomicU32>().as_ref() };
        u32::from_be(word.load(Ordering::Acquire))
    }

    fn store(&self, word: Address, value: u32) {
        // SAFETY: as in `load`.
        let word = unsafe { word.0.cast::<AtomicU32>().as_ref() };
        word.store(value.to_be(), Ordering::Release);
    }

    // SAFETY: as `Memory` says.
    unsafe fn room(&self, place: Address, length: usize) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(place.0, length)
    }

    // SAFETY: as `Memory` says.
    unsafe fn read(&self, place: Address, length: usize) -> &[u8] {
        // SAFETY: the caller says that the bytes are there and stay as they are.
        unsafe { slice::from_raw_parts(place.0.as_ptr(), length) }
    }
}
