//! Handlers of software interrupts (B.9), and waiting for one (B.10).

use abi::calls::args::{AnyRef, Handler as Address, Ref};
use abi::calls::dispatch::Answer;
use abi::constants::{EventType, Interest as Wish, inc_rights};
use abi::error::CallError;
use abi::ids::{InterruptPriority, UserAddr};

use super::{Caller, done, waits};
use crate::events::Found;
use crate::incarnation::Blocked;
use crate::interrupts::Handler;
use crate::operation::Asker;
use crate::platform::{Access, Platform, Slot, UserRange};
use crate::reference::Pending;
use crate::state::State;

/// Bytes of an instruction at least, which begins at an even address.
const INSTRUCTION: u32 = 2;

impl<P: Platform> Caller<'_, P> {
    pub(super) fn set_port_handler(
        &mut self,
        port: Ref,
        handler: Address,
        priority: u32,
    ) -> Answer<()> {
        let (index, _) = self.state.caller(self.slot).references.port(port.0)?;
        let handler = self.handler(index, EventType::PortHasMessage, handler, priority)?;
        self.state.set_handler(self.slot, index, EventType::PortHasMessage, handler)?;
        done(())
    }

    pub(super) fn set_stream_handler(
        &mut self,
        stream_handle: Ref,
        handler: Address,
        priority: u32,
    ) -> Answer<()> {
        let (index, _) = self.state.caller(self.slot).references.stream_handle(stream_handle.0)?;
        let event = EventType::StreamClosed;
        let handler = self.handler(index, event, handler, priority)?;
        if handler.is_none() {
            self.state.set_handler(self.slot, index, event, None)?;
            return done(());
        }
        self.set_or_ask(index, event, handler)
    }

    pub(super) fn set_inc_handler(
        &mut self,
        child: AnyRef,
        set_interest: i32,
        event_type: u32,
        handler: Address,
        priority: u32,
    ) -> Answer<()> {
        let (index, known) = self.state.caller(self.slot).references.incarnation(child.0)?;
        if known.rights & inc_rights::EVENTS == 0 {
            return Err(CallError::NoRight);
        }
        let event =
            EventType::from_value(event_type as i32).filter(|event| Pending::is_for(*event));
        let event = event.ok_or(CallError::BadArgument)?;
        match Wish::from_value(set_interest).ok_or(CallError::BadArgument)? {
            Wish::Set => {
                let handler = self.handler(index, event, handler, priority)?;
                self.set_or_ask(index, event, handler)
            }
            Wish::Unset => self.lose_interest(index, event),
        }
    }

    pub(super) fn set_interrupt_priority(&mut self, priority: u32) -> Answer<u32> {
        let priority = InterruptPriority::new(priority).ok_or(CallError::BadArgument)?;
        let interrupts = &mut self.state.caller(self.slot).interrupts;
        let before = core::mem::replace(&mut interrupts.priority, priority);
        done(before.get().into())
    }

    pub(super) fn pause(&mut self) -> Answer<()> {
        self.state.block(self.slot, Blocked::Pause);
        waits()
    }

    pub(super) fn interrupt_return(&mut self) -> Answer<()> {
        self.state.leave_handler(self.slot)?;
        // Its result is that of the call that was interrupted.
        waits()
    }

    /// The handler that a call names for an event, if it names one.
    fn handler(
        &mut self,
        index: u16,
        event: EventType,
        handler: Address,
        priority: u32,
    ) -> Result<Option<Handler>, CallError> {
        if handler.0 == 0 {
            return Ok(None);
        }
        let address = UserAddr(handler.0);
        let range = UserRange { base: address, length: INSTRUCTION };
        let is_readable = self.state.check(self.slot, range, Access::Read).is_ok();
        if !is_readable || !handler.0.is_multiple_of(INSTRUCTION) {
            return Err(CallError::BadAddress);
        }
        let priority = InterruptPriority::new(priority)
            .filter(|priority| *priority > InterruptPriority::OPEN)
            .ok_or(CallError::BadArgument)?;
        let incarnation = self.state.caller(self.slot);
        // The program of a launch endpoint runs where the kernel cannot interrupt it.
        incarnation.entry().ok_or(CallError::NotSupported)?;
        incarnation.interrupts.check_room(index, event)?;
        Ok(Some(Handler { address, priority }))
    }

    /// Gives an event a handler, or none, once somebody will tell of it.
    fn set_or_ask(&mut self, index: u16, event: EventType, handler: Option<Handler>) -> Answer<()> {
        if self.state.must_ask(self.slot, index, event)? {
            self.state.ask_to_watch(self.slot, index, event, Asker::Handler(handler));
            return waits();
        }
        self.state.set_handler(self.slot, index, event, handler)?;
        done(())
    }

    /// The caller does not want to know of an event any more. Another handle of his to the same
    /// child may still have that wish.
    fn lose_interest(&mut self, index: u16, event: EventType) -> Answer<()> {
        let incarnation = self.state.caller(self.slot);
        incarnation.interrupts.remove(index, event);
        if incarnation.references.lose_interest(index, event) {
            self.state.ask_to_forget(self.slot, index, event);
            return waits();
        }
        done(())
    }
}

impl<P: Platform> State<P> {
    /// Gives an event of `slot` a handler, or none. What has occurred already it handles at once.
    pub(crate) fn set_handler(
        &mut self,
        slot: Slot,
        index: u16,
        event: EventType,
        handler: Option<Handler>,
    ) -> Result<(), CallError> {
        let has_occurred = matches!(self.look(slot, index, event), Ok(Found::Occurred(_)));
        let interrupts = &mut self.caller(slot).interrupts;
        let Some(handler) = handler else {
            interrupts.remove(index, event);
            return Ok(());
        };
        interrupts.set(index, event, handler)?;
        if has_occurred {
            interrupts.raise(index, event);
        }
        Ok(())
    }
}
