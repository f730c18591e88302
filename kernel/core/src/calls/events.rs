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
use crate::operation::{Action, Answer as Reply, Finish, Operation, OperationData, Request};
use crate::platform::{Machine, Memory, Platform, Slot};
use crate::reference::{Interest, Reference, StreamState};
use crate::state::State;

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
            if self.look(slot, index, event)? == Found::Ask {
                self.ask_to_watch(slot, index, event, (list, count));
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
    fn ask_to_watch(&mut self, slot: Slot, index: u16, event: EventType, list: (UserAddr, u32)) {
        let mut request = Request::new(Action::Watch);
        request.a = (1u32 << event as u32).into();
        let (to, to_id) = match self.caller(slot).references.at(index) {
            Some(Reference::StreamHandle(handle)) => {
                request.id = handle.stream.bits().into();
                (handle.ghost, handle.owner)
            }
            Some(Reference::Incarnation(handle)) => (handle.ghost, handle.id),
            _ => return,
        };
        let (list, count) = list;
        let finish = Finish::Watched { list, count, handle: index, event };
        let head = request.head();
        let operation = Operation { head, data: OperationData::None, room: NO_ROOM, finish };
        let exchange = Exchange::request(PortType::Ghost, to, to_id.bits());
        self.request(slot, operation, exchange);
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
                    child.pending.set(event, (0, 0));
                }
                let vector = answer.values[1].get();
                if event == EventType::Faulting && vector != 0 {
                    child.pending.set(event, (vector, answer.values[2].get()));
                }
            }
            Some(Reference::Incarnation(child)) => {
                if child.pending.get(EventType::Dead).is_none() {
                    child.pending.set(EventType::Dead, (END_UNKNOWN, 0));
                }
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
}

/// The reason of an end that was not witnessed: whoever was to tell of it is gone too.
const END_UNKNOWN: u32 = abi::constants::EndReason::NodeLost as u32;
