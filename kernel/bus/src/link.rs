//! A link: the two rings between this node and one peer, and the agreement on a
//! pair of epochs before they carry data. The crate's documentation has the state
//! diagram and the argument.

use abi::ids::{Epoch, NodeId};
use abi::ring::{IndexWord, PairWord};
use abi::slice::MAGIC;

use crate::bus::Notice;
use crate::memory::Memory;
use crate::ring::{Found, Receiver, Sender};

/// How far a link has come. The epoch is that of the peer's boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// No boot of the peer is known.
    Down,
    /// This node has counted from 0 and shown the pair; the peer has not yet.
    Greeting(Epoch),
    /// Both have shown the pair: the rings carry data.
    Up(Epoch),
    /// This node has given up on this boot of the peer, for good.
    Closed(Epoch),
}

/// One word of the peer and what it said when it was last examined: a word that
/// says something else is worth a look.
#[derive(Clone, Copy, Debug)]
pub struct Watch<P> {
    /// The word.
    pub word: P,
    /// What it said.
    pub expected: u32,
}

/// What [`Link::step`] has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing for the layers above; the watch expects what is there.
    Quiet,
    /// The state has changed: look again at once.
    Again,
    /// The peer must be told of words that were written.
    Announce,
    /// Something for the layers above.
    Tell(Notice),
}

/// One node's view of its link with one peer.
#[derive(Debug)]
pub struct Link<M: Memory> {
    /// The peer.
    pub peer: NodeId,
    /// The sending end.
    pub sender: Sender<M>,
    /// The receiving end.
    pub receiver: Receiver<M>,
    state: State,
    epoch: Epoch,
    own_pair: M::Place,
    peer_pair: M::Place,
    peer_header: PeerHeader<M::Place>,
}

/// The words that tell whether the peer's memory is laid out as this node's.
#[derive(Debug)]
struct PeerHeader<P> {
    magic: P,
    shape: P,
    size: P,
}

impl<M: Memory> Link<M> {
    /// The link of this node's boot `epoch` with `peer`. Shows the peer that there is
    /// such a boot.
    pub fn new(memory: &M, epoch: Epoch, peer: NodeId) -> Self {
        let (layout, own) = (memory.layout(), memory.own());
        let word = |node, offset| memory.place(node, offset, 4);
        let link = Link {
            peer,
            sender: Sender::new(memory, epoch, peer),
            receiver: Receiver::new(memory, epoch, peer),
            state: State::Down,
            epoch,
            own_pair: word(own, layout.pair_word(own, peer)),
            peer_pair: word(peer, layout.pair_word(peer, own)),
            peer_header: PeerHeader {
                magic: word(peer, layout.magic_word(peer)),
                shape: word(peer, layout.shape_word(peer)),
                size: word(peer, layout.size_word(peer)),
            },
        };
        memory.store(link.own_pair, PairWord::bits(epoch, None));
        link
    }

    /// How far the link has come.
    pub fn state(&self) -> State {
        self.state
    }

    /// The watch of a link that has not examined the peer's pair word yet.
    pub fn first_watch(&self) -> Watch<M::Place> {
        Watch { word: self.peer_pair, expected: 0 }
    }

    /// Examines why the watched word says something new, and goes on by at most one
    /// state.
    #[inline]
    pub fn step(&mut self, memory: &M, watch: &mut Watch<M::Place>) -> Step {
        if let State::Up(peer) = self.state {
            return self.step_up(memory, peer, watch);
        }
        let bits = memory.load(self.peer_pair);
        let pair = PairWord::from_bits(bits);
        *watch = Watch { word: self.peer_pair, expected: bits };
        match (self.state, pair.own) {
            (State::Down, Some(peer)) if self.is_laid_out_alike(memory) => {
                self.greet(memory, peer);
                // Whatever the peer has shown by now is worth a look.
                watch.expected = 0;
                Step::Announce
            }
            (State::Greeting(peer), own) if own == Some(peer) => {
                if pair.peer != Some(self.epoch) {
                    return Step::Quiet;
                }
                self.state = State::Up(peer);
                self.sender.open();
                let expected = self.receiver.nothing_new();
                *watch = Watch { word: self.receiver.sent_word(), expected };
                Step::Tell(Notice::PeerUp { node: self.peer, epoch: peer })
            }
            (State::Closed(peer), own) if own == Some(peer) => Step::Quiet,
            (State::Greeting(_) | State::Closed(_), _) => {
                self.state = State::Down;
                Step::Again
            }
            _ => Step::Quiet,
        }
    }

    /// In Up, the watched word is the peer's sent word.
    fn step_up(&mut self, memory: &M, peer: Epoch, watch: &mut Watch<M::Place>) -> Step {
        let sent = memory.load(watch.word);
        if IndexWord::from_bits(sent).epoch == Some(peer) {
            if self.receiver.offer(memory) {
                return Step::Tell(Notice::Data(self.peer));
            }
            // Damaged memory: slots that were dropped, or a count that cannot be.
            watch.expected = sent;
            return Step::Quiet;
        }
        self.state = State::Down;
        self.sender.unlink();
        self.receiver.unlink();
        *watch = self.first_watch();
        Step::Tell(Notice::PeerDown { node: self.peer, epoch: peer })
    }

    /// The next message, by one look: none says nothing.
    #[inline]
    pub fn find(&mut self, memory: &M) -> Option<Found<M::Place>> {
        match self.state {
            State::Up(_) => self.receiver.find(memory),
            State::Down | State::Greeting(_) | State::Closed(_) => None,
        }
    }

    /// Begins a pair of epochs: counts first, so that whoever sees the pair word sees
    /// them too.
    fn greet(&mut self, memory: &M, peer: Epoch) {
        self.sender.link(memory, peer);
        self.receiver.link(memory, peer);
        memory.store(self.own_pair, PairWord::bits(self.epoch, Some(peer)));
        self.state = State::Greeting(peer);
    }

    /// Ends the pair for good: nothing of this boot of the peer is accepted any more,
    /// and it is told so. Returns what to watch then; none if there is no pair.
    pub fn close(&mut self, memory: &M) -> Option<Watch<M::Place>> {
        let (State::Greeting(peer) | State::Up(peer)) = self.state else { return None };
        // The pair word first: whoever sees the sent word closed must not see it open.
        memory.store(self.own_pair, PairWord::bits(self.epoch, None));
        self.sender.close(memory);
        self.receiver.close(memory);
        self.state = State::Closed(peer);
        Some(self.first_watch())
    }

    fn is_laid_out_alike(&self, memory: &M) -> bool {
        let layout = memory.layout();
        memory.load(self.peer_header.magic) == MAGIC
            && memory.load(self.peer_header.shape) == layout.shape()
            && memory.load(self.peer_header.size) == layout.slice_bytes()
    }
}
