//! Messages that have come by lines and found their receiver busy: kept until he receives, or
//! until the lines are closed, when they are taken the ordinary way as if they came then.

use abi::message::{Kind, PortType};

use super::Fast;
use super::lines::{Doing, LINES, Lines};
use super::plain::{Head, copy, receive};
use super::send::{Place, RECEIVED};
use crate::incarnation::Invoker;
use crate::letter::{Data, Letter, Overwrite};
use crate::platform::{Machine, Memory, Platform, Slot};
use crate::pool::Party;
use crate::state::State;

/// Messages that are kept at a time, a power of two.
const MESSAGES: usize = 16;

/// A message with a header only.
#[derive(Clone, Copy, Debug)]
struct Message {
    /// The line that it has come by.
    line: u8,
    kind: Kind,
    sequence: u32,
    head: Head,
}

/// The messages, in the order in which they have come.
#[derive(Debug)]
pub(super) struct Waiting {
    messages: [Message; MESSAGES],
    first: usize,
    count: usize,
}

impl Waiting {
    /// None.
    pub(super) fn new() -> Self {
        let none = Message { line: 0, kind: Kind::Dgram, sequence: 0, head: Head::default() };
        Self { messages: [none; MESSAGES], first: 0, count: 0 }
    }

    /// Whether there are any.
    #[inline(always)]
    pub(super) fn are_any(&self) -> bool {
        self.count > 0
    }

    /// Keeps a message that has come by `line`; false if there is no room.
    #[inline]
    pub(super) fn keep(&mut self, line: u8, kind: Kind, sequence: u32, head: &Head) -> bool {
        if self.count == MESSAGES {
            return false;
        }
        let message = &mut self.messages[(self.first + self.count) % MESSAGES];
        (message.line, message.kind, message.sequence) = (line, kind, sequence);
        copy(&mut message.head, head);
        self.count += 1;
        true
    }

    /// The first one.
    #[inline]
    fn first(&self) -> Option<&Message> {
        (self.count > 0).then_some(&self.messages[self.first % MESSAGES])
    }

    /// Drops the first one.
    #[inline]
    fn drop_first(&mut self) {
        self.first = (self.first + 1) % MESSAGES;
        self.count -= 1;
    }

    /// Hands out the first one.
    fn take(&mut self) -> Option<Message> {
        let message = *self.first()?;
        self.drop_first();
        Some(message)
    }
}

impl<P: Platform> State<P> {
    /// `inc_receive` when messages wait: the first one must be for `slot`, who receives at the
    /// port where he did last, in the message that lies at `place`.
    #[inline(never)]
    pub(super) fn receive_waiting(
        &mut self,
        slot: Slot,
        place: Place<P>,
        invoker: Invoker,
    ) -> Option<Fast> {
        let Lines { table, seats, waiting, .. } = &mut self.lines;
        let message = waiting.first()?;
        let line = &mut table[usize::from(message.line) % LINES];
        let server = &mut seats[slot.bounded()];
        let is_invocation = message.kind == Kind::Invoke;
        let is_next = message.sequence.wrapping_sub(line.sequence) as i32 > 0;
        let may_invoke = invoker == Invoker::Waits && !line.owed;
        if line.server != slot || server.port != line.port || !is_next {
            return None;
        }
        if is_invocation && !may_invoke {
            return None;
        }
        self.memory.edit(place, |to| receive(to, &message.head))?;
        line.sequence = message.sequence;
        line.touched = self.ticker.now;
        line.is_kept = false;
        let mut result = RECEIVED;
        if is_invocation {
            line.owed = true;
            server.served = message.line;
            result = line.handle.get() as i32;
        }
        server.doing = Doing::Running;
        waiting.drop_first();
        self.machine.set_result(slot, result);
        Some(Fast::Served)
    }

    /// Takes what waits in the ordinary way.
    pub(super) fn take_waiting(&mut self) {
        while let Some(message) = self.lines.waiting.take() {
            let line = self.lines.line(message.line);
            let from = Party { sequence: message.sequence, ..line.party() };
            let letter = Letter {
                kind: message.kind,
                to: line.to,
                to_type: PortType::Channel,
                to_id: line.to_id,
                hint: line.hint,
                from,
                obligation: None,
                head: message.head,
                total: 0,
                capacity: 0,
                reference: None,
                data: Data::None,
                overwrite: Overwrite::Yes,
            };
            let verdict = self.arrive(&letter);
            if message.kind != Kind::Dgram {
                self.tell(verdict, letter.from, letter.to);
            }
        }
    }
}
