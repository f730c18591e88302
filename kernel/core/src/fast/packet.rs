//! Packets: messages for receivers who wait, and answers for senders who do.

use abi::ids::NodeId;
use abi::message::{Kind, PortType};
use abi::structs::Msg;

use super::plain::{Plain, read, receive, replace};
use super::send::{Envelope, fate_of};
use crate::delivery::arrive::Verdict;
use crate::platform::{Bus, Memory, Platform};
use crate::pool::Party;
use crate::ports::ghosts_slot;
use crate::state::State;

impl<P: Platform> State<P> {
    /// Takes the first packet in the ring from `node` if that can be done fast; whether it has.
    #[inline]
    pub(crate) fn fast_packet(&mut self, node: NodeId) -> bool {
        !self.is_slow() && self.take_plain(node).is_some()
    }

    fn take_plain(&mut self, node: NodeId) -> Option<()> {
        const CHANNEL: u8 = PortType::Channel as u8;
        const GHOST: u8 = PortType::Ghost as u8;
        let Plain { header, .. } = read(self.bus.peek(node)?)?;
        let kind = Kind::from_number(header.kind)?;
        let from = Party {
            ghost: header.from(),
            source: header.source.get(),
            sequence: header.sequence.get(),
        };
        let to = (header.to(), header.to_id.get());
        let envelope = Envelope { kind, to, hint: header.hint.get(), from };
        match (kind, header.to_type) {
            (Kind::Invoke | Kind::Send | Kind::Dgram, CHANNEL) => self.take_message(node, &envelope),
            (Kind::Reply, GHOST) => self.take_answer(node, &envelope),
            _ => None,
        }
    }

    /// A message for a port of this node, whose owner waits for it.
    fn take_message(&mut self, node: NodeId, envelope: &Envelope) -> Option<()> {
        let Envelope { kind, to, hint, from } = *envelope;
        let line = match self.sources.line(hint, from.source, (to.0, self.stamp)) {
            Some(line) => line,
            None => self.find_source(hint, from.source, to)?,
        };
        let receiver = self.receiver(line, kind)?;
        let Plain { body, .. } = read(self.bus.peek(node)?)?;
        let (sources, now) = (&mut self.sources, self.ticker.now);
        let taken = self.memory.with_message(receiver.slot, receiver.message, |message| {
            let is_next = sources.admit_next(hint, from.sequence, fate_of(kind), now);
            if is_next {
                receive(message, &body.head);
            }
            is_next
        })?;
        if !taken {
            return None;
        }
        let priority = self.received(&receiver, envelope);
        self.sched.add(receiver.slot, priority);
        if kind == Kind::Send {
            self.tell(Verdict::Accepted(hint), from, to.0);
        }
        Some(())
    }

    /// A reply for who waits for it.
    fn take_answer(&mut self, node: NodeId, envelope: &Envelope) -> Option<()> {
        let party = Party { ghost: envelope.to.0, ..envelope.from };
        self.ports.ghost(party.ghost)?;
        let asker = match self.asker(party) {
            Some(asker) => asker,
            None => {
                self.find_sender(ghosts_slot(party.ghost))?;
                self.asker(party)?
            }
        };
        let Plain { body, .. } = read(self.bus.peek(node)?)?;
        let replaced = |message: &mut Msg| replace(message, &body.head);
        self.memory.with_message(asker.slot, asker.message, replaced)?;
        self.learn(asker.slot, asker.stream, envelope.from, (envelope.to.1, envelope.hint));
        self.answered(asker.slot);
        Some(())
    }
}
