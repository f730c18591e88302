//! Grants: how bulk data is pulled from the pages of another node.
//!
//! Only the owner of pages writes them; who wants their contents copies them
//! itself. The owner keeps the pages as they are, opens a grant, and sends its number
//! and generation with a record of the pages (`abi::grant`). When the reader is done,
//! or its boot is gone, the owner closes the grant, and only after that may the pages
//! and the record change. The reader copies and looks at the generation word
//! *afterwards*: if it still says what the message said, all that was read was kept
//! during the whole copy.
//!
//! A generation word is (owner's epoch, generation); closed grants have generation
//! 0. A boot closes all grants ([`Grants::start`]) before it uses any memory that a
//! boot before it may have granted: thus a copy from a node that has died and come
//! back is discarded.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::sync::atomic::{Ordering, fence};

use abi::ids::{Epoch, NodeId};
use abi::slice::GRANTS;

use crate::memory::Memory;

/// What names a grant of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Its number.
    pub number: u8,
    /// What its generation word says as long as it is open.
    pub generation: u32,
}

impl Grant {
    /// The boot that opened it; none if no boot did.
    pub const fn epoch(self) -> Option<Epoch> {
        Epoch::new((self.generation >> 16) as u16)
    }
}

#[derive(Debug)]
struct Entry<P> {
    word: P,
    /// The generation of the last grant of this number.
    last: u16,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Open,
    Closed,
}

/// What [`Grants::close`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Close {
    /// The grant was open: its pages may change from now on.
    Closed,
    /// The grant was not open.
    WasClosed,
}

/// The grants of this node.
#[derive(Debug)]
pub struct Grants<M: Memory> {
    epoch: Epoch,
    entries: Vec<Entry<M::Place>>,
    /// Numbers not in use, the one unused longest in front, so that generations
    /// return as late as possible: after 65535 times [`GRANTS`] grants.
    free: VecDeque<u8>,
}

impl<M: Memory> Grants<M> {
    /// Closes all grants of earlier boots.
    pub fn start(memory: &M, epoch: Epoch) -> Grants<M> {
        let (layout, own) = (memory.layout(), memory.own());
        let place = |number| memory.place(own, layout.generation_word(own, number), 4);
        let entries: Vec<_> = (0..GRANTS as u16)
            .map(|number| Entry { word: place(number), last: 0, state: State::Closed })
            .collect();
        for entry in &entries {
            memory.store(entry.word, generation_word(epoch, 0));
        }
        fence(Ordering::Release);
        Grants { epoch, entries, free: (0..=u8::MAX).collect() }
    }

    /// Opens a grant. None if [`GRANTS`] are open.
    pub fn open(&mut self, memory: &M) -> Option<Grant> {
        let number = self.free.pop_front()?;
        let entry = &mut self.entries[usize::from(number)];
        entry.last = if entry.last == u16::MAX { 1 } else { entry.last + 1 };
        entry.state = State::Open;
        let generation = generation_word(self.epoch, entry.last);
        memory.store(entry.word, generation);
        Some(Grant { number, generation })
    }

    /// Closes a grant. A grant that is closed already stays so.
    pub fn close(&mut self, memory: &M, grant: Grant) -> Close {
        let entry = &mut self.entries[usize::from(grant.number)];
        let current = generation_word(self.epoch, entry.last);
        if entry.state == State::Closed || current != grant.generation {
            return Close::WasClosed;
        }
        entry.state = State::Closed;
        memory.store(entry.word, generation_word(self.epoch, 0));
        self.free.push_back(grant.number);
        // No store into the pages overtakes the one above.
        fence(Ordering::Release);
        Close::Closed
    }
}

const fn generation_word(epoch: Epoch, generation: u16) -> u32 {
    (epoch.get() as u32) << 16 | generation as u32
}

/// The grant is not open, or was closed during the copy, whose result is to be thrown
/// away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotOpen;

/// Copies what a grant of `owner`, a node of the pool, covers by `copy`, and says
/// whether what it has read holds. A long copy is cut into pieces, each pulled by
/// itself.
pub fn pull<M: Memory, T>(
    memory: &M,
    owner: NodeId,
    grant: Grant,
    copy: impl FnOnce() -> T,
) -> Result<T, NotOpen> {
    let offset = memory.layout().generation_word(owner, u16::from(grant.number));
    let word = memory.place(owner, offset, 4);
    let is_open = || memory.load(word) == grant.generation && grant.generation & 0xffff != 0;
    if !is_open() {
        return Err(NotOpen);
    }
    let result = copy();
    // No load of the copy is done after the one below.
    fence(Ordering::Acquire);
    if is_open() { Ok(result) } else { Err(NotOpen) }
}
