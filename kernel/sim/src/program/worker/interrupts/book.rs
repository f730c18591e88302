//! What a worker knows of its handlers, and of those that run.

use abi::constants::EventType;
use abi::structs::EvDesc;

use crate::machine::INTERRUPT;
use crate::oracle::IncUid;
use crate::program::Frame;

/// A handler that is set.
#[derive(Debug, Clone, Copy)]
pub struct Handler {
    /// the reference
    pub reference: u32,
    /// the event there
    pub event: EventType,
    /// where it begins
    pub function: u32,
    /// its priority
    pub priority: u32,
    /// the incarnation, if it is one
    pub peer: Option<IncUid>,
    /// how often it has run
    pub runs: u32,
    /// how often it was set
    pub sets: u32,
}

/// A handler that runs, or will once those have returned that have interrupted it.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// the address of its frame
    frame: u32,
    /// the priority of what it has interrupted
    before: u32,
    /// the result of the call of that; none of a handler that has not begun
    result: Option<i32>,
    event: EvDesc,
    /// calls that it will make before it returns
    steps: u32,
    /// calls that it has made
    made: u32,
    has_begun: bool,
    /// whether others have interrupted it
    is_disturbed: bool,
}

/// The handlers of a worker.
#[derive(Debug, Default)]
pub struct Book {
    /// its interrupt priority
    pub priority: u32,
    /// how often handlers of ports have run
    pub runs_at_ports: u64,
    /// times that such a handler may have become due without a new message
    pub causes: u64,
    handlers: Vec<Handler>,
    levels: Vec<Level>,
}

/// What a worker does next.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// no handler runs
    Outside,
    /// the innermost handler makes a call for its event
    Handle(EvDesc),
    /// it returns
    Return,
}

impl Level {
    /// The handler that is called with `frame`.
    pub fn new(frame: &Frame, before: u32, steps: u32) -> Level {
        let nested = frame.content.if_pc.get() == INTERRUPT;
        let result = (!nested).then(|| frame.content.if_data[0].get() as i32);
        let event = frame.content.if_event;
        Level {
            frame: frame.address,
            before,
            result,
            event,
            steps,
            made: 0,
            has_begun: false,
            is_disturbed: false,
        }
    }
}

impl Book {
    /// How many handlers are on the stack.
    pub fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Whether the handler with the frame at `address` has been called and has not begun.
    pub fn waits(&self, address: u32) -> bool {
        self.levels.iter().any(|level| level.frame == address && !level.has_begun)
    }

    /// Whether the innermost handler is that one.
    pub fn waits_innermost(&self, address: u32) -> bool {
        self.levels.last().is_some_and(|level| level.frame == address && !level.has_begun)
    }

    /// The innermost handler begins.
    pub fn begin(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.has_begun = true;
        }
    }

    /// Whether the innermost handler has made no call before the one that it makes, and nobody
    /// another one.
    pub fn has_just_begun(&self) -> bool {
        self.levels.last().is_some_and(|level| level.made == 1 && !level.is_disturbed)
    }

    /// The handler of an event.
    pub fn find(&self, event: &EvDesc) -> Option<Handler> {
        let (reference, event) = (event.ed_reference.get(), event.ed_evtype.get());
        self.handlers.iter().find(|known| known.is_of(reference, event)).copied()
    }

    /// A handler is called.
    pub fn enter(&mut self, handler: Handler, level: Level) {
        let event = handler.event as u32;
        let mut handlers = self.handlers.iter_mut();
        if let Some(known) = handlers.find(|known| known.is_of(handler.reference, event)) {
            known.runs += 1;
        }
        self.runs_at_ports += u64::from(handler.event == EventType::PortHasMessage);
        if let Some(below) = self.levels.last_mut() {
            below.is_disturbed = true;
        }
        self.priority = handler.priority;
        self.levels.push(level);
    }

    /// What is done next.
    pub fn step(&mut self) -> Step {
        let Some(level) = self.levels.last_mut() else { return Step::Outside };
        let Some(left) = level.steps.checked_sub(1) else { return Step::Return };
        level.steps = left;
        level.made += 1;
        Step::Handle(level.event)
    }

    /// The innermost handler returns; with what goes on that it has interrupted.
    pub fn leave(&mut self) -> Option<i32> {
        let level = self.levels.pop()?;
        self.priority = level.before;
        level.result
    }

    /// A handler has been set.
    pub fn set(&mut self, handler: Handler) {
        self.causes += u64::from(handler.event == EventType::PortHasMessage);
        let event = handler.event as u32;
        let known = self.handlers.iter().position(|known| known.is_of(handler.reference, event));
        let (runs, sets) = known.map_or((0, 0), |known| {
            let Handler { runs, sets, .. } = self.handlers.swap_remove(known);
            (runs, sets)
        });
        self.handlers.push(Handler { runs, sets: sets + 1, ..handler });
    }

    /// An event has no handler any more.
    pub fn remove(&mut self, reference: u32, event: EventType) {
        self.handlers.retain(|known| !known.is_of(reference, event as u32));
    }

    /// A reference is closed: its events have no handlers any more.
    pub fn forget(&mut self, reference: u32) {
        self.handlers.retain(|known| known.reference != reference);
    }
}

impl Handler {
    fn is_of(&self, reference: u32, event: u32) -> bool {
        self.reference == reference && self.event as u32 == event
    }
}
