//! The sender's side: a message is composed from the sender's memory, handed over, and handed
//! over again until it is answered.

use abi::error::CallError;
use abi::ids::{NodeId, UserAddr};
use abi::message::{Header, INLINE_DATA, KernelPort, Kind, PortType, WireReference};
use abi::structs::Msg;
use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromZeros, IntoBytes};

use crate::delivery::arrive::Verdict;
use crate::delivery::locate::Whereabouts;
use crate::delivery::references::Receivers;
use crate::exchange::{Exchange, Owner, Step};
use crate::incarnation::{Blocked, Carried, Forwarding, Sending};
use crate::letter::{Data, Letter, Unsent};
use crate::operation::{Operation, OperationData};
use crate::platform::{
    Access, Bus, GrantError, Memory, PeerState, Platform, SendError, Slot, UserRange,
};
use crate::pool::{Granted, Party};
use crate::ports::Target;
use crate::state::State;

impl<P: Platform> State<P> {
    /// Reads a message structure of `slot`.
    pub(crate) fn read_message(&mut self, slot: Slot, at: UserAddr) -> Result<Msg, CallError> {
        let mut message = Msg::new_zeroed();
        self.memory.copy_in(slot, at, message.as_mut_bytes()).map_err(|_| CallError::BadAddress)?;
        Ok(message)
    }

    /// Checks a range that user code names.
    pub(crate) fn check(
        &mut self,
        slot: Slot,
        range: UserRange,
        access: Access,
    ) -> Result<(), CallError> {
        if range.base.range(range.length).is_none() {
            return Err(CallError::BadLength);
        }
        self.memory.check(slot, range, access).map_err(|_| CallError::BadAddress)
    }

    /// A grant on memory of `slot`.
    pub(crate) fn grant(&mut self, slot: Slot, range: UserRange) -> Result<Granted, CallError> {
        match self.bus.grant(&mut self.memory, slot, range) {
            Ok(grant) => Ok(Granted { node: self.node, grant }),
            Err(GrantError::BadAddress) => Err(CallError::BadAddress),
            Err(GrantError::TableFull) => Err(CallError::Busy),
        }
    }

    /// Ends a grant of this node.
    pub(crate) fn revoke(&mut self, granted: Granted) {
        self.bus.revoke(&mut self.memory, granted.grant);
    }

    /// Begins an exchange of `owner`: to `to`, of identity `to_id`.
    pub(crate) fn begin(&mut self, owner: Owner, exchange: Exchange) {
        let now = self.ticker.now;
        if let Some(place) = self.exchange(owner) {
            *place = exchange;
            place.begin(now);
        }
        self.need_ticks();
    }

    /// Hands the message of `owner` over, if its address is known, or asks for the address.
    pub(crate) fn transmit(&mut self, owner: Owner) {
        let Some(exchange) = self.exchange(owner) else { return };
        if exchange.to_type == PortType::Group {
            return self.transmit_to_group(owner);
        }
        if exchange.to == KernelPort::NONE {
            return self.search(owner);
        }
        let (to, now) = (exchange.to, self.ticker.now);
        let Ok(mut letter) = self.compose(owner) else { return };
        if to.node() == self.node {
            self.resolve(&mut letter);
            let waits = letter.kind == Kind::Invoke && letter.obligation.is_none();
            if waits && self.is_own_port(owner, &letter) {
                return self.fail(owner, CallError::BadArgument);
            }
            if let Some(exchange) = self.exchange(owner) {
                exchange.sent(now);
            }
            let verdict = self.arrive(&letter);
            return self.told(owner, verdict, letter.to);
        }
        match self.post(&letter) {
            Ok(()) => {
                if let Some(exchange) = self.exchange(owner) {
                    exchange.sent(now);
                }
            }
            Err(Unsent::Ring(SendError::Full)) => {
                if let Some(exchange) = self.exchange(owner) {
                    exchange.not_sent(now);
                }
            }
            Err(Unsent::Ring(SendError::Down)) => {
                let Some(exchange) = self.exchange(owner) else { return };
                match exchange.lost(now) {
                    Ok(()) => self.search(owner),
                    Err(error) => self.fail(owner, error),
                }
            }
            Err(Unsent::BadAddress) => self.fail(owner, CallError::BadAddress),
        }
    }

    /// Whether the call of `owner` sends a letter to a port of the caller's own, on this node. While
    /// it waits, nobody receives there.
    fn is_own_port(&self, owner: Owner, letter: &Letter) -> bool {
        let Owner::Call(slot) = owner else { return false };
        let target = self.ports.target(letter.to, letter.to_id);
        matches!(target, Some(Target::Port { slot: receiver, .. }) if receiver == slot)
    }

    /// Does what is due about the exchange of `owner`.
    pub(crate) fn retry(&mut self, owner: Owner) {
        let now = self.ticker.now;
        let Some(exchange) = self.exchange(owner) else { return };
        let Some(step) = exchange.step(now) else { return };
        let (to, kind, sequence) = (exchange.to, exchange.kind, exchange.sequence);
        self.trace_retried(to.node(), kind, sequence);
        match step {
            Step::Send => self.transmit(owner),
            Step::Probe => self.probe(owner),
            Step::Search => self.search(owner),
            Step::Fail(error) => self.fail(owner, error),
        }
    }

    /// Asks the port of an exchange whether it is still at it.
    fn probe(&mut self, owner: Owner) {
        let Some(&mut exchange) = self.exchange(owner) else { return };
        let Exchange { to, to_type, to_id, source, sequence, .. } = exchange;
        let from = self.ports.ghost_of(owner.slot());
        if to.node() == self.node {
            let verdict = self.probed(to, to_id, source, sequence);
            return self.told(owner, verdict, to);
        }
        let party = Party { ghost: from, source, sequence };
        self.post_header(to.node(), &header(Kind::Probe, to, to_type, to_id, party));
    }

    /// Asks all nodes, this one first, for the port of an exchange.
    pub(crate) fn search(&mut self, owner: Owner) {
        let Some(exchange) = self.exchange(owner) else { return };
        let Exchange { to_type, to_id, source, sequence, .. } = *exchange;
        let number = exchange.search();
        let ghost = self.ports.ghost_of(owner.slot());
        let party = Party { ghost, source, sequence };
        let here = self.whereabouts(to_type, to_id, party);
        if let Whereabouts::Here(port) = here {
            return self.located(owner, port);
        }
        let mut header = header(Kind::Locate, KernelPort::NONE, to_type, to_id, party);
        header.hint = number.into();
        self.ask_nodes(&header, |_| true);
        match here {
            Whereabouts::Absent => {
                self.stand_back(to_type, to_id, source);
                let gone = self.redirects.gone(to_id);
                self.is_absent_at(owner, self.node, number, gone);
            }
            Whereabouts::Moving => {
                self.told(owner, Verdict::Busy, KernelPort::somewhere(self.node));
            }
            Whereabouts::Here(_) | Whereabouts::Unknown => {}
        }
    }

    /// Sends a search to those of the other nodes that are up and wanted.
    pub(crate) fn ask_nodes(&mut self, search: &Header, is_wanted: impl Fn(NodeId) -> bool) {
        for node in (0..self.bus.nodes()).map(NodeId) {
            let is_up = matches!(self.bus.peer(node), PeerState::Up(_));
            if node != self.node && is_up && is_wanted(node) {
                self.post_header(node, search);
            }
        }
    }

    /// Composes the message of `owner` anew, from the memory of whoever waits for it.
    pub(crate) fn compose(&mut self, owner: Owner) -> Result<Letter, CallError> {
        let Some(&mut exchange) = self.exchange(owner) else { return Err(CallError::Closed) };
        let envelope = self.envelope(owner.slot(), &exchange);
        let Owner::Call(slot) = owner else { return Ok(self.compose_request(envelope, owner)) };
        match self.caller(slot).blocked {
            Blocked::Send(sending) => {
                let message = self.read_message(slot, sending.message)?;
                self.compose_message(slot, envelope, &sending, &message)
            }
            Blocked::Forward(forwarding) => self.compose_forwarded(slot, envelope, forwarding),
            Blocked::Operation(operation) => self.compose_operation(slot, envelope, &operation),
            _ => Err(CallError::Closed),
        }
    }

    /// The envelope of a message of `slot`.
    pub(crate) fn envelope(&self, slot: Slot, exchange: &Exchange) -> Letter {
        let ghost = self.ports.ghost_of(slot);
        let Exchange { kind, to, to_type, to_id, source, sequence, hint, .. } = *exchange;
        let from = Party { ghost, source, sequence };
        Letter { hint, ..Letter::new(kind, to, to_type, to_id, from) }
    }

    /// A message that user code sends.
    pub(crate) fn compose_message(
        &mut self,
        slot: Slot,
        mut letter: Letter,
        sending: &Sending,
        message: &Msg,
    ) -> Result<Letter, CallError> {
        letter.head = message.m_head;
        letter.total = message.m_cnt.get();
        letter.capacity = sending.room.length;
        letter.data = match sending.granted {
            Some(granted) => Data::Granted(granted),
            None if letter.total == 0 => Data::None,
            None if letter.total as usize <= INLINE_DATA => {
                Data::User(slot, UserAddr(message.m_base.get()))
            }
            None => return Err(CallError::TooLong),
        };
        if sending.carried.is_some() {
            letter.reference = self.carried_copy(slot, sending, message)?;
        }
        Ok(letter)
    }

    /// The reference that a message carries. A port is not there any more if its receiver has
    /// fetched it: then the message is there, too, and this is no more than its repetition.
    fn carried_copy(
        &mut self,
        slot: Slot,
        sending: &Sending,
        message: &Msg,
    ) -> Result<Option<WireReference>, CallError> {
        if let Some(Carried::Port(offered)) = sending.carried
            && self.caller(slot).references.port_mut(offered.index).is_none()
        {
            return Ok(None);
        }
        let copy = self.copy_reference(slot, &message.m_ref, Receivers::One)?;
        Ok(copy.map(|copy| copy.0))
    }

    /// A received message that goes on to another port, with a new header.
    fn compose_forwarded(
        &mut self,
        slot: Slot,
        mut letter: Letter,
        forwarding: Forwarding,
    ) -> Result<Letter, CallError> {
        letter.head = self.read_message(slot, forwarding.message)?.m_head;
        let references = &mut self.caller(slot).references;
        let handle = *references.reply_mut(forwarding.reply).ok_or(CallError::NoSuchReference)?;
        letter.obligation = Some(handle.party);
        letter.capacity = handle.capacity;
        if let Some(index) = handle.message {
            let message = self.pool.message(index);
            letter.total = message.total;
            letter.reference = message.reference;
            letter.data = match (message.granted, message.block) {
                (Some(granted), _) => Data::Granted(granted),
                (None, Some(block)) => Data::Block(block),
                (None, None) => Data::None,
            };
        }
        Ok(letter)
    }

    /// A request that an incarnation's call makes.
    fn compose_operation(
        &mut self,
        slot: Slot,
        mut letter: Letter,
        operation: &Operation,
    ) -> Result<Letter, CallError> {
        letter.head = operation.head;
        letter.capacity = operation.room.length;
        (letter.data, letter.total) = match operation.data {
            OperationData::None => (Data::None, 0),
            OperationData::Block(block, length) | OperationData::Described(block, length, _) => {
                (Data::Block(block), length)
            }
            OperationData::User(range) => (Data::User(slot, range.base), range.length),
            OperationData::Granted(granted) => (Data::Granted(granted), granted.grant.length),
        };
        if let OperationData::Described(_, _, handle) = operation.data {
            letter.reference = Some(self.wire_of(slot, handle)?);
        }
        Ok(letter)
    }

    /// A request that a ghost makes.
    fn compose_request(&mut self, mut letter: Letter, owner: Owner) -> Letter {
        let ghost = &self.locals[owner.slot().index()].ghost;
        letter.head = ghost.head;
        if let Some((block, length)) = ghost.data {
            (letter.data, letter.total) = (Data::Block(block), length);
        }
        letter.capacity = INLINE_DATA as u32;
        letter
    }

    /// The reference that `slot` gives away with a message that `node` has accepted is closed.
    pub(crate) fn close_carried(&mut self, slot: Slot, carried: Option<Carried>, node: NodeId) {
        match carried {
            Some(Carried::Closing(index)) => self.close(slot, index),
            Some(Carried::Port(offered)) => self.port_was_sent(slot, offered, node),
            Some(Carried::Copy) | None => {}
        }
    }
}

/// A message that is a header only.
pub(crate) fn header(
    kind: Kind,
    to: KernelPort,
    to_type: PortType,
    to_id: u64,
    from: Party,
) -> Header {
    Header {
        kind: kind as u8,
        flags: 0,
        length: U16::new(size_of::<Header>() as u16),
        to: U32::new(to.0),
        to_type: to_type as u8,
        hops: 0,
        hint: U16::ZERO,
        to_id: U64::new(to_id),
        from: U32::new(from.ghost.0),
        source: U64::new(from.source),
        sequence: U32::new(from.sequence),
    }
}
