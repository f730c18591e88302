//! All links of one node.
#![allow(unsafe_code, reason = "the message at hand is read where it lies")]
#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

use alloc::vec::Vec;
use core::mem;

use abi::ids::{Epoch, NodeId};
use abi::ring::{Attention, SlotNote};
use abi::slice::MAGIC;

use crate::link::{Link, State, Step, Watch};
use crate::memory::{Memory, Signals};
use crate::ring::{Found, SendError, Slot};

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

/// Whether a node may stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// Stop; a bell will wake it. Then [`Bus::woke`].
    Sleep,
    /// There is something to do: [`Bus::poll`].
    Stay,
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

/// When a peer that runs user code is told of a message that he does not see by himself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bell {
    /// Before this node runs user code.
    Soon,
    /// With the next [`Bus::flush`].
    Late,
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
    sleep_word: M::Place,
    /// Counts [`Peer::bells`] for who routes them.
    bells_word: M::Place,
    bells: u32,
    /// Whether it is among those who are rung late.
    is_late: bool,
    backlog: Backlog,
    announced: Announced,
}

/// Whether the peer knows of all that was written for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Announced {
    Yes,
    /// Messages are to be shown.
    Due,
    /// It is to be told of something else too: of space, of a greeting, of a farewell.
    Urgent,
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
    own_sleep: M::Place,
    /// The bits of that word that are this boot's.
    own_boot: u32,
    /// What the own sleep word says.
    attention: Attention,
    /// Whether bells tell of all that arrives, and nobody is owed one.
    is_rung: bool,
    /// Whether there may be somebody in `due`, `owed` or `late`.
    is_unsettled: bool,
    /// Indexed by node; this node's own entry watches its boot word, which never
    /// changes, so that the scan has no special case.
    watches: Vec<Watch<M::Place>>,
    /// Indexed by node; none for this node.
    peers: Vec<Option<Peer<M>>>,
    /// Peers that must be told, each once; room for all.
    due: Vec<NodeId>,
    /// Peers that run user code and have not taken all that they were shown: each is rung
    /// unless it soon has. Room for all.
    owed: Vec<NodeId>,
    /// As `owed`, but of messages that may be told of late; each once.
    late: Vec<NodeId>,
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
            own_sleep,
            own_boot: Attention::Awake.bits(epoch),
            attention: Attention::Awake,
            is_rung: false,
            is_unsettled: true,
            watches: peers.iter().map(|peer| watch(peer).unwrap_or(own_watch)).collect(),
            due: Vec::with_capacity(peers.len()),
            owed: Vec::with_capacity(peers.len()),
            late: Vec::with_capacity(peers.len()),
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

    /// Whether the watched word of a node has changed.
    #[inline]
    fn is_new(&self, index: usize) -> bool {
        let watch = self.watches.get(index);
        watch.is_some_and(|watch| self.memory.load(watch.word) != watch.expected)
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
                    self.announce(node);
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
        let Some(Some(peer)) = self.peers.get_mut(node.index()) else {
            return Err(SendError::PeerDown);
        };
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
        let Some(Some(peer)) = self.peers.get_mut(node.index()) else { return };
        peer.link.sender.commit(&self.memory, length);
        if peer.announced == Announced::Yes {
            peer.announced = Announced::Due;
            self.due.push(node);
            self.is_unsettled = true;
        }
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
        let Some(Some(peer)) = self.peers.get_mut(index) else { return };
        let wanted = peer.link.receiver.advance(&self.memory);
        if let State::Up(_) = peer.link.state() {
            self.watches[index].expected = peer.link.receiver.nothing_new();
        }
        if wanted == SlotNote::SpaceWanted {
            self.announce(node);
        }
    }

    /// Shows `take` the next message, if that is what there is; it is taken if `take` says so.
    /// This is [`Bus::poll`], [`Bus::peek`] and [`Bus::advance`] in the usual case.
    #[inline(always)]
    pub fn take(&mut self, take: impl FnOnce(&[u8]) -> bool) -> Took {
        if !self.is_new(self.cursor) && !self.has_news() {
            return Took::Nothing;
        }
        let index = self.cursor;
        let Some(watch) = self.watches.get_mut(index) else { return Took::Left };
        let Some(Some(peer)) = self.peers.get_mut(index) else { return Took::Left };
        let State::Up(_) = peer.link.state() else { return Took::Left };
        let receiver = &mut peer.link.receiver;
        let Some(found) = receiver.find(&self.memory) else { return Took::Left };
        // SAFETY: this end is borrowed until it is taken.
        if !take(unsafe { found.slot(&self.memory) }.payload) {
            return Took::Left;
        }
        watch.expected = receiver.take_found(&self.memory);
        let more = receiver.has_more();
        self.at_hand = None;
        self.cursor = index + 1;
        Took::Message { more }
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
        let Some(Some(peer)) = self.peers.get_mut(node.index()) else {
            return Err(SendError::PeerDown);
        };
        let sender = &mut peer.link.sender;
        if sender.is_scarce() {
            sender.look_for_space(&self.memory)?;
        }
        if !self.due.is_empty() || !self.owed.is_empty() {
            return Err(SendError::Full);
        }
        if !sender.post(&self.memory, length, write)? {
            return Ok(false);
        }
        self.signals.fence_store_load();
        match peer.attention(&self.memory) {
            Attention::Running if bell == Bell::Soon => {
                self.owed.push(node);
                self.is_unsettled = true;
                self.is_rung = false;
            }
            Attention::Running if !peer.is_late => {
                peer.is_late = true;
                self.late.push(node);
                self.is_unsettled = true;
            }
            Attention::Awake | Attention::Running => {}
            Attention::Asleep => self.ring(node),
        }
        Ok(true)
    }

    /// Whether the peer is known to have published more than was taken. It may have, also if
    /// not.
    #[inline]
    pub fn has_more(&self, node: NodeId) -> bool {
        let peer = self.peers.get(node.index()).and_then(Option::as_ref);
        peer.is_some_and(|peer| peer.link.receiver.has_more())
    }

    fn announce(&mut self, node: NodeId) {
        let Some(peer) = &mut self.peers[node.index()] else { return };
        if mem::replace(&mut peer.announced, Announced::Urgent) == Announced::Yes {
            self.due.push(node);
            self.is_unsettled = true;
        }
    }

    /// Shows all that was sent and taken to the peers, and rings the bells of those
    /// that sleep: one barrier for all of them.
    ///
    /// A peer that runs user code may look soon by itself, so that the bell for a message
    /// is only owed to him. It is rung with the next call of this function, or before
    /// this node sleeps or runs user code, unless he has taken everything.
    ///
    /// To ring takes so long that an answer may come meanwhile. So whoever rings says
    /// first that he is awake, lest he be rung in turn, again and again.
    #[inline]
    pub fn flush(&mut self) {
        if self.is_unsettled {
            self.flush_all();
        }
    }

    #[inline(never)]
    fn flush_all(&mut self) {
        if !self.owed.is_empty() || !self.late.is_empty() {
            self.settle();
        }
        if !self.due.is_empty() {
            self.show();
        }
        self.is_unsettled = !self.owed.is_empty();
    }

    fn show(&mut self) {
        if let &[node] = self.due.as_slice() {
            // The usual case needs no list.
            self.due.clear();
            let Some(peer) = &mut self.peers[node.index()] else { return };
            peer.link.sender.publish(&self.memory);
            self.signals.fence_store_load();
            return self.tell(node);
        }
        for node in &self.due {
            if let Some(peer) = &mut self.peers[node.index()] {
                peer.link.sender.publish(&self.memory);
            }
        }
        self.signals.fence_store_load();
        while let Some(node) = self.due.pop() {
            self.tell(node);
        }
    }

    /// Looks whether a peer has to be told of what was shown.
    #[inline]
    fn tell(&mut self, node: NodeId) {
        let Some(peer) = &mut self.peers[node.index()] else { return };
        let announced = mem::replace(&mut peer.announced, Announced::Yes);
        match peer.attention(&self.memory) {
            Attention::Awake => {}
            Attention::Running if announced == Announced::Due => {
                self.owed.push(node);
                self.is_unsettled = true;
                self.is_rung = false;
            }
            Attention::Running | Attention::Asleep => self.ring(node),
        }
    }

    /// Rings those who are owed a bell. Who has not run all the time since he was shown
    /// the message has looked since: he says that he is awake, or did so after he had said
    /// that he sleeps.
    #[cold]
    fn settle(&mut self) {
        while let Some(node) = self.owed.pop().or_else(|| self.late.pop()) {
            let Some(peer) = &mut self.peers[node.index()] else { continue };
            peer.is_late = false;
            let is_running = peer.attention(&self.memory) == Attention::Running;
            if is_running && !peer.link.sender.is_taken(&self.memory) {
                self.ring(node);
            }
        }
        self.is_rung = self.attention != Attention::Awake;
    }

    #[cold]
    fn ring(&mut self, node: NodeId) {
        self.woke();
        let Some(peer) = &mut self.peers[node.index()] else { return };
        peer.bells = peer.bells.wrapping_add(1);
        self.memory.store(peer.bells_word, peer.bells);
        self.signals.ring_bell(node);
    }

    /// Publishes, says that this node sleeps, and looks once more. On [`Rest::Sleep`], stop
    /// with bells enabled: one that rings after this call ends the stop at once. Who has
    /// said so already, and was not woken, need not look.
    pub fn prepare_to_sleep(&mut self) -> Rest {
        self.prepare(Attention::Asleep)
    }

    /// As [`Bus::prepare_to_sleep`], for a node that does not stop but runs user code.
    #[inline]
    pub fn prepare_to_run(&mut self) -> Rest {
        self.prepare(Attention::Running)
    }

    #[inline(always)]
    fn prepare(&mut self, attention: Attention) -> Rest {
        self.flush();
        if self.is_unsettled {
            // Whoever is owed a bell since then gets it now.
            self.flush_all();
        }
        if self.attention == attention {
            return Rest::Sleep;
        }
        self.say(attention);
        self.signals.fence_store_load();
        if self.is_any_new() || self.waiting > 0 && self.is_space_found() {
            self.woke();
            return Rest::Stay;
        }
        Rest::Sleep
    }

    /// Says that this node looks at its rings again by itself.
    #[inline]
    pub fn woke(&mut self) {
        if self.attention != Attention::Awake {
            self.say(Attention::Awake);
        }
    }

    /// Whether bells tell of all that arrives, and nobody is owed one: user code may go on.
    #[inline]
    pub fn is_rung(&self) -> bool {
        self.is_rung
    }

    #[inline]
    fn say(&mut self, attention: Attention) {
        self.attention = attention;
        self.is_rung = attention != Attention::Awake && self.owed.is_empty();
        self.memory.store(self.own_sleep, self.own_boot | attention.low_bits());
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
        let Some(Some(peer)) = self.peers.get_mut(node.index()) else { return };
        if let Some(watch) = peer.link.close(&self.memory) {
            self.at_hand = None;
            self.watches[node.index()] = watch;
            self.waiting -= peer.settle();
            self.announce(node);
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
        let (layout, own) = (memory.layout(), memory.own());
        let bells_word = memory.place(own, layout.bells_word(own, peer), 4);
        Peer {
            link: Link::new(memory, epoch, peer),
            sleep_word: memory.place(peer, layout.sleep_word(peer), 4),
            bells_word,
            bells: memory.load(bells_word),
            is_late: false,
            backlog: Backlog::None,
            announced: Announced::Yes,
        }
    }

    /// What its sleep word says now.
    #[inline]
    fn attention(&self, memory: &M) -> Attention {
        Attention::from_bits(memory.load(self.sleep_word))
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
