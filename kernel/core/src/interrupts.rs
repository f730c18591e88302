//! Software interrupts (B.9): the handlers of an incarnation, and which of them are due.
//!
//! A handler is due from an event until it runs, at most once, whatever happens meanwhile: what
//! it is told is the state of the reference when it begins. So nothing here can overflow.

mod delivery;

use alloc::vec::Vec;

use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::{InterruptPriority, UserAddr};

/// Handlers of one incarnation at most.
pub const HANDLERS: usize = 64;

/// A function of user code that handles an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Where it begins.
    pub address: UserAddr,
    /// Its priority, above [`InterruptPriority::OPEN`].
    pub priority: InterruptPriority,
}

/// A handler that may run now, and what it is to handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Index of the reference.
    pub reference: u16,
    /// The event there.
    pub event: EventType,
    /// The handler.
    pub handler: Handler,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    reference: u16,
    event: EventType,
    handler: Handler,
    /// Its place among those that are due: whoever is due longest has the lowest. 0 if it is not.
    turn: u32,
    /// Whether nobody has been asked yet to tell of the event.
    is_untold: bool,
}

impl Entry {
    fn is_of(&self, reference: u16, event: EventType) -> bool {
        self.reference == reference && self.event == event
    }
}

/// The handlers of an incarnation, and its interrupt priority.
#[derive(Debug)]
pub struct Interrupts {
    /// Handlers above this one may run.
    pub priority: InterruptPriority,
    /// Whether a handler could not run because an instruction had begun.
    pub is_put_off: bool,
    entries: Vec<Entry>,
    due: u16,
    turns: u32,
}

impl Interrupts {
    /// No handlers; `None` if there is no memory for the table.
    pub fn new() -> Option<Self> {
        let mut entries = Vec::new();
        entries.try_reserve_exact(HANDLERS).ok()?;
        let priority = InterruptPriority::OPEN;
        Some(Self { priority, is_put_off: false, entries, due: 0, turns: 0 })
    }

    fn position(&self, reference: u16, event: EventType) -> Option<usize> {
        self.entries.iter().position(|entry| entry.is_of(reference, event))
    }

    /// All handlers, with the index of their reference and their event.
    pub fn handlers(&self) -> impl ExactSizeIterator<Item = (u16, EventType, Handler)> {
        self.entries.iter().map(|entry| (entry.reference, entry.event, entry.handler))
    }

    /// Whether an event has a handler.
    pub fn handles(&self, reference: u16, event: EventType) -> bool {
        self.position(reference, event).is_some()
    }

    /// `TableFull` if one more event could not have a handler.
    pub fn check_room(&self, reference: u16, event: EventType) -> Result<(), CallError> {
        let has_room = self.entries.len() < HANDLERS || self.handles(reference, event);
        if has_room { Ok(()) } else { Err(CallError::TableFull) }
    }

    /// Gives an event a handler in place of the one that it has.
    pub fn set(
        &mut self,
        reference: u16,
        event: EventType,
        handler: Handler,
    ) -> Result<(), CallError> {
        if let Some(at) = self.position(reference, event) {
            self.entries[at].handler = handler;
            return Ok(());
        }
        self.check_room(reference, event)?;
        self.entries.push(Entry { reference, event, handler, turn: 0, is_untold: false });
        Ok(())
    }

    /// Gives an event the handler that it has in another incarnation. Whoever tells that one of
    /// it has to be asked to tell this one, too.
    pub fn inherit(
        &mut self,
        reference: u16,
        event: EventType,
        handler: Handler,
    ) -> Result<(), CallError> {
        self.set(reference, event, handler)?;
        if let Some(at) = self.position(reference, event) {
            self.entries[at].is_untold = true;
        }
        Ok(())
    }

    /// Whether somebody has to be asked to tell of an event.
    pub fn are_untold(&self) -> bool {
        self.entries.iter().any(|entry| entry.is_untold)
    }

    /// The next event that somebody has to be asked to tell of, which is done now.
    pub fn take_untold(&mut self) -> Option<(u16, EventType)> {
        let entry = self.entries.iter_mut().find(|entry| entry.is_untold)?;
        entry.is_untold = false;
        Some((entry.reference, entry.event))
    }

    /// An event has no handler any more.
    pub fn remove(&mut self, reference: u16, event: EventType) {
        self.settle(reference, event);
        self.entries.retain(|entry| !entry.is_of(reference, event));
    }

    /// A reference is closed: its events have no handlers any more.
    pub fn forget(&mut self, reference: u16) {
        self.keep(|kept| kept != reference);
    }

    /// Only the events of some references have handlers from now on.
    pub fn keep(&mut self, is_kept: impl Fn(u16) -> bool) {
        self.entries.retain(|entry| is_kept(entry.reference));
        self.due = self.entries.iter().filter(|entry| entry.turn != 0).count() as u16;
    }

    /// An event has occurred: its handler is due, if it has one.
    pub fn raise(&mut self, reference: u16, event: EventType) {
        let Some(at) = self.position(reference, event) else { return };
        if self.entries[at].turn != 0 {
            return;
        }
        self.turns = if self.due == 0 { 1 } else { self.turns.saturating_add(1) };
        self.entries[at].turn = self.turns;
        self.due += 1;
    }

    /// The handler of an event is not due any more.
    pub fn settle(&mut self, reference: u16, event: EventType) {
        let Some(at) = self.position(reference, event) else { return };
        if core::mem::take(&mut self.entries[at].turn) != 0 {
            self.due -= 1;
        }
    }

    /// Whether any handler is due.
    #[inline]
    pub fn are_due(&self) -> bool {
        self.due > 0
    }

    /// The handler that may run before all others: of those with the highest priority the one
    /// that is due longest.
    pub fn first(&self) -> Option<Due> {
        let may_run = |entry: &&Entry| entry.turn != 0 && entry.handler.priority > self.priority;
        let rank = |entry: &&Entry| (entry.handler.priority, core::cmp::Reverse(entry.turn));
        let first = self.entries.iter().filter(may_run).max_by_key(rank)?;
        let Entry { reference, event, handler, .. } = *first;
        Some(Due { reference, event, handler })
    }

    /// Whether each handler is there once and the number of those that are due is right.
    pub fn are_sound(&self) -> bool {
        let entries = self.entries.iter().enumerate();
        let mut firsts = entries.map(|(at, entry)| {
            self.position(entry.reference, entry.event) == Some(at)
                && entry.handler.priority > InterruptPriority::OPEN
        });
        let due = self.entries.iter().filter(|entry| entry.turn != 0).count();
        firsts.all(|is_first| is_first) && due == usize::from(self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MESSAGE: EventType = EventType::PortHasMessage;

    fn handler(priority: u32) -> Handler {
        let priority = InterruptPriority::new(priority).expect("0 to 7");
        Handler { address: UserAddr(0x10000), priority }
    }

    fn interrupts(handlers: &[(u16, u32)]) -> Interrupts {
        let mut interrupts = Interrupts::new().expect("memory");
        for (reference, priority) in handlers {
            interrupts.set(*reference, MESSAGE, handler(*priority)).expect("room");
        }
        interrupts
    }

    fn first(interrupts: &Interrupts) -> Option<u16> {
        interrupts.first().map(|due| due.reference)
    }

    #[test]
    fn the_highest_priority_comes_first_and_equals_take_turns() {
        let mut interrupts = interrupts(&[(1, 2), (2, 5), (3, 2)]);
        for reference in [3, 1, 2, 3] {
            interrupts.raise(reference, MESSAGE);
        }
        assert_eq!(first(&interrupts), Some(2));
        interrupts.settle(2, MESSAGE);
        assert_eq!(first(&interrupts), Some(3), "it is due longest");
        interrupts.settle(3, MESSAGE);
        interrupts.raise(3, MESSAGE);
        assert_eq!(first(&interrupts), Some(1));
        interrupts.priority = InterruptPriority::new(2).expect("small");
        assert_eq!(first(&interrupts), None, "not above the priority of what runs");
        assert!(interrupts.are_due());
    }

    #[test]
    fn the_table_is_bounded() {
        let mut interrupts = Interrupts::new().expect("memory");
        for reference in 0..HANDLERS as u16 {
            interrupts.set(reference, MESSAGE, handler(1)).expect("room");
        }
        let refused = interrupts.set(99, MESSAGE, handler(1));
        assert_eq!(refused, Err(CallError::TableFull));
        assert_eq!(interrupts.set(0, MESSAGE, handler(7)), Ok(()), "in place of the old one");
        interrupts.forget(5);
        assert_eq!(interrupts.set(99, MESSAGE, handler(1)), Ok(()));
    }

    proptest! {
        #[test]
        fn behaves_like_a_list(steps in prop::collection::vec((0u8..6, 0u16..4, 1u32..8), 0..200)) {
            let mut interrupts = Interrupts::new().expect("memory");
            // Reference, priority, and whether it is due: the longest first.
            let mut handlers: Vec<(u16, u32)> = Vec::new();
            let mut due: Vec<u16> = Vec::new();
            for (step, reference, priority) in steps {
                let is_known = handlers.iter().any(|known| known.0 == reference);
                match step {
                    0 => {
                        prop_assert_eq!(interrupts.set(reference, MESSAGE, handler(priority)), Ok(()));
                        handlers.retain(|known| known.0 != reference);
                        handlers.push((reference, priority));
                    }
                    1 | 2 => {
                        interrupts.raise(reference, MESSAGE);
                        if is_known && !due.contains(&reference) {
                            due.push(reference);
                        }
                    }
                    3 => {
                        interrupts.settle(reference, MESSAGE);
                        due.retain(|known| *known != reference);
                    }
                    4 => interrupts.priority = InterruptPriority::new(priority - 1).expect("small"),
                    _ => {
                        if priority < 4 {
                            interrupts.remove(reference, MESSAGE);
                        } else {
                            interrupts.forget(reference);
                        }
                        handlers.retain(|known| known.0 != reference);
                        due.retain(|known| *known != reference);
                    }
                }
                prop_assert!(interrupts.are_sound());
                prop_assert_eq!(interrupts.are_due(), !due.is_empty());
                let priority_of = |reference: &&u16| {
                    let known = handlers.iter().find(|known| known.0 == **reference);
                    known.map_or(0, |known| known.1)
                };
                let highest = due.iter().map(|reference| priority_of(&reference)).max();
                let expected = highest
                    .filter(|highest| *highest > u32::from(interrupts.priority.get()))
                    .and_then(|highest| {
                        due.iter().find(|reference| priority_of(reference) == highest).copied()
                    });
                prop_assert_eq!(first(&interrupts), expected);
            }
        }
    }
}
