//! `inc_invoke`, `inc_send` and `inc_dgram`: a message from an incarnation of this node to a
//! receiver who waits, here or elsewhere.

use abi::ids::UserAddr;
use abi::message::Kind;

use super::Fast;
use super::lines::{Doing, ELSEWHERE, Lines};
use super::plain::{PLAIN_BYTES, is_plain, receive, write};
use crate::incarnation::Invoker;
use crate::platform::{Bus, Machine, Memory, Platform, Slot};
use crate::state::State;

/// What `inc_receive` answers when there is a message and no reply handle.
pub(super) const RECEIVED: i32 = 1;

impl<P: Platform> State<P> {
    // Each in a function of its own, so that it has all registers.

    /// `inc_invoke`.
    #[inline(never)]
    pub(super) fn fast_invoke(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<Fast> {
        self.send_plain(slot, Kind::Invoke, raw, at)
    }

    /// `inc_send`.
    #[inline(never)]
    pub(super) fn fast_send(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<Fast> {
        self.send_plain(slot, Kind::Send, raw, at)
    }

    /// `inc_dgram`.
    #[inline(never)]
    pub(super) fn fast_dgram(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<Fast> {
        self.send_plain(slot, Kind::Dgram, raw, at)
    }

    #[inline(always)]
    fn send_plain(&mut self, slot: Slot, kind: Kind, raw: u32, message: UserAddr) -> Option<Fast> {
        let index = match self.lines.last_named(slot, raw) {
            Some(index) => index,
            None => self.line_named(slot, raw, message)?,
        };
        if self.lines.line(index)?.server == ELSEWHERE {
            self.post_plain(slot, kind, index, message)
        } else {
            self.hand_over(slot, kind, index, message)
        }
    }

    /// From one incarnation to another, of this node.
    #[inline(always)]
    fn hand_over(&mut self, slot: Slot, kind: Kind, index: u8, message: UserAddr) -> Option<Fast> {
        let Lines { table, seats, .. } = &mut self.lines;
        let line = table.get_mut(usize::from(index))?;
        let receiver = line.server;
        let server = seats.get_mut(receiver.index())?;
        let is_ready = server.doing == Doing::Receiving && server.port == line.port;
        if !is_ready || (kind == Kind::Invoke && server.invoker != Invoker::Waits) {
            return None;
        }
        let from = self.memory.place(slot, message)?;
        let handed = self.memory.pass(from, server.place?, |from, to| {
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
            self.sched.add(receiver, priority);
            return Some(Fast::Done(0));
        }
        line.owed = true;
        self.machine.set_result(receiver, line.handle.get() as i32);
        let client = seats.get_mut(slot.index())?;
        client.doing = Doing::Invoking;
        client.message = message;
        client.place = Some(from);
        self.sched.pass(slot, receiver, priority);
        Some(Fast::Waits)
    }

    /// From an incarnation into the ring of another node.
    #[inline(never)]
    fn post_plain(&mut self, slot: Slot, kind: Kind, index: u8, message: UserAddr) -> Option<Fast> {
        let from = self.memory.place(slot, message)?;
        let line = self.lines.line(index)?;
        let node = line.to.node();
        let sequence = line.sequence.wrapping_add(1);
        let packet = self.bus.reserve(node, PLAIN_BYTES).ok()?;
        let written = self.memory.edit(from, |message| {
            is_plain(message, kind) && write(packet, &line.header, kind, sequence, &message.m_head)
        })?;
        if !written {
            return None;
        }
        line.sequence = sequence;
        line.touched = self.ticker.now;
        self.bus.commit(node, PLAIN_BYTES);
        self.bus.publish();
        if kind == Kind::Dgram {
            return Some(Fast::Done(0));
        }
        let client = self.lines.seat(slot)?;
        client.doing = if kind == Kind::Invoke { Doing::Invoking } else { Doing::Sending };
        client.message = message;
        client.place = Some(from);
        self.sched.remove(slot);
        self.need_ticks();
        Some(Fast::Waits)
    }
}
