//! Which incarnation runs: a queue per priority, served in turns within one priority.

use alloc::vec;
use alloc::vec::Vec;

use abi::ids::Priority;

use crate::platform::Slot;

/// Number of priorities.
const LEVELS: usize = Priority::HIGHEST.get() as usize + 1;

/// Marks an end of a queue.
const END: u16 = u16::MAX;

/// The incarnations that can run.
#[derive(Debug)]
pub struct Scheduler {
    queues: [Queue; LEVELS],
    /// Bit `p` is set when the queue of priority `p` is not empty.
    waiting: u16,
    links: Vec<Link>,
    ready: u16,
}

#[derive(Clone, Copy, Debug)]
struct Queue {
    first: u16,
    last: u16,
}

/// The place of a slot in its queue.
#[derive(Clone, Copy, Debug)]
struct Link {
    next: u16,
    previous: u16,
    level: u8,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Queued,
    Absent,
}

impl Scheduler {
    /// A scheduler of up to `slots` incarnations, none of which can run.
    pub fn new(slots: u16) -> Self {
        let absent = Link { next: END, previous: END, level: 0, place: Place::Absent };
        Self {
            queues: [Queue { first: END, last: END }; LEVELS],
            waiting: 0,
            links: vec![absent; usize::from(slots)],
            ready: 0,
        }
    }

    /// `slot` can run, behind all others of its priority. No effect if it could before.
    #[inline]
    pub fn add(&mut self, slot: Slot, priority: Priority) {
        let link = &mut self.links[slot.index()];
        if link.place == Place::Queued {
            return;
        }
        let level = usize::from(priority.get());
        let queue = &mut self.queues[level];
        let previous = queue.last;
        *link = Link { next: END, previous, level: level as u8, place: Place::Queued };
        queue.last = slot.0;
        self.ready += 1;
        if previous == END {
            queue.first = slot.0;
            self.waiting |= 1 << level;
        } else {
            self.links[usize::from(previous)].next = slot.0;
        }
    }

    /// `slot` cannot run any more. No effect if it could not before.
    #[inline]
    pub fn remove(&mut self, slot: Slot) {
        let link = &mut self.links[slot.index()];
        if link.place == Place::Absent {
            return;
        }
        link.place = Place::Absent;
        let Link { next, previous, level, .. } = *link;
        self.ready -= 1;
        let queue = &mut self.queues[usize::from(level)];
        match next {
            END => queue.last = previous,
            next => self.links[usize::from(next)].previous = previous,
        }
        match previous {
            END => queue.first = next,
            previous => self.links[usize::from(previous)].next = next,
        }
        if queue.first == END {
            self.waiting &= !(1 << level);
        }
    }

    /// `from` cannot run any more, `to` can: as [`Scheduler::remove`] and [`Scheduler::add`].
    #[inline]
    pub fn pass(&mut self, from: Slot, to: Slot, priority: Priority) {
        let link = self.links[from.index()];
        let is_alone = link.previous == END && link.next == END && link.place == Place::Queued;
        let follower = &mut self.links[to.index()];
        if !is_alone || link.level != priority.get() || follower.place == Place::Queued {
            self.remove(from);
            return self.add(to, priority);
        }
        *follower = link;
        self.links[from.index()].place = Place::Absent;
        self.queues[usize::from(link.level)] = Queue { first: to.0, last: to.0 };
    }

    /// Whose turn it is: the first of the highest priority. It stays first until it is
    /// removed or its slice ends.
    #[inline]
    pub fn first(&self) -> Option<Slot> {
        if self.waiting == 0 {
            return None;
        }
        let level = (u16::BITS - 1 - self.waiting.leading_zeros()) as usize;
        Some(Slot(self.queues[level].first))
    }

    /// The time slice of whoever runs is over: the next of its priority has its turn.
    pub fn end_slice(&mut self) {
        let Some(slot) = self.first() else { return };
        let link = self.links[slot.index()];
        if link.next != END {
            self.remove(slot);
            self.add(slot, Priority::new(u32::from(link.level)).expect("levels are priorities"));
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
