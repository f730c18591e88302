//! Pages of the host's slice: runs of pages that follow each other, so that every part of a
//! space is one piece for whoever pulls from it. A run is free again when its last owner, a
//! space or a grant, lets go of it.

use std::cell::RefCell;
use std::rc::Rc;

use abi::slice::PAGE_BYTES;

/// The free runs of a slice, in order and never touching each other.
#[derive(Debug)]
struct Free {
    /// First page and number of pages.
    runs: Vec<(u32, u32)>,
}

/// The pages of a slice.
#[derive(Clone, Debug)]
pub struct Pages(Rc<RefCell<Free>>);

/// Pages that follow each other, until this is dropped.
#[derive(Debug)]
pub struct Run {
    first: u32,
    count: u32,
    home: Pages,
}

impl Pages {
    /// All pages of the first `bytes` bytes of a slice but its first page, in which nobody
    /// believes that anything lies: addresses there are likely errors.
    pub fn new(bytes: u32) -> Self {
        let runs = vec![(1, bytes / PAGE_BYTES - 1)];
        Self(Rc::new(RefCell::new(Free { runs })))
    }

    /// The first run, of a page at least, that is long enough for `bytes` bytes; none if there
    /// is no such run.
    pub fn take(&self, bytes: u32) -> Option<Run> {
        let count = bytes.div_ceil(PAGE_BYTES).max(1);
        let mut free = self.0.borrow_mut();
        let at = free.runs.iter().position(|run| run.1 >= count)?;
        let (first, length) = free.runs[at];
        if length == count {
            free.runs.remove(at);
        } else {
            free.runs[at] = (first + count, length - count);
        }
        Some(Run { first, count, home: self.clone() })
    }

    /// Pages that are free.
    pub fn free(&self) -> u32 {
        self.0.borrow().runs.iter().map(|run| run.1).sum()
    }

    /// Puts a run back, joined with its neighbours.
    fn give_back(&self, first: u32, count: u32) {
        let runs = &mut self.0.borrow_mut().runs;
        let at = runs.partition_point(|run| run.0 < first);
        runs.insert(at, (first, count));
        if at + 1 < runs.len() && runs[at].0 + runs[at].1 == runs[at + 1].0 {
            runs[at].1 += runs.remove(at + 1).1;
        }
        if at > 0 && runs[at - 1].0 + runs[at - 1].1 == runs[at].0 {
            runs[at - 1].1 += runs.remove(at).1;
        }
    }
}

impl Run {
    /// Bytes from the beginning of the slice.
    pub fn offset(&self) -> u32 {
        self.first * PAGE_BYTES
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.home.give_back(self.first, self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_given_back_is_whole_again() {
        let pages = Pages::new(11 * PAGE_BYTES);
        let runs: Vec<_> = (0..5).map(|_| pages.take(PAGE_BYTES + 1).unwrap()).collect();
        assert!(pages.take(1).is_none());
        for index in [1, 3, 0, 4, 2] {
            assert_eq!(runs[index].offset(), (1 + index as u32 * 2) * PAGE_BYTES);
        }
        drop(runs);
        assert_eq!(pages.take(10 * PAGE_BYTES).unwrap().offset(), PAGE_BYTES);
    }

    proptest! {
        #[test]
        fn runs_never_overlap(steps in prop::collection::vec((0u32..9, 0usize..8), 1..60)) {
            let pages = Pages::new(41 * PAGE_BYTES);
            let mut held: Vec<Run> = Vec::new();
            for (count, at) in steps {
                if count == 0 && !held.is_empty() {
                    held.swap_remove(at % held.len());
                } else if let Some(run) = pages.take(count * PAGE_BYTES) {
                    let overlaps = |other: &Run| {
                        run.first < other.first + other.count && other.first < run.first + run.count
                    };
                    prop_assert!(!held.iter().any(overlaps));
                    held.push(run);
                }
                let used: u32 = held.iter().map(|run| run.count).sum();
                prop_assert_eq!(pages.free() + used, 40);
            }
            held.clear();
            prop_assert_eq!(pages.take(40 * PAGE_BYTES).map(|run| run.offset()), Some(PAGE_BYTES));
        }
    }
}
