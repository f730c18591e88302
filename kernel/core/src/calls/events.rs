//! Events (B.9): each is the state of a reference that its holder has not seen, so that there
//! is no queue that could overflow.

use abi::calls::args::{Ptr, Timeout};
use abi::calls::dispatch::{Answer, Completion};
use abi::constants::{EventType, inc_rights};
use abi::error::CallError;
use abi::ids::{GlobalId, UserAddr};
use abi::message::PortType;
use abi::structs::EvDesc;
use zerocopy::{FromZeros, IntoBytes};

use super::control::NO_ROOM;
use super::ports::LIST_MAX;
use super::{Caller, done, waits};
use crate::delivery::reply::Contents;
use crate::exchange::Exchange;
use crate::ghost::SWEEP;
use crate::incarnation::{Blocked, Condition, Frozen, WATCHERS};
use crate::loader::CREATOR_EVENTS;
use crate::operation::{Action, Answer as Reply, Finish, Operation, OperationData, Request};
use crate::platform::{Machine, Memory, Platform, Slot};
use crate::reference::{Interest, Reference, StreamState};
use crate::state::State;
use crate::stream::Watcher;

/// What a description in an event list comes to.
enum Found {
    /// It has occurred: its two details.
    Occurred(u32, u32),
    /// Not yet.
    NotYet,
    /// Not as far as is known here: the ghost of the object has to be asked to tell.
    Ask(u16),
}

impl<P: Platform> Caller<'_, P> {
    pub(super) fn event_wait(
        &mut self,
        nevents: u32,
        list: Ptr<EvDesc>,
        timeout: Timeout,
    ) -> Answer<u32> {
        if nevents > LIST_MAX {
            return Err(CallError::BadLength);
        }
        self.room(list.addr, nevents * size_of::<EvDesc>() as u32)?;
        let list = UserAddr(list.addr);
        for at in 0..nevents {
            let event = self.state.read_event(self.slot, list, at)?;
            self.state.look(self.slot, &event)?;
        }
        self.state.set_timeout(self.slot, timeout);
        match self.state.collect_events(self.slot, list, nevents)? {
            Completion::Done(0) if timeout == Timeout::Poll => {
                self.state.caller(self.slot).deadline = None;
                done(0)
            }
            Completion::Done(0) => {
                self.state.block(self.slot, Blocked::Events { list, count: nevents });
                waits()
            }
            Completion::Done(count) => {
                self.state.caller(self.slot).deadline = None;
                done(count)
            }
            Completion::Waits => waits(),
        }
    }
}

impl<P: Platform> State<P> {
    fn read_event(&mut self, slot: Slot, list: UserAddr, at: u32) -> Result<EvDesc, CallError> {
        let mut event = EvDesc::new_zeroed();
        let address = UserAddr(list.0 + at * size_of::<EvDesc>() as u32);
        self.memory
            .copy_in(slot, address, event.as_mut_bytes())
            .map_err(|_| CallError::BadAddress)?;
        Ok(event)
    }

    /// Moves the events of a list that have occurred to its front. Answers how many they are,
    /// or waits for the ghost of an object that has to be asked first.
    fn collect_events(&mut self, slot: Slot, list: UserAddr, count: u32) -> Answer<u32> {
        for at in 0..count {
            let event = self.read_event(slot, list, at)?;
            if let Found::Ask(index) = self.look(slot, &event)? {
                self.ask_to_watch(slot, index, &event, (list, count));
                return waits();
            }
        }
        let mut occurred = 0;
        for at in 0..count {
            let mut event = self.read_event(slot, list, at)?;
            if let Found::Occurred(info1, info2) = self.look(slot, &event)? {
                self.see(slot, &event);
                event.ed_info1 = info1.into();
                event.ed_info2 = info2.into();
                self.swap_event(slot, list, (occurred, at), &event)?;
                occurred += 1;
            }
        }
        done(occurred)
    }

    /// Writes `event` to the first of two places of a list, and what was there to the second.
    fn swap_event(
        &mut self,
        slot: Slot,
        list: UserAddr,
        places: (u32, u32),
        event: &EvDesc,
    ) -> Result<(), CallError> {
        let displaced = self.read_event(slot, list, places.0)?;
        for (at, value) in [(places.1, &displaced), (places.0, event)] {
            let address = UserAddr(list.0 + at * size_of::<EvDesc>() as u32);
            self.memory
                .copy_out(slot, address, value.as_bytes())
                .map_err(|_| CallError::BadAddress)?;
        }
        Ok(())
    }

    /// Whether the event that a description means has occurred.
    fn look(&mut self, slot: Slot, event: &EvDesc) -> Result<Found, CallError> {
        let event_type = EventType::from_value(event.ed_evtype.get() as i32);
        let event_type = event_type.ok_or(CallError::BadArgument)?;
        let references = &self.caller(slot).references;
        let raw = event.ed_reference.get();
        let flag = |occurred| if occurred { Found::Occurred(0, 0) } else { Found::NotYet };
        Ok(match event_type {
            EventType::PortHasMessage => {
                let waiting = references.port(raw)?.1.queue.len();
                if waiting == 0 { Found::NotYet } else { Found::Occurred(u32::from(waiting), 0) }
            }
            EventType::StreamInvokable => {
                let stream = references.stream(raw)?.1;
                match stream.failure {
                    Some(code) => Found::Occurred(code as u32, 0),
                    None => flag(!stream.is_at_limit() && stream.frozen == Frozen::No),
                }
            }
            EventType::StreamClosed => {
                let (index, handle) = references.stream_handle(raw)?;
                match (handle.state, handle.interest) {
                    (StreamState::Closed, _) => Found::Occurred(0, 0),
                    (StreamState::Open, Interest::Registered) => Found::NotYet,
                    (StreamState::Open, Interest::Unregistered) => Found::Ask(index),
                }
            }
            EventType::Made | EventType::Faulting | EventType::Dead => {
                let (index, handle) = references.incarnation(raw)?;
                if handle.rights & inc_rights::EVENTS == 0 {
                    return Err(CallError::NoRight);
                }
                let pending = match event_type {
                    EventType::Made => handle.pending.made.map(|time| (time, 0)),
                    EventType::Faulting => handle.pending.faulting,
                    _ => handle.pending.dead,
                };
                match pending {
                    Some((info1, info2)) => Found::Occurred(info1, info2),
                    None if handle.interest & 1 << event_type as u32 != 0 => Found::NotYet,
                    None => Found::Ask(index),
                }
            }
            EventType::MigrateDone
            | EventType::Unreachable
            | EventType::PortAttached
            | EventType::PortDetached => return Err(CallError::BadArgument),
        })
    }

    /// An event was shown to its holder: one that does not last is over.
    fn see(&mut self, slot: Slot, event: &EvDesc) {
        let event_type = EventType::from_value(event.ed_evtype.get() as i32);
        let references = &mut self.caller(slot).references;
        let Ok(index) = references.index(event.ed_reference.get()) else { return };
        match (event_type, references.at_mut(index)) {
            (Some(EventType::Made), Some(Reference::Incarnation(handle))) => {
                handle.pending.made = None;
            }
            (Some(EventType::Faulting), Some(Reference::Incarnation(handle))) => {
                handle.pending.faulting = None;
            }
            (Some(EventType::StreamInvokable), Some(Reference::Stream(stream))) => {
                stream.failure = None;
            }
            _ => {}
        }
    }

    /// Asks the ghost of the object behind reference `index` to tell of an event.
    fn ask_to_watch(&mut self, slot: Slot, index: u16, event: &EvDesc, list: (UserAddr, u32)) {
        let Some(event_type) = EventType::from_value(event.ed_evtype.get() as i32) else { return };
        let mut request = Request::new(Action::Watch);
        request.a = (1u32 << event_type as u32).into();
        let (to, to_id) = match self.caller(slot).references.at(index) {
            Some(Reference::StreamHandle(handle)) => {
                request.id = handle.stream.bits().into();
                (handle.ghost, handle.owner)
            }
            Some(Reference::Incarnation(handle)) => (handle.ghost, handle.id),
            _ => return,
        };
        let (list, count) = list;
        let finish = Finish::Watched { list, count, handle: index, event: event_type };
        let head = request.head();
        let operation = Operation { head, data: OperationData::None, room: NO_ROOM, finish };
        let exchange = Exchange::request(PortType::Ghost, to, to_id.bits());
        self.request(slot, operation, exchange);
    }

    /// Somebody wants to be told of events at the incarnation in `slot`, or at a stream of it.
    pub(crate) fn watch(&mut self, slot: Slot, request: &Request, watcher: Watcher) -> Contents {
        let answer = match request.id.get() {
            0 => self.watch_incarnation(slot, request.a.get(), watcher),
            stream => self.watch_stream(slot, stream, watcher),
        };
        Contents::of(answer.unwrap_or_else(|error| Reply::new(Err(error))).head())
    }

    fn watch_incarnation(
        &mut self,
        slot: Slot,
        events: u32,
        watcher: Watcher,
    ) -> Result<Reply, CallError> {
        let incarnation = self.caller(slot);
        let known = incarnation.watchers.iter().position(|known| known.0.id == watcher.id);
        match known {
            Some(at) => incarnation.watchers[at].1 |= events,
            None if incarnation.watchers.len() < WATCHERS => {
                incarnation.watchers.push((watcher, events));
            }
            None => {
                // Some of those who watch may be gone.
                self.locals[slot.index()].ghost.events |= SWEEP;
                self.tasks.wake_ghost(slot);
                return Err(CallError::Busy);
            }
        }
        // What has happened before he asked, he is told now.
        let mut answer = Reply::new(Ok(0));
        if incarnation.condition != Condition::Loading {
            answer.values[0] = 1.into();
        }
        if let Condition::Faulting(vector, address) = incarnation.condition {
            answer.values[1] = vector.into();
            answer.values[2] = address.into();
        }
        Ok(answer)
    }

    fn watch_stream(
        &mut self,
        slot: Slot,
        stream: u64,
        watcher: Watcher,
    ) -> Result<Reply, CallError> {
        let references = &mut self.caller(slot).references;
        let found = references.iter_mut().find_map(|(_, reference)| match reference {
            Reference::Stream(known) if known.id.bits() == stream => Some(known),
            _ => None,
        });
        // A stream that is not here was closed.
        let known = found.ok_or(CallError::Closed)?;
        let place = known
            .watchers
            .iter_mut()
            .find(|place| place.is_none_or(|known| known.id == watcher.id));
        *place.ok_or(CallError::Busy)? = Some(watcher);
        Ok(Reply::new(Ok(0)))
    }

    /// The ghost of an object has answered whether it will tell of an event.
    pub(crate) fn watched(&mut self, slot: Slot, finish: &Finish, answer: &Reply) {
        let Finish::Watched { handle, event, .. } = *finish else { return };
        let error = answer.result().err();
        if error == Some(CallError::Busy) {
            return self.finish(slot, Err(CallError::Busy));
        }
        match self.caller(slot).references.at_mut(handle) {
            Some(Reference::Incarnation(child)) if error.is_none() => {
                child.interest |= 1 << event as u32;
                if event == EventType::Made && answer.values[0].get() != 0 {
                    child.pending.made = Some(0);
                }
                let vector = answer.values[1].get();
                if event == EventType::Faulting && vector != 0 {
                    child.pending.faulting = Some((vector, answer.values[2].get()));
                }
            }
            Some(Reference::Incarnation(child)) => {
                child.pending.dead.get_or_insert((END_UNKNOWN, 0));
                child.interest |= CREATOR_EVENTS | 1 << event as u32;
            }
            Some(Reference::StreamHandle(stream)) => {
                stream.interest = Interest::Registered;
                if error.is_some() {
                    stream.state = StreamState::Closed;
                }
            }
            _ => {}
        }
        self.look_again(slot, finish);
    }

    /// The ghost of an object does not answer: the object is gone.
    pub(crate) fn watch_failed(&mut self, slot: Slot, finish: &Finish) {
        self.watched(slot, finish, &Reply::new(Err(CallError::Unreachable)));
    }

    /// Waits on for events after a ghost has answered.
    fn look_again(&mut self, slot: Slot, finish: &Finish) {
        let Finish::Watched { list, count, .. } = *finish else { return };
        let incarnation = self.caller(slot);
        incarnation.exchange.phase = crate::exchange::Phase::Idle;
        incarnation.blocked = Blocked::Events { list, count };
        self.poke_events(slot);
        self.check_deadline(slot);
    }

    /// Something has happened that may be an event that `slot` waits for.
    pub(crate) fn poke_events(&mut self, slot: Slot) {
        let Some(incarnation) = self.incarnation(slot) else { return };
        let Blocked::Events { list, count } = incarnation.blocked else { return };
        match self.collect_events(slot, list, count) {
            Ok(Completion::Done(0) | Completion::Waits) => {}
            Ok(Completion::Done(occurred)) => self.finish(slot, Ok(occurred)),
            Err(error) => self.finish(slot, Err(error)),
        }
    }

    /// The wait of `slot` is over if its time has come.
    pub(crate) fn check_deadline(&mut self, slot: Slot) {
        let now = self.machine.now();
        let Some(incarnation) = self.incarnation(slot) else { return };
        let may_end = matches!(
            incarnation.blocked,
            Blocked::Receive(_) | Blocked::Events { .. } | Blocked::Sleep
        );
        if may_end && incarnation.deadline.is_some_and(|deadline| deadline <= now) {
            self.finish(slot, Ok(0));
        }
    }

    /// A ghost tells of an event at an incarnation or a stream.
    pub(crate) fn notified(&mut self, slot: Slot, request: &Request) {
        let Some(event) = EventType::from_value(request.a.get() as i32) else { return };
        let Some(id) = GlobalId::from_bits(request.id.get()) else { return };
        let details = request.other.get();
        let info = ((details >> 32) as u32, details as u32);
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        for (_, reference) in incarnation.references.iter_mut() {
            match reference {
                Reference::Incarnation(handle) if handle.id == id => match event {
                    EventType::Made => handle.pending.made = Some(info.0),
                    EventType::Faulting => handle.pending.faulting = Some(info),
                    EventType::Dead => handle.pending.dead = Some(info),
                    _ => {}
                },
                Reference::StreamHandle(handle) if handle.stream == id => {
                    handle.state = StreamState::Closed;
                }
                _ => {}
            }
        }
        self.poke_events(slot);
    }
}

/// The reason of an end that was not witnessed: whoever was to tell of it is gone too.
const END_UNKNOWN: u32 = abi::constants::EndReason::NodeLost as u32;
