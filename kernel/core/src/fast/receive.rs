//! `inc_receive`, and the arrival of a message at a receiver who waits.

use abi::calls::ARGUMENTS_MAX;
use abi::error::CallError;
use abi::ids::{Priority, UserAddr};
use abi::message::Kind;

use super::send::Envelope;
use super::{Fast, Line, Wait};
use crate::incarnation::{Blocked, Invoker, Receive};
use crate::platform::{Access, Machine, Memory, Platform, Slot, UserRange};
use crate::reference::{Reference, ReplyHandle};
use crate::state::State;

/// What `inc_receive` answers when there is a message and no reply handle.
const RECEIVED: i32 = 1;

/// Who takes a message.
#[derive(Clone, Copy)]
pub(super) struct Receiver {
    pub slot: Slot,
    /// Where it wants the message.
    pub message: UserAddr,
}

impl<P: Platform> State<P> {
    /// `inc_receive` that waits for as long as it takes.
    #[inline(always)]
    pub(super) fn fast_receive(&mut self, slot: Slot, args: &[u32; ARGUMENTS_MAX]) -> Option<Fast> {
        let &[raw, at, block_invoker, selector, timeout] = args;
        if self.is_slow() || selector != 0 || (timeout as i32) >= 0 {
            return None;
        }
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (port, known) = incarnation.references.port_named(raw)?;
        if known.queue.len() > 0 {
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
        let local = self.locals.get_mut(slot.index())?;
        let incarnation = local.incarnation.as_mut()?;
        incarnation.blocked =
            Blocked::Receive(Receive { port, message, room, invoker, selector: 0 });
        local.wait = Wait::at(port, self.stamp);
        self.sched.remove(slot);
        Some(Fast::Waits)
    }

    /// Who waits for a message at the end of a line, and can take it.
    #[inline(always)]
    pub(super) fn receiver(&mut self, line: Line, kind: Kind) -> Option<Receiver> {
        let slot = line.slot;
        if self.locals.get(slot.index())?.wait != Wait::at(line.reference, self.stamp) {
            self.find_receiver(slot, line.reference)?;
        }
        let incarnation = self.locals.get(slot.index())?.incarnation.as_ref()?;
        let Blocked::Receive(receive) = &incarnation.blocked else { return None };
        let can_answer = kind != Kind::Invoke
            || (receive.invoker == Invoker::Waits && !incarnation.references.is_full());
        can_answer.then_some(Receiver { slot, message: receive.message })
    }

    /// A receiver has a message: its call returns. Answers its priority; that it can run is
    /// not said to the scheduler yet.
    #[inline(always)]
    pub(super) fn received(&mut self, receiver: &Receiver, envelope: &Envelope) -> Priority {
        let slot = receiver.slot;
        let local = &mut self.locals[slot.index()];
        local.wait = Wait::UNKNOWN;
        let incarnation = local.incarnation.as_mut().expect("it waits");
        incarnation.blocked = Blocked::No;
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
        self.machine.set_result(slot, result);
        incarnation.priority
    }
}
