//! Events (B.9): waiting for one of many things to happen.

use core::marker::PhantomData;

use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::structs::EvDesc;
use zerocopy::IntoBytes;

use crate::Timeout;
use crate::reference::{Incarnation, Port, Reference, Stream, StreamHandle};
use crate::trap::Calls;
use crate::window::lent_mut;

/// An event to wait for, and what is known of it when it has occurred.
#[derive(Clone, Copy, Debug, zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::KnownLayout)]
#[repr(transparent)]
pub struct Event<'r> {
    raw: EvDesc,
    reference: PhantomData<&'r Reference>,
}

/// Waits for at least one of some events; answers those that have occurred, which are moved
/// to the front (`inc_eventWait`). None if the time is up.
pub fn wait<'e, 'r>(
    events: &'e mut [Event<'r>],
    timeout: Timeout,
) -> Result<&'e [Event<'r>], CallError> {
    let list = lent_mut(events.as_mut_bytes());
    let occurred = Calls::inc_eventWait(events.len() as u32, list, timeout)?;
    Ok(&events[..occurred as usize])
}

impl<'r> Event<'r> {
    fn new(reference: &'r Reference, event_type: EventType) -> Event<'r> {
        let raw = EvDesc {
            ed_reference: reference.id().get().into(),
            ed_evtype: (event_type as u32).into(),
            ed_info1: 0.into(),
            ed_info2: 0.into(),
        };
        Event { raw, reference: PhantomData }
    }

    /// A message is at a port.
    pub fn message_at(port: &'r Port) -> Event<'r> {
        Event::new(&port.0, EventType::PortHasMessage)
    }

    /// A backup port was attached: the node of the port before it is lost.
    pub fn attached(port: &'r Port) -> Event<'r> {
        Event::new(&port.0, EventType::PortAttached)
    }

    /// A stream can send again without waiting.
    pub fn invokable(stream: &'r Stream) -> Event<'r> {
        Event::new(&stream.0, EventType::StreamInvokable)
    }

    /// The stream behind a handle was closed.
    pub fn closed(handle: &'r StreamHandle) -> Event<'r> {
        Event::new(&handle.0, EventType::StreamClosed)
    }

    /// An incarnation is complete.
    pub fn made(incarnation: &'r Incarnation) -> Event<'r> {
        Event::new(&incarnation.0, EventType::Made)
    }

    /// An incarnation has faulted: the details are the vector and the address.
    pub fn faulting(incarnation: &'r Incarnation) -> Event<'r> {
        Event::new(&incarnation.0, EventType::Faulting)
    }

    /// An incarnation is gone: see [`Event::end`].
    pub fn dead(incarnation: &'r Incarnation) -> Event<'r> {
        Event::new(&incarnation.0, EventType::Dead)
    }

    /// An incarnation does not answer any more: see [`Event::end`]. This kernel asks for it once
    /// a second from now on; the event occurs again when it has answered meanwhile.
    pub fn unreachable(incarnation: &'r Incarnation) -> Event<'r> {
        Event::new(&incarnation.0, EventType::Unreachable)
    }

    /// Its type; none if it is not among those that are known here.
    pub fn event_type(&self) -> Option<EventType> {
        EventType::from_value(self.raw.ed_evtype.get() as i32)
    }

    /// The identifier of the reference that it is about.
    pub fn reference(&self) -> u32 {
        self.raw.ed_reference.get()
    }

    /// Whether it is one of this reference.
    pub fn is_about(&self, reference: &impl AsRef<Reference>) -> bool {
        self.raw.ed_reference.get() == reference.as_ref().id().get()
    }

    /// Its details; what they mean depends on its type.
    pub fn details(&self) -> (u32, u32) {
        (self.raw.ed_info1.get(), self.raw.ed_info2.get())
    }

    /// Of an incarnation that is gone or does not answer: why, and the detail of that, such as
    /// its exit status.
    pub fn end(&self) -> Option<(EndReason, i32)> {
        let (reason, detail) = self.details();
        match self.event_type() {
            Some(EventType::Dead | EventType::Unreachable) => {
                EndReason::from_value(reason as i32).map(|reason| (reason, detail as i32))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::ids::RefId;

    use super::*;
    use crate::pretended::{expect, read, write};

    #[test]
    fn what_has_occurred_comes_first() {
        let port = Port::from_raw(RefId::from_raw(0x20000).unwrap());
        let child = Incarnation::from_raw(RefId::from_raw(0x20001).unwrap());
        expect(Call::EventWait, |[count, list, timeout, ..]| {
            assert_eq!((count, timeout), (2, 0));
            let mut second = read(list + 16, 16);
            second[8..12].copy_from_slice(&(EndReason::Exited as u32).to_be_bytes());
            second[12..].copy_from_slice(&(-3i32).to_be_bytes());
            let first = read(list, 16);
            write(list, &second);
            write(list + 16, &first);
            Ok(1)
        });
        let mut events = [Event::message_at(&port), Event::dead(&child)];
        let [event] = wait(&mut events, Timeout::Poll).unwrap() else { panic!("one occurred") };
        assert!(event.is_about(&child) && !event.is_about(&port));
        assert_eq!(event.end(), Some((EndReason::Exited, -3)));
    }
}
