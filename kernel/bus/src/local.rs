//! The local parts of all slices, as bytes: what grants lead to, and what the host's
//! own spaces are made of.
#![allow(unsafe_code, reason = "bytes that other nodes see are copied")]

use alloc::sync::Arc;
use core::ptr::NonNull;

use abi::ids::NodeId;
use abi::slice::SliceLayout;

use crate::backplane::Backplane;
use crate::mapped::Address;

/// One node's access to the local parts of all slices: it reads all of them and writes
/// its own.
///
/// Another node may write its part while it is read: then the bytes are old, new, or
/// a mixture. Who needs more than that looks at the generation word of a grant
/// afterwards ([`crate::grants`]). Clones are the same access.
#[derive(Clone, Debug)]
pub struct LocalParts {
    base: Address,
    layout: SliceLayout,
    own: NodeId,
    _backplane: Arc<Backplane>,
}

impl LocalParts {
    /// The access of node `own`.
    ///
    /// # Safety
    /// 1. All slices are mapped from `base` on, readable and in the slice of `own`
    ///    writable, as long as `backplane` lives.
    /// 2. Nobody holds references to the local part of `own`.
    pub(crate) unsafe fn new(
        base: NonNull<u8>,
        layout: SliceLayout,
        own: NodeId,
        backplane: Arc<Backplane>,
    ) -> LocalParts {
        assert!(own.index() < layout.nodes(), "{own} is not in this pool");
        LocalParts { base: Address::new(base), layout, own, _backplane: backplane }
    }

    /// What lies where in the slices.
    pub fn layout(&self) -> &SliceLayout {
        &self.layout
    }

    /// Copies bytes from `offset` in the local part of `node` on. Panics if they are not
    /// all in it.
    pub fn read(&self, node: NodeId, offset: u32, into: &mut [u8]) {
        let length = into.len();
        let from = self.place(node, offset, length);
        // SAFETY: `place` has checked that the bytes are mapped; `into` is the caller's
        // and thus elsewhere, since nobody holds references to local parts.
        unsafe { from.copy_to_nonoverlapping(NonNull::from(into).cast(), length) }
    }

    /// Copies bytes to `offset` in this node's local part. Panics if there is not so much
    /// of it.
    pub fn write(&self, offset: u32, from: &[u8]) {
        let to = self.place(self.own, offset, from.len());
        // SAFETY: as in `read`; this node's slice is writable.
        unsafe { to.copy_from_nonoverlapping(NonNull::from(from).cast(), from.len()) }
    }

    fn place(&self, node: NodeId, offset: u32, length: usize) -> NonNull<u8> {
        let end = (offset as usize).checked_add(length).expect("a range does not wrap");
        assert!(node.index() < self.layout.nodes(), "{node} is not in this pool");
        let local = self.layout.local_bytes() as usize;
        assert!(end <= local, "{offset:#x} and {length} more bytes are not in a local part");
        let slice = node.index() * self.layout.slice_bytes() as usize;
        // SAFETY: by `new`, all slices are mapped from `base` on; the node and the range
        // were just checked.
        unsafe { self.base.get().add(slice + offset as usize) }
    }
}
