//! The memory of a whole crate in one process, and the boards that are plugged into it:
//! the daemon's mapping of its nodes' memory, or an allocation, for simulations and
//! tests.
#![allow(unsafe_code, reason = "the memory is used as a board's memory is")]

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use abi::ids::NodeId;
use abi::ring::Attention;
use abi::slice::SliceLayout;

use crate::local::LocalParts;
use crate::mapped::{Address, Mapped};
use crate::memory::Memory;

/// The memory of a crate. It stays as it is when boards are pulled.
pub struct Backplane {
    layout: SliceLayout,
    base: Address,
    plugged: Box<[AtomicBool]>,
    /// What the memory lives by.
    _keeper: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for Backplane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backplane").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl Backplane {
    /// New memory for a pool of this layout, all zero.
    pub fn new(layout: SliceLayout) -> Arc<Backplane> {
        let count = layout.nodes() * layout.slice_bytes() as usize / 4;
        let words: Box<[AtomicU32]> = (0..count).map(|_| AtomicU32::new(0)).collect();
        let base = NonNull::from(&*words).cast();
        // SAFETY: 1. the words are aligned, interiorly mutable, and live as long as their
        // keeper, whose address is that of the box. 2. They are private.
        unsafe { Backplane::over(layout, base, Box::new(words)) }
    }

    /// A backplane over memory that is there.
    ///
    /// # Safety
    /// 1. `base` is a multiple of four, and all slices of the layout are mapped there,
    ///    one after the other, readable and writable as long as `keeper` lives.
    /// 2. Nobody in this process accesses them except through this backplane; other
    ///    processes are nodes that keep to the rules of this crate.
    pub unsafe fn over(
        layout: SliceLayout,
        base: NonNull<u8>,
        keeper: Box<dyn Any + Send + Sync>,
    ) -> Arc<Backplane> {
        let plugged = (0..layout.nodes()).map(|_| AtomicBool::new(false)).collect();
        Arc::new(Backplane { layout, base: Address::new(base), plugged, _keeper: keeper })
    }

    /// What lies where in the slices.
    pub fn layout(&self) -> &SliceLayout {
        &self.layout
    }

    /// The view of node `own`, until it is dropped; none while there is one.
    pub fn plug(self: &Arc<Self>, own: NodeId) -> Option<Board> {
        if self.plugged[own.index()].swap(true, Ordering::AcqRel) {
            return None;
        }
        // SAFETY: 1. by `over`, and the board holds the backplane. 2. By `over`, and
        // `plugged` admits one view of each node.
        let view = unsafe { Mapped::new(self.base.get(), self.layout, own) };
        Some(Board { view, backplane: Arc::clone(self) })
    }

    /// The local parts of all slices as node `own` sees them, also when its board is
    /// pulled.
    pub fn local_parts(self: &Arc<Self>, own: NodeId) -> LocalParts {
        // SAFETY: by `over`; nothing here makes references to bytes of local parts.
        unsafe { LocalParts::new(self.base.get(), self.layout, own, Arc::clone(self)) }
    }

    /// A word in the slice of `node`, as whoever looks on sees it. Panics outside it.
    pub fn load(&self, node: NodeId, offset: u32) -> u32 {
        // SAFETY: by `over`. This view only loads, as everybody may.
        let view = unsafe { Mapped::new(self.base.get(), self.layout, node) };
        view.load(view.place(node, offset, 4))
    }

    /// How much each board has sent to each other, if all say that they sleep and have taken
    /// everything.
    ///
    /// What is counted grows only. So if two calls answer the same, this was so at each moment
    /// between them: no board had anything to do but what came from elsewhere, such as an
    /// alarm. Whether one was awake for that, and sleeps again, is not in the answer.
    pub fn all_taken(&self) -> Option<Vec<u32>> {
        let nodes = || (0..self.layout.nodes() as u8).map(NodeId);
        let sleeps = |node| {
            let word = self.load(node, self.layout.sleep_word(node));
            Attention::from_bits(word) == Attention::Asleep
        };
        let taken = |(from, to)| {
            let sent = self.load(from, self.layout.sent_word(from, to));
            let taken = self.load(to, self.layout.taken_word(to, from));
            // The other halves say whose boots have counted.
            (sent as u16 == taken as u16).then_some(sent)
        };
        let pairs = nodes().flat_map(|from| nodes().map(move |to| (from, to)));
        nodes().all(sleeps).then(|| pairs.map(taken).collect()).flatten()
    }
}

/// One node's view of a [`Backplane`].
#[derive(Debug)]
pub struct Board {
    view: Mapped<'static>,
    backplane: Arc<Backplane>,
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

    // SAFETY: as `Memory` says.
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

    // SAFETY: as `Memory` says.
    unsafe fn room(&self, place: Address, length: usize) -> NonNull<[u8]> {
        // SAFETY: as in `further`.
        unsafe { self.view.room(place, length) }
    }

    // SAFETY: as `Memory` says.
    unsafe fn read(&self, place: Address, length: usize) -> &[u8] {
        // SAFETY: as in `further`.
        unsafe { self.view.read(place, length) }
    }
}
