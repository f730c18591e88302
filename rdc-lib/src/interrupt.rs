//! Software interrupts (B.9): handlers, which are called when events occur, and sections that
//! they do not interrupt.
//!
//! ```no_run
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use rdc::event::Event;
//! use rdc::interrupt::{self, InterruptPriority};
//! use rdc::CallError;
//!
//! static LOST: AtomicU32 = AtomicU32::new(0);
//!
//! extern "C" fn count(_: &Event<'_>) {
//!     LOST.fetch_add(1, Ordering::Relaxed);
//! }
//!
//! fn watch(worker: &rdc::Incarnation) -> Result<(), CallError> {
//!     let priority = InterruptPriority::new(3).expect("1 to 7");
//!     worker.set_handler(rdc::EventType::Dead, count, priority)?;
//!     while LOST.load(Ordering::Relaxed) == 0 {
//!         interrupt::pause()?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A handler runs between two instructions of whatever else this incarnation does, and all of
//! that goes on when it returns. It shares with it what is in statics, as another thread would.
//! What the other holds it waits for in vain: so a handler takes no lock, does not allocate and
//! does not print, except to standard error. Calls it may make.
//!
//! A handler runs if its priority, from 1 to 7, is above the current one; while it runs, that is
//! its own. The waits of `inc_receive`, `inc_eventWait`, `inc_sleep`, and of those who send by a
//! stream that is frozen or at its buffer limit, end with [`CallError::Interrupted`] when a
//! handler runs; other calls are completed first.

use abi::calls::args::Handler as Address;
use abi::constants::{EventType, Interest};
use abi::error::CallError;

pub use abi::ids::InterruptPriority;

use crate::event::Event;
use crate::reference::{Incarnation, Port, StreamHandle};
use crate::trap::Calls;

/// A function that handles events: it is called with what has occurred.
pub type Handler = extern "C" fn(&Event<'_>);

/// No handler, as the kernel knows it.
const NONE: Address = Address(0);

/// Where a handler begins, on the 680x0.
fn address(handler: Handler) -> Address {
    Address(handler as usize as u32)
}

impl Port {
    /// Has a handler called when messages are here that nobody waits for: once for all that
    /// have come since it ran last (`inc_setPortHandler`).
    pub fn set_handler(
        &self,
        handler: Handler,
        priority: InterruptPriority,
    ) -> Result<(), CallError> {
        let priority = priority.get().into();
        Calls::inc_setPortHandler(self.0.argument(), address(handler), priority)
    }

    /// Has no handler called any more.
    pub fn remove_handler(&self) -> Result<(), CallError> {
        Calls::inc_setPortHandler(self.0.argument(), NONE, 0)
    }
}

impl StreamHandle {
    /// Has a handler called when the stream is closed (`inc_setStreamHandler`).
    pub fn set_handler(
        &self,
        handler: Handler,
        priority: InterruptPriority,
    ) -> Result<(), CallError> {
        let priority = priority.get().into();
        Calls::inc_setStreamHandler(self.0.argument(), address(handler), priority)
    }

    /// Has no handler called any more.
    pub fn remove_handler(&self) -> Result<(), CallError> {
        Calls::inc_setStreamHandler(self.0.argument(), NONE, 0)
    }
}

impl Incarnation {
    /// Has a handler called when an event of this type occurs to it (`inc_setIncHandler`):
    /// [`EventType::Made`], `Faulting`, `Dead`, `MigrateDone` or `Unreachable`. What has occurred
    /// already, it handles at once.
    pub fn set_handler(
        &self,
        event: EventType,
        handler: Handler,
        priority: InterruptPriority,
    ) -> Result<(), CallError> {
        self.wish(Interest::Set, event, address(handler), priority.get().into())
    }

    /// Wants to be told of events of this type, by [`event::wait`](crate::event::wait) and not
    /// by a handler. Waiting for one does the same.
    pub fn set_interest(&self, event: EventType) -> Result<(), CallError> {
        self.wish(Interest::Set, event, NONE, 0)
    }

    /// Wants to be told of events of this type no longer, and has no handler called any more.
    pub fn remove_interest(&self, event: EventType) -> Result<(), CallError> {
        self.wish(Interest::Unset, event, NONE, 0)
    }

    fn wish(
        &self,
        interest: Interest,
        event: EventType,
        handler: Address,
        priority: u32,
    ) -> Result<(), CallError> {
        Calls::inc_setIncHandler(self.0.any(), interest as i32, event as u32, handler, priority)
    }
}

/// Waits until a software interrupt has been handled (`inc_pause`).
pub fn pause() -> Result<(), CallError> {
    Calls::inc_pause()
}

/// Sets the interrupt priority of this incarnation, and answers the old one
/// (`inc_setInterruptPriority`): handlers above it may run.
pub fn set_priority(priority: InterruptPriority) -> Result<InterruptPriority, CallError> {
    let before = Calls::inc_setInterruptPriority(priority.get().into())?;
    InterruptPriority::new(before).ok_or(CallError::NoSuchCall)
}

/// A section that no handler interrupts, for as long as this value lives. Sections may lie
/// within each other.
#[derive(Debug)]
#[must_use = "the section ends when this is dropped"]
pub struct CriticalSection {
    before: InterruptPriority,
}

impl CriticalSection {
    /// Begins one.
    pub fn enter() -> Result<CriticalSection, CallError> {
        set_priority(InterruptPriority::BLOCKED).map(|before| CriticalSection { before })
    }
}

impl Drop for CriticalSection {
    fn drop(&mut self) {
        // Every priority that there was can be set again.
        let _ = set_priority(self.before);
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::ids::RefId;

    use super::*;
    use crate::pretended::expect;

    extern "C" fn ignore(_: &Event<'_>) {}

    fn priority(number: u32) -> InterruptPriority {
        InterruptPriority::new(number).unwrap()
    }

    #[test]
    fn handlers_are_named_by_their_addresses() {
        let id = RefId::from_raw(0x20000).unwrap();
        let at = ignore as Handler as usize as u32;
        let (port, stream) = (Port::from_raw(id), StreamHandle::from_raw(id));
        for (call, set) in [(Call::SetPortHandler, 0), (Call::SetStreamHandler, 1)] {
            expect(call, move |arguments| {
                assert_eq!(arguments[..3], [0x20000, at, 5]);
                Ok(0)
            });
            expect(call, |arguments| {
                assert_eq!(arguments[..3], [0x20000, 0, 0]);
                Ok(0)
            });
            if set == 0 {
                port.set_handler(ignore, priority(5)).unwrap();
                port.remove_handler().unwrap();
            } else {
                stream.set_handler(ignore, priority(5)).unwrap();
                stream.remove_handler().unwrap();
            }
        }
        let child = Incarnation::from_raw(id);
        for expected in [[1, 5, at, 2], [1, 5, 0, 0], [0, 5, 0, 0]] {
            expect(Call::SetIncHandler, move |arguments| {
                assert_eq!(arguments[1..], expected);
                Err(CallError::Unreachable)
            });
        }
        let dead = EventType::Dead;
        let refused = Err(CallError::Unreachable);
        assert_eq!(child.set_handler(dead, ignore, priority(2)), refused);
        assert_eq!(child.set_interest(dead), refused);
        assert_eq!(child.remove_interest(dead), refused);
    }

    #[test]
    fn sections_within_each_other_end_in_turn() {
        for (priority, before) in [(7, 2), (7, 7), (7, 7), (2, 7)] {
            expect(Call::SetInterruptPriority, move |arguments| {
                assert_eq!(arguments[0], priority);
                Ok(before)
            });
        }
        let outer = CriticalSection::enter().unwrap();
        drop(CriticalSection::enter().unwrap());
        drop(outer);
    }
}
