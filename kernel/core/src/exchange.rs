//! One reliable exchange of a source: a message on its way until it is answered (§8.4.1).
//!
//! A message is sent again while nothing is heard, first soon, then every 200 ms. An answer
//! that says "still at it" or "no room now" renews the patience; silence of [`PATIENCE`] ends
//! the exchange, and so does the loss of the peer. What the message says is not kept here: it
//! is read from the memory of the blocked sender each time.

use abi::error::CallError;
use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use crate::platform::Slot;
use crate::ticks::Tick;

/// Ticks of silence after which an exchange is given up: 5 s (§6.2.4).
pub const PATIENCE: u32 = 250;
/// Ticks until a message is first sent again: 20 to 40 ms.
const FIRST_RETRY: u32 = 2;
/// Ticks between further attempts: 200 ms.
pub const RETRY: u32 = 10;
/// Redirections that are followed in turn before a port is searched.
const MOVES_MAX: u8 = 8;
/// Ticks for which a port is searched: 1 s.
const SEARCH: u32 = 50;

/// Whose exchange it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An incarnation's, for the call that it is blocked in.
    Call(Slot),
    /// Its ghost's.
    Ghost(Slot),
}

impl Owner {
    /// The local incarnation concerned.
    pub fn slot(self) -> Slot {
        match self {
            Self::Call(slot) | Self::Ghost(slot) => slot,
        }
    }
}

/// How far an exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There is none.
    Idle,
    /// The port has to be found first.
    Searching,
    /// The message is not sent, or was turned away: there was no room.
    Waiting,
    /// The message is sent; nothing was heard.
    Sent,
    /// The peer has the message and has said so.
    Held,
    /// The reply is here, and its data is being pulled.
    Pulling,
}

/// What is to be done about an exchange whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the message (again).
    Send,
    /// Ask whether the peer is still at it.
    Probe,
    /// Ask all nodes for the port.
    Search,
    /// Give up.
    Fail(CallError),
}

/// A set of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeSet([u64; 4]);

impl NodeSet {
    /// No node.
    pub const EMPTY: Self = Self([0; 4]);

    /// Adds a node.
    pub fn insert(&mut self, node: NodeId) {
        self.0[node.index() / 64] |= 1 << (node.index() % 64);
    }

    /// Whether `node` is in it.
    pub fn contains(&self, node: NodeId) -> bool {
        self.0[node.index() / 64] & 1 << (node.index() % 64) != 0
    }
}

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    /// How far it has come.
    pub phase: Phase,
    /// How it is sent.
    pub kind: Kind,
    /// The type of the port that it is for.
    pub to_type: PortType,
    /// Times that it was handed over since it was certain that nobody has it.
    pub attempts: u8,
    /// Times that it was told that the port is elsewhere, since it was found last.
    moves: u8,
    /// Whether the node is lost where the port was last.
    is_lost: bool,
    /// The nodes that have said that they have no member of the group, or that the port that is
    /// searched is not there.
    pub absent: NodeSet,
    /// How many ports have gone from them, as they have said in this round of a search.
    gone: u32,
    /// The same of the last round in which every node has said that the port is not there.
    gone_before: Option<u32>,
    /// Where the port remembers the source, 0 if not known. While it is searched, the number of
    /// the search.
    pub hint: u16,
    /// The address, as far as known.
    pub to: KernelPort,
    /// The identity that the port must have, its bits.
    pub to_id: u64,
    /// The source, its bits.
    pub source: u64,
    /// The message's number there.
    pub sequence: u32,
    /// When something is to be done.
    due: Tick,
    /// When the peer was last heard of, or the exchange began.
    heard: Tick,
}

impl Exchange {
    /// No exchange.
    pub const IDLE: Self = Self {
        phase: Phase::Idle,
        kind: Kind::Send,
        to_type: PortType::Channel,
        attempts: 0,
        moves: 0,
        is_lost: false,
        absent: NodeSet::EMPTY,
        gone: 0,
        gone_before: None,
        hint: 0,
        to: KernelPort::NONE,
        to_id: 0,
        source: 0,
        sequence: 0,
        due: Tick(0),
        heard: Tick(0),
    };

    /// A request to the port at `to`, of this type and identity; its source is left open.
    pub fn request(to_type: PortType, to: KernelPort, to_id: u64) -> Self {
        Self { kind: Kind::Invoke, to_type, to, to_id, ..Self::IDLE }
    }

    /// This exchange, about message `sequence` of `source`.
    #[must_use]
    pub fn from(mut self, source: u64, sequence: u32) -> Self {
        self.source = source;
        self.sequence = sequence;
        self
    }

    /// Makes this the exchange of a message to a port that is known, just handed over.
    #[inline]
    pub fn hand_over(
        &mut self,
        kind: Kind,
        (to, to_id): (KernelPort, u64),
        hint: u16,
        (source, sequence): (u64, u32),
        now: Tick,
    ) {
        let (due, heard) = (now.after(FIRST_RETRY), now);
        let (phase, to_type) = (Phase::Sent, PortType::Channel);
        let (attempts, moves, is_lost, absent) = (1, 0, false, NodeSet::EMPTY);
        let (gone, gone_before) = (0, None);
        *self = Self {
            phase,
            kind,
            to_type,
            attempts,
            moves,
            is_lost,
            absent,
            gone,
            gone_before,
            hint,
            to,
            to_id,
            source,
            sequence,
            due,
            heard,
        };
    }

    /// Begins the exchange described by the public fields, at `now`.
    #[inline]
    pub fn begin(&mut self, now: Tick) {
        let is_known = self.to != KernelPort::NONE || self.to_type == PortType::Group;
        self.phase = if is_known { Phase::Waiting } else { Phase::Searching };
        (self.attempts, self.moves, self.absent) = (0, 0, NodeSet::EMPTY);
        (self.is_lost, self.gone_before) = (false, None);
        self.due = now.after(FIRST_RETRY);
        self.heard = now;
    }

    /// Whether this is the exchange of message `sequence` of `source`.
    #[inline]
    pub fn is_about(&self, source: u64, sequence: u32) -> bool {
        self.phase != Phase::Idle && self.source == source && self.sequence == sequence
    }

    /// Whether the exchange needs `node`.
    pub fn waits_for(&self, node: NodeId) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Searching | Phase::Pulling)
            && self.to != KernelPort::NONE
            && self.to.node() == node
    }

    /// The message was handed to the peer's ring.
    #[inline]
    pub fn sent(&mut self, now: Tick) {
        self.phase = Phase::Sent;
        self.due = now.after(if self.attempts == 0 { FIRST_RETRY } else { RETRY });
        self.attempts = self.attempts.saturating_add(1);
    }

    /// The message could not be handed over: the ring is full. Nobody can say that the peer
    /// lives, so patience runs on.
    pub fn not_sent(&mut self, now: Tick) {
        self.phase = Phase::Waiting;
        self.due = now.after(1);
    }

    /// The peer has turned the message away for now. An earlier copy may still be on its way.
    pub fn turned_away(&mut self, now: Tick) {
        self.phase = Phase::Waiting;
        self.heard = now;
        self.due = now.after(RETRY / 2);
    }

    /// The peer has the message and works on it.
    pub fn held(&mut self, now: Tick) {
        self.phase = Phase::Held;
        self.heard = now;
        self.due = now.after(RETRY);
    }

    /// The reply is owed by another port now.
    pub fn moved(&mut self, now: Tick, port: KernelPort, id: u64) {
        self.to = port;
        self.to_id = id;
        self.hint = 0;
        self.held(now);
        self.due = now;
    }

    /// The address is not that of the port (any more), and never was for this message: a
    /// closed port still answers about what it has taken.
    pub fn not_here(&mut self, now: Tick) -> Result<(), CallError> {
        match self.phase {
            // What became of the message has been forgotten.
            Phase::Held => return Err(CallError::OutcomeUnknown),
            Phase::Idle | Phase::Searching | Phase::Pulling => return Ok(()),
            Phase::Sent | Phase::Waiting => {}
        }
        if self.to_type == PortType::NodeService {
            return Err(CallError::PeerLost);
        }
        self.to = KernelPort::NONE;
        (self.hint, self.gone_before) = (0, None);
        self.attempts = 0;
        self.phase = Phase::Searching;
        self.heard = now;
        self.due = now;
        Ok(())
    }

    /// The node is lost where the port was last. If it cannot have the message, the port may have
    /// gone elsewhere meanwhile.
    pub fn lost(&mut self, now: Tick) -> Result<(), CallError> {
        if self.attempts > 0 || self.to_type != PortType::Channel {
            return Err(CallError::PeerLost);
        }
        self.is_lost = true;
        self.not_here(now)
    }

    /// The port has moved to `port`, where it has the identity `id`, before the message was
    /// taken. When that is said too often in turn, it is searched.
    pub fn elsewhere(&mut self, now: Tick, port: KernelPort, id: u64) -> Result<(), CallError> {
        if matches!(self.phase, Phase::Idle | Phase::Held | Phase::Pulling) {
            return Ok(());
        }
        self.moves += 1;
        self.to_id = id;
        if self.moves > MOVES_MAX {
            return self.not_here(now);
        }
        self.to = port;
        self.hint = 0;
        self.phase = Phase::Waiting;
        self.heard = now;
        self.due = now;
        Ok(())
    }

    /// The message goes to another port, since its stream was rebound. One that the old port has
    /// said to have is asked after at the new one, which knows where it is.
    pub fn readdress(&mut self, now: Tick, port: KernelPort, id: u64) {
        if matches!(self.phase, Phase::Idle | Phase::Pulling) {
            return;
        }
        if self.phase != Phase::Held {
            self.phase = if port == KernelPort::NONE { Phase::Searching } else { Phase::Waiting };
        }
        (self.to, self.to_id, self.hint, self.moves) = (port, id, 0, 0);
        self.heard = now;
        self.due = now;
    }

    /// All nodes are asked for the port (again); answers the number of the search, which is not 0.
    pub fn search(&mut self) -> u16 {
        self.hint = self.hint.wrapping_add(1).max(1);
        (self.absent, self.gone) = (NodeSet::EMPTY, 0);
        self.hint
    }

    /// A node has answered `search` that it has not got the port, and that `gone` ports have gone
    /// from there so far. True if that is the search under way. One for a port whose node is lost
    /// goes on: somebody may take its place.
    pub fn is_absent_at(&mut self, node: NodeId, search: u16, gone: u32) -> bool {
        let counts = self.phase == Phase::Searching && self.hint == search && !self.is_lost;
        if counts && !self.absent.contains(node) {
            self.absent.insert(node);
            self.gone = self.gone.wrapping_add(gone);
        }
        counts
    }

    /// Every node has said that the port is not there: whether it is nowhere. It may have gone
    /// from a node that was asked late to one that was asked early. Then it has not been between
    /// this round and the last one if no port has gone from anywhere meanwhile.
    pub fn is_nowhere(&mut self) -> bool {
        let before = self.gone_before.replace(self.gone);
        self.gone == 0 || before == Some(self.gone)
    }

    /// The port was found: the message can be sent.
    pub fn found(&mut self, now: Tick, port: KernelPort) {
        (self.moves, self.is_lost) = (0, false);
        (self.to, self.hint) = (port, 0);
        self.phase = Phase::Waiting;
        self.heard = now;
        self.due = now;
    }

    /// What to do at `now`, if anything; the next step is planned.
    pub fn step(&mut self, now: Tick) -> Option<Step> {
        let rests = matches!(self.phase, Phase::Idle | Phase::Pulling);
        if rests || !now.has_reached(self.due) {
            return None;
        }
        self.due = now.after(RETRY);
        let silence = now.since(self.heard);
        Some(match self.phase {
            Phase::Searching if self.is_lost && silence >= RETRY => Step::Fail(CallError::PeerLost),
            Phase::Searching if silence >= SEARCH => Step::Fail(CallError::NotAttached),
            Phase::Searching => Step::Search,
            _ if self.to_type == PortType::Group && silence >= SEARCH => {
                Step::Fail(self.end_of_patience())
            }
            _ if silence >= PATIENCE => Step::Fail(self.end_of_patience()),
            Phase::Held => Step::Probe,
            _ => Step::Send,
        })
    }

    fn end_of_patience(&self) -> CallError {
        match self.attempts {
            0 => CallError::PeerLost,
            _ => CallError::OutcomeUnknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(to: KernelPort) -> Exchange {
        let mut exchange = Exchange { to, source: 1, sequence: 1, ..Exchange::IDLE };
        exchange.begin(Tick(0));
        exchange
    }

    const PORT: KernelPort = KernelPort::new(NodeId(1), 5, 0);

    /// Lets time pass until the exchange is given up, and answers when and why, and how
    /// often it was sent.
    fn give_up(exchange: &mut Exchange, from: u32) -> (u32, CallError, u32) {
        let mut sent = 0;
        for tick in from.. {
            match exchange.step(Tick(tick)) {
                Some(Step::Fail(error)) => return (tick - from, error, sent),
                Some(Step::Send) => {
                    exchange.sent(Tick(tick));
                    sent += 1;
                }
                _ => {}
            }
        }
        unreachable!("patience ends")
    }

    #[test]
    fn silence_ends_an_exchange_after_five_seconds() {
        let mut exchange = exchange(PORT);
        exchange.sent(Tick(0));
        let (ticks, error, sent) = give_up(&mut exchange, 0);
        assert_eq!(error, CallError::OutcomeUnknown);
        assert!((PATIENCE..PATIENCE + RETRY).contains(&ticks), "{ticks}");
        assert_eq!(sent, 25);
    }

    #[test]
    fn what_cannot_have_been_delivered_is_lost() {
        let mut exchange = exchange(PORT);
        exchange.not_sent(Tick(0));
        while exchange.step(Tick(exchange.due.0)) == Some(Step::Send) {
            exchange.not_sent(exchange.due);
        }
        assert_eq!(exchange.end_of_patience(), CallError::PeerLost);
    }

    #[test]
    fn a_message_that_was_turned_away_may_still_arrive() {
        let mut exchange = exchange(PORT);
        exchange.sent(Tick(0));
        exchange.sent(Tick(2));
        exchange.turned_away(Tick(3));
        exchange.not_sent(Tick(4));
        assert_eq!(exchange.end_of_patience(), CallError::OutcomeUnknown);
        assert_eq!(exchange.not_here(Tick(5)), Ok(()));
        assert_eq!(exchange.end_of_patience(), CallError::PeerLost);
    }

    #[test]
    fn a_reply_that_is_being_pulled_is_not_asked_for() {
        let mut exchange = exchange(PORT);
        exchange.sent(Tick(0));
        exchange.phase = Phase::Pulling;
        assert_eq!(exchange.step(Tick(1000)), None);
        assert!(exchange.is_about(1, 1));
        assert!(!exchange.waits_for(NodeId(1)));
    }

    #[test]
    fn signs_of_life_renew_patience() {
        let mut exchange = exchange(PORT);
        exchange.sent(Tick(0));
        exchange.held(Tick(200));
        assert_eq!(exchange.step(Tick(210)), Some(Step::Probe));
        assert!(give_up(&mut exchange, 210).0 >= 240);
        exchange.turned_away(Tick(900));
        assert_eq!(exchange.step(Tick(905)), Some(Step::Send));
    }

    #[test]
    fn a_port_is_nowhere_when_two_rounds_agree_on_what_has_gone() {
        let mut exchange = exchange(KernelPort::NONE);
        let mut round = |gone: [u32; 2]| {
            let search = exchange.search();
            for (node, gone) in gone.into_iter().enumerate() {
                assert!(!exchange.is_absent_at(NodeId(node as u8), search + 1, gone));
                for _ in 0..2 {
                    assert!(exchange.is_absent_at(NodeId(node as u8), search, gone));
                }
            }
            exchange.is_nowhere()
        };
        assert!(!round([3, 0]));
        assert!(!round([3, 1]));
        assert!(round([3, 1]));
        assert!(round([0, 0]));
    }

    #[test]
    fn a_vanished_port_is_searched_unless_it_had_the_message() {
        let mut fresh = exchange(PORT);
        fresh.sent(Tick(0));
        assert_eq!(fresh.not_here(Tick(1)), Ok(()));
        assert_eq!(fresh.step(Tick(1)), Some(Step::Search));
        assert_eq!(give_up(&mut fresh, 1).1, CallError::NotAttached);
        let mut held = exchange(PORT);
        held.held(Tick(2));
        assert_eq!(held.not_here(Tick(3)), Err(CallError::OutcomeUnknown));
    }
}
