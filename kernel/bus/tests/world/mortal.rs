//! A board that dies in the middle of whatever it does: after a given number of
//! stores, nothing that it does reaches the memory or rings a bell.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

use abi::ids::NodeId;
use abi::slice::SliceLayout;
use bus::backplane::Board;
use bus::{Memory, Signals};

/// How many more stores a board lives for.
#[derive(Clone, Default)]
pub struct Life(Rc<Cell<u32>>);

impl Life {
    pub fn immortal() -> Life {
        Life(Rc::new(Cell::new(u32::MAX)))
    }

    pub fn end_after(&self, stores: u32) {
        self.0.set(stores);
    }

    pub fn is_over(&self) -> bool {
        self.0.get() == 0
    }

    /// Uses up one store; false if there was none left.
    fn spend(&self) -> bool {
        let left = self.0.get();
        if left != u32::MAX {
            self.0.set(left.saturating_sub(1));
        }
        left > 0
    }
}

pub struct Mortal {
    pub board: Board,
    pub life: Life,
}

impl Memory for Mortal {
    type Place = <Board as Memory>::Place;

    fn own(&self) -> NodeId {
        self.board.own()
    }

    fn layout(&self) -> &SliceLayout {
        self.board.layout()
    }

    fn place(&self, node: NodeId, offset: u32, length: u32) -> Self::Place {
        self.board.place(node, offset, length)
    }

    // SAFETY: as `Memory` says.
    unsafe fn further(&self, base: Self::Place, bytes: u32) -> Self::Place {
        // SAFETY: the caller keeps to what the board asks for.
        unsafe { self.board.further(base, bytes) }
    }

    fn load(&self, word: Self::Place) -> u32 {
        self.board.load(word)
    }

    fn store(&self, word: Self::Place, value: u32) {
        if self.life.spend() {
            self.board.store(word, value);
        }
    }

    // SAFETY: as `Memory` says.
    unsafe fn room(&self, place: Self::Place, length: usize) -> NonNull<[u8]> {
        if self.life.spend() {
            // SAFETY: as in `further`. Whose end comes now writes but never commits.
            unsafe { self.board.room(place, length) }
        } else {
            // What a dead board writes goes nowhere.
            NonNull::from(Vec::leak(vec![0; length]))
        }
    }

    // SAFETY: as `Memory` says.
    unsafe fn read(&self, place: Self::Place, length: usize) -> &[u8] {
        // SAFETY: as in `further`.
        unsafe { self.board.read(place, length) }
    }
}

/// Bells of all nodes: rung or not.
pub type Bells = Rc<RefCell<Vec<bool>>>;

pub struct TestSignals {
    pub bells: Bells,
    pub life: Life,
}

impl Signals for TestSignals {
    fn fence_store_load(&self) {}

    fn ring_bell(&self, node: NodeId) {
        if self.life.spend() {
            self.bells.borrow_mut()[node.index()] = true;
        }
    }
}
