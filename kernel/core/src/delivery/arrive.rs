//! A message arrives at a kernel port of this node, from here or from elsewhere: it is
//! recognised as new or repeated, and goes into the memory of a receiver that waits for it,
//! or into a queue.

use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::{KernelPort, Kind, PortType};

use crate::incarnation::{Blocked, Invoker, Receive};
use crate::letter::{Data, Letter};
use crate::operation::{Action, Request};
use crate::platform::{Platform, Slot};
use crate::pool::{END, Message, Party};
use crate::ports::Target;
use crate::quota::Holder;
use crate::sources::{Fate, Novelty, Sources};
use crate::state::State;

/// What the sender of a message is told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: an answer comes later, or none is wanted.
    Silent,
    /// It is accepted; this is where the port remembers its source.
    Accepted(u16),
    /// It was taken before and is being worked on; where the port remembers its source.
    InProgress(u16),
    /// There is no room now.
    Busy,
    /// There is no such port.
    NotHere,
    /// It is refused for good.
    Refused(CallError),
    /// The port has moved to this address, where it has this identity; the message was not taken.
    Elsewhere(KernelPort, u64),
    /// Another port owes the reply now.
    Moved(KernelPort, GlobalId),
    /// It was replied to; the reply kept in this entry is to be sent again.
    Repeat(u16),
}

impl<P: Platform> State<P> {
    /// Takes a message that has arrived for a port of this node.
    pub(crate) fn arrive(&mut self, letter: &Letter) -> Verdict {
        let index = letter.to.index() as u16;
        match (self.ports.target(letter.to, letter.to_id), letter.to_type) {
            (Some(Target::Port { slot, reference }), PortType::Channel) => {
                self.arrive_at_port(letter, index, slot, reference)
            }
            (Some(Target::Port { slot, .. }), PortType::Attachment)
            | (Some(Target::Ghost(slot)), PortType::Ghost) => {
                self.arrive_as_request(letter, index, Some(slot))
            }
            (Some(Target::Loader), PortType::NodeService) => {
                self.arrive_as_request(letter, index, None)
            }
            (_, PortType::Group) => self.arrive_at_group(letter),
            (None, PortType::Attachment)
                if let Some((slot, port)) = self.leaves_to(letter.to_id, letter.from.source) =>
            {
                self.arrive_as_request(letter, port, Some(slot))
            }
            _ => self.arrive_at_closed(letter, index),
        }
    }

    /// What the sender of a message to a port that is not (any more) is told. What was taken
    /// before the port was closed is still remembered.
    fn arrive_at_closed(&mut self, letter: &Letter, index: u16) -> Verdict {
        let Party { source, sequence, .. } = letter.from;
        let known = self.taken_before(letter, index);
        match known.or_else(|| self.sources.find_message(source, sequence, letter.to_id)) {
            Some(entry) => self.again(letter, entry),
            None => self.missed(letter),
        }
    }

    /// The entry of a message that was taken before by the port at `index`.
    fn taken_before(&self, letter: &Letter, index: u16) -> Option<u16> {
        let Party { source, sequence, .. } = letter.from;
        let known = self.sources.find(index, source)?;
        (self.sources.entry(known).sequence == sequence).then_some(known)
    }

    /// Finds the port that a letter is for if that has another address by now, unless it was
    /// taken at the old one.
    pub(crate) fn resolve(&mut self, letter: &mut Letter) {
        let is_stale = matches!(letter.to_type, PortType::Channel | PortType::Attachment)
            && letter.to.node() == self.node
            && self.ports.target(letter.to, letter.to_id).is_none()
            && self.taken_before(letter, letter.to.index() as u16).is_none();
        if is_stale && let Some(port) = self.ports.find(letter.to_id, letter.to_type) {
            letter.to = port;
            letter.hint = 0;
        }
    }

    pub(crate) fn arrive_at_port(
        &mut self,
        letter: &Letter,
        index: u16,
        slot: Slot,
        port: u16,
    ) -> Verdict {
        let entry = match self.recognise(letter, index) {
            Ok(entry) => entry,
            Err(verdict) => return verdict,
        };
        if self.is_held_back(slot, port, letter.from.source) {
            return self.park(letter);
        }
        if !self.may_enter(slot, letter) {
            let error = CallError::NoPropagation;
            self.sources.admit(entry, letter.from.sequence, Fate::Refused(error.code() as i16));
            return if letter.kind == Kind::Dgram {
                Verdict::Silent
            } else {
                Verdict::Refused(error)
            };
        }
        let owed = match self.recognise_party(letter, index, entry) {
            Ok(owed) => owed,
            Err(verdict) => return verdict,
        };
        let direct = self.waiting(slot, port, letter);
        let direct = direct.filter(|receive| is_simple(letter, receive.invoker));
        if direct.is_none() && self.enqueue(letter, slot, port, index, owed).is_none() {
            return self.no_room_at(slot, letter);
        }
        if owed != entry {
            self.sources.admit(entry, letter.from.sequence, Fate::Settled);
        }
        let fate = if letter.kind == Kind::Invoke { Fate::Owed } else { Fate::Settled };
        self.sources.admit(owed, letter.party().sequence, fate);
        match direct {
            None => self.poke(slot, port),
            Some(receive) if self.deliver(letter, slot, &receive, index, owed) => {}
            Some(_) => {
                if self.enqueue(letter, slot, port, index, owed).is_none() {
                    self.retract(owed, letter.party().sequence);
                    self.retract(entry, letter.from.sequence);
                    return self.no_room_at(slot, letter);
                }
                self.poke(slot, port);
            }
        }
        match letter.kind {
            Kind::Dgram => Verdict::Silent,
            Kind::Invoke if letter.obligation.is_none() => Verdict::Silent,
            _ => Verdict::Accepted(entry),
        }
    }

    /// What the sender of a message is told for which `slot` has no room: if it is `slot` itself,
    /// nobody would make any while it waits.
    fn no_room_at(&self, slot: Slot, letter: &Letter) -> Verdict {
        let is_own = letter.from.ghost == self.ports.ghost_of(slot);
        match no_room(letter) {
            Verdict::Busy if is_own => Verdict::Refused(CallError::Busy),
            verdict => verdict,
        }
    }

    /// The entry of the source of a new message; else what its sender is told.
    fn recognise(&mut self, letter: &Letter, port: u16) -> Result<u16, Verdict> {
        let (source, sequence) = (letter.from.source, letter.from.sequence);
        match self.sources.meet(letter.hint, port, source, sequence, self.ticker.now) {
            Novelty::New(entry) => {
                // Whoever sends his next message does not wait for the reply to the last one.
                self.settle(entry, Ok(0));
                Ok(entry)
            }
            Novelty::Repeated(entry) => Err(self.again(letter, entry)),
            Novelty::Stale => Err(Verdict::Silent),
            Novelty::NoRoom => {
                self.linger(2 * crate::exchange::PATIENCE + 1);
                Err(no_room(letter))
            }
        }
    }

    /// The entry of whoever waits for the reply of a forwarded message.
    fn recognise_party(&mut self, letter: &Letter, port: u16, entry: u16) -> Result<u16, Verdict> {
        let Some(party) = letter.obligation else { return Ok(entry) };
        match self.sources.meet(0, port, party.source, party.sequence, self.ticker.now) {
            Novelty::New(owed) => {
                self.settle(owed, Ok(0));
                Ok(owed)
            }
            // The message has been here before and comes back: it is owed here again.
            Novelty::Repeated(owed) => {
                self.settle(owed, Ok(0));
                self.sources.entry_mut(owed).sequence = party.sequence.wrapping_sub(1);
                Ok(owed)
            }
            Novelty::Stale => Err(Verdict::Refused(CallError::NoReplyExpected)),
            Novelty::NoRoom => Err(Verdict::Busy),
        }
    }

    /// What the sender of a repeated message is told.
    fn again(&self, letter: &Letter, entry: u16) -> Verdict {
        if letter.kind == Kind::Dgram {
            return Verdict::Silent;
        }
        let acknowledged = letter.kind != Kind::Invoke || letter.obligation.is_some();
        match self.sources.entry(entry).fate {
            Fate::Refused(code) => refusal(code),
            Fate::Led { port, id } => Verdict::Elsewhere(port, id.bits()),
            _ if acknowledged => Verdict::Accepted(entry),
            fate => told(fate, entry),
        }
    }

    /// Answers a probe for message `sequence` of `source` at `port`, of identity `id`.
    pub(crate) fn probed(
        &mut self,
        port: KernelPort,
        id: u64,
        source: u64,
        sequence: u32,
    ) -> Verdict {
        let now = self.ticker.now;
        let is_about = |sources: &Sources, entry: u16| sources.entry(entry).sequence == sequence;
        let mut known = self.sources.find(port.index() as u16, source);
        if !known.is_some_and(|entry| is_about(&self.sources, entry))
            && self.ports.target(port, id).is_none()
        {
            // It has moved here.
            let moved = self.ports.find(id, PortType::Channel);
            known = moved.and_then(|port| self.sources.find(port.index() as u16, source));
            if known.is_some_and(|entry| !is_about(&self.sources, entry)) {
                return Verdict::Silent;
            }
        }
        if let Some(entry) = known
            && let Some(about) = self.sources.about(entry, source, sequence)
        {
            about.touched = now;
            return told(about.fate, entry);
        }
        match self.ports.target(port, id).and(known) {
            Some(_) => Verdict::Silent,
            None => Verdict::NotHere,
        }
    }

    /// Message `sequence` of entry `index` was not taken after all.
    fn retract(&mut self, index: u16, sequence: u32) {
        self.sources.admit(index, sequence.wrapping_sub(1), Fate::Settled);
    }

    /// Whether the reference that a message carries may come to this incarnation.
    fn may_enter(&self, slot: Slot, letter: &Letter) -> bool {
        match (&letter.reference, self.incarnation(slot)) {
            (Some(wire), Some(incarnation)) => {
                wire.domain != abi::constants::Domain::Rdc as u8
                    || wire.rdc.get() == incarnation.rdc.get()
            }
            _ => true,
        }
    }

    /// The reception that waits for such a message, if there is one.
    fn waiting(&self, slot: Slot, port: u16, letter: &Letter) -> Option<Receive> {
        match self.incarnation(slot)?.blocked {
            Blocked::Receive(receive)
                if receive.port == port
                    && (receive.selector == 0 || receive.selector == letter.from.source) =>
            {
                Some(receive)
            }
            _ => None,
        }
    }

    /// Queues a message at a port; `None` if there is no room.
    fn enqueue(
        &mut self,
        letter: &Letter,
        slot: Slot,
        port: u16,
        index: u16,
        owed: u16,
    ) -> Option<u16> {
        let message = self.store(letter, Holder::Receiver(slot), index, owed)?;
        let stored = *self.pool.message(message);
        self.hold(slot, &stored);
        let incarnation = self.locals[slot.index()].incarnation.as_mut()?;
        incarnation.references.port_mut(port)?.queue.push(&mut self.pool, message);
        Some(message)
    }

    /// Puts a letter into the pool; `None` if there is no room.
    fn store(&mut self, letter: &Letter, holder: Holder, port: u16, entry: u16) -> Option<u16> {
        let has_data = !matches!(letter.data, Data::None | Data::Granted(_));
        if !self.has_room(holder, has_data) {
            return None;
        }
        let block = match letter.data {
            Data::User(..) | Data::Packet(_) | Data::Block(_) => {
                let block = self.pool.take_block()?;
                if !self.keep_data(letter.data, letter.total, block) {
                    self.pool.free_block(block);
                    return None;
                }
                Some(block)
            }
            _ => None,
        };
        let message = Message {
            next: END,
            kind: letter.kind,
            port,
            entry,
            source: letter.from.source,
            party: letter.party(),
            head: letter.head,
            total: letter.total,
            capacity: letter.capacity,
            reference: letter.reference,
            granted: match letter.data {
                Data::Granted(granted) => Some(granted),
                _ => None,
            },
            block,
        };
        let index = self.pool.insert(message);
        if let (None, Some(block)) = (index, block) {
            self.pool.free_block(block);
        }
        index
    }

    /// Takes a request to a ghost, or to the loader: it waits for their turn.
    fn arrive_as_request(&mut self, letter: &Letter, index: u16, ghost: Option<Slot>) -> Verdict {
        if let Some(slot) = ghost
            && letter.head[0] == Action::Yield as u8
            && self.must_wait_to_yield(slot, &Request::of(&letter.head), letter.from.source)
        {
            return Verdict::Busy;
        }
        let entry = match self.recognise(letter, index) {
            Ok(entry) => entry,
            Err(verdict) => return verdict,
        };
        if letter.kind != Kind::Invoke {
            return Verdict::Refused(CallError::NotSupported);
        }
        let Some(message) = self.store(letter, Holder::Kernel, index, entry) else {
            return Verdict::Busy;
        };
        self.sources.admit(entry, letter.from.sequence, Fate::Owed);
        match ghost {
            Some(slot) if is_served_at_once(letter) => self.serve_at_once(slot, message),
            Some(slot) => {
                let queue = &mut self.locals[slot.index()].ghost.requests;
                queue.push(&mut self.pool, message);
                self.tasks.wake_ghost(slot);
            }
            None => {
                self.loader.push(&mut self.pool, message);
                self.tasks.wake_loader();
            }
        }
        Verdict::Silent
    }
}

/// Whether a letter is such a request.
fn is_served_at_once(letter: &Letter) -> bool {
    Action::from_number(letter.head[0]).is_some_and(Action::is_served_at_once)
}

/// What the sender of a message is told that finds no room.
fn no_room(letter: &Letter) -> Verdict {
    if letter.kind == Kind::Dgram { Verdict::Silent } else { Verdict::Busy }
}

/// Whether a message can go straight to its receiver: nothing of it has to be kept.
fn is_simple(letter: &Letter, invoker: Invoker) -> bool {
    let keeps = letter.kind == Kind::Invoke && invoker == Invoker::Waits;
    letter.reference.is_none()
        && match letter.data {
            Data::None => true,
            Data::Granted(_) => false,
            _ => !keeps,
        }
}

/// What is told about a message with this fate to whoever waits for its reply.
fn told(fate: Fate, entry: u16) -> Verdict {
    match fate {
        Fate::Owed => Verdict::InProgress(entry),
        Fate::Replied => Verdict::Repeat(entry),
        Fate::Moved { port, id } | Fate::Led { port, id } => Verdict::Moved(port, id),
        Fate::Refused(code) => refusal(code),
        Fate::Settled => Verdict::Silent,
    }
}

fn refusal(code: i16) -> Verdict {
    let error = CallError::from_code(i32::from(code)).unwrap_or(CallError::NotSupported);
    Verdict::Refused(error)
}
