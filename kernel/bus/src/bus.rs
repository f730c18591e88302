//! All links of one node.
#![allow(unsafe_code, reason = "the message at hand is read where it lies")]
#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

mod bells;

use alloc::vec::Vec;
use core::mem;

use abi::ids::{Epoch, NodeId};
use abi::ring::{Attention, SlotNote};
use abi::slice::MAGIC;

use crate::link::{Link, State, Step, Watch};
use crate::memory::{Memory, Signals};
use crate::ring::{Found, SendError, Slot};
use bells::{Bells, Ear};

pub use bells::{Bell, Rest};

/// What [`Bus::poll`] has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// There is a message from this node: [`Bus::peek`] shows it.
    Data(NodeId),
    /// The ring to this node was full and has space again.
    Space(NodeId),
    /// A boot of this node can be sent to, and may send.
    PeerUp {
        /// The peer.
        node: NodeId,
        /// Its boot.
        epoch: Epoch,
    },
    /// A boot of this node is gone, or has closed the link. Nothing sent to it that
    /// was not answered will be.
    PeerDown {
        /// The peer.
        node: NodeId,
        /// The boot that is gone.
        epoch: Epoch,
    },
}

/// What [`Bus::take`] has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Took {
    /// There was nothing.
    Nothing,
    /// There is something that was not taken: [`Bus::poll`].
    Left,
    /// A message; whether its sender is known to have published more.
    Message {
        /// If not, he may have.
        more: bool,
    },
}

/// Whether a sender has been refused for lack of space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Backlog {
    None,
    Waiting,
}

/// What the node keeps about a link beside the link itself.
#[derive(Debug)]
struct Peer<M: Memory> {
    link: Link<M>,
    ear: Ear<M::Place>,
    backlog: Backlog,
}

/// One boot's end of the bus.
///
/// Messages are written in the room that [`Bus::reserve`] gives, sent with
/// [`Bus::commit`], and seen by their receivers after [`Bus::flush`], which every batch
/// must end with.
#[derive(Debug)]
pub struct Bus<M: Memory, S> {
    memory: M,
    signals: S,
    epoch: Epoch,
    /// Indexed by node; this node's own entry watches its boot word, which never
    /// changes, so that the scan has no special case.
    watches: Vec<Watch<M::Place>>,
    /// Indexed by node; none for this node.
    peers: Vec<Option<Peer<M>>>,
    bells: Bells<M::Place>,
    /// The message that was found last, and in whose ring.
    at_hand: Option<(NodeId, Found<M::Place>)>,
    /// Peers with a backlog.
    waiting: usize,
    /// Where the next scan begins, so that no peer starves another.
    cursor: usize,
}

impl<M: Memory, S: Signals> Bus<M, S> {
    /// Starts this node's boot `epoch`: writes its header. The first poll greets the
    /// peers. The only allocations of a bus are made here.
    pub fn start(memory: M, signals: S, epoch: Epoch) -> Self {
        let own_sleep = write_header(&memory, epoch);
        let own = memory.own();
        let nodes = (0..memory.layout().nodes()).map(|node| NodeId(node as u8));
        let peers: Vec<_> =
            nodes.map(|node| (node != own).then(|| Peer::new(&memory, epoch, node))).collect();
        let own_watch = write_boot_word(&memory, epoch);
        let watch = |peer: &Option<Peer<M>>| peer.as_ref().map(|peer| peer.link.first_watch());
        Bus {
            epoch,
            watches: peers.iter().map(|peer| watch(peer).unwrap_or(own_watch)).collect(),
            bells: Bells::new(own_sleep, epoch, peers.len()),
            at_hand: None,
            peers,
            waiting: 0,
            cursor: 0,
            memory,
            signals,
        }
    }

    /// This node.
    pub fn own(&self) -> NodeId {
        self.memory.own()
    }

    /// This boot.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The memory that the bus runs over.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// The boot of `node` to which messages can be sent now.
    pub fn peer_epoch(&self, node: NodeId) -> Option<Epoch> {
        match self.peers.get(node.index())?.as_ref()?.link.state() {
            State::Up(epoch) => Some(epoch),
            State::Down | State::Greeting(_) | State::Closed(_) => None,
        }
    }

    /// Looks for something to do. The usual answer, nothing, costs a load and a
    /// comparison for each node of the pool.
    #[inline]
    pub fn poll(&mut self) -> Option<Notice> {
        self.at_hand = None;
        while let Some(node) = self.changed() {
            self.cursor = node.index() + 1;
            if let Some(notice) = self.step(node) {
                return Some(notice);
            }
        }
        if self.waiting > 0 { self.find_space() } else { None }
    }

    /// The next node, from the cursor on and round, whose watched word has changed.
    #[inline]
    fn changed(&self) -> Option<NodeId> {
        let memory = &self.memory;
        let is_new = |watch: &Watch<M::Place>| memory.load(watch.word) != watch.expected;
        let cursor = self.cursor.min(self.watches.len());
        let (before, after) = self.watches.split_at(cursor);
        let index = match after.iter().position(is_new) {
            Some(index) => Some(cursor + index),
            None => before.iter().position(is_new),
        };
        index.map(|index| NodeId(index as u8))
    }

    /// Whether the watched word of any node has changed.
    #[inline]
    fn is_any_new(&self) -> bool {
        let memory = &self.memory;
        self.watches.iter().any(|watch| memory.load(watch.word) != watch.expected)
    }

    #[inline]
    fn step(&mut self, node: NodeId) -> Option<Notice> {
        let index = node.index();
        let Some(peer) = self.peers[index].as_mut() else {
            // This node's own word was damaged: no reason to look at it for ever.
            self.watches[index].expected = self.memory.load(self.watches[index].word);
            return None;
        };
        loop {
            match peer.link.step(&self.memory, &mut self.watches[index]) {
                Step::Quiet => return None,
                Step::Again => {}
                Step::Announce => {
                    self.bells.announce(node, &mut peer.ear);
                    return None;
                }
                Step::Tell(notice) => {
                    match notice {
                        Notice::Data(_) => {
                            let found = peer.link.receiver.found(&self.memory);
                            self.at_hand = found.map(|found| (node, found));
                        }
                        Notice::PeerDown { .. } => self.waiting -= peer.settle(),
                        Notice::Space(_) | Notice::PeerUp { .. } => {}
                    }
                    return Some(notice);
                }
            }
        }
    }

    fn find_space(&mut self) -> Option<Notice> {
        for peer in self.peers.iter_mut().flatten() {
            if peer.backlog == Backlog::Waiting && peer.link.sender.has_space(&self.memory) {
                self.waiting -= peer.settle();
                return Some(Notice::Space(peer.link.peer));
            }
        }
        None
    }

    /// Room for a message of up to `length` bytes to `node`, in the ring itself.
    /// Nothing is sent before [`Bus::commit`]; reserving again starts anew.
    #[inline]
    pub fn reserve(&mut self, node: NodeId, length: usize) -> Result<&mut [u8], SendError> {
        let peer = Peer::of(&mut self.peers, node).ok_or(SendError::PeerDown)?;
        // Only links that are up have space at hand.
        if peer.link.sender.is_scarce() && !matches!(peer.link.state(), State::Up(_)) {
            return Err(SendError::PeerDown);
        }
        if let Err(error) = peer.link.sender.admit(&self.memory, length) {
            if error == SendError::Full {
                self.waiting += peer.wait();
            }
            return Err(error);
        }
        Ok(peer.link.sender.room(&self.memory))
    }

    /// Makes the first `length` bytes of the room that was reserved for `node` a
    /// message.
    #[inline]
    pub fn commit(&mut self, node: NodeId, length: usize) {
        let Some(peer) = Peer::of(&mut self.peers, node) else { return };
        peer.link.sender.commit(&self.memory, length);
        self.bells.note_message(node, &mut peer.ear);
    }

    /// The message that [`Bus::poll`] has found in the ring from `node`. It stays
    /// where it lies until [`Bus::advance`].
    #[inline]
    pub fn peek(&self, node: NodeId) -> Option<Slot<'_>> {
        match self.at_hand {
            // SAFETY: whoever takes it or unlinks borrows the bus anew, and forgets it.
            Some((from, found)) if from == node => Some(unsafe { found.slot(&self.memory) }),
            _ => self.peek_into_ring(node),
        }
    }

    fn peek_into_ring(&self, node: NodeId) -> Option<Slot<'_>> {
        self.peers.get(node.index())?.as_ref()?.link.receiver.peek(&self.memory)
    }

    /// Takes the message that [`Bus::peek`] has shown.
    #[inline]
    pub fn advance(&mut self, node: NodeId) {
        self.at_hand = None;
        let index = node.index();
        let Some(peer) = Peer::of(&mut self.peers, node) else { return };
        let wanted = peer.link.receiver.advance(&self.memory);
        if let State::Up(_) = peer.link.state() {
            self.watches[index].expected = peer.link.receiver.nothing_new();
        }
        if wanted == SlotNote::SpaceWanted {
            self.bells.announce(node, &mut peer.ear);
        }
    }

    /// Shows `take` the next message, if that is what there is; it is taken if `take` says so.
    /// This is [`Bus::poll`], [`Bus::peek`] and [`Bus::advance`] in the usual case.
    #[inline(always)]
    pub fn take(&mut self, take: impl FnOnce(&[u8]) -> bool) -> Took {
        let (mut index, mut has_looked) = (self.cursor, false);
        let (receiver, found) = loop {
            // Mostly it is where the last look has found something new.
            if let Some(Some(peer)) = self.peers.get_mut(index)
                && let Some(found) = peer.link.find(&self.memory)
            {
                break (&mut peer.link.receiver, found);
            }
            match self.look_elsewhere(index) {
                Ok(other) if !has_looked => (index, has_looked) = (other, true),
                Ok(_) => return Took::Left,
                Err(took) => return took,
            }
        };
        // SAFETY: this end is borrowed until it is taken.
        if !take(unsafe { found.slot(&self.memory) }.payload) {
            return Took::Left;
        }
        let expected = receiver.take_found(&self.memory);
        let more = receiver.has_more();
        if let Some(watch) = self.watches.get_mut(index) {
            watch.expected = expected;
        }
        self.at_hand = None;
        self.cursor = index + 1;
        if more {
            self.look_on();
        }
        Took::Message { more }
    }

    /// There is something new: the next look begins there.
    #[inline(never)]
    fn look_on(&mut self) {
        self.has_news();
    }

    /// There is no message that can be taken at once in the ring from node `index`: another
    /// node with something new, or what there is.
    #[cold]
    #[inline(never)]
    fn look_elsewhere(&mut self, index: usize) -> Result<usize, Took> {
        if !self.has_news() {
            return Err(Took::Nothing);
        }
        if self.cursor == index { Err(Took::Left) } else { Ok(self.cursor) }
    }

    /// Has `write` write a message of `length` bytes to `node`, in the ring itself; it is
    /// shown at once if `write` says so. This is [`Bus::reserve`], [`Bus::commit`] and
    /// [`Bus::flush`] in the usual case; in all others, as when there is only one slot left, or
    /// something else is to be told first, the ring is said to be full.
    #[inline(always)]
    pub fn post(
        &mut self,
        node: NodeId,
        length: usize,
        bell: Bell,
        write: impl FnOnce(&mut [u8]) -> bool,
    ) -> Result<bool, SendError> {
        let peer = Peer::of(&mut self.peers, node).ok_or(SendError::PeerDown)?;
        let sender = &mut peer.link.sender;
        if sender.is_scarce() {
            sender.look_for_space(&self.memory)?;
        }
        if self.bells.are_due() {
            return Err(SendError::Full);
        }
        if !sender.post(&self.memory, length, write)? {
            return Ok(false);
        }
        self.signals.fence_store_load();
        self.bells.tell((&self.memory, &self.signals), node, &mut peer.ear, Some(bell));
        Ok(true)
    }

    /// Whether the peer is known to have published more than was taken. It may have, also if
    /// not.
    #[inline]
    pub fn has_more(&self, node: NodeId) -> bool {
        let peer = self.peers.get(node.index()).and_then(Option::as_ref);
        peer.is_some_and(|peer| peer.link.receiver.has_more())
    }

    /// Whether there is something to do, by one look at all that this node waits for.
    #[inline]
    pub fn has_news(&mut self) -> bool {
        let Some(node) = self.changed() else { return self.waiting > 0 && self.is_space_found() };
        // The next poll finds it at once.
        self.cursor = node.index();
        true
    }

    fn is_space_found(&mut self) -> bool {
        let memory = &self.memory;
        self.peers
            .iter_mut()
            .flatten()
            .any(|peer| peer.backlog == Backlog::Waiting && peer.link.sender.has_space(memory))
    }

    /// Gives up on the boot of `node` that is known now, for good: it was declared
    /// lost. Nothing of it is accepted any more; its next boot will be.
    pub fn close(&mut self, node: NodeId) {
        let Some(peer) = Peer::of(&mut self.peers, node) else { return };
        if let Some(watch) = peer.link.close(&self.memory) {
            self.at_hand = None;
            self.watches[node.index()] = watch;
            self.waiting -= peer.settle();
            self.bells.announce(node, &mut peer.ear);
        }
    }

    /// Slots that were not valid although their senders had published them. There
    /// are none unless memory is damaged.
    pub fn dropped(&self) -> u32 {
        self.peers.iter().flatten().map(|peer| peer.link.receiver.dropped()).sum()
    }
}

/// Writes what tells others how this node's memory is laid out; returns its sleep
/// word, which says that it is awake.
fn write_header<M: Memory>(memory: &M, epoch: Epoch) -> M::Place {
    let (layout, own) = (memory.layout(), memory.own());
    let store = |offset, value| {
        let word = memory.place(own, offset, 4);
        memory.store(word, value);
        word
    };
    store(layout.magic_word(own), MAGIC);
    store(layout.shape_word(own), layout.shape());
    store(layout.size_word(own), layout.slice_bytes());
    store(layout.sleep_word(own), Attention::Awake.bits(epoch))
}

/// Writes the boot word; returns a watch on it.
fn write_boot_word<M: Memory>(memory: &M, epoch: Epoch) -> Watch<M::Place> {
    let own = memory.own();
    let watch = Watch {
        word: memory.place(own, memory.layout().boot_word(own), 4),
        expected: u32::from(epoch.get()),
    };
    memory.store(watch.word, watch.expected);
    watch
}

impl<M: Memory> Peer<M> {
    fn new(memory: &M, epoch: Epoch, peer: NodeId) -> Self {
        Peer {
            link: Link::new(memory, epoch, peer),
            ear: Ear::new(memory, peer),
            backlog: Backlog::None,
        }
    }

    /// That of `node`, if it is another one.
    #[inline(always)]
    fn of(peers: &mut [Option<Self>], node: NodeId) -> Option<&mut Self> {
        peers.get_mut(node.index())?.as_mut()
    }

    /// A message was refused for lack of space. Returns by how many the count of
    /// waiting peers rises.
    fn wait(&mut self) -> usize {
        usize::from(mem::replace(&mut self.backlog, Backlog::Waiting) == Backlog::None)
    }

    /// There is space again, or no reason to wait. Returns by how many the count of
    /// waiting peers falls.
    fn settle(&mut self) -> usize {
        usize::from(mem::replace(&mut self.backlog, Backlog::None) == Backlog::Waiting)
    }
}
