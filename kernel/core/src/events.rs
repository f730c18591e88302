//! Events (B.9): each is the state of a reference that its holder has not seen, so that there
//! is no queue that could overflow. Here it is looked at and changed, for `inc_eventWait`
//! ([`crate::calls`]) alike.

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
                0 => Found::NotYet,
                waiting => Found::Occurred((u32::from(waiting), 0)),
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
            (EventType::MigrateDone | EventType::Unreachable, Reference::Incarnation(_)) => {
                return Err(CallError::BadArgument);
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
            (EventType::PortAttached | EventType::PortDetached, _) => {
                return Err(CallError::BadArgument);
            }
            _ => return Err(CallError::WrongReferenceType),
        })
    }

    /// An event was shown to its holder: one that does not last is over.
    pub(crate) fn see(&mut self, slot: Slot, index: u16, event: EventType) {
        match (event, self.caller(slot).references.at_mut(index)) {
            (EventType::Made | EventType::Faulting, Some(Reference::Incarnation(handle))) => {
                handle.pending.clear(event);
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
        for (_, reference) in incarnation.references.iter_mut() {
            match reference {
                Reference::Incarnation(handle) if handle.id == id => {
                    handle.pending.set(event, details);
                }
                Reference::StreamHandle(handle) if handle.stream == id => {
                    handle.state = StreamState::Closed;
                }
                _ => {}
            }
        }
        self.poke_events(slot);
    }
}
