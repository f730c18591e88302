//! Grants: how bulk data is pulled from the pages of another node.
//!
//! Only the owner of pages writes them; who wants their contents copies them
//! itself. The owner issues a grant, sends its [`Ticket`] with the pages' addresses,
//! and keeps the pages as they are until the reader is done or its boot is gone.
//! Then it closes the grant, and only after that may the pages change. The reader
//! copies and looks at the generation word *afterwards*: if it still says what the
//! ticket says, the pages were kept during the whole copy.
//!
//! A generation word is (owner's epoch, generation); closed grants have generation
//! 0. A boot closes all grants ([`Grants::start`]) before it uses any memory that a
//! boot before it may have granted: thus a copy from a node that has died and come
//! back is discarded.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{Ordering, fence};

use abi::grant::Ticket;
use abi::ids::{Epoch, NodeId};
use abi::slice::GRANTS;

use crate::memory::Memory;

/// A grant that is open: what to put into the ticket, and what to close it by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Its number, below [`GRANTS`].
    pub number: u16,
    /// What its generation word says.
    pub generation: u32,
}

/// Who may read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Reader {
    node: NodeId,
    epoch: Epoch,
}

#[derive(Debug)]
struct Entry<P> {
    word: P,
    /// The generation of the last grant of this number.
    last: u16,
    reader: Option<Reader>,
}

/// The grants that this node has issued.
#[derive(Debug)]
pub struct Grants<M: Memory> {
    epoch: Epoch,
    entries: Vec<Entry<M::Place>>,
    /// Numbers not in use, the one unused longest in front, so that generations
    /// return as late as possible: after 65535 times [`GRANTS`] grants.
    free: VecDeque<u16>,
}

impl<M: Memory> Grants<M> {
    /// Closes all grants of earlier boots.
    pub fn start(memory: &M, epoch: Epoch) -> Grants<M> {
        let (layout, own) = (memory.layout(), memory.own());
        let numbers = 0..GRANTS as u16;
        let place = |number| memory.place(own, layout.generation_word(own, number), 4);
        let entries: Vec<_> = numbers
            .clone()
            .map(|number| Entry { word: place(number), last: 0, reader: None })
            .collect();
        for entry in &entries {
            memory.store(entry.word, generation_word(epoch, 0));
        }
        fence(Ordering::Release);
        Grants { epoch, entries, free: numbers.collect() }
    }

    /// Issues a grant to a boot of a node. None if [`GRANTS`] are open.
    pub fn issue(&mut self, memory: &M, node: NodeId, epoch: Epoch) -> Option<Grant> {
        let number = self.free.pop_front()?;
        let entry = &mut self.entries[usize::from(number)];
        entry.last = if entry.last == u16::MAX { 1 } else { entry.last + 1 };
        entry.reader = Some(Reader { node, epoch });
        let generation = generation_word(self.epoch, entry.last);
        memory.store(entry.word, generation);
        Some(Grant { number, generation })
    }

    /// Closes a grant. When this returns, its pages may change. A grant that is
    /// closed already stays so.
    pub fn close(&mut self, memory: &M, grant: Grant) {
        let entry = self.entries.get_mut(usize::from(grant.number));
        let Some(entry) = entry.filter(|entry| {
            entry.reader.is_some() && generation_word(self.epoch, entry.last) == grant.generation
        }) else {
            return;
        };
        entry.reader = None;
        memory.store(entry.word, generation_word(self.epoch, 0));
        self.free.push_back(grant.number);
        // No store into the pages overtakes the one above.
        fence(Ordering::Release);
    }

    /// An open grant of a reader whose boot is gone, if there is one: to be closed.
    pub fn orphan(&self, node: NodeId, epoch: Epoch) -> Option<Grant> {
        let reader = Some(Reader { node, epoch });
        let number = self.entries.iter().position(|entry| entry.reader == reader)?;
        let generation = generation_word(self.epoch, self.entries[number].last);
        Some(Grant { number: number as u16, generation })
    }
}

const fn generation_word(epoch: Epoch, generation: u16) -> u32 {
    (epoch.get() as u32) << 16 | generation as u32
}

/// Why nothing was pulled. What was copied meanwhile is to be thrown away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PullError {
    /// The ticket names a node or grant that this pool does not have.
    NoSuchGrant,
    /// The grant is closed, or its owner was started anew.
    Closed,
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PullError::NoSuchGrant => "the ticket names a grant that this pool does not have",
            PullError::Closed => "the grant was closed while its pages were copied",
        })
    }
}

impl core::error::Error for PullError {}

/// Copies from granted pages by `copy`, and says whether what it has copied holds.
/// A long copy is cut into pieces, each pulled by itself.
pub fn pull<M: Memory>(memory: &M, ticket: &Ticket, copy: impl FnOnce()) -> Result<(), PullError> {
    let (layout, owner, number) = (memory.layout(), NodeId(ticket.owner), ticket.grant.get());
    if owner.index() >= layout.nodes() || usize::from(number) >= GRANTS {
        return Err(PullError::NoSuchGrant);
    }
    let word = memory.place(owner, layout.generation_word(owner, number), 4);
    let is_open =
        || memory.load(word) == ticket.generation.get() && ticket.generation.get() & 0xffff != 0;
    if !is_open() {
        return Err(PullError::Closed);
    }
    copy();
    // No load of the copy is done after the one below.
    fence(Ordering::Acquire);
    if is_open() { Ok(()) } else { Err(PullError::Closed) }
}
