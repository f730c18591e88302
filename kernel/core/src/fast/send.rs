//! `inc_invoke`, `inc_send` and `inc_dgram`: a message from an incarnation of this node to a
//! receiver who waits, here or elsewhere.

use abi::ids::UserAddr;
use abi::message::Kind;
use abi::structs::Msg;

use super::lines::{Doing, ELSEWHERE, LINES, Lines, Spot};
use super::plain::{PLAIN_BYTES, is_plain, receive, write};
use super::{Fast, Made};
use crate::platform::{Bell, Bus, Machine, Memory, Platform, Slot};
use crate::state::State;

/// Where a message structure lies.
pub(super) type Place<P> = <<P as Platform>::Memory as Memory>::Place;

/// What `inc_receive` answers when there is a message and no reply handle.
pub(super) const RECEIVED: i32 = 1;

impl<P: Platform> State<P> {
    // Each in a function of its own, so that it has all registers.

    /// `inc_invoke`.
    #[inline(never)]
    pub(super) fn fast_invoke(&mut self, slot: Slot, made: impl Made) -> Fast {
        Fast::of(self.send_plain::<{ Kind::Invoke as u8 }>(slot, made))
    }

    /// `inc_send`.
    #[inline(never)]
    pub(super) fn fast_send(&mut self, slot: Slot, made: impl Made) -> Fast {
        Fast::of(self.send_plain::<{ Kind::Send as u8 }>(slot, made))
    }

    /// `inc_dgram`.
    #[inline(never)]
    pub(super) fn fast_dgram(&mut self, slot: Slot, made: impl Made) -> Fast {
        Fast::of(self.send_plain::<{ Kind::Dgram as u8 }>(slot, made))
    }

    #[inline(always)]
    fn send_plain<const KIND: u8>(&mut self, slot: Slot, made: impl Made) -> Option<Fast> {
        let kind = Kind::from_number(KIND)?;
        let (raw, at) = (made.argument(0), UserAddr(made.argument(1)));
        let Lines { table, seats, .. } = &mut self.lines;
        let client = &seats[slot.bounded()];
        let index = client.line;
        let line = &mut table[usize::from(index) % LINES];
        let place = client.sent.place_of(at).filter(|_| line.raw == raw);
        let Some(from) = place else {
            self.prepare_to_send(slot, raw, at)?;
            return Some(self.send_prepared(slot, kind, made));
        };
        let receiver = line.server;
        if receiver == ELSEWHERE {
            return self.post_plain::<KIND>(slot, index);
        }
        let server = &mut seats[receiver.bounded()];
        if !server.is_ready(kind) || server.port != line.port {
            return None;
        }
        let handed = self.memory.pass(from, server.received.place, |from, to| {
            let is_plain = is_plain(from, kind);
            if is_plain {
                receive(to, &from.m_head);
            }
            is_plain
        })?;
        if !handed {
            return None;
        }
        server.doing = Doing::Running;
        server.served = index;
        let priority = server.priority;
        line.sequence = line.sequence.wrapping_add(1);
        line.touched = self.ticker.now;
        if kind != Kind::Invoke {
            self.machine.set_result(receiver, RECEIVED);
            self.sched.start(receiver, priority);
            return Some(Fast::Done);
        }
        line.owed = true;
        self.machine.set_result(receiver, line.handle.get() as i32);
        seats[slot.bounded()].doing = Doing::Invoking;
        self.sched.pass(slot, receiver, priority);
        Some(Fast::Served)
    }

    /// Makes sure that the line that `slot` sends on is the one that it names `raw`, and that
    /// it is known where the message at `at` lies.
    #[cold]
    #[inline(never)]
    fn prepare_to_send(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<()> {
        let index = self.lines.seat(slot).line;
        if self.lines.line(index).raw != raw {
            self.line_named(slot, raw, at)?;
        }
        self.note_message(slot, at)?;
        Some(())
    }

    /// Sends, after [`State::prepare_to_send`].
    fn send_prepared(&mut self, slot: Slot, kind: Kind, made: impl Made) -> Fast {
        match kind {
            Kind::Invoke => self.fast_invoke(slot, made),
            Kind::Send => self.fast_send(slot, made),
            _ => self.fast_dgram(slot, made),
        }
    }

    /// The message that `slot` sends is at `message`, other than its last one.
    pub(super) fn note_message(&mut self, slot: Slot, message: UserAddr) -> Option<()> {
        let place = self.memory.place(slot, message)?;
        self.lines.seat(slot).sent = Spot { at: message, place };
        Some(())
    }

    /// From an incarnation into the ring of another node.
    #[inline(never)]
    fn post_plain<const KIND: u8>(&mut self, slot: Slot, index: u8) -> Option<Fast> {
        let kind = Kind::from_number(KIND)?;
        // Handed on, it would lie in memory for the paths within the node, too.
        let from = self.lines.seat(slot).sent.place;
        let line = self.lines.line(index);
        let sequence = line.sequence.wrapping_add(1);
        let memory = &mut self.memory;
        // Who sends a datagram waits for nothing, and goes on.
        let bell = if kind == Kind::Dgram { Bell::Late } else { Bell::Soon };
        let mut is_without_data = false;
        let posted = self.bus.post(line.to.node(), PLAIN_BYTES, bell, |packet| {
            let write = |message: &mut Msg| {
                is_without_data = is_plain(message, kind);
                is_without_data && write(packet, &line.header, kind, sequence, &message.m_head)
            };
            memory.edit(from, write).unwrap_or(false)
        });
        if posted == Ok(true) {
            return Some(self.posted(slot, kind, index, sequence));
        }
        if is_without_data { None } else { self.post_with_data(slot, kind, index, from) }
    }

    /// A message has been written into the ring of another node.
    #[inline(always)]
    pub(super) fn posted(&mut self, slot: Slot, kind: Kind, index: u8, sequence: u32) -> Fast {
        let line = self.lines.line(index);
        line.sequence = sequence;
        line.touched = self.ticker.now;
        // A tick ends what waits, be it for a reply or for a bell.
        self.need_ticks();
        if kind == Kind::Dgram {
            return Fast::Done;
        }
        let client = self.lines.seat(slot);
        client.doing = if kind == Kind::Invoke { Doing::Invoking } else { Doing::Sending };
        self.sched.remove(slot);
        Fast::Served
    }
}
