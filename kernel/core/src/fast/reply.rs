//! `inc_reply`.

use abi::ids::{Priority, UserAddr};
use abi::message::Kind;

use super::Fast;
use super::lines::{Doing, ELSEWHERE, Lines};
use super::plain::{Head, PLAIN_BYTES, copy, is_plain, replace, write};
use crate::platform::{Bus, Machine, Memory, Platform, Slot};
use crate::state::State;

impl<P: Platform> State<P> {
    /// `inc_reply` to the invocation that was received last.
    #[inline(never)]
    pub(super) fn fast_reply(&mut self, slot: Slot, raw: u32, at: UserAddr) -> Option<Fast> {
        let Lines { table, seats, .. } = &mut self.lines;
        let index = seats.get(slot.index())?.served;
        let line = table.get_mut(usize::from(index))?;
        if !line.owed || line.server != slot || line.handle.get() != raw {
            return None;
        }
        let invoker = line.client;
        if invoker == ELSEWHERE {
            return self.reply_there(slot, index, at);
        }
        let client = seats.get_mut(invoker.index())?;
        if client.doing != Doing::Invoking {
            return None;
        }
        let from = self.memory.place(slot, at)?;
        let handed = self.memory.pass(from, client.place?, |from, to| {
            let is_plain = is_plain(from, Kind::Reply);
            if is_plain {
                replace(to, &from.m_head);
            }
            is_plain
        })?;
        if !handed {
            return None;
        }
        line.owed = false;
        line.handle = line.handle.renewed();
        client.doing = Doing::Running;
        let priority = client.priority;
        self.answered(invoker, priority);
        Some(Fast::Done(0))
    }

    /// To an invoker of another node; the reply is kept until he has it.
    #[inline(never)]
    fn reply_there(&mut self, slot: Slot, index: u8, at: UserAddr) -> Option<Fast> {
        let from = self.memory.place(slot, at)?;
        let line = self.lines.line(index)?;
        let node = line.ghost.node();
        let packet = self.bus.reserve(node, PLAIN_BYTES).ok()?;
        let written = self.memory.edit(from, |message| {
            let is_plain = is_plain(message, Kind::Reply);
            if is_plain {
                write(packet, &line.header, Kind::Reply, line.sequence, &message.m_head);
                let kept: &mut Head = line.kept.get_or_insert_default();
                copy(kept, &message.m_head);
            }
            is_plain
        })?;
        if !written {
            return None;
        }
        line.owed = false;
        line.handle = line.handle.renewed();
        line.touched = self.ticker.now;
        self.bus.commit(node, PLAIN_BYTES);
        self.bus.publish();
        self.need_ticks();
        Some(Fast::Done(0))
    }

    /// `slot` waits no more: the answer is there.
    #[inline(always)]
    pub(super) fn answered(&mut self, slot: Slot, priority: Priority) {
        self.machine.set_result(slot, 0);
        self.sched.add(slot, priority);
        if self.sched.is_contended() {
            self.need_ticks();
        }
    }
}
