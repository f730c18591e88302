//! A crate's memory as an allocation: for simulations and tests.
#![allow(unsafe_code, reason = "the allocation is used as a board's memory is")]

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use abi::ids::NodeId;
use abi::slice::SliceLayout;

use crate::local::LocalParts;
use crate::mapped::{Address, Mapped};
use crate::memory::Memory;

/// The memory of a crate, zero at first, and kept when boards are pulled.
#[derive(Debug)]
pub struct Backplane {
    layout: SliceLayout,
    words: Box<[AtomicU32]>,
    plugged: Box<[AtomicBool]>,
}

impl Backplane {
    /// The memory of a pool of this layout.
    pub fn new(layout: SliceLayout) -> Arc<Backplane> {
        let words = layout.nodes() * layout.slice_bytes() as usize / 4;
        Arc::new(Backplane {
            layout,
            words: (0..words).map(|_| AtomicU32::new(0)).collect(),
            plugged: (0..layout.nodes()).map(|_| AtomicBool::new(false)).collect(),
        })
    }

    /// The view of node `own`, until it is dropped; none while there is one.
    pub fn plug(self: &Arc<Self>, own: NodeId) -> Option<Board> {
        if self.plugged[own.index()].swap(true, Ordering::AcqRel) {
            return None;
        }
        let base = NonNull::from(&*self.words).cast();
        // SAFETY: 1. the words are aligned, interiorly mutable, and live as long as
        // the board, which holds the backplane. 2. They are private, and `plugged`
        // admits one view of each node.
        let view = unsafe { Mapped::new(base, self.layout, own) };
        Some(Board { view, backplane: Arc::clone(self) })
    }
}

/// One node's view of a [`Backplane`].
#[derive(Debug)]
pub struct Board {
    view: Mapped<'static>,
    backplane: Arc<Backplane>,
}

impl Board {
    /// The local parts of all slices, as this node sees them; also after the board was
    /// pulled, for this node's memory is then nobody's.
    pub fn local_parts(&self) -> LocalParts {
        let base = NonNull::from(&*self.backplane.words).cast();
        let backplane = Arc::clone(&self.backplane);
        // SAFETY: 1. the words live as long as the backplane. 2. They are private, and
        // nothing here makes references to those of local parts.
        unsafe { LocalParts::new(base, *self.layout(), self.own(), backplane) }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.backplane.plugged[self.view.own().index()].store(false, Ordering::Release);
    }
}

impl Memory for Board {
    type Place = Address;

    fn own(&self) -> NodeId {
        self.view.own()
    }

    fn layout(&self) -> &SliceLayout {
        self.view.layout()
    }

    fn place(&self, node: NodeId, offset: u32, length: u32) -> Address {
        self.view.place(node, offset, length)
    }

    unsafe fn further(&self, base: Address, bytes: u32) -> Address {
        // SAFETY: what the caller keeps to is what the view asks for.
        unsafe { self.view.further(base, bytes) }
    }

    fn load(&self, word: Address) -> u32 {
        self.view.load(word)
    }

    fn store(&self, word: Address, value: u32) {
        self.view.store(word, value);
    }

    unsafe fn room(&self, place: Address, length: usize) -> NonNull<[u8]> {
        // SAFETY: as in `further`.
        unsafe { self.view.room(place, length) }
    }

    unsafe fn read(&self, place: Address, length: usize) -> &[u8] {
        // SAFETY: as in `further`.
        unsafe { self.view.read(place, length) }
    }
}
