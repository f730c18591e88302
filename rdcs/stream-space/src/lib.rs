//! Stream space (dissertation, §5.5): what is there, who waits for what, and who gets it. How
//! requests come and references go is the business of the module; this part knows neither, and
//! is tested on the host.
#![cfg_attr(target_arch = "m68k", no_std)]

extern crate alloc;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rdc::abi::structs::Label;
use rdc::{CallError, Domain};

/// References that can be there at a time; more are refused with `TableFull`.
pub const ENTRIES_MAX: usize = 512;
/// Requests that can wait at a time. One more has the oldest be answered `Busy`: whoever has died
/// does not miss that, and the library asks again for others.
pub const WAITERS_MAX: usize = 448;

/// In how many copies a reference is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Any number, which receivers keep in their caches.
    Unlimited,
    /// Any number, fetched each time.
    Uncached,
    /// So many at a time.
    AtMost(u32),
    /// The reference itself goes, and comes back: a port.
    Itself,
}

/// A reference under a label.
#[derive(Debug)]
struct Entry<R> {
    reference: R,
    copies: Copies,
    domain: Domain,
    /// Of a limited number of copies, those that were taken out.
    out: u32,
}

impl<R> Entry<R> {
    /// Whether it is a port that was taken out.
    fn has_gone(&self) -> bool {
        self.copies == Copies::Itself && self.out > 0
    }
}

/// Somebody who waits for a label.
#[derive(Debug)]
struct Waiter<W> {
    who: W,
    /// When he came, counted in requests.
    since: u64,
    /// Until when he waits, in milliseconds.
    deadline_ms: Option<u64>,
}

/// What somebody is given.
#[derive(Debug, PartialEq, Eq)]
pub struct Given<'s, R> {
    /// The reference.
    pub reference: &'s R,
    /// In how many copies it is had.
    pub copies: Copies,
    /// How far the copy may go.
    pub domain: Domain,
}

/// The references of one RDC, of type `R`, and those who wait for some, of type `W`.
#[derive(Debug)]
pub struct Space<R, W> {
    entries: BTreeMap<Label, Entry<R>>,
    waiters: BTreeMap<Label, VecDeque<Waiter<W>>>,
    /// Waiters in all.
    waiting: usize,
    requests: u64,
}

impl<R, W> Default for Space<R, W> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), waiters: BTreeMap::new(), waiting: 0, requests: 0 }
    }
}

impl<R, W> Space<R, W> {
    /// Keeps a reference. Then [`Space::serve`] those who wait for it. `LabelTaken` or
    /// `TableFull`, and the reference, if that cannot be.
    pub fn put(
        &mut self,
        label: Label,
        reference: R,
        copies: Copies,
        domain: Domain,
    ) -> Result<(), (CallError, R)> {
        if self.entries.contains_key(&label) {
            return Err((CallError::LabelTaken, reference));
        }
        if self.entries.len() == ENTRIES_MAX {
            return Err((CallError::TableFull, reference));
        }
        self.entries.insert(label, Entry { reference, copies, domain, out: 0 });
        Ok(())
    }

    /// Keeps a reference no longer, and answers it. `NoSuchLabel` if it is not there.
    pub fn delete(&mut self, label: &Label) -> Result<R, CallError> {
        let entry = self.entries.remove(label).ok_or(CallError::NoSuchLabel)?;
        Ok(entry.reference)
    }

    /// One of a limited number of copies is free again; a port comes back as `reference`. Then
    /// [`Space::serve`] those who wait for it. `NoSuchLabel`, and the reference, if none is out.
    pub fn put_back(
        &mut self,
        label: &Label,
        reference: Option<R>,
    ) -> Result<(), (CallError, Option<R>)> {
        let Some(entry) = self.entries.get_mut(label).filter(|entry| entry.out > 0) else {
            return Err((CallError::NoSuchLabel, reference));
        };
        match (entry.copies, reference) {
            (Copies::Itself, Some(reference)) => entry.reference = reference,
            (Copies::Itself, None) => return Err((CallError::BadArgument, None)),
            (_, Some(reference)) => return Err((CallError::BadArgument, Some(reference))),
            (_, None) => {}
        }
        entry.out -= 1;
        Ok(())
    }

    /// What was given last under a label has not reached whom it was given to.
    pub fn not_taken(&mut self, label: &Label) {
        if let Some(entry) = self.entries.get_mut(label) {
            entry.out = entry.out.saturating_sub(1);
        }
    }

    /// Somebody wants what is there under a label, and waits for it until `deadline_ms`. Then
    /// [`Space::serve`] him. Answers who is not waited for any more in his stead.
    #[must_use]
    pub fn want(&mut self, label: Label, who: W, deadline_ms: Option<u64>) -> Option<W> {
        let displaced = if self.waiting == WAITERS_MAX { self.oldest() } else { None };
        self.requests += 1;
        self.waiting += 1;
        let waiter = Waiter { who, since: self.requests, deadline_ms };
        self.waiters.entry(label).or_default().push_back(waiter);
        displaced
    }

    fn oldest(&mut self) -> Option<W> {
        let first = |queue: &VecDeque<Waiter<W>>| queue.front().map(|waiter| waiter.since);
        let (label, _) = self.waiters.iter().min_by_key(|(_, queue)| first(queue))?;
        self.next_waiter(&label.clone())
    }

    /// The one who waits longest for a label, and waits no longer.
    fn next_waiter(&mut self, label: &Label) -> Option<W> {
        let queue = self.waiters.get_mut(label)?;
        let waiter = queue.pop_front()?;
        if queue.is_empty() {
            self.waiters.remove(label);
        }
        self.waiting -= 1;
        Some(waiter.who)
    }

    /// Somebody who waits for a label and can have what is there, and what he is given: it counts
    /// as taken out.
    pub fn serve(&mut self, label: &Label) -> Option<(W, Given<'_, R>)> {
        let entry = self.entries.get(label)?;
        let is_free = match entry.copies {
            Copies::Unlimited | Copies::Uncached => true,
            Copies::AtMost(most) => entry.out < most,
            Copies::Itself => entry.out == 0,
        };
        let who = if is_free { self.next_waiter(label)? } else { return None };
        let entry = self.entries.get_mut(label)?;
        if matches!(entry.copies, Copies::AtMost(_) | Copies::Itself) {
            entry.out += 1;
        }
        let Entry { reference, copies, domain, .. } = entry;
        Some((who, Given { reference, copies: *copies, domain: *domain }))
    }

    /// Somebody whose time is over at `now_ms`, and who waits no longer.
    pub fn overdue(&mut self, now_ms: u64) -> Option<W> {
        let is_due = |waiter: &Waiter<W>| waiter.deadline_ms.is_some_and(|end| end <= now_ms);
        let (label, place) = self.waiters.iter().find_map(|(label, queue)| {
            queue.iter().position(is_due).map(|place| (*label, place))
        })?;
        let queue = self.waiters.get_mut(&label)?;
        let waiter = queue.remove(place)?;
        if queue.is_empty() {
            self.waiters.remove(&label);
        }
        self.waiting -= 1;
        Some(waiter.who)
    }

    /// When the first of those who wait for a while only waits no longer, in milliseconds.
    pub fn deadline_ms(&self) -> Option<u64> {
        let waiters = self.waiters.values().flatten();
        waiters.filter_map(|waiter| waiter.deadline_ms).min()
    }

    /// Labels for which somebody waits, whose ports have gone away: one comes back by itself if
    /// whoever was to have it has died. `is_back` looks. [`Space::serve`] those that are.
    pub fn recover(&mut self, is_back: impl Fn(&R) -> bool) -> Vec<Label> {
        let has_come_back = |label: &Label| {
            let entry = self.entries.get_mut(label).filter(|entry| entry.has_gone());
            let back = entry.filter(|entry| is_back(&entry.reference));
            back.map(|entry| entry.out = 0).is_some()
        };
        self.waiters.keys().copied().filter(has_come_back).collect()
    }

    /// Whether somebody waits for a port that has gone away.
    pub fn awaits_ports(&self) -> bool {
        self.waiters.keys().any(|label| self.entries.get(label).is_some_and(Entry::has_gone))
    }

    /// What is there and what is waited for behind `after`, a line each, in the order of the
    /// labels. `name` says what a reference is.
    pub fn lines(
        &self,
        after: Label,
        name: impl Fn(&R) -> &'static str,
    ) -> impl Iterator<Item = (Label, String)> {
        use core::ops::Bound::{Excluded, Unbounded};
        let range = (Excluded(after), Unbounded);
        let mut there = self.entries.range(range).peekable();
        let mut wanted = self.waiters.range(range).peekable();
        core::iter::from_fn(move || {
            let first = there.peek().map(|(label, _)| **label);
            let second = wanted.peek().map(|(label, _)| **label);
            let label = first.into_iter().chain(second).min()?;
            let entry = there.next_if(|entry| *entry.0 == label).map(|entry| entry.1);
            let queue = wanted.next_if(|entry| *entry.0 == label).map(|entry| entry.1);
            Some((label, line(&label, entry, queue.map_or(0, VecDeque::len), &name)))
        })
    }
}

fn line<R>(
    label: &Label,
    entry: Option<&Entry<R>>,
    waiting: usize,
    name: impl Fn(&R) -> &'static str,
) -> String {
    let label = String::from_utf8_lossy(label.bytes().unwrap_or_default()).into_owned();
    let there = entry.map_or_else(
        || String::from("not there"),
        |entry| {
            let copies = match (entry.copies, entry.out) {
                (Copies::Unlimited, _) => String::from("any number of copies"),
                (Copies::Uncached, _) => String::from("any number of copies, not cached"),
                (Copies::AtMost(most), out) => format!("{out} of {most} copies taken"),
                (Copies::Itself, 0) => String::from("once"),
                (Copies::Itself, _) => String::from("once, taken"),
            };
            format!("{}, {copies}", name(&entry.reference))
        },
    );
    match waiting {
        0 => format!("{label:<19}  {there}\n"),
        1 => format!("{label:<19}  {there}; 1 waits\n"),
        more => format!("{label:<19}  {there}; {more} wait\n"),
    }
}
