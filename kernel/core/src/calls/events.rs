//! Waiting for events (B.9).

use abi::calls::args::{Ptr, Timeout};
use abi::calls::dispatch::{Answer, Completion};
use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::UserAddr;
use abi::message::PortType;
use abi::structs::EvDesc;
use zerocopy::{FromZeros, IntoBytes};

use super::control::NO_ROOM;
use super::ports::LIST_MAX;
use super::{Caller, done, waits};
use crate::events::Found;
use crate::exchange::Exchange;
use crate::incarnation::Blocked;
use crate::loader::CREATOR_EVENTS;
use crate::operation::{Action, Answer as Reply, Asker, Finish, Operation, OperationData, Request};
use crate::platform::{Machine, Memory, Platform, Slot};
use crate::reference::{Interest, LOST, Reference};
use crate::state::State;
use crate::stream::Watcher;

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
            let (index, event) = self.state.meant(self.slot, &event)?;
            self.state.look(self.slot, index, event)?;
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

    /// The reference and the event that a description means.
    fn meant(&mut self, slot: Slot, description: &EvDesc) -> Result<(u16, EventType), CallError> {
        let event = EventType::from_value(description.ed_evtype.get() as i32);
        let event = event.ok_or(CallError::BadArgument)?;
        let index = self.caller(slot).references.index(description.ed_reference.get())?;
        Ok((index, event))
    }

    /// Moves the events of a list that have occurred to its front. Answers how many they are,
    /// or waits for the ghost of an object that has to be asked first.
    fn collect_events(&mut self, slot: Slot, list: UserAddr, count: u32) -> Answer<u32> {
        for at in 0..count {
            let event = self.read_event(slot, list, at)?;
            let (index, event) = self.meant(slot, &event)?;
            if self.must_ask(slot, index, event)? {
                self.ask_to_watch(slot, index, event, Asker::Events { list, count });
                return waits();
            }
        }
        let mut occurred = 0;
        for at in 0..count {
            let mut description = self.read_event(slot, list, at)?;
            let (index, event) = self.meant(slot, &description)?;
            if let Found::Occurred((info1, info2)) = self.look(slot, index, event)? {
                self.see(slot, index, event);
                description.ed_info1 = info1.into();
                description.ed_info2 = info2.into();
                self.swap_event(slot, list, (occurred, at), &description)?;
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

    /// Asks the ghost of the object behind reference `index` to tell of an event.
    pub(super) fn ask_to_watch(&mut self, slot: Slot, index: u16, event: EventType, asker: Asker) {
        let finish = Finish::Watched { handle: index, event, asker };
        self.request_watch(slot, index, Request::new(Action::Watch), event, finish);
    }

    /// Asks the ghost of the object behind reference `index` to tell of an event no longer.
    pub(super) fn ask_to_forget(&mut self, slot: Slot, index: u16, event: EventType) {
        let mut request = Request::new(Action::Watch);
        request.b = 1.into();
        self.request_watch(slot, index, request, event, Finish::Forgotten);
    }

    fn request_watch(
        &mut self,
        slot: Slot,
        index: u16,
        mut request: Request,
        event: EventType,
        finish: Finish,
    ) {
        let Some(object) = self.object_of(slot, index, event, &mut request) else { return };
        let head = request.head();
        let operation = Operation { head, data: OperationData::None, room: NO_ROOM, finish };
        let exchange = Exchange::request(PortType::Ghost, object.ghost, object.id.bits());
        self.request(slot, operation, exchange);
    }

    /// Whose ghost has to be asked to tell of an event at reference `index`, and how.
    pub(crate) fn watch_request(
        &mut self,
        slot: Slot,
        index: u16,
        event: EventType,
    ) -> Option<(Watcher, Request)> {
        let mut request = Request::new(Action::Watch);
        let object = self.object_of(slot, index, event, &mut request)?;
        Some((object, request))
    }

    /// Completes a request about an event at reference `index`: whose ghost it goes to.
    fn object_of(
        &mut self,
        slot: Slot,
        index: u16,
        event: EventType,
        request: &mut Request,
    ) -> Option<Watcher> {
        request.a = (1u32 << event as u32).into();
        match self.caller(slot).references.at(index)? {
            Reference::StreamHandle(handle) => {
                request.id = handle.stream.bits().into();
                Some(Watcher { id: handle.owner, ghost: handle.ghost })
            }
            Reference::Incarnation(handle) => Some(Watcher { id: handle.id, ghost: handle.ghost }),
            _ => None,
        }
    }

    /// The ghost of an object has answered whether it will tell of an event; none that does not
    /// answer has an object any more.
    pub(crate) fn watched(
        &mut self,
        slot: Slot,
        finish: &Finish,
        answer: Result<&Reply, CallError>,
    ) {
        let Finish::Watched { handle, event, asker } = *finish else { return };
        let error = answer.err();
        if error == Some(CallError::Busy) {
            return self.finish(slot, Err(CallError::Busy));
        }
        match answer {
            Ok(answer) => self.note_watched(slot, handle, event, answer),
            Err(_) => self.note_gone(slot, handle, event),
        }
        match asker {
            Asker::Events { list, count } => self.look_again(slot, list, count),
            Asker::Handler(handler) => {
                let result = match error {
                    // That it is gone is what its handler is told.
                    Some(error) if !matches!(event, EventType::Dead | EventType::StreamClosed) => {
                        Err(error)
                    }
                    _ => self.set_handler(slot, handle, event, handler),
                };
                self.finish(slot, result.map(|()| 0));
            }
        }
    }

    /// A ghost will tell of an event, and has told what has happened already.
    pub(crate) fn note_watched(
        &mut self,
        slot: Slot,
        handle: u16,
        event: EventType,
        answer: &Reply,
    ) {
        let incarnation = self.caller(slot);
        match incarnation.references.at_mut(handle) {
            Some(Reference::Incarnation(child)) => {
                child.interest |= 1 << event as u32;
                let vector = answer.values[1].get();
                if event == EventType::Made && answer.values[0].get() != 0 {
                    child.pending.set(event, (0, 0));
                } else if event == EventType::Faulting && vector != 0 {
                    child.pending.set(event, (vector, answer.values[2].get()));
                }
            }
            Some(Reference::StreamHandle(stream)) => stream.interest = Interest::Registered,
            _ => {}
        }
    }

    /// The object whose ghost was to tell of an event is gone.
    pub(crate) fn note_gone(&mut self, slot: Slot, handle: u16, event: EventType) {
        let incarnation = self.caller(slot);
        match incarnation.references.at_mut(handle) {
            Some(Reference::Incarnation(child)) => {
                child.interest |= CREATOR_EVENTS | 1 << event as u32;
                incarnation.occur(handle, EventType::Dead, LOST);
            }
            Some(Reference::StreamHandle(stream)) => {
                stream.interest = Interest::Registered;
                incarnation.stream_closed(handle);
            }
            _ => {}
        }
    }

    /// Waits on for events after a ghost has answered.
    fn look_again(&mut self, slot: Slot, list: UserAddr, count: u32) {
        let incarnation = self.caller(slot);
        incarnation.exchange.phase = crate::exchange::Phase::Idle;
        incarnation.blocked = Blocked::Events { list, count };
        self.stir(slot);
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
            Blocked::Receive(_) | Blocked::Events { .. } | Blocked::Sleep | Blocked::Pause
        );
        if may_end && incarnation.deadline.is_some_and(|deadline| deadline <= now) {
            self.finish(slot, Ok(0));
        }
    }
}
