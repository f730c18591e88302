//! What the bus needs of a machine: shared words, shared slots, a barrier, bells.
#![allow(unsafe_code, reason = "who reads or writes a slot must keep to the protocol")]

use core::ptr::NonNull;

use abi::ids::NodeId;
use abi::slice::SliceLayout;

/// The memory of a crate as one node sees it: the slices of all nodes.
pub trait Memory {
    /// A place in that memory, found once and used often.
    type Place: Copy;

    /// The node whose view this is.
    fn own(&self) -> NodeId;

    /// What lies where in the slices.
    fn layout(&self) -> &SliceLayout;

    /// The place at `offset` bytes in the slice of `node`, with `length` bytes that
    /// belong to it. Panics if they are not all in the slice, or `offset` is not a
    /// multiple of four.
    fn place(&self, node: NodeId, offset: u32, length: u32) -> Self::Place;

    /// The place `bytes` bytes further.
    ///
    /// # Safety
    /// It is still among the bytes that belong to `base`, and `bytes` is a multiple
    /// of four.
    unsafe fn further(&self, base: Self::Place, bytes: u32) -> Self::Place;

    /// Loads the word there. Nothing that follows happens before it (acquire).
    fn load(&self, word: Self::Place) -> u32;

    /// Stores the word there. Nothing that precedes happens after it (release).
    fn store(&self, word: Self::Place, value: u32);

    /// The `length` bytes there, to be written.
    ///
    /// # Safety
    /// The place has so many bytes, and nobody else reads or writes them before the
    /// store of a word that says so.
    unsafe fn room(&self, place: Self::Place, length: usize) -> NonNull<[u8]>;

    /// The `length` bytes there.
    ///
    /// # Safety
    /// The place has so many bytes, and nobody writes them as long as the result
    /// lives.
    unsafe fn read(&self, place: Self::Place, length: usize) -> &[u8];
}

/// Barrier and bells of a machine.
pub trait Signals {
    /// No load after this overtakes a store before it, as other nodes see them. On
    /// QEMU's `virt`, a read of a device register; on a host, a full fence.
    fn fence_store_load(&self);

    /// Wakes a node that has said that it sleeps. Bells are hints: they may
    /// coalesce, and ring for nothing.
    fn ring_bell(&self, node: NodeId);
}
