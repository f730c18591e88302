//! Events (B.9): each is the state of a reference that its holder has not seen, so that there
//! is no queue that could overflow. Here it is looked at and changed, for `inc_eventWait`
//! ([`crate::calls`]) and for handlers ([`crate::interrupts`]) alike.

use abi::constants::{EventType, inc_rights};
use abi::error::CallError;
use abi::ids::GlobalId;

use crate::incarnation::Frozen;
use crate::operation::Request;
use crate::platform::{Platform, Slot};
use crate::reference::{Details, Interest, Pending, Reference, StreamState};
use crate::state::State;

/// What a look for an event comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has occurred: its two details.
    Occurred(Details),
    /// Not yet.
    NotYet,
    /// Not as far as is known here: the ghost of the object has to be asked to tell.
    Ask,
}

impl Found {
    /// What is found of an event without details.
    fn flag(has_occurred: bool) -> Self {
        if has_occurred { Self::Occurred((0, 0)) } else { Self::NotYet }
    }
}

impl<P: Platform> State<P> {
    /// Whether an event has occurred at the reference with this index.
    pub(crate) fn look(
        &self,
        slot: Slot,
        index: u16,
        event: EventType,
    ) -> Result<Found, CallError> {
        let references = self.incarnation(slot).map(|incarnation| &incarnation.references);
        let reference = references.and_then(|references| references.at(index));
        Ok(match (event, reference.ok_or(CallError::NoSuchReference)?) {
            (EventType::PortHasMessage, Reference::Port(port)) => match port.queue.len() {
                // What is at a port that was given away may be somebody else's.
                waiting if waiting > 0 && !port.offer.is_given() => {
                    Found::Occurred((u32::from(waiting), 0))
                }
                _ => Found::NotYet,
            },
            (EventType::StreamInvokable, Reference::Stream(stream)) => match stream.failure {
                Some(code) => Found::Occurred((code as u32, 0)),
                None => Found::flag(!stream.is_at_limit() && stream.frozen == Frozen::No),
            },
            (EventType::StreamClosed, Reference::StreamHandle(handle)) => {
                match (handle.state, handle.interest) {
                    (StreamState::Open, Interest::Unregistered) => Found::Ask,
                    (state, _) => Found::flag(state == StreamState::Closed),
                }
            }
            (EventType::PortAttached | EventType::PortDetached, Reference::Port(port)) => {
                Found::flag(port.unseen & 1 << event as u16 != 0)
            }
            (event, Reference::Incarnation(handle)) if Pending::is_for(event) => {
                if handle.rights & inc_rights::EVENTS == 0 {
                    return Err(CallError::NoRight);
                }
                match handle.pending.get(event) {
                    Some(details) => Found::Occurred(details),
                    None if handle.interest & 1 << event as u32 != 0 => Found::NotYet,
                    None => Found::Ask,
                }
            }
            _ => return Err(CallError::WrongReferenceType),
        })
    }

    /// Whether somebody else has to be asked to tell of an event. What this kernel finds out by
    /// itself it does from now on.
    pub(crate) fn must_ask(
        &mut self,
        slot: Slot,
        index: u16,
        event: EventType,
    ) -> Result<bool, CallError> {
        let must_ask = self.look(slot, index, event)? == Found::Ask;
        if must_ask && event == EventType::Unreachable {
            self.watch_answers(slot, index);
            return Ok(false);
        }
        Ok(must_ask)
    }

    /// An event was shown to its holder: one that does not last is over.
    pub(crate) fn see(&mut self, slot: Slot, index: u16, event: EventType) {
        match (event, self.caller(slot).references.at_mut(index)) {
            (
                EventType::Made
                | EventType::Faulting
                | EventType::MigrateDone
                | EventType::Unreachable,
                Some(Reference::Incarnation(handle)),
            ) => handle.pending.clear(event),
            (EventType::PortAttached | EventType::PortDetached, Some(Reference::Port(port))) => {
                port.unseen &= !(1 << event as u16);
            }
            (EventType::StreamInvokable, Some(Reference::Stream(stream))) => {
                stream.failure = None;
            }
            _ => {}
        }
    }

    /// A ghost tells of an event at an incarnation or a stream.
    pub(crate) fn notified(&mut self, slot: Slot, request: &Request) {
        let Some(event) = EventType::from_value(request.a.get() as i32) else { return };
        let Some(id) = GlobalId::from_bits(request.id.get()) else { return };
        let details = request.other.get();
        let details = ((details >> 32) as u32, details as u32);
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        for index in 0..incarnation.references.slots() {
            match incarnation.references.at(index) {
                Some(Reference::Incarnation(handle)) if handle.id == id => {
                    incarnation.occur(index, event, details);
                }
                Some(Reference::StreamHandle(handle)) if handle.stream == id => {
                    incarnation.stream_closed(index);
                }
                _ => {}
            }
        }
        self.stir(slot);
    }
}
