//! The memory of two nodes as loom sees it: each word an atomic, each slot's
//! payload a cell in which it finds races.

use std::cell::Cell;
use std::collections::HashMap;
use std::ptr::NonNull;

use abi::ids::NodeId;
use abi::ring::{SLOT_BYTES, SLOT_COMMIT, SLOT_HEADER_BYTES, SLOT_SHAPE};
use abi::slice::SliceLayout;
use bus::{Memory, Signals};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering, fence};
use loom::sync::{Arc, Notify};

pub const SLOTS: u32 = 2;
const NODES: u8 = 2;

/// A node and an offset in its slice.
pub type Place = (u8, u32);

pub struct Crate {
    layout: SliceLayout,
    words: HashMap<Place, AtomicU32>,
    payloads: HashMap<Place, UnsafeCell<Vec<u8>>>,
    bells: [Notify; NODES as usize],
}

// SAFETY: loom finds the accesses to payloads that race.
unsafe impl Sync for Crate {}
// SAFETY: as above; nothing in it belongs to a thread.
unsafe impl Send for Crate {}

impl Crate {
    pub fn new() -> Arc<Crate> {
        let layout = SliceLayout::with_slots(usize::from(NODES), 512 * 1024, SLOTS).unwrap();
        let mut memory = Crate {
            layout,
            words: HashMap::new(),
            payloads: HashMap::new(),
            bells: [Notify::new(), Notify::new()],
        };
        for node in 0..NODES {
            memory.add_words(NodeId(node), NodeId(1 - node));
        }
        Arc::new(memory)
    }

    /// Everything in the slice of `node` that it or its peer touches.
    fn add_words(&mut self, node: NodeId, peer: NodeId) {
        let layout = self.layout;
        let ring = layout.ring(node, peer);
        let slots: Vec<u32> = (0..SLOTS).map(|slot| ring + slot * SLOT_BYTES).collect();
        let words = [
            layout.magic_word(node),
            layout.shape_word(node),
            layout.size_word(node),
            layout.boot_word(node),
            layout.sleep_word(node),
            layout.pair_word(node, peer),
            layout.sent_word(node, peer),
            layout.taken_word(node, peer),
            layout.bells_word(node, peer),
        ];
        let in_slots = slots.iter().flat_map(|slot| [slot + SLOT_COMMIT, slot + SLOT_SHAPE]);
        for offset in words.into_iter().chain(in_slots) {
            self.words.insert((node.0, offset), AtomicU32::new(0));
        }
        for slot in slots {
            let place = (node.0, slot + SLOT_HEADER_BYTES);
            self.payloads.insert(place, UnsafeCell::new(Vec::new()));
        }
    }

    /// Stops until the node's bell rings, or has rung since the last stop.
    pub fn wait_for_bell(&self, node: NodeId) {
        self.bells[node.index()].wait();
    }
}

/// One boot's view, which may end after a number of stores.
pub struct View {
    pub shared: Arc<Crate>,
    pub own: NodeId,
    pub stores_left: Cell<u32>,
}

impl View {
    pub fn new(shared: &Arc<Crate>, own: u8, stores: u32) -> View {
        View { shared: Arc::clone(shared), own: NodeId(own), stores_left: Cell::new(stores) }
    }

    /// Uses up a store; false if there was none left.
    fn spend(&self) -> bool {
        let left = self.stores_left.get();
        self.stores_left.set(left.saturating_sub(1));
        left > 0
    }
}

impl Memory for View {
    type Place = Place;

    fn own(&self) -> NodeId {
        self.own
    }

    fn layout(&self) -> &SliceLayout {
        &self.shared.layout
    }

    fn place(&self, node: NodeId, offset: u32, _length: u32) -> Place {
        (node.0, offset)
    }

    // SAFETY: as `Memory` says.
    unsafe fn further(&self, (node, offset): Place, bytes: u32) -> Place {
        (node, offset + bytes)
    }

    fn load(&self, word: Place) -> u32 {
        self.shared.words[&word].load(Ordering::Acquire)
    }

    fn store(&self, word: Place, value: u32) {
        if self.spend() {
            self.shared.words[&word].store(value, Ordering::Release);
        }
    }

    // SAFETY: as `Memory` says.
    unsafe fn room(&self, place: Place, length: usize) -> NonNull<[u8]> {
        // What a dead boot writes goes nowhere.
        let mut lost = Vec::new();
        let fresh = |payload: &mut Vec<u8>| {
            *payload = vec![0; length];
            NonNull::from(payload.as_mut_slice())
        };
        if self.spend() {
            // SAFETY: loom checks that nobody else is at the payload.
            self.shared.payloads[&place].with_mut(|payload| unsafe { fresh(&mut *payload) })
        } else {
            let room = fresh(&mut lost);
            std::mem::forget(lost);
            room
        }
    }

    // SAFETY: as `Memory` says.
    unsafe fn read(&self, place: Place, length: usize) -> &[u8] {
        // SAFETY: loom checks that nobody writes the payload now; that nobody does as
        // long as the slot is held is what the tests are about.
        self.shared.payloads[&place].with(|payload| unsafe { &(&*payload)[..length] })
    }
}

/// Barrier and bells for loom.
pub struct LoomSignals(pub Arc<Crate>);

impl Signals for LoomSignals {
    fn fence_store_load(&self) {
        fence(Ordering::SeqCst);
    }

    fn ring_bell(&self, node: NodeId) {
        self.0.bells[node.index()].notify();
    }
}
