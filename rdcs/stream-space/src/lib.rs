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

/// References that can be there at a time; more are refused with `TableFull`. Together with
/// those who wait they are fewer than the references that its kernel has room for.
pub const ENTRIES_MAX: usize = 512;
/// Requests that can wait at a time. One more has the oldest be answered `Busy`: whoever has died
/// does not miss that, and others may ask again.
pub const WAITERS_MAX: usize = 448;

/// In how many copies a reference is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Any number, which receivers keep in their caches.
    Unlimited,
    /// Any number, fetched each time.
    Uncached,
    /// So many at a time, for those who have claims.
    AtMost(u32),
    /// The reference itself goes, and comes back: a port.
    Itself,
}

/// What makes one of a limited number of copies somebody's: no other claim has its number.
pub type Claim = u32;

/// A reference under a label.
#[derive(Debug)]
struct Entry<R> {
    reference: R,
    copies: Copies,
    domain: Domain,
    /// Of a limited number of copies, the claims to those that were taken out.
    held: Vec<Claim>,
    /// Whether it is a port that was taken out.
    has_gone: bool,
}

/// Somebody who waits for a label.
#[derive(Debug)]
struct Waiter<W> {
    who: W,
    /// What makes a copy his, if he has come with a claim.
    claim: Option<Claim>,
    /// When he came, counted in requests.
    since: u64,
    /// Until when he waits, in milliseconds.
    deadline_ms: Option<u64>,
}

/// What somebody is given.
#[derive(Debug, PartialEq, Eq)]
pub enum Given<'s, R> {
    /// A copy, which may go as far as the domain.
    Copy(&'s R, Copies, Domain),
    /// One of so many copies, which is his by his claim.
    Held(&'s R, u32, Domain),
    /// The reference itself.
    Itself(&'s R, Domain),
    /// Nothing: there are so many copies, for those who have claims.
    Unclaimed(u32),
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
        let entry = Entry { reference, copies, domain, held: Vec::new(), has_gone: false };
        self.entries.insert(label, entry);
        Ok(())
    }

    /// Keeps a reference no longer, and answers it and the claims to its copies. `NoSuchLabel`
    /// if it is not there.
    pub fn delete(&mut self, label: &Label) -> Result<(R, Vec<Claim>), CallError> {
        let entry = self.entries.remove(label).ok_or(CallError::NoSuchLabel)?;
        Ok((entry.reference, entry.held))
    }

    /// The copy with this claim is free again, or a port comes back as `reference`. Then
    /// [`Space::serve`] those who wait for it. `NoSuchLabel`, and the reference, if it is not out.
    pub fn put_back(
        &mut self,
        label: &Label,
        claim: Claim,
        reference: Option<R>,
    ) -> Result<(), (CallError, Option<R>)> {
        let Some(entry) = self.entries.get_mut(label) else {
            return Err((CallError::NoSuchLabel, reference));
        };
        if entry.has_gone {
            entry.reference = reference.ok_or((CallError::BadArgument, None))?;
            entry.has_gone = false;
            return Ok(());
        }
        match entry.held.iter().position(|held| *held == claim) {
            Some(_) if reference.is_some() => Err((CallError::BadArgument, reference)),
            Some(place) => {
                entry.held.swap_remove(place);
                Ok(())
            }
            None => Err((CallError::NoSuchLabel, reference)),
        }
    }

    /// The port that was given last under a label has not reached whom it was given to.
    pub fn not_taken(&mut self, label: &Label) {
        if let Some(entry) = self.entries.get_mut(label) {
            entry.has_gone = false;
        }
    }

    /// Whoever had this claim has died, whether he held a copy or waited for it. Answers the
    /// label: then [`Space::serve`] those who wait for it.
    pub fn died(&mut self, claim: Claim) -> Option<Label> {
        for (label, entry) in &mut self.entries {
            if let Some(place) = entry.held.iter().position(|held| *held == claim) {
                entry.held.swap_remove(place);
                return Some(*label);
            }
        }
        let (label, place) = self.find(|waiter| waiter.claim == Some(claim))?;
        self.remove(&label, place);
        Some(label)
    }

    /// Somebody wants what is there under a label, and waits for it until `deadline_ms`. Then
    /// [`Space::serve`] him. Answers who is not waited for any more in his stead, and his claim.
    #[must_use]
    pub fn want(
        &mut self,
        label: Label,
        who: W,
        claim: Option<Claim>,
        deadline_ms: Option<u64>,
    ) -> Option<(W, Option<Claim>)> {
        let displaced = if self.waiting == WAITERS_MAX { self.oldest() } else { None };
        self.requests += 1;
        self.waiting += 1;
        let waiter = Waiter { who, claim, since: self.requests, deadline_ms };
        self.waiters.entry(label).or_default().push_back(waiter);
        displaced
    }

    fn oldest(&mut self) -> Option<(W, Option<Claim>)> {
        let first = |queue: &VecDeque<Waiter<W>>| queue.front().map(|waiter| waiter.since);
        let (label, _) = self.waiters.iter().min_by_key(|(_, queue)| first(queue))?;
        self.remove(&label.clone(), 0)
    }

    /// The first for whom something holds: his label and his place there.
    fn find(&self, is_he: impl Fn(&Waiter<W>) -> bool) -> Option<(Label, usize)> {
        let place = |(label, queue): (&Label, &VecDeque<Waiter<W>>)| {
            queue.iter().position(&is_he).map(|place| (*label, place))
        };
        self.waiters.iter().find_map(place)
    }

    /// Somebody waits no longer.
    fn remove(&mut self, label: &Label, place: usize) -> Option<(W, Option<Claim>)> {
        let queue = self.waiters.get_mut(label)?;
        let waiter = queue.remove(place)?;
        if queue.is_empty() {
            self.waiters.remove(label);
        }
        self.waiting -= 1;
        Some((waiter.who, waiter.claim))
    }

    /// Somebody who waits for a label and need not wait any longer, his claim, and what he is
    /// given.
    pub fn serve(&mut self, label: &Label) -> Option<(W, Option<Claim>, Given<'_, R>)> {
        let entry = self.entries.get(label)?;
        let place = match entry.copies {
            Copies::Itself if entry.has_gone => return None,
            Copies::Unlimited | Copies::Uncached | Copies::Itself => 0,
            Copies::AtMost(most) => {
                let is_free = entry.held.len() < most as usize;
                let is_next = |waiter: &Waiter<W>| is_free || waiter.claim.is_none();
                self.waiters.get(label)?.iter().position(is_next)?
            }
        };
        let (who, claim) = self.remove(label, place)?;
        let entry = self.entries.get_mut(label)?;
        let (reference, domain) = (&entry.reference, entry.domain);
        let given = match (entry.copies, claim) {
            (Copies::Itself, _) => {
                entry.has_gone = true;
                Given::Itself(reference, domain)
            }
            (Copies::AtMost(most), None) => Given::Unclaimed(most),
            (Copies::AtMost(most), Some(claim)) => {
                entry.held.push(claim);
                Given::Held(reference, most, domain)
            }
            (copies, _) => Given::Copy(reference, copies, domain),
        };
        Some((who, claim, given))
    }

    /// Somebody whose time is over at `now_ms`, who waits no longer, and his claim.
    pub fn overdue(&mut self, now_ms: u64) -> Option<(W, Option<Claim>)> {
        let is_due = |waiter: &Waiter<W>| waiter.deadline_ms.is_some_and(|end| end <= now_ms);
        let (label, place) = self.find(is_due)?;
        self.remove(&label, place)
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
            let entry = self.entries.get_mut(label).filter(|entry| entry.has_gone);
            let back = entry.filter(|entry| is_back(&entry.reference));
            back.map(|entry| entry.has_gone = false).is_some()
        };
        self.waiters.keys().copied().filter(has_come_back).collect()
    }

    /// Whether somebody waits for a port that has gone away.
    pub fn awaits_ports(&self) -> bool {
        self.waiters.keys().any(|label| self.entries.get(label).is_some_and(|entry| entry.has_gone))
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
            let copies = match entry.copies {
                Copies::Unlimited => String::from("any number of copies"),
                Copies::Uncached => String::from("any number of copies, not cached"),
                Copies::AtMost(most) => format!("{} of {most} copies taken", entry.held.len()),
                Copies::Itself if entry.has_gone => String::from("once, taken"),
                Copies::Itself => String::from("once"),
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
