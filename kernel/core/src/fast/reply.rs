//! `inc_reply`.

use abi::ids::{Priority, UserAddr};
use abi::message::Kind;
use abi::structs::Msg;

use super::lines::{Doing, ELSEWHERE, LINES, Lines};
use super::plain::{PLAIN_BYTES, copy, is_plain, replace, write};
use super::{Fast, Made};
use crate::platform::{Bell, Bus, Machine, Memory, Platform, Slot};
use crate::state::State;

impl<P: Platform> State<P> {
    /// `inc_reply` to the invocation that was received last.
    #[inline(never)]
    pub(super) fn fast_reply(&mut self, slot: Slot, made: impl Made) -> Fast {
        Fast::of(self.reply_plain(slot, made))
    }

    #[inline(always)]
    fn reply_plain(&mut self, slot: Slot, made: impl Made) -> Option<Fast> {
        let (raw, at) = (made.argument(0), UserAddr(made.argument(1)));
        let Lines { table, seats, .. } = &mut self.lines;
        let server = &seats[slot.bounded()];
        let index = server.served;
        let line = &mut table[usize::from(index) % LINES];
        if !line.owed || line.handle.get() != raw {
            return None;
        }
        let Some(from) = server.sent.place_of(at) else {
            return self.reply_anew(slot, at, made);
        };
        let invoker = line.client;
        if invoker == ELSEWHERE {
            return self.reply_there(slot, index);
        }
        let client = &mut seats[invoker.bounded()];
        if client.doing != Doing::Invoking {
            return None;
        }
        let handed = self.memory.pass(from, client.sent.place, |from, to| {
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
        Some(Fast::Done)
    }

    /// From a message elsewhere than the last one.
    #[cold]
    #[inline(never)]
    fn reply_anew(&mut self, slot: Slot, at: UserAddr, made: impl Made) -> Option<Fast> {
        self.note_message(slot, at)?;
        Some(self.fast_reply(slot, made))
    }

    /// To an invoker of another node; the reply is kept until he has it.
    #[inline(never)]
    fn reply_there(&mut self, slot: Slot, index: u8) -> Option<Fast> {
        let from = self.lines.seat(slot).sent.place;
        let line = self.lines.line(index);
        let memory = &mut self.memory;
        let kept = &mut line.kept;
        let posted = self.bus.post(line.ghost.node(), PLAIN_BYTES, Bell::Soon, |packet| {
            let write = |message: &mut Msg| {
                let is_plain = is_plain(message, Kind::Reply);
                if is_plain {
                    write(packet, &line.header, Kind::Reply, line.sequence, &message.m_head);
                    copy(kept, &message.m_head);
                }
                is_plain
            };
            memory.edit(from, write).unwrap_or(false)
        });
        if posted != Ok(true) {
            return None;
        }
        line.is_kept = true;
        line.owed = false;
        line.handle = line.handle.renewed();
        line.touched = self.ticker.now;
        self.need_ticks();
        Some(Fast::Done)
    }

    /// `slot` waits no more: the answer is there.
    #[inline(always)]
    pub(super) fn answered(&mut self, slot: Slot, priority: Priority) {
        self.machine.set_result(slot, 0);
        self.sched.start(slot, priority);
        if self.sched.is_contended() {
            self.need_ticks();
        }
    }
}
