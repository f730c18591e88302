//! `inc_invoke`, `inc_send` and `inc_dgram`: a message from an incarnation of this node to a
//! receiver who waits, here or elsewhere.

use abi::ids::UserAddr;
use abi::message::{KernelPort, Kind, PortType};

use super::plain::{PLAIN_BYTES, is_plain, receive, write};
use super::{Fast, Wait};
use crate::incarnation::{Blocked, Sending};
use crate::platform::{Bus, Memory, Platform, Slot, UserRange};
use crate::pool::Party;
use crate::sources::Fate;
use crate::state::State;

/// No memory for data.
const NO_ROOM: UserRange = UserRange { base: UserAddr(0), length: 0 };

/// A message on its way: where it goes and which one it is.
#[derive(Clone, Copy)]
pub(super) struct Envelope {
    pub kind: Kind,
    /// The port, and the identity of its channel.
    pub to: (KernelPort, u64),
    /// Where the port remembers the source.
    pub hint: u16,
    pub from: Party,
}

impl<P: Platform> State<P> {
    /// `inc_invoke`, `inc_send`, `inc_dgram`.
    #[inline(always)]
    pub(super) fn fast_send(
        &mut self,
        slot: Slot,
        kind: Kind,
        raw: u32,
        message: UserAddr,
    ) -> Option<Fast> {
        let (index, envelope) = match self.next_envelope(slot, kind, raw)? {
            Ok(found) => found,
            Err(Unknown) => {
                self.find_stream(slot, raw)?;
                self.next_envelope(slot, kind, raw)?.ok()?
            }
        };
        let is_here = envelope.to.0.node() == self.node;
        let sent = if is_here {
            self.hand_over(slot, message, &envelope)
        } else {
            self.post_plain(slot, message, &envelope)
        };
        if sent.is_none() {
            return self.take_back(slot, index);
        }
        if kind == Kind::Dgram || (kind == Kind::Send && is_here) {
            return Some(Fast::Done(0));
        }
        let local = self.locals.get_mut(slot.index())?;
        let incarnation = local.incarnation.as_mut()?;
        let message_of = (envelope.from.source, envelope.from.sequence);
        let now = self.ticker.now;
        incarnation.exchange.hand_over(kind, envelope.to, envelope.hint, message_of, now);
        let sending =
            Sending { stream: index, message, room: NO_ROOM, carried: None, granted: None };
        incarnation.blocked = Blocked::Send(sending);
        local.wait = Wait::for_answer(self.stamp);
        self.need_ticks();
        Some(Fast::Waits)
    }

    /// The next message of the stream that `slot` names `raw`, with the stream's index; it is
    /// counted. None if there is no such stream.
    #[inline(always)]
    fn next_envelope(
        &mut self,
        slot: Slot,
        kind: Kind,
        raw: u32,
    ) -> Option<Result<(u16, Envelope), Unknown>> {
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (index, stream) = incarnation.references.stream_named(raw)?;
        if stream.stamp != self.stamp {
            return Some(Err(Unknown));
        }
        stream.sequence = stream.sequence.wrapping_add(1);
        let from = Party {
            ghost: incarnation.ghost,
            source: stream.id.bits(),
            sequence: stream.sequence,
        };
        let to = (stream.port, stream.channel.bits());
        Some(Ok((index, Envelope { kind, to, hint: stream.hint, from })))
    }

    /// The next message of a stream has to go another way.
    #[cold]
    fn take_back(&mut self, slot: Slot, stream: u16) -> Option<Fast> {
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let stream = incarnation.references.stream_mut(stream)?;
        stream.sequence = stream.sequence.wrapping_sub(1);
        None
    }

    /// From one incarnation to another, of this node.
    #[inline(always)]
    fn hand_over(&mut self, slot: Slot, at: UserAddr, envelope: &Envelope) -> Option<()> {
        let line = self.sources.entry(envelope.hint).line;
        let receiver = self.receiver(line, envelope.kind)?;
        let (sources, now) = (&mut self.sources, self.ticker.now);
        let to = (receiver.slot, receiver.message);
        let handed = self.memory.with_messages((slot, at), to, |from, to| {
            let taken = is_plain(from, envelope.kind)
                && sources.admit_next(envelope.hint, envelope.from.sequence, fate_of(envelope.kind), now);
            if taken {
                receive(to, &from.m_head);
            }
            taken
        })?;
        if !handed {
            return None;
        }
        let priority = self.received(&receiver, envelope);
        if envelope.kind == Kind::Invoke {
            self.sched.pass(slot, receiver.slot, priority);
        } else {
            self.sched.add(receiver.slot, priority);
        }
        Some(())
    }

    /// From an incarnation into the ring of another node.
    #[inline(always)]
    fn post_plain(&mut self, slot: Slot, at: UserAddr, envelope: &Envelope) -> Option<()> {
        let node = envelope.to.0.node();
        let packet = self.bus.reserve(node, PLAIN_BYTES).ok()?;
        let written = self.memory.with_message(slot, at, |message| {
            is_plain(message, envelope.kind)
                && write(packet, envelope, PortType::Channel, &message.m_head)
        })?;
        if !written {
            return None;
        }
        self.bus.commit(node, PLAIN_BYTES);
        self.bus.publish();
        if envelope.kind != Kind::Dgram {
            self.sched.remove(slot);
        }
        Some(())
    }
}

/// It has to be found out first whether a stream can be used so.
struct Unknown;

/// What becomes of a message of this kind when it is received.
#[inline]
pub(super) fn fate_of(kind: Kind) -> Fate {
    if kind == Kind::Invoke { Fate::Owed } else { Fate::Settled }
}
