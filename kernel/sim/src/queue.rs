//! The event queue: what happens next in virtual time.
//!
//! Events of one instant leave in the order in which they were put in, so that a
//! run depends on nothing but its seed. Nothing is allocated once the queue has
//! grown to the size that a run needs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Virtual time since the start of the run, in microseconds.
pub type Micros = u64;

/// Events in the order of their times.
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    now_us: Micros,
    next_serial: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at_us: Micros,
    serial: u64,
    event: E,
}

impl<E> EventQueue<E> {
    /// An empty queue at time 0 with room for `capacity` events.
    pub fn with_capacity(capacity: usize) -> EventQueue<E> {
        EventQueue { heap: BinaryHeap::with_capacity(capacity), now_us: 0, next_serial: 0 }
    }

    /// The time of the event taken last.
    pub fn now_us(&self) -> Micros {
        self.now_us
    }

    /// Puts an event in at `at_us`, or at once if that is past.
    pub fn push(&mut self, at_us: Micros, event: E) {
        let entry = Entry { at_us: at_us.max(self.now_us), serial: self.next_serial, event };
        self.next_serial += 1;
        self.heap.push(Reverse(entry));
    }

    /// Takes the next event and moves the clock to its time.
    pub fn pop(&mut self) -> Option<E> {
        let Reverse(entry) = self.heap.pop()?;
        self.now_us = entry.at_us;
        Some(entry.event)
    }

    /// The time of the next event.
    pub fn next_at_us(&self) -> Option<Micros> {
        self.heap.peek().map(|Reverse(entry)| entry.at_us)
    }
}

impl<E> Entry<E> {
    fn key(&self) -> (Micros, u64) {
        (self.at_us, self.serial)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_instant_keep_their_order() {
        let mut queue = EventQueue::with_capacity(4);
        queue.push(5, "c");
        queue.push(1, "a");
        queue.push(5, "d");
        queue.push(1, "b");
        let taken: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(taken, ["a", "b", "c", "d"]);
        assert_eq!(queue.now_us(), 5);
    }

    #[test]
    fn an_event_in_the_past_happens_now() {
        let mut queue = EventQueue::with_capacity(2);
        queue.push(10, "later");
        queue.pop();
        queue.push(3, "late");
        assert_eq!(queue.next_at_us(), Some(10));
    }
}
