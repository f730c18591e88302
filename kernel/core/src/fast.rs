//! Fast paths: messages that are a header and nothing else, between a sender who knows the
//! port and a receiver who waits. What goes here could go the ordinary way with the same
//! meaning ([`crate::calls`], [`crate::delivery`]): each path first makes sure that nothing
//! unusual is asked for, has changed nothing if something is, and leaves it to the other.
//!
//! There are two hooks, one for calls and one for packets.

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::constants::{ChannelType, HEADER_BYTES, RefType};
use abi::error::CallError;
use abi::ids::{NodeId, UserAddr};
use abi::message::{Body, Flags, Header, KernelPort, Kind, PortType};
use abi::structs::{Msg, RefDescrip};
use zerocopy::big_endian::U32;
use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, transmute_mut, transmute_ref,
};

use crate::config::FastPaths;
use crate::delivery::arrive::Verdict;
use crate::incarnation::{Blocked, Invoker, Receive, Sending};
use crate::platform::{Access, Bus, Memory, Platform, Slot, UserRange};
use crate::pool::Party;
use crate::ports::{KernelPorts, Target};
use crate::reference::{Reference, ReplyHandle};
use crate::sources::{Fate, Next, Sources};
use crate::state::{Local, State};
use crate::stream::Stream;
use crate::ticks::Tick;

/// The header of a message, untyped.
type Head = [u8; HEADER_BYTES];

/// A packet that is a message with a header and nothing else.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Plain {
    header: Header,
    body: Body,
}

const PLAIN_BYTES: usize = size_of::<Plain>();

/// What `inc_receive` answers when there is a message and no reply handle.
const RECEIVED: i32 = 1;

/// No memory for data.
const NO_ROOM: UserRange = UserRange { base: UserAddr(0), length: 0 };

/// How a call has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fast {
    /// It is done, with this result.
    Done(i32),
    /// Its caller waits.
    Waits,
}

/// Where a message with a header only goes and whom it is from.
#[derive(Clone, Copy)]
struct Envelope {
    kind: Kind,
    to: KernelPort,
    to_id: u64,
    hint: u16,
    from: Party,
}

impl Envelope {
    /// What the header of a packet says.
    #[inline]
    fn of(header: &Header) -> Option<Self> {
        let kind = Kind::from_number(header.kind)?;
        let from = Party {
            ghost: header.from(),
            source: header.source.get(),
            sequence: header.sequence.get(),
        };
        let (to, to_id) = (header.to(), header.to_id.get());
        Some(Self { kind, to, to_id, hint: header.hint.get(), from })
    }
}

impl<P: Platform> State<P> {
    /// Makes a call if it can be made fast.
    #[inline]
    pub(crate) fn fast_call(
        &mut self,
        slot: Slot,
        number: u32,
        args: &[u32; ARGUMENTS_MAX],
    ) -> Option<Fast> {
        const INVOKE: u32 = Call::Invoke as u32;
        const SEND: u32 = Call::Send as u32;
        const DGRAM: u32 = Call::Dgram as u32;
        const RECEIVE: u32 = Call::Receive as u32;
        const REPLY: u32 = Call::Reply as u32;
        if self.is_slow() {
            return None;
        }
        let message = UserAddr(args[1]);
        match number {
            INVOKE => self.fast_send(slot, Kind::Invoke, args[0], message),
            SEND => self.fast_send(slot, Kind::Send, args[0], message),
            DGRAM => self.fast_send(slot, Kind::Dgram, args[0], message),
            RECEIVE => self.fast_receive(slot, args),
            REPLY => self.fast_reply(slot, args[0], message),
            _ => None,
        }
    }

    /// The answer of a call that only asks who the caller is.
    #[inline]
    pub(crate) fn identity(&self, slot: Slot, number: u32) -> Option<u32> {
        const SELF: u32 = Call::SelfInc as u32;
        const WHERE: u32 = Call::Where as u32;
        const RDC_ID: u32 = Call::RdcId as u32;
        if !matches!(number, SELF..=RDC_ID) || self.is_slow() {
            return None;
        }
        let incarnation = self.incarnation(slot)?;
        match number {
            SELF => incarnation.myself.map(abi::ids::RefId::get),
            WHERE => Some(u32::from(self.node.0)),
            _ => Some(incarnation.rdc.get()),
        }
    }

    /// Whether everything goes the ordinary way: the trace records it there.
    #[inline]
    fn is_slow(&self) -> bool {
        self.config.fast_paths == FastPaths::Unused || self.trace.is_busy()
    }

    /// `inc_invoke`, `inc_send`, `inc_dgram`.
    fn fast_send(&mut self, slot: Slot, kind: Kind, raw: u32, message: UserAddr) -> Option<Fast> {
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (index, stream) = incarnation.references.stream_named(raw)?;
        let Stream { port: to, hint, .. } = *stream;
        if hint == 0 || stream.channel_type != ChannelType::Unicast {
            return None;
        }
        let sequence = stream.sequence.wrapping_add(1);
        let from = Party { ghost: self.ports.ghost_of(slot), source: stream.id.bits(), sequence };
        let envelope = Envelope { kind, to, to_id: stream.channel.bits(), hint, from };
        if to.node() == self.node {
            self.fast_hand_over(slot, message, &envelope)?;
        } else {
            self.fast_post(slot, message, &envelope)?;
        }
        let incarnation = self.locals[slot.index()].incarnation.as_mut()?;
        incarnation.references.stream_mut(index)?.sequence = sequence;
        if kind == Kind::Dgram || (kind == Kind::Send && to.node() == self.node) {
            return Some(Fast::Done(0));
        }
        let exchange = &mut incarnation.exchange;
        exchange.source = from.source;
        exchange.sequence = sequence;
        exchange.hand_over(kind, (to, envelope.to_id, hint), self.ticker.now);
        let sending =
            Sending { stream: index, message, room: NO_ROOM, carried: None, granted: None };
        incarnation.blocked = Blocked::Send(sending);
        self.sched.remove(slot);
        self.need_ticks();
        Some(Fast::Waits)
    }

    /// From one incarnation to another, of this node.
    fn fast_hand_over(&mut self, slot: Slot, at: UserAddr, envelope: &Envelope) -> Option<()> {
        let head = self.fast_head(slot, at, envelope.kind)?;
        let waiting = receiver(&self.ports, &self.locals, envelope)?;
        let (memory, sources) = (&mut self.memory, &mut self.sources);
        waiting.take(memory, sources, (envelope, &head), self.ticker.now)?;
        self.fast_received(waiting.slot, envelope);
        Some(())
    }

    /// The header of a message that is to be sent so, if it has nothing else.
    #[inline]
    fn fast_head(&mut self, slot: Slot, at: UserAddr, kind: Kind) -> Option<Head> {
        let mut head = [0; HEADER_BYTES];
        let is_plain = self.memory.with_message(slot, at, |message| {
            copy(&mut head, &message.m_head);
            is_plain(message, kind)
        })?;
        is_plain.then_some(head)
    }

    /// From an incarnation into the ring of another node.
    fn fast_post(&mut self, slot: Slot, at: UserAddr, envelope: &Envelope) -> Option<()> {
        let node = envelope.to.node();
        (*self.peers.get(node.index())?)?;
        let packet = self.bus.reserve(node, PLAIN_BYTES).ok()?;
        let written = self.memory.with_message(slot, at, |message| {
            is_plain(message, envelope.kind)
                && write(packet, envelope, PortType::Channel, &message.m_head)
        })?;
        written.then(|| self.bus.commit(node, PLAIN_BYTES))
    }

    /// Takes the first packet in the ring from `node` if that can be done fast; whether it has.
    #[inline]
    pub(crate) fn fast_packet(&mut self, node: NodeId) -> bool {
        !self.is_slow() && self.take_plain(node).is_some()
    }

    fn take_plain(&mut self, node: NodeId) -> Option<()> {
        const CHANNEL: u8 = PortType::Channel as u8;
        const GHOST: u8 = PortType::Ghost as u8;
        let Plain { header, body } = read(self.bus.peek(node)?)?;
        let envelope = Envelope::of(header)?;
        match (envelope.kind, header.to_type) {
            (Kind::Reply, GHOST) => {
                let (slot, at, stream) = self.fast_invoker(&envelope)?;
                self.memory.with_message(slot, at, |message| replace(message, &body.head))?;
                self.fast_replied(slot, stream, &envelope);
            }
            (Kind::Invoke | Kind::Send | Kind::Dgram, CHANNEL) => {
                let waiting = receiver(&self.ports, &self.locals, &envelope)?;
                let (memory, sources) = (&mut self.memory, &mut self.sources);
                waiting.take(memory, sources, (&envelope, &body.head), self.ticker.now)?;
                self.fast_received(waiting.slot, &envelope);
                if envelope.kind == Kind::Send {
                    self.tell(Verdict::Accepted(envelope.hint), envelope.from, envelope.to);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// `slot` has received a message: its call returns.
    #[inline]
    fn fast_received(&mut self, slot: Slot, envelope: &Envelope) {
        let Some(incarnation) = self.locals[slot.index()].incarnation.as_mut() else { return };
        let result = if envelope.kind == Kind::Invoke {
            let handle = ReplyHandle {
                party: envelope.from,
                entry: envelope.hint,
                capacity: 0,
                message: None,
            };
            let id = incarnation.references.insert(Reference::Reply(handle));
            id.map_or_else(CallError::code, |id| id.get() as i32)
        } else {
            RECEIVED
        };
        self.return_from_call(slot, result);
    }

    /// `inc_receive` that waits for as long as it takes.
    fn fast_receive(&mut self, slot: Slot, args: &[u32; ARGUMENTS_MAX]) -> Option<Fast> {
        let &[raw, at, block_invoker, selector, timeout] = args;
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (port, known) = incarnation.references.port(raw).ok()?;
        if selector != 0 || (timeout as i32) >= 0 || known.queue.len() > 0 {
            return None;
        }
        let message = UserAddr(at);
        let room = self.memory.with_message(slot, message, |message| UserRange {
            base: UserAddr(message.m_base.get()),
            length: message.m_cnt.get(),
        })?;
        if room.length != 0 {
            self.check(slot, room, Access::Write).ok()?;
        }
        let invoker = if block_invoker == 0 { Invoker::Released } else { Invoker::Waits };
        let receive = Receive { port, message, room, invoker, selector: 0 };
        self.block(slot, Blocked::Receive(receive));
        Some(Fast::Waits)
    }

    /// `inc_reply`.
    fn fast_reply(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<Fast> {
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (index, &handle) = incarnation.references.reply(raw).ok()?;
        let ReplyHandle { party, entry, message: None, .. } = handle else { return None };
        let known = self.sources.about(entry, party.source, party.sequence)?;
        if known.fate != Fate::Owed {
            return None;
        }
        let port = known.port;
        let from = Party { ghost: self.ports.address(port), ..party };
        let to_id = self.ports.identity(port);
        let envelope = Envelope { kind: Kind::Reply, to: party.ghost, to_id, hint: entry, from };
        if party.ghost.node() == self.node {
            self.fast_reply_here(slot, at, &envelope)?;
        } else {
            self.fast_reply_there(slot, at, &envelope)?;
        }
        self.locals[slot.index()].incarnation.as_mut()?.references.discard(index);
        Some(Fast::Done(0))
    }

    /// To an invoker of this node.
    fn fast_reply_here(&mut self, slot: Slot, at: UserAddr, envelope: &Envelope) -> Option<()> {
        let head = self.fast_head(slot, at, Kind::Reply)?;
        let (invoker, at, stream) = self.fast_invoker(envelope)?;
        self.memory.with_message(invoker, at, |message| replace(message, &head))?;
        self.sources.entry_mut(envelope.hint).fate = Fate::Settled;
        self.fast_replied(invoker, stream, envelope);
        Some(())
    }

    /// To an invoker of another node; the reply is kept until he has it.
    fn fast_reply_there(&mut self, slot: Slot, at: UserAddr, envelope: &Envelope) -> Option<()> {
        let node = envelope.to.node();
        let packet = self.bus.reserve(node, PLAIN_BYTES).ok()?;
        let (sources, now) = (&mut self.sources, self.ticker.now);
        let written = self.memory.with_message(slot, at, |message| {
            let is_plain = is_plain(message, Kind::Reply);
            if is_plain {
                write(packet, envelope, PortType::Ghost, &message.m_head);
                sources.keep_head(envelope.hint, &message.m_head, now);
            }
            is_plain
        })?;
        if !written {
            return None;
        }
        self.bus.commit(node, PLAIN_BYTES);
        self.need_ticks();
        Some(())
    }

    /// Who waits for this very reply, if his invocation has no data and no reference: where
    /// his message lies, and his stream.
    fn fast_invoker(&self, envelope: &Envelope) -> Option<(Slot, UserAddr, u16)> {
        let slot = self.ports.ghost(envelope.to)?;
        let incarnation = self.incarnation(slot)?;
        let Party { source, sequence, .. } = envelope.from;
        let Blocked::Send(sending) = &incarnation.blocked else { return None };
        let is_plain = sending.carried.is_none() && sending.granted.is_none();
        let is_awaited = is_plain && incarnation.exchange.is_about(source, sequence);
        is_awaited.then_some((slot, sending.message, sending.stream))
    }

    /// The message of `slot` was replied to: its call returns.
    fn fast_replied(&mut self, slot: Slot, stream: u16, envelope: &Envelope) {
        self.learn(slot, stream, envelope.from, (envelope.to_id, envelope.hint));
        self.return_from_call(slot, 0);
    }
}

/// A receiver who waits.
struct Waiting {
    slot: Slot,
    message: UserAddr,
    port: u16,
}

impl Waiting {
    /// Puts a message into his memory, and has his port remember it.
    #[inline]
    fn take<M: Memory>(
        &self,
        memory: &mut M,
        sources: &mut Sources,
        (envelope, head): (&Envelope, &Head),
        now: Tick,
    ) -> Option<()> {
        let Party { source: id, sequence, .. } = envelope.from;
        let fate = if envelope.kind == Kind::Invoke { Fate::Owed } else { Fate::Settled };
        let next = Next { port: self.port, id, sequence, fate };
        memory.with_message(self.slot, self.message, |message| {
            sources.admit_next(envelope.hint, &next, now).then(|| receive(message, head))
        })?
    }
}

/// Who waits for a message.
#[inline]
fn receiver(ports: &KernelPorts, locals: &[Local], envelope: &Envelope) -> Option<Waiting> {
    let Target::Port { slot, reference } = ports.target(envelope.to, envelope.to_id)? else {
        return None;
    };
    let incarnation = locals.get(slot.index())?.incarnation.as_ref()?;
    let Blocked::Receive(receive) = &incarnation.blocked else { return None };
    let is_wanted = receive.port == reference
        && (receive.selector == 0 || receive.selector == envelope.from.source);
    let can_answer = envelope.kind != Kind::Invoke
        || (receive.invoker == Invoker::Waits && incarnation.references.room() > 0);
    (is_wanted && can_answer).then_some(Waiting {
        slot,
        message: receive.message,
        port: envelope.to.index() as u16,
    })
}

/// Whether a message of user code that is to be sent so is a header and nothing else.
#[inline]
fn is_plain(message: &Msg, kind: Kind) -> bool {
    message.m_ref.rd_type == RefType::None as u8
        && message.m_cnt.get() == 0
        && (kind != Kind::Invoke || message.m_nreply.get() == 0)
}

/// Copies a header by long words, which takes less time than to call a routine for it.
#[inline]
fn copy(to: &mut Head, from: &Head) {
    let to: &mut [U32; HEADER_BYTES / 4] = transmute_mut!(to);
    let from: &[U32; HEADER_BYTES / 4] = transmute_ref!(from);
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = from[3];
    to[4] = from[4];
    to[5] = from[5];
    to[6] = from[6];
    to[7] = from[7];
}

/// Overwrites the message of a receiver.
#[inline]
fn receive(message: &mut Msg, head: &Head) {
    replace(message, head);
    message.m_cnt.set(0);
    message.m_nreply.set(0);
}

/// Overwrites the message of an invoker.
#[inline]
fn replace(message: &mut Msg, head: &Head) {
    copy(&mut message.m_head, head);
    let none = RefDescrip::NONE;
    let RefDescrip { rd_type, pad, rd_obj, rd_bits } = &mut message.m_ref;
    // It usually is none already.
    if (*rd_type, *pad) != (none.rd_type, none.pad) || *rd_bits != none.rd_bits {
        message.m_ref = none;
    } else if rd_obj.id != none.rd_obj.id || rd_obj.count != none.rd_obj.count {
        *rd_obj = none.rd_obj;
    }
}

/// Writes a message with a header only into a packet; false if that has another length.
#[inline]
fn write(packet: &mut [u8], envelope: &Envelope, to_type: PortType, head: &Head) -> bool {
    let Ok(Plain { header, body }) = Plain::mut_from_bytes(packet) else { return false };
    header.kind = envelope.kind as u8;
    header.flags = Flags::NONE.0;
    header.length.set(PLAIN_BYTES as u16);
    header.to.set(envelope.to.0);
    header.to_type = to_type as u8;
    header.hops = 0;
    header.hint.set(envelope.hint);
    header.to_id.set(envelope.to_id);
    header.from.set(envelope.from.ghost.0);
    header.source.set(envelope.from.source);
    header.sequence.set(envelope.from.sequence);
    copy(&mut body.head, head);
    body.total.set(0);
    body.capacity.set(0);
    true
}

/// The packet, if it is a message with a header only.
#[inline]
fn read(packet: &[u8]) -> Option<&Plain> {
    let plain = Plain::ref_from_bytes(packet).ok()?;
    let Plain { header, body } = plain;
    let is_plain = header.flags == Flags::NONE.0
        && usize::from(header.length.get()) == PLAIN_BYTES
        && body.total.get() == 0
        && body.capacity.get() == 0;
    is_plain.then_some(plain)
}
