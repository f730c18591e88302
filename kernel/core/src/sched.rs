//! Which incarnation runs: a queue per priority, served in turns within one priority.
//!
//! Who has his turn is in no queue, and neither is the next one as long as there is only one: so
//! two incarnations that send each other messages cost no work on queues.

#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

use abi::ids::Priority;

use crate::config::INCARNATIONS_MAX;
use crate::platform::Slot;

/// Number of priorities.
const LEVELS: usize = Priority::HIGHEST.get() as usize + 1;

/// Nobody: ends a queue.
const END: u16 = u16::MAX;

/// Says of a slot that it is in no queue.
const ABSENT: u16 = u16::MAX - 1;

/// The incarnations that can run.
#[derive(Debug)]
pub struct Scheduler {
    /// Whose turn it is: one of the highest priority; [`END`] if nobody can run.
    current: u16,
    /// The only other one that can run, if he is in no queue: then all are empty.
    second: u16,
    /// Their priorities.
    current_level: u8,
    second_level: u8,
    /// Number of those in queues.
    queued: u16,
    /// By priority.
    queues: [Queue; LEVELS],
    /// Bit `i` is set when the queue of priority `i` is not empty.
    waiting: u32,
    entries: [Entry; INCARNATIONS_MAX as usize],
}

#[derive(Clone, Copy, Debug)]
struct Queue {
    first: u16,
    last: u16,
}

/// What there is for each slot.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Who comes behind it in its queue; [`ABSENT`] if it is in none.
    next: u16,
    /// Which queue it is in, or was last.
    level: u8,
}

impl Scheduler {
    /// A scheduler of incarnations none of which can run.
    pub fn new() -> Self {
        Self {
            current: END,
            second: END,
            current_level: 0,
            second_level: 0,
            queued: 0,
            queues: [Queue { first: END, last: END }; LEVELS],
            waiting: 0,
            entries: [Entry { next: ABSENT, level: 0 }; INCARNATIONS_MAX as usize],
        }
    }

    #[inline(always)]
    fn entry(&mut self, slot: u16) -> &mut Entry {
        &mut self.entries[Slot(slot).bounded()]
    }

    /// `slot` can run, behind all others of its priority. No effect if it could before.
    pub fn add(&mut self, slot: Slot, priority: Priority) {
        if !self.can_run(slot) {
            self.start(slot, priority);
        }
    }

    fn can_run(&self, slot: Slot) -> bool {
        let is_queued = self.entries[slot.bounded()].next != ABSENT;
        slot.0 == self.current || slot.0 == self.second || is_queued
    }

    /// As [`Scheduler::add`], of one that could not run before.
    #[inline(always)]
    pub fn start(&mut self, slot: Slot, priority: Priority) {
        debug_assert!(!self.can_run(slot), "{slot:?} is started twice");
        let level = priority.get();
        if self.current == END {
            (self.current, self.current_level) = (slot.0, level);
        } else if self.second == END && self.waiting == 0 && level <= self.current_level {
            (self.second, self.second_level) = (slot.0, level);
        } else {
            self.start_among_others(slot, level);
        }
    }

    #[cold]
    #[inline(never)]
    fn start_among_others(&mut self, slot: Slot, level: u8) {
        if self.second != END {
            let second = core::mem::replace(&mut self.second, END);
            self.enqueue(second, self.second_level);
        }
        if level > self.current_level {
            // It is the next again when the other has stopped.
            self.enqueue_first(self.current, self.current_level);
            (self.current, self.current_level) = (slot.0, level);
        } else {
            self.enqueue(slot.0, level);
        }
    }

    /// `slot` cannot run any more. No effect if it could not before.
    #[inline(always)]
    pub fn remove(&mut self, slot: Slot) {
        if slot.0 != self.current {
            self.remove_waiting(slot);
        } else if self.second != END {
            (self.current, self.current_level) = (self.second, self.second_level);
            self.second = END;
        } else if self.waiting == 0 {
            self.current = END;
        } else {
            self.dequeue();
        }
    }

    #[cold]
    #[inline(never)]
    fn remove_waiting(&mut self, slot: Slot) {
        if slot.0 == self.second {
            self.second = END;
        } else if self.entry(slot.0).next != ABSENT {
            self.unlink(slot.0);
        }
    }

    /// `from` cannot run any more, `to`, who could not, can.
    #[inline(always)]
    pub fn pass(&mut self, from: Slot, to: Slot, priority: Priority) {
        if from.0 == self.current && self.second == END && self.waiting == 0 {
            (self.current, self.current_level) = (to.0, priority.get());
        } else {
            self.remove(from);
            self.start(to, priority);
        }
    }

    /// Whose turn it is: the first of the highest priority. It stays first until it is
    /// removed or its slice ends.
    #[inline(always)]
    pub fn first(&self) -> Option<Slot> {
        (self.current != END).then_some(Slot(self.current))
    }

    /// The time slice of whoever runs is over: the next of its priority has its turn.
    pub fn end_slice(&mut self) {
        let level = self.current_level;
        if self.second != END {
            if self.second_level == level {
                core::mem::swap(&mut self.current, &mut self.second);
            }
        } else if self.queues[usize::from(level) % LEVELS].first != END {
            self.enqueue(self.current, level);
            self.dequeue();
        }
    }

    /// Number of incarnations that can run.
    pub fn ready(&self) -> u16 {
        u16::from(self.current != END) + u16::from(self.second != END) + self.queued
    }

    /// Whether somebody waits for the processor while another has it.
    #[inline]
    pub fn is_contended(&self) -> bool {
        self.second != END || self.waiting != 0
    }

    fn enqueue(&mut self, slot: u16, level: u8) {
        *self.entry(slot) = Entry { next: END, level };
        self.queued += 1;
        self.waiting |= 1 << level;
        let queue = &mut self.queues[usize::from(level) % LEVELS];
        let last = core::mem::replace(&mut queue.last, slot);
        if last == END {
            queue.first = slot;
        } else {
            self.entry(last).next = slot;
        }
    }

    fn enqueue_first(&mut self, slot: u16, level: u8) {
        self.queued += 1;
        self.waiting |= 1 << level;
        let queue = &mut self.queues[usize::from(level) % LEVELS];
        let next = core::mem::replace(&mut queue.first, slot);
        if next == END {
            queue.last = slot;
        }
        *self.entry(slot) = Entry { next, level };
    }

    /// The first of all queues has its turn; one is not empty.
    #[cold]
    #[inline(never)]
    fn dequeue(&mut self) {
        let level = self.waiting.ilog2() as usize % LEVELS;
        let first = self.queues[level].first;
        self.unlink(first);
        (self.current, self.current_level) = (first, level as u8);
    }

    /// Takes `slot` out of its queue.
    fn unlink(&mut self, slot: u16) {
        let Entry { next, level } = *self.entry(slot);
        self.entry(slot).next = ABSENT;
        self.queued -= 1;
        let index = usize::from(level) % LEVELS;
        let mut before = self.queues[index].first;
        if before == slot {
            self.queues[index].first = next;
            if next == END {
                self.queues[index].last = END;
                self.waiting &= !(1 << level);
            }
            return;
        }
        while self.entry(before).next != slot {
            before = self.entry(before).next;
        }
        self.entry(before).next = next;
        if self.queues[index].last == slot {
            self.queues[index].last = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn priority(number: u32) -> Priority {
        Priority::new(number).expect("0 to 15")
    }

    #[test]
    fn the_highest_priority_runs_and_equals_take_turns() {
        let mut scheduler = Scheduler::new();
        scheduler.add(Slot(0), priority(3));
        scheduler.add(Slot(1), priority(7));
        scheduler.add(Slot(2), priority(7));
        assert_eq!(scheduler.first(), Some(Slot(1)));
        scheduler.end_slice();
        assert_eq!(scheduler.first(), Some(Slot(2)));
        scheduler.remove(Slot(2));
        scheduler.remove(Slot(1));
        assert_eq!(scheduler.first(), Some(Slot(0)));
        scheduler.end_slice();
        assert_eq!(scheduler.first(), Some(Slot(0)));
        scheduler.remove(Slot(0));
        assert_eq!(scheduler.first(), None);
    }

    proptest! {
        #[test]
        fn behaves_like_a_sorted_list(
            steps in prop::collection::vec((0u8..4, 0u16..6, 0u32..16), 0..300),
        ) {
            let mut scheduler = Scheduler::new();
            let mut model: Vec<(u32, u16)> = Vec::new();
            for (step, slot, level) in steps {
                match step {
                    0 if !model.iter().any(|entry| entry.1 == slot) => {
                        scheduler.add(Slot(slot), priority(level));
                        let at = model.iter().take_while(|entry| entry.0 >= level).count();
                        model.insert(at, (level, slot));
                    }
                    1 => {
                        scheduler.remove(Slot(slot));
                        model.retain(|entry| entry.1 != slot);
                    }
                    2 if slot > 0 => {
                        let level = level % 2;
                        scheduler.remove(Slot(slot));
                        scheduler.pass(Slot(0), Slot(slot), priority(level));
                        model.retain(|entry| entry.1 != 0 && entry.1 != slot);
                        let at = model.iter().take_while(|entry| entry.0 >= level).count();
                        model.insert(at, (level, slot));
                    }
                    3 if !model.is_empty() => {
                        scheduler.end_slice();
                        let first = model.remove(0);
                        let at = model.iter().take_while(|entry| entry.0 >= first.0).count();
                        model.insert(at, first);
                    }
                    _ => {}
                }
                prop_assert_eq!(scheduler.first(), model.first().map(|entry| Slot(entry.1)));
                prop_assert_eq!(usize::from(scheduler.ready()), model.len());
            }
        }
    }
}
