//! The scheduler's memory: which documents nobody has, and who was given the others.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

/// Documents, which have the numbers from 0 on, and who does them.
#[derive(Debug, Default)]
pub struct Assignments {
    count: u32,
    /// Documents that nobody has.
    waiting: VecDeque<u32>,
    /// What each worker was given.
    given: BTreeMap<u32, Vec<u32>>,
}

impl Assignments {
    /// Nobody has any of these documents.
    pub fn of(count: u32) -> Assignments {
        Assignments { count, waiting: (0..count).collect(), given: BTreeMap::new() }
    }

    /// Gives a document to a worker, if there is one that nobody has.
    pub fn give(&mut self, worker: u32) -> Option<u32> {
        let document = self.waiting.pop_front()?;
        self.given.entry(worker).or_default().push(document);
        Some(document)
    }

    /// A worker is lost, and has nothing any more. Which documents have come to a printer says
    /// `have_come`.
    pub fn worker_lost(&mut self, worker: u32, have_come: &[u32]) {
        let had = self.given.remove(&worker).unwrap_or_default();
        self.take_back(had.into_iter(), have_come);
    }

    /// A printer is lost, and whatever was on its way there, whoever was given it: he may be lost
    /// as well.
    pub fn printer_lost(&mut self, have_come: &[u32]) {
        self.given.clear();
        self.take_back(0..self.count, have_come);
    }

    /// Documents are to be done before all others, but for those that have come to a printer.
    fn take_back(&mut self, given: impl DoubleEndedIterator<Item = u32>, have_come: &[u32]) {
        for document in given.rev() {
            if !have_come.contains(&document) && !self.waiting.contains(&document) {
                self.waiting.push_front(document);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What this worker is given until nothing is left.
    fn rest(assignments: &mut Assignments, worker: u32) -> Vec<u32> {
        core::iter::from_fn(|| assignments.give(worker)).collect()
    }

    #[test]
    fn each_document_is_given_once() {
        let mut assignments = Assignments::of(3);
        assert_eq!([assignments.give(1), assignments.give(2)], [Some(0), Some(1)]);
        assert_eq!(rest(&mut assignments, 1), [2]);
    }

    #[test]
    fn others_do_what_a_lost_worker_had() {
        let mut assignments = Assignments::of(5);
        for worker in [1, 2, 1, 1] {
            assignments.give(worker);
        }
        assignments.worker_lost(1, &[2]);
        assert_eq!(rest(&mut assignments, 2), [0, 3, 4]);
    }

    #[test]
    fn what_was_on_its_way_to_a_lost_printer_is_done_once_more() {
        let mut assignments = Assignments::of(4);
        for worker in [1, 2, 1] {
            assignments.give(worker);
        }
        assignments.printer_lost(&[1]);
        assert_eq!(rest(&mut assignments, 2), [0, 2, 3]);
    }

    /// Their node has died. The worker's end is heard of first, when a document of it has come to
    /// the printer; that it is not on paper is only known when the printer's end is.
    #[test]
    fn nothing_is_forgotten_if_a_worker_is_lost_with_its_printer() {
        let mut assignments = Assignments::of(1);
        assignments.give(1);
        assignments.worker_lost(1, &[0]);
        assert_eq!(rest(&mut assignments, 2), []);
        assignments.printer_lost(&[]);
        assert_eq!(rest(&mut assignments, 2), [0]);
    }
}
