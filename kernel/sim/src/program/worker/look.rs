//! What a worker looks at: its heap, the messages at its ports, events, modules.

use abi::calls::Call;
use abi::constants::EventType;
use abi::error::CallError;
use abi::structs::EvDesc;
use zerocopy::IntoBytes;

use super::{Activity, OwnPort, Worker};
use crate::memory::DATA_BASE;
use crate::oracle::Violation;
use crate::program::desk::{DATA_BYTES, Desk, EVENTS, INCOMING, RESULTS};
use crate::program::payload::Head;
use crate::program::{Request, World, awaited, outcome, post};

/// Headers of messages that a worker looks at.
const HEADERS: usize = 8;
/// Bytes by which a worker moves the end of its heap, at most so often.
const HEAP_STEP: u32 = 0x400;
const HEAP_STEPS: u64 = 16;
/// Events that a worker waits for at a time.
const AWAITED: usize = 3;

/// Something that a worker looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// `inc_brk` to this end
    Heap(u32),
    /// `inc_testPort`, with headers
    Port,
    /// `inc_eventWait` for so many events
    Events(usize),
    /// `inc_moduleId` of a module that there is
    KnownModule,
    /// `inc_moduleId` of one that there is not
    NoModule,
}

impl Worker {
    /// Looks at something.
    pub(super) fn look(&mut self, desk: &mut Desk<'_>) -> Request {
        let (look, request) = match self.dice.between(0, 8) {
            0 | 1 => self.look_at_heap(),
            2 => name_module(Look::KnownModule, b"worker\0", desk),
            3 => name_module(Look::NoModule, b"nobody\0", desk),
            4 | 5 => self.look_at_port(),
            _ => self.await_events(desk),
        };
        self.doing = Activity::Looking(look);
        request
    }

    fn look_at_heap(&mut self) -> (Look, Request) {
        let end = match self.dice.between(0, HEAP_STEPS + 1) {
            0 => 0,
            step => DATA_BASE + DATA_BYTES + (step as u32 - 1) * HEAP_STEP,
        };
        (Look::Heap(end), Request::new(Call::Brk, [end]))
    }

    fn look_at_port(&mut self) -> (Look, Request) {
        let OwnPort { reference, .. } = self.ports[self.dice.index(self.ports.len())];
        let room = (HEADERS * size_of::<Head>()) as u32;
        (Look::Port, Request::new(Call::TestPort, [reference, room, INCOMING.address(), 0, 0]))
    }

    /// Waits for what there may be: a message, room for an invocation, the end of a stream.
    fn await_events(&mut self, desk: &mut Desk<'_>) -> (Look, Request) {
        let port = (self.ports[0].reference, EventType::PortHasMessage);
        let stream = self.contacts.first().map(|held| (held.reference, EventType::StreamInvokable));
        let handle = self.handles.first().map(|held| (held.0, EventType::StreamClosed));
        let wanted = [handle, Some(port), stream];
        let mut count = 0;
        let places = desk.bytes(EVENTS).chunks_mut(size_of::<EvDesc>());
        for (place, (reference, event)) in places.zip(wanted.into_iter().flatten()) {
            place.copy_from_slice(awaited(reference, event).as_bytes());
            count += 1;
        }
        let timeout_ms = self.dice.between(0, 5) as u32;
        let request = Request::new(Call::EventWait, [count as u32, EVENTS.address(), timeout_ms]);
        (Look::Events(count), request)
    }

    /// Judges what it has seen.
    pub(super) fn looked(
        &mut self,
        look: Look,
        result: i32,
        desk: &mut Desk<'_>,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let what = match look {
            Look::Heap(end) => {
                let answer = outcome(self.uid, Call::Brk, result)?;
                return self.moved_heap(end, answer);
            }
            Look::Port => {
                let answer = outcome(self.uid, Call::TestPort, result)?;
                let heads: [Head; HEADERS] = desk.read(INCOMING);
                let count = answer.unwrap_or(u32::MAX) as usize;
                let sound = heads.iter().take(count).all(Head::is_sound);
                if answer.is_ok() && sound {
                    return Ok(());
                }
                "the headers at a port"
            }
            Look::Events(count) => {
                let answer = outcome(self.uid, Call::EventWait, result)?;
                let events: [EvDesc; AWAITED] = desk.read(EVENTS);
                let nothing = [Err(CallError::Busy), Err(CallError::Interrupted)];
                if nothing.contains(&answer) || self.are_awaited(&events, count, answer) {
                    return Ok(());
                }
                "the events that it waited for"
            }
            Look::KnownModule | Look::NoModule => {
                let answer = outcome(self.uid, Call::ModuleId, result)?;
                let cut_off = world.oracle.may_be_down(abi::ids::NodeId::HOST, world.now_us);
                match (look, answer) {
                    (Look::NoModule, Err(_))
                    | (Look::KnownModule, Ok(0) | Err(CallError::Busy)) => return Ok(()),
                    (Look::KnownModule, Err(_)) if cut_off => return Ok(()),
                    _ => "the number of a module",
                }
            }
        };
        Err(Violation::Corrupted { incarnation: self.uid, what })
    }

    /// Judges the old end of the heap.
    fn moved_heap(&mut self, end: u32, answer: Result<u32, CallError>) -> Result<(), Violation> {
        let old = answer.map_err(|error| post::unexpected(self.uid, Call::Brk, error))?;
        if old != self.heap_end {
            let what = "the end of its heap";
            return Err(Violation::Corrupted { incarnation: self.uid, what });
        }
        if end != 0 {
            self.heap_end = end;
        }
        Ok(())
    }

    /// Whether the first of `events` are some of the `count` that were waited for.
    fn are_awaited(
        &self,
        events: &[EvDesc; AWAITED],
        count: usize,
        answer: Result<u32, CallError>,
    ) -> bool {
        let Ok(occurred) = answer else { return false };
        let known = |event: &EvDesc| {
            let reference = event.ed_reference.get();
            let has_message = event.ed_evtype.get() == EventType::PortHasMessage as u32;
            self.ports.iter().any(|port| port.reference == reference)
                == (has_message && event.ed_info1.get() > 0)
        };
        occurred as usize <= count && events.iter().take(occurred as usize).all(known)
    }
}

/// The call that asks for the number of a module.
fn name_module(look: Look, name: &[u8], desk: &mut Desk<'_>) -> (Look, Request) {
    desk.bytes(RESULTS)[..name.len()].copy_from_slice(name);
    (look, Request::new(Call::ModuleId, [RESULTS.address()]))
}
