//! Which incarnation runs: a queue per priority, served in turns within one priority.

#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

use alloc::vec;
use alloc::vec::Vec;

use abi::ids::Priority;

use crate::platform::Slot;

/// Number of priorities.
const LEVELS: usize = Priority::HIGHEST.get() as usize + 1;

/// The bit of the first queue.
const FIRST_LEVEL: u32 = 1 << 31;

/// Ends a queue.
const END: u16 = u16::MAX;

/// Says of a slot that it is in no queue.
const ABSENT: u16 = u16::MAX - 1;

/// The incarnations that can run.
#[derive(Debug)]
pub struct Scheduler {
    /// By priority, the highest first.
    queues: [Queue; LEVELS],
    /// The leftmost bit is set when the first queue is not empty, and so on.
    waiting: u32,
    /// Who comes behind each slot in its queue.
    next: Vec<u16>,
    /// In which queue each slot is or was last.
    levels: Vec<u8>,
    ready: u16,
}

#[derive(Clone, Copy, Debug)]
struct Queue {
    first: u16,
    last: u16,
}

/// The queue of a priority.
#[inline]
fn level_of(priority: Priority) -> usize {
    LEVELS - 1 - usize::from(priority.get()) % LEVELS
}

impl Scheduler {
    /// A scheduler of up to `slots` incarnations, none of which can run.
    pub fn new(slots: u16) -> Self {
        Self {
            queues: [Queue { first: END, last: END }; LEVELS],
            waiting: 0,
            next: vec![ABSENT; usize::from(slots)],
            levels: vec![0; usize::from(slots)],
            ready: 0,
        }
    }

    /// `slot` can run, behind all others of its priority. No effect if it could before.
    #[inline(always)]
    pub fn add(&mut self, slot: Slot, priority: Priority) {
        let next = &mut self.next[slot.index()];
        if *next != ABSENT {
            return;
        }
        *next = END;
        self.enqueue(slot, level_of(priority));
    }

    #[inline(always)]
    fn enqueue(&mut self, slot: Slot, level: usize) {
        self.levels[slot.index()] = level as u8;
        self.ready += 1;
        let queue = &mut self.queues[level % LEVELS];
        let last = core::mem::replace(&mut queue.last, slot.0);
        if last == END {
            queue.first = slot.0;
            self.waiting |= FIRST_LEVEL >> level;
        } else {
            self.next[usize::from(last)] = slot.0;
        }
    }

    /// `slot` cannot run any more. No effect if it could not before.
    #[inline(always)]
    pub fn remove(&mut self, slot: Slot) {
        let next = core::mem::replace(&mut self.next[slot.index()], ABSENT);
        if next == ABSENT {
            return;
        }
        self.ready -= 1;
        let level = usize::from(self.levels[slot.index()]);
        let queue = &mut self.queues[level % LEVELS];
        if queue.first != slot.0 {
            return self.unlink(slot, next, level);
        }
        queue.first = next;
        if next == END {
            queue.last = END;
            self.waiting &= !(FIRST_LEVEL >> level);
        }
    }

    /// Takes `slot`, which is not the first and before `next`, out of its queue.
    #[cold]
    fn unlink(&mut self, slot: Slot, next: u16, level: usize) {
        let queue = &mut self.queues[level % LEVELS];
        let mut before = queue.first;
        while self.next[usize::from(before)] != slot.0 {
            before = self.next[usize::from(before)];
        }
        self.next[usize::from(before)] = next;
        if queue.last == slot.0 {
            queue.last = before;
        }
    }

    /// `from` cannot run any more, `to` can: as [`Scheduler::remove`] and [`Scheduler::add`].
    #[inline(always)]
    pub fn pass(&mut self, from: Slot, to: Slot, priority: Priority) {
        let level = level_of(priority);
        let queue = &mut self.queues[level];
        let is_alone = queue.first == from.0 && queue.last == from.0;
        if !is_alone || self.next[to.index()] != ABSENT {
            self.remove(from);
            return self.add(to, priority);
        }
        *queue = Queue { first: to.0, last: to.0 };
        self.next[from.index()] = ABSENT;
        self.next[to.index()] = END;
        self.levels[to.index()] = level as u8;
    }

    /// Whose turn it is: the first of the highest priority. It stays first until it is
    /// removed or its slice ends.
    #[inline]
    pub fn first(&self) -> Option<Slot> {
        if self.waiting == 0 {
            return None;
        }
        let level = self.waiting.leading_zeros() as usize;
        Some(Slot(self.queues[level % LEVELS].first))
    }

    /// The time slice of whoever runs is over: the next of its priority has its turn.
    pub fn end_slice(&mut self) {
        let Some(slot) = self.first() else { return };
        if self.next[slot.index()] != END {
            let level = usize::from(self.levels[slot.index()]);
            self.remove(slot);
            self.next[slot.index()] = END;
            self.enqueue(slot, level);
        }
    }

    /// Number of incarnations that can run.
    pub fn ready(&self) -> u16 {
        self.ready
    }

    /// Whether somebody waits for the processor while another has it.
    #[inline]
    pub fn is_contended(&self) -> bool {
        self.ready > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn priority(number: u32) -> Priority {
        Priority::new(number).expect("0 to 15")
    }

    #[test]
    fn the_highest_priority_runs_and_equals_take_turns() {
        let mut scheduler = Scheduler::new(4);
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
            let mut scheduler = Scheduler::new(6);
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
                        scheduler.pass(Slot(0), Slot(slot), priority(level));
                        model.retain(|entry| entry.1 != 0);
                        if !model.iter().any(|entry| entry.1 == slot) {
                            let at = model.iter().take_while(|entry| entry.0 >= level).count();
                            model.insert(at, (level, slot));
                        }
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
