//! Handlers of a worker: it sets some at random, keeps a book of them, and holds the kernel to
//! what it promises of software interrupts. A handler runs if it is set and due, and only above
//! the priority of what it interrupts, which then goes on with the result that its call had.

mod book;

use abi::calls::Call;
use abi::constants::{EventType, Interest};
use abi::error::CallError;
use abi::structs::EvDesc;

pub(super) use book::Book;
use book::{Handler, Level, Step};

use super::{Activity, Worker};
use crate::machine::INTERRUPT;
use crate::memory::TEXT_BASE;
use crate::oracle::Violation;
use crate::program::desk::Desk;
use crate::program::post::{self, BlockInvoker, Reception};
use crate::program::{Frame, Request, World, outcome};

/// Handlers that a worker has, each an instruction of its module.
const FUNCTIONS: u64 = 16;
const FUNCTION_BYTES: u32 = 0x10;
const FIRST_FUNCTION: u32 = TEXT_BASE + 0x1000;

/// Calls that a handler makes at most before it returns.
const STEPS: u64 = 4;
/// Handlers that are interrupted by others, of which the last may not make room for more: all
/// their frames fit onto the stack of a worker.
const NESTED: usize = 6;

/// The events at incarnations that a worker has handlers of. Whoever faults while somebody has an
/// interest in that waits for him.
const OF_PEERS: [EventType; 4] =
    [EventType::Dead, EventType::Unreachable, EventType::Made, EventType::MigrateDone];

/// A handler that is being set, or taken away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    call: Call,
    handler: Handler,
    /// whether there is to be one
    is_set: bool,
}

impl Worker {
    /// Goes on in handlers: `frames` are those that wait on its stack, the innermost last.
    pub(super) fn interrupted(
        &mut self,
        frames: &[Frame],
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        for frame in frames {
            if self.book.waits(frame.address) {
                continue;
            }
            self.settle_interrupted(frame, desk, world)?;
            self.enter(frame, world)?;
        }
        if !frames.last().is_some_and(|frame| self.book.waits_innermost(frame.address)) {
            return Err(self.wrong("a handler that has begun begins again"));
        }
        self.book.begin();
        Ok(())
    }

    /// What the call has come to that was interrupted, or from which it went into a handler.
    fn settle_interrupted(
        &mut self,
        frame: &Frame,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<(), Violation> {
        if frame.content.if_pc.get() == INTERRUPT {
            let below = frame.content.if_address[7].get();
            let is_nested = self.book.waits_innermost(below);
            return if is_nested { Ok(()) } else { Err(self.wrong("a handler is gone")) };
        }
        let result = frame.content.if_data[0].get() as i32;
        match self.doing {
            Activity::Resuming(expected) => self.resumed(expected, result),
            _ => self.finish(result, desk, world),
        }
    }

    /// It goes on where it was interrupted.
    pub(super) fn resumed(&self, expected: Option<i32>, result: i32) -> Result<(), Violation> {
        if expected == Some(result) {
            return Ok(());
        }
        Err(self.wrong("the result of what was interrupted is another one"))
    }

    /// A handler is called.
    fn enter(&mut self, frame: &Frame, world: &mut World<'_>) -> Result<(), Violation> {
        let Frame { address, content } = frame;
        let (event, function) = (content.if_event, content.if_handler.get());
        if content.if_self.get() != *address || content.if_priority.get() != self.book.priority {
            return Err(self.wrong("its frame is of something else"));
        }
        let before = self.book.priority;
        let handler = self.book.find(&event).filter(|handler| handler.function == function);
        let Some(handler) = handler else {
            return Err(self.wrong("it has no such handler"));
        };
        if handler.priority <= before {
            return Err(self.wrong("its priority is too low"));
        }
        self.judge_event(handler, &event, world)?;
        let depth = self.book.depth();
        world.oracle.interrupts.note(depth);
        let steps = self.dice.between(0, STEPS + 1) as u32;
        self.book.enter(handler, Level::new(frame, before, steps));
        Ok(())
    }

    /// Whether the handler is due.
    fn judge_event(
        &self,
        handler: Handler,
        event: &EvDesc,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let runs = u64::from(handler.runs) + 1;
        let gone = handler.peer.map(|peer| (peer, world.oracle.may_have_lost(peer, world.now_us)));
        let is_due = match (handler.event, gone) {
            (EventType::PortHasMessage, _) => {
                let sent = world.oracle.sent_to(self.uid);
                event.ed_info1.get() > 0 && self.book.runs_at_ports < sent + self.book.causes
            }
            (EventType::Dead | EventType::Unreachable, Some((child, false))) => {
                return Err(Violation::FalseEnd { parent: self.uid, child });
            }
            (EventType::Dead | EventType::StreamClosed, _) => runs <= u64::from(handler.sets),
            _ => true,
        };
        if is_due { Ok(()) } else { Err(self.wrong("it is not due")) }
    }

    /// What a handler does next, or what is done after it.
    pub(super) fn go_on(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        match self.book.step() {
            Step::Outside => self.begin(desk, world),
            Step::Return => {
                self.doing = Activity::Resuming(self.book.leave());
                Request::new(Call::InterruptReturn, [])
            }
            Step::Handle(event) => self.handle(&event, desk, world),
        }
    }

    fn handle(&mut self, event: &EvDesc, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let reference = event.ed_reference.get();
        let port = self.ports.iter().find(|port| port.reference == reference).copied();
        match (port, self.dice.between(0, 10)) {
            // Nobody else takes what it was called for.
            (Some(_), _) if self.book.has_just_begun() => {
                self.doing = Activity::LookingForMessage;
                Request::new(Call::TestPort, [reference, 0])
            }
            (Some(port), 0..5) => {
                self.doing = Activity::Receiving { port, selector: None };
                let reception = Reception {
                    port: reference,
                    blocks: BlockInvoker::Yes,
                    selector: 0,
                    timeout_ms: 0,
                };
                post::receive(reception, desk)
            }
            (_, 5) => self.set_priority(),
            (_, 6) => self.set_some_handler(),
            _ => self.begin(desk, world),
        }
    }

    pub(super) fn looked_for_message(&self, result: i32) -> Result<(), Violation> {
        if result > 0 { Ok(()) } else { Err(self.wrong("the message is gone")) }
    }

    /// Sets its interrupt priority: mostly so that all handlers may run.
    pub(super) fn set_priority(&mut self) -> Request {
        let least = if self.book.depth() < NESTED { 0 } else { self.book.priority };
        let priority = match self.dice.between(0, 8) as u32 {
            _ if self.dice.chance(500_000) => least,
            chosen => chosen.max(least),
        };
        self.doing = Activity::SettingPriority(priority);
        Request::new(Call::SetInterruptPriority, [priority])
    }

    pub(super) fn has_set_priority(&mut self, priority: u32, result: i32) -> Result<(), Violation> {
        let before = std::mem::replace(&mut self.book.priority, priority);
        if result == before as i32 {
            return Ok(());
        }
        let call = Call::SetInterruptPriority.name();
        Err(Violation::WrongResult { incarnation: self.uid, call, result })
    }

    /// Sets a handler, or takes one away.
    pub(super) fn set_some_handler(&mut self) -> Request {
        let port = self.ports[self.dice.index(self.ports.len())];
        let (call, reference, event, peer) = match self.dice.between(0, 8) {
            0 | 1 if !self.handles.is_empty() => {
                let (handle, _) = self.handles[self.dice.index(self.handles.len())];
                (Call::SetStreamHandler, handle, EventType::StreamClosed, None)
            }
            2..5 if !self.peers.is_empty() => {
                let peer = self.peers[self.dice.index(self.peers.len())];
                let event = OF_PEERS[self.dice.index(OF_PEERS.len())];
                (Call::SetIncHandler, peer.reference, event, Some(peer.uid))
            }
            _ => (Call::SetPortHandler, port.reference, EventType::PortHasMessage, None),
        };
        let function = FIRST_FUNCTION + FUNCTION_BYTES * self.dice.between(0, FUNCTIONS) as u32;
        let priority = self.dice.between(1, 8) as u32;
        let handler = Handler { reference, event, function, priority, peer, runs: 0, sets: 0 };
        let is_set = self.dice.chance(700_000);
        self.doing = Activity::SettingHandler(Setting { call, handler, is_set });
        let named = if is_set { function } else { 0 };
        let wish = if is_set { Interest::Set } else { Interest::Unset };
        match call {
            Call::SetIncHandler => {
                Request::new(call, [reference, wish as u32, event as u32, named, priority])
            }
            _ => Request::new(call, [reference, named, priority]),
        }
    }

    pub(super) fn has_set_handler(
        &mut self,
        setting: Setting,
        result: i32,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let Setting { call, handler, is_set } = setting;
        let answer = outcome(self.uid, call, result)?;
        // It has no more interest, whether those hear of it who would tell or not.
        if !is_set {
            self.book.remove(handler.reference, handler.event);
        } else if answer.is_ok() {
            self.book.set(handler);
        }
        let told_by = match handler.event {
            EventType::StreamClosed => {
                let handles = self.handles.iter().find(|handle| handle.0 == handler.reference);
                handles.and_then(|handle| world.oracle.streams.owner(handle.1))
            }
            _ => handler.peer,
        };
        let gone = told_by.is_some_and(|told_by| world.oracle.may_have_lost(told_by, world.now_us));
        match answer {
            Ok(_) => Ok(()),
            Err(CallError::Busy) if call != Call::SetPortHandler => Ok(()),
            Err(_) if gone => Ok(()),
            Err(error) => Err(post::unexpected(self.uid, call, error)),
        }
    }

    /// A violation of what is promised of software interrupts.
    pub(super) fn wrong(&self, what: &'static str) -> Violation {
        Violation::WronglyInterrupted { incarnation: self.uid, what }
    }
}
