//! Recognises repeated messages: what each kernel port remembers of each source that has sent
//! to it (dissertation, §8.4.1: "at most one copy of the request is delivered").
//!
//! A source has at most one message that is not acknowledged, so the last sequence number and
//! what became of that message say it all. A reply is kept here until the invoker has it, so
//! that it can be repeated. The index of an entry is told to the source, which sends it along
//! as a hint, so that the usual case needs no search.
//!
//! An entry may be dropped once its source can no longer ask for it: a source gives up after
//! [`crate::exchange::PATIENCE`] without an answer. When no entry may be dropped the message
//! is answered `Busy` and sent again later. Entries outlive their port: a copy that comes late
//! must not look as if the message had never been here.

use alloc::vec;
use alloc::vec::Vec;

use abi::ids::{GlobalId, NodeId};
use abi::message::KernelPort;

use crate::config::INCARNATIONS_MAX;
use crate::exchange::PATIENCE;
use crate::letter::Overwrite;
use crate::pool::Granted;
use crate::ticks::Tick;

const END: u16 = u16::MAX;

/// In the place of a neighbour: of a port that was at the same index before.
const RETIRED: u16 = END - 1;

/// Ticks after which a source that was answered cannot ask again: its patience, doubled for
/// what may still lie in rings and for clocks that differ.
pub const WINDOW: u32 = 2 * PATIENCE;

/// Whether a source is a ghost, which never leaves the node where it was made.
fn is_ghosts(id: GlobalId) -> bool {
    id.counter() <= u64::from(INCARNATIONS_MAX)
}

/// What became of the last message of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody waits for an answer about it any more, or it has been accepted for good.
    Settled,
    /// Queued or being worked on; a reply is owed.
    Owed,
    /// Replied; the reply is kept.
    Replied,
    /// Refused for good, with this code.
    Refused(i16),
    /// Somebody else owes the reply now.
    Moved {
        /// His port.
        port: KernelPort,
        /// Its identity.
        id: GlobalId,
    },
    /// Not taken: its stream was rebound before, and it was led along.
    Led {
        /// The port where it goes.
        port: KernelPort,
        /// Its identity.
        id: GlobalId,
    },
}

/// A reply, kept to be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// The application's header.
    pub head: [u8; 32],
    /// Bytes of extra data.
    pub total: u32,
    /// Whether it overwrites the invoker's message.
    pub overwrite: Overwrite,
    /// The message of the pool that holds data and reference, if it has any.
    pub message: Option<u16>,
    /// The right to pull data that does not fit.
    pub granted: Option<Granted>,
}

impl Kept {
    const NOTHING: Self =
        Self { head: [0; 32], total: 0, overwrite: Overwrite::Yes, message: None, granted: None };
}

/// What one port remembers of one source.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The source's identity, its bits; 0 in an unused entry.
    pub id: u64,
    /// Index of the kernel port.
    pub port: u16,
    next: u16,
    /// Its neighbours among the sources of the same port.
    siblings: Siblings,
    /// Its last message.
    pub sequence: u32,
    /// What became of that.
    pub fate: Fate,
    /// The reply, while `fate` is [`Fate::Replied`].
    pub kept: Kept,
    /// When it was last heard of.
    pub touched: Tick,
}

impl Source {
    /// The same about the last message that was taken, if the last one was led elsewhere. That
    /// was the only one on its way.
    pub fn taken(mut self) -> Self {
        if let Fate::Led { .. } = self.fate {
            (self.sequence, self.fate) = (self.sequence.wrapping_sub(1), Fate::Settled);
        }
        self
    }
}

/// The neighbours of an entry among those of its port.
#[derive(Clone, Copy, Debug)]
struct Siblings {
    before: u16,
    after: u16,
}

/// How a message relates to what was received before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// The next message of its source, whose entry this is.
    New(u16),
    /// The last message once more.
    Repeated(u16),
    /// Older than the last: its source has given it up.
    Stale,
    /// From an unknown source, and there is no room to remember one more.
    NoRoom,
}

/// The memory of all kernel ports of a node.
#[derive(Debug)]
pub struct Sources {
    entries: Vec<Source>,
    buckets: Vec<u16>,
    /// The source of each port that was met last.
    latest: Vec<u16>,
    /// Where the search for an entry to drop goes on.
    hand: u16,
    /// Entries that keep a reply.
    replies: u16,
}

impl Sources {
    /// A memory for up to `capacity` pairs of port and source, of `ports` kernel ports. Entry 0
    /// is never used, so that the hint 0 says "unknown".
    pub fn new(capacity: u16, ports: u16) -> Self {
        let unused = Source {
            id: 0,
            port: 0,
            next: END,
            siblings: Siblings { before: END, after: END },
            sequence: 0,
            fate: Fate::Settled,
            kept: Kept::NOTHING,
            touched: Tick(0),
        };
        let capacity = usize::from(capacity) + 1;
        Self {
            entries: vec![unused; capacity],
            buckets: vec![END; capacity.next_power_of_two()],
            latest: vec![END; usize::from(ports)],
            hand: 1,
            replies: 0,
        }
    }

    /// Whether message `sequence` of `id` at `port` is new. The entry of a new one is made or
    /// found; it is up to the caller to [`Sources::admit`] the message.
    pub fn meet(&mut self, hint: u16, port: u16, id: u64, sequence: u32, now: Tick) -> Novelty {
        let known = match self.entries.get(usize::from(hint)) {
            Some(entry) if entry.id == id && entry.port == port => Some(hint),
            _ => self.find(port, id),
        };
        let Some(index) = known else {
            return match self.make(port, id, sequence.wrapping_sub(1), now) {
                Some(index) => Novelty::New(index),
                None => Novelty::NoRoom,
            };
        };
        if self.entries[usize::from(index)].siblings.before == RETIRED {
            self.join_siblings(index);
        }
        let entry = &mut self.entries[usize::from(index)];
        entry.touched = now;
        match sequence.wrapping_sub(entry.sequence) as i32 {
            0 => Novelty::Repeated(index),
            1.. => Novelty::New(index),
            _ => Novelty::Stale,
        }
    }

    /// The entry of `id` at `port`, if there is one.
    pub fn find(&self, port: u16, id: u64) -> Option<u16> {
        self.find_where(id, |entry| entry.port == port)
    }

    /// The entry of message `sequence` of `id`, which is for port `to`, at whichever port that was
    /// taken, or from which it was led to another port than that.
    pub fn find_message(&self, id: u64, sequence: u32, to: u64) -> Option<u16> {
        let is_led_there = |fate: &Fate| matches!(fate, Fate::Led { id, .. } if id.bits() == to);
        self.find_where(id, |entry| {
            entry.sequence == sequence && id != 0 && !is_led_there(&entry.fate)
        })
    }

    /// The first entry of `id` that is as wanted.
    #[inline]
    fn find_where(&self, id: u64, is_wanted: impl Fn(&Source) -> bool) -> Option<u16> {
        let mut index = self.buckets[self.bucket(id)];
        while let Some(entry) = self.entries.get(usize::from(index)) {
            if entry.id == id && is_wanted(entry) {
                return Some(index);
            }
            index = entry.next;
        }
        None
    }

    /// The message `sequence` of entry `index` was taken, with this fate.
    pub fn admit(&mut self, index: u16, sequence: u32, fate: Fate) {
        let entry = &mut self.entries[usize::from(index)];
        entry.sequence = sequence;
        entry.fate = fate;
    }

    /// What was remembered elsewhere of a message of `id` holds for the port at `port` now: the
    /// message has moved there, or what became of it has to be known there. `None` if there is
    /// no room to remember it.
    pub fn inherit(
        &mut self,
        port: u16,
        id: u64,
        sequence: u32,
        fate: Fate,
        now: Tick,
    ) -> Option<u16> {
        let known = self.find(port, id);
        let index = match known {
            Some(index) => index,
            None => self.make(port, id, sequence, now)?,
        };
        if self.entries[usize::from(index)].siblings.before == RETIRED {
            self.join_siblings(index);
        }
        let entry = &mut self.entries[usize::from(index)];
        entry.touched = now;
        // Whoever owes or keeps the reply himself knows best what became of the same message.
        let says_more = match sequence.wrapping_sub(entry.sequence) as i32 {
            0 => !matches!(entry.fate, Fate::Owed | Fate::Replied),
            newer => newer > 0,
        };
        if known.is_none() || says_more {
            (entry.sequence, entry.fate) = (sequence, fate);
        }
        Some(index)
    }

    /// Source `id` is led to the port at `port`: what was led from there is not any more.
    pub fn come_to(&mut self, port: u16, id: u64) {
        if let Some(index) = self.find(port, id) {
            let entry = &mut self.entries[usize::from(index)];
            *entry = entry.taken();
        }
    }

    /// Source `id` is led back to the port at `port`, from one that has taken its messages up to
    /// `sequence`. A later one that was led there with it was not taken, and can come again.
    pub fn take_back(&mut self, port: u16, id: u64, sequence: u32) {
        let Some(index) = self.find(port, id) else { return };
        let entry = &mut self.entries[usize::from(index)];
        let is_later = entry.sequence.wrapping_sub(sequence) as i32 > 0;
        if is_later && matches!(entry.fate, Fate::Led { .. }) {
            (entry.sequence, entry.fate) = (sequence, Fate::Settled);
        }
    }

    /// What is remembered of the sources of the port at `port`, the latest first.
    pub fn of_port(&self, port: u16) -> impl Iterator<Item = (u16, &Source)> {
        let mut at = self.latest.get(usize::from(port)).copied().unwrap_or(END);
        core::iter::from_fn(move || {
            let (index, entry) = (at, self.entries.get(usize::from(at))?);
            at = entry.siblings.after;
            Some((index, entry))
        })
    }

    /// The port at `port` is closed. What is remembered of its sources is not of the next one
    /// there.
    pub fn retire(&mut self, port: u16) {
        let Some(latest) = self.latest.get_mut(usize::from(port)) else { return };
        let mut at = core::mem::replace(latest, END);
        while let Some(entry) = self.entries.get_mut(usize::from(at)) {
            at = entry.siblings.after;
            entry.siblings = Siblings { before: RETIRED, after: END };
        }
    }

    /// The entry at `index`.
    pub fn entry(&self, index: u16) -> &Source {
        &self.entries[usize::from(index)]
    }

    /// The entry at `index`, to be changed.
    pub fn entry_mut(&mut self, index: u16) -> &mut Source {
        &mut self.entries[usize::from(index)]
    }

    /// The entry at `index` if it is still about message `sequence` of `id`.
    pub fn about(&mut self, index: u16, id: u64, sequence: u32) -> Option<&mut Source> {
        let entry = self.entries.get_mut(usize::from(index))?;
        (entry.id == id && entry.sequence == sequence && id != 0).then_some(entry)
    }

    /// What entry `hint` of the port at `port` remembers, if that is about source `id`.
    pub fn about_source(&self, hint: u16, id: u64, port: KernelPort) -> Option<&Source> {
        let entry = self.entries.get(usize::from(hint))?;
        let is_it = id != 0 && entry.id == id && usize::from(entry.port) == port.index();
        is_it.then_some(entry)
    }

    /// The message of entry `index` was replied to: the reply is kept.
    pub fn keep(&mut self, index: u16, kept: Kept, now: Tick) {
        let entry = &mut self.entries[usize::from(index)];
        entry.fate = Fate::Replied;
        entry.kept = kept;
        entry.touched = now;
        self.replies += 1;
    }

    /// The same of a reply that is a header and nothing else.
    pub fn keep_head(&mut self, index: u16, head: &[u8; 32], now: Tick) {
        self.keep(index, Kept { head: *head, ..Kept::NOTHING }, now);
    }

    /// Settles entry `index` and answers the reply that it kept, whose parts are to be freed.
    pub fn settle(&mut self, index: u16) -> Option<Kept> {
        let entry = &mut self.entries[usize::from(index)];
        let was = entry.fate;
        entry.fate = Fate::Settled;
        if was != Fate::Replied {
            return None;
        }
        self.replies -= 1;
        Some(entry.kept)
    }

    /// Whether any reply is kept.
    pub fn keeps_replies(&self) -> bool {
        self.replies > 0
    }

    /// Forgets entry `index`, which must be settled.
    fn forget(&mut self, index: u16) {
        let Source { id, next, .. } = self.entries[usize::from(index)];
        let bucket = self.bucket(id);
        if self.buckets[bucket] == index {
            self.buckets[bucket] = next;
        } else {
            let mut at = self.buckets[bucket];
            while self.entries[usize::from(at)].next != index {
                at = self.entries[usize::from(at)].next;
            }
            self.entries[usize::from(at)].next = next;
        }
        self.entries[usize::from(index)].id = 0;
        self.leave_siblings(index);
    }

    fn join_siblings(&mut self, index: u16) {
        let port = usize::from(self.entries[usize::from(index)].port);
        let Some(latest) = self.latest.get_mut(port) else { return };
        let after = core::mem::replace(latest, index);
        self.entries[usize::from(index)].siblings = Siblings { before: END, after };
        if let Some(entry) = self.entries.get_mut(usize::from(after)) {
            entry.siblings.before = index;
        }
    }

    fn leave_siblings(&mut self, index: u16) {
        let Source { port, siblings: Siblings { before, after }, .. } =
            self.entries[usize::from(index)];
        if before == RETIRED {
            return;
        }
        if let Some(entry) = self.entries.get_mut(usize::from(before)) {
            entry.siblings.after = after;
        } else if let Some(latest) = self.latest.get_mut(usize::from(port)) {
            *latest = after;
        }
        if let Some(entry) = self.entries.get_mut(usize::from(after)) {
            entry.siblings.before = before;
        }
    }

    /// An entry with a kept reply that is too old to be asked for.
    pub fn any_aged(&self, now: Tick) -> Option<u16> {
        let at = self.entries.iter().position(|entry| {
            entry.id != 0 && entry.fate == Fate::Replied && now.since(entry.touched) > WINDOW
        })?;
        Some(at as u16)
    }

    /// An entry that keeps a reply with a grant for a ghost of `node`.
    pub fn any_granted_to(&self, node: NodeId) -> Option<u16> {
        let at = self.entries.iter().position(|entry| {
            let reader = GlobalId::from_bits(entry.id);
            entry.fate == Fate::Replied
                && entry.kept.granted.is_some()
                && reader.is_some_and(|id| id.birthplace() == node && is_ghosts(id))
        })?;
        Some(at as u16)
    }

    /// All entries in use.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.entries.iter().filter(|entry| entry.id != 0)
    }

    fn make(&mut self, port: u16, id: u64, sequence: u32, now: Tick) -> Option<u16> {
        let index = self.free_entry(now)?;
        let bucket = self.bucket(id);
        self.entries[usize::from(index)] = Source {
            id,
            port,
            next: self.buckets[bucket],
            siblings: Siblings { before: END, after: END },
            sequence,
            fate: Fate::Settled,
            kept: Kept::NOTHING,
            touched: now,
        };
        self.buckets[bucket] = index;
        self.join_siblings(index);
        Some(index)
    }

    /// An unused entry, or one that may be dropped: settled and old.
    fn free_entry(&mut self, now: Tick) -> Option<u16> {
        let last = self.entries.len() as u16 - 1;
        for _ in 0..last {
            let index = self.hand;
            self.hand = if index == last { 1 } else { index + 1 };
            let entry = &self.entries[usize::from(index)];
            if entry.id == 0 {
                return Some(index);
            }
            let is_done = !matches!(entry.fate, Fate::Owed | Fate::Replied);
            if is_done && now.since(entry.touched) > WINDOW {
                self.forget(index);
                return Some(index);
            }
        }
        None
    }

    /// All entries of a source are in one, at whichever ports.
    fn bucket(&self, id: u64) -> usize {
        let mixed = id as usize ^ (id >> 32) as usize;
        mixed & (self.buckets.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::ids::Epoch;

    const NOW: Tick = Tick(1_000_000);

    #[test]
    fn a_message_is_new_once() {
        let mut sources = Sources::new(4, 16);
        let Novelty::New(index) = sources.meet(0, 9, 77, 1, NOW) else { panic!("unknown source") };
        sources.admit(index, 1, Fate::Owed);
        assert_eq!(sources.meet(index, 9, 77, 1, NOW), Novelty::Repeated(index));
        assert_eq!(sources.meet(0, 9, 77, 1, NOW), Novelty::Repeated(index), "without a hint");
        assert_eq!(sources.meet(index, 9, 77, 0, NOW), Novelty::Stale);
        assert_eq!(sources.meet(index, 9, 77, 5, NOW), Novelty::New(index), "a gap is allowed");
        assert_ne!(sources.meet(index, 8, 77, 1, NOW), Novelty::Repeated(index), "another port");
    }

    #[test]
    fn the_sources_of_a_port_are_known_and_can_be_inherited() {
        let mut sources = Sources::new(4, 16);
        for id in [5, 6, 7] {
            let Novelty::New(index) = sources.meet(0, 9, id, 1, NOW) else { panic!("room") };
            sources.admit(index, 1, Fate::Settled);
        }
        let ids = |sources: &Sources, port| -> Vec<u64> {
            sources.of_port(port).map(|(_, source)| source.id).collect()
        };
        assert_eq!(ids(&sources, 9), [7, 6, 5]);
        sources.forget(sources.find(9, 6).expect("known"));
        assert_eq!((ids(&sources, 9), ids(&sources, 8)), (vec![7, 5], vec![]));
        let index = sources.inherit(8, 5, 4, Fate::Owed, NOW).expect("room");
        assert_eq!(sources.meet(0, 8, 5, 4, NOW), Novelty::Repeated(index));
        sources.inherit(8, 5, 3, Fate::Settled, NOW);
        sources.inherit(8, 5, 4, Fate::Settled, NOW);
        assert_eq!(sources.entry(index).fate, Fate::Owed, "what is older says nothing new");
    }

    #[test]
    fn what_was_led_away_can_come_back() {
        let mut sources = Sources::new(4, 16);
        let epoch = Epoch::new(1).expect("not 0");
        let channel = |number| GlobalId::new(NodeId(1), epoch, number).expect("small");
        let led = Fate::Led { port: KernelPort(3), id: channel(2) };
        let Novelty::New(index) = sources.meet(0, 9, 77, 5, NOW) else { panic!("unknown source") };
        sources.admit(index, 5, led);
        assert_eq!(
            sources.meet(0, 9, 77, 5, NOW),
            Novelty::Repeated(index),
            "it is not taken here"
        );
        assert_eq!(sources.find_message(77, 5, channel(1).bits()), Some(index), "it is there");
        assert_eq!(sources.find_message(77, 5, channel(2).bits()), None, "if it is there");
        sources.come_to(9, 77);
        assert_eq!(sources.meet(0, 9, 77, 5, NOW), Novelty::New(index));
        assert_eq!(sources.meet(0, 9, 77, 4, NOW), Novelty::Repeated(index));
    }

    #[test]
    fn numbers_wrap() {
        let mut sources = Sources::new(4, 16);
        let Novelty::New(index) = sources.meet(0, 1, 5, u32::MAX, NOW) else { panic!("unknown") };
        sources.admit(index, u32::MAX, Fate::Settled);
        assert_eq!(sources.meet(0, 1, 5, 0, NOW), Novelty::New(index));
        sources.admit(index, 0, Fate::Settled);
        assert_eq!(sources.meet(0, 1, 5, u32::MAX, NOW), Novelty::Stale);
    }

    #[test]
    fn only_old_settled_entries_make_room() {
        let mut sources = Sources::new(2, 16);
        for id in [1, 2] {
            let Novelty::New(index) = sources.meet(0, 1, id, 1, NOW) else { panic!("room") };
            sources.admit(index, 1, Fate::Owed);
        }
        let later = Tick(NOW.0 + WINDOW + 1);
        assert_eq!(sources.meet(0, 1, 3, 1, later), Novelty::NoRoom, "both owe a reply");
        let first = sources.find(1, 1).expect("known");
        assert!(sources.settle(first).is_none(), "no reply was kept");
        assert_eq!(sources.meet(0, 1, 3, 1, NOW), Novelty::NoRoom, "too young");
        assert_eq!(sources.meet(0, 1, 3, 1, later), Novelty::New(first));
        assert_eq!(sources.find(1, 1), None, "dropped");
    }

    #[test]
    fn a_kept_reply_is_handed_over_when_it_is_settled() {
        let mut sources = Sources::new(2, 16);
        let Novelty::New(index) = sources.meet(0, 1, 1, 1, NOW) else { panic!("room") };
        sources.admit(index, 1, Fate::Owed);
        assert!(!sources.keeps_replies());
        sources.keep(index, Kept { message: Some(5), ..Kept::NOTHING }, NOW);
        assert!(sources.keeps_replies());
        assert_eq!(sources.any_aged(NOW), None);
        assert_eq!(sources.any_aged(Tick(NOW.0 + WINDOW + 1)), Some(index));
        assert_eq!(sources.settle(index).and_then(|kept| kept.message), Some(5));
        assert!(sources.settle(index).is_none());
        assert!(!sources.keeps_replies());
    }
}
