//! Packets: messages for receivers who wait, and answers for senders who do.

use abi::ids::NodeId;
use abi::message::{Header, Kind, PortType};
use zerocopy::FromBytes;

use super::lines::{Doing, LINES, Lines};
use super::plain::{Plain, read, receive, replace};
use super::send::RECEIVED;
use crate::platform::{Bus, Machine, Memory, Platform};
use crate::ports::ghosts_slot;
use crate::state::State;

impl<P: Platform> State<P> {
    /// Takes the first packet in the ring from `node` if that can be done fast; whether it has.
    #[inline]
    pub(crate) fn fast_packet(&mut self, node: NodeId) -> bool {
        const INVOKE: u8 = Kind::Invoke as u8;
        const SEND: u8 = Kind::Send as u8;
        const DGRAM: u8 = Kind::Dgram as u8;
        const REPLY: u8 = Kind::Reply as u8;
        const ACCEPTED: u8 = Kind::Accepted as u8;
        let Some(packet) = self.bus.peek(node) else { return false };
        let taken = match packet.first() {
            Some(&INVOKE) => self.take_message(node, Kind::Invoke),
            Some(&SEND) => self.take_message(node, Kind::Send),
            Some(&DGRAM) => self.take_message(node, Kind::Dgram),
            Some(&REPLY) => self.hear_reply(node),
            Some(&ACCEPTED) => self.hear_acceptance(node),
            _ => None,
        };
        taken.is_some()
    }

    /// A message for a port of this node, whose owner waits for it.
    fn take_message(&mut self, node: NodeId, kind: Kind) -> Option<()> {
        let Plain { header, body } = read(self.bus.peek(node)?)?;
        if header.to_type != PortType::Channel as u8 {
            return None;
        }
        let (hint, to, source) = (header.hint.get(), header.to(), header.source.get());
        let Some(index) = self.lines.incoming(hint, to, source) else {
            let header = *header;
            self.line_from(&header)?;
            return self.take_message(node, kind);
        };
        let Lines { table, seats, .. } = &mut self.lines;
        let line = &mut table[usize::from(index) % LINES];
        let sequence = header.sequence.get();
        let is_next = sequence.wrapping_sub(line.sequence) as i32 > 0;
        if !is_next || line.owed || header.from() != line.ghost {
            return None;
        }
        let receiver = line.server;
        let server = &mut seats[receiver.bounded()];
        if !server.is_ready(kind) || server.port != line.port {
            return None;
        }
        self.memory.edit(server.received.place?, |message| receive(message, &body.head))?;
        server.doing = Doing::Running;
        server.served = index;
        let priority = server.priority;
        line.sequence = sequence;
        line.touched = self.ticker.now;
        line.kept = None;
        let mut result = RECEIVED;
        if kind == Kind::Invoke {
            line.owed = true;
            result = line.handle.get() as i32;
        }
        self.machine.set_result(receiver, result);
        self.sched.start(receiver, priority);
        if kind == Kind::Send {
            self.accept(index);
        }
        Some(())
    }

    /// Acknowledges the message that has come by a line.
    fn accept(&mut self, index: u8) {
        const BYTES: usize = size_of::<Header>();
        let line = self.lines.line(index);
        let node = line.ghost.node();
        // If there is no room the sender asks again.
        let Ok(packet) = self.bus.reserve(node, BYTES) else { return };
        let Ok(header) = Header::mut_from_bytes(packet) else { return };
        *header = line.header;
        header.kind = Kind::Accepted as u8;
        header.length.set(BYTES as u16);
        header.to_id.set(line.source);
        header.sequence.set(line.sequence);
        self.bus.commit(node, BYTES);
    }

    /// A reply for who waits for it.
    #[inline(always)]
    fn hear_reply(&mut self, node: NodeId) -> Option<()> {
        let Plain { header, body } = read(self.bus.peek(node)?)?;
        let slot = ghosts_slot(header.to());
        let Lines { table, seats, .. } = &mut self.lines;
        let client = &mut seats[slot.bounded()];
        let line = &mut table[usize::from(client.line) % LINES];
        let is_it = client.doing == Doing::Invoking && is_about(header, line.source, line.sequence);
        let is_from = header.from() == line.to && header.hint.get() == line.hint;
        if !is_it || !is_from || header.to() != line.ghost || header.to_id.get() != line.to_id {
            return None;
        }
        self.memory.edit(client.sent.place?, |message| replace(message, &body.head))?;
        line.replied = Some(line.sequence);
        client.doing = Doing::Running;
        let priority = client.priority;
        self.answered(slot, priority);
        Some(())
    }

    /// An acknowledgement for who waits for it.
    #[inline(always)]
    fn hear_acceptance(&mut self, node: NodeId) -> Option<()> {
        let header = Header::ref_from_bytes(self.bus.peek(node)?).ok()?;
        let slot = ghosts_slot(header.to());
        let Lines { table, seats, .. } = &mut self.lines;
        let client = &mut seats[slot.bounded()];
        let line = &mut table[usize::from(client.line) % LINES];
        let is_it = client.doing == Doing::Sending && is_about(header, line.source, line.sequence);
        let is_from = header.from() == line.to && header.hint.get() == line.hint;
        if !is_it || !is_from || header.to() != line.ghost {
            return None;
        }
        client.doing = Doing::Running;
        let priority = client.priority;
        self.answered(slot, priority);
        Some(())
    }
}

/// Whether a packet to a ghost answers message `sequence` of `source`.
#[inline(always)]
fn is_about(header: &Header, source: u64, sequence: u32) -> bool {
    header.sequence.get() == sequence
        && header.source.get() == source
        && header.to_type == PortType::Ghost as u8
}
