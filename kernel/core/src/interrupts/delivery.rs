//! Software interrupts on their way to user code and back: when a handler runs, and the frame
//! that is on the stack of its incarnation meanwhile ([`abi::interrupt`]).

use abi::error::CallError;
use abi::ids::{InterruptPriority, UserAddr};
use abi::interrupt::{ENTRY_OFFSET, InterruptFrame};
use abi::structs::EvDesc;
use zerocopy::big_endian::U32;
use zerocopy::{FromZeros, IntoBytes};

use super::Due;
use crate::events::Found;
use crate::incarnation::{Blocked, Condition};
use crate::platform::{Machine, Memory, Platform, Registers, Slot};
use crate::reference::Details;
use crate::state::State;

/// The exception that a stack is used up by: an access fault.
const ACCESS_FAULT: u32 = 2;

impl<P: Platform> State<P> {
    /// Something has happened that `slot` may wait for, or have a handler for. Whoever waits
    /// for an event in a call has it first.
    pub(crate) fn stir(&mut self, slot: Slot) {
        self.poke_events(slot);
        self.interrupt(slot);
    }

    /// Whether a handler of `slot` is due.
    #[inline]
    pub(crate) fn is_due(&self, slot: Slot) -> bool {
        self.incarnation(slot).is_some_and(|incarnation| incarnation.interrupts.are_due())
    }

    /// Has the handler of `slot` run that is due first, if one may now: not in the middle of a
    /// call or of an instruction, but in place of a wait that can be interrupted.
    pub(crate) fn interrupt(&mut self, slot: Slot) {
        // Who is in a call that is being served is looked at when it has been.
        if self.calling == slot || !self.is_due(slot) {
            return;
        }
        let Some((due, details)) = self.first_due(slot) else { return };
        let outcome = match self.caller(slot).blocked {
            Blocked::No => None,
            Blocked::Pause => Some(0),
            Blocked::Receive(_)
            | Blocked::Events { .. }
            | Blocked::Sleep
            | Blocked::Stalled { .. } => Some(CallError::Interrupted.code()),
            // It goes on; when it is complete the handler runs.
            _ => return,
        };
        if self.machine.registers(slot).is_none() {
            self.caller(slot).interrupts.is_put_off = true;
            return self.need_ticks();
        }
        if let Some(code) = outcome {
            self.trace_returned(slot, code);
            self.return_from_call(slot, code);
        }
        self.enter_handler(slot, &due, details);
    }

    /// A tick has passed: a handler that was put off may run now.
    pub(crate) fn interrupt_late(&mut self, slot: Slot) {
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        if core::mem::take(&mut incarnation.interrupts.is_put_off) {
            self.interrupt(slot);
        }
    }

    /// The handler that may run first, and what it is told. Those whose events are over are not
    /// due any more.
    fn first_due(&mut self, slot: Slot) -> Option<(Due, Details)> {
        let incarnation = self.incarnation(slot)?;
        if incarnation.condition != Condition::Executing {
            return None;
        }
        loop {
            let due = self.incarnation(slot)?.interrupts.first()?;
            if let Ok(Found::Occurred(details)) = self.look(slot, due.reference, due.event) {
                return Some((due, details));
            }
            self.caller(slot).interrupts.settle(due.reference, due.event);
        }
    }

    /// Pushes a frame onto the stack of `slot`, and has it run a handler next. A stack that has
    /// no room for the frame is a fault.
    fn enter_handler(&mut self, slot: Slot, due: &Due, details: Details) {
        let Some(registers) = self.machine.registers(slot) else { return };
        let incarnation = self.caller(slot);
        incarnation.interrupts.settle(due.reference, due.event);
        let (Some(entry), Some(id)) =
            (incarnation.entry(), incarnation.references.id(due.reference))
        else {
            return;
        };
        let event = EvDesc {
            ed_reference: id.get().into(),
            ed_evtype: (due.event as u32).into(),
            ed_info1: details.0.into(),
            ed_info2: details.1.into(),
        };
        let at = UserAddr(registers.sp().wrapping_sub(InterruptFrame::BYTES) & !3);
        let before = incarnation.interrupts.priority;
        let frame = frame(at, &registers, before, (event, due.handler.address));
        self.see(slot, due.reference, due.event);
        self.trace_interrupt(slot, &event, due.handler);
        if self.memory.copy_out(slot, at, frame.as_bytes()).is_err() {
            self.trace_fault(slot, ACCESS_FAULT, registers.pc, at.0);
            return self.faulted(slot, ACCESS_FAULT, at.0);
        }
        self.caller(slot).interrupts.priority = due.handler.priority;
        let entered = registers.at(entry.0.wrapping_add(ENTRY_OFFSET), at.0);
        self.machine.set_registers(slot, &entered);
    }

    /// Has `slot` go on with what the frame at its stack pointer says was interrupted.
    /// `BadArgument` if there is none; whoever forges one has only himself to blame for where he
    /// goes on.
    pub(crate) fn leave_handler(&mut self, slot: Slot) -> Result<(), CallError> {
        let registers = self.machine.registers(slot).ok_or(CallError::BadArgument)?;
        let mut frame = InterruptFrame::new_zeroed();
        let at = UserAddr(registers.sp());
        let read = self.memory.copy_in(slot, at, frame.as_mut_bytes());
        read.map_err(|_| CallError::BadArgument)?;
        let (registers, priority) = interrupted(at, &frame).ok_or(CallError::BadArgument)?;
        self.caller(slot).interrupts.priority = priority;
        self.machine.set_registers(slot, &registers);
        Ok(())
    }
}

/// The frame at `at` of what is interrupted at a priority, for an event and its handler.
fn frame(
    at: UserAddr,
    registers: &Registers,
    priority: InterruptPriority,
    (event, handler): (EvDesc, UserAddr),
) -> InterruptFrame {
    InterruptFrame {
        if_event: event,
        if_handler: handler.0.into(),
        if_priority: u32::from(priority.get()).into(),
        if_self: at.0.into(),
        if_ccr: u32::from(registers.ccr).into(),
        if_fpu: registers.fpu.map(U32::new),
        if_data: registers.data.map(U32::new),
        if_address: registers.address.map(U32::new),
        if_pc: registers.pc.into(),
    }
}

/// What the frame at `at` says was interrupted; `None` if it is no frame, or says what no user
/// code has.
fn interrupted(at: UserAddr, frame: &InterruptFrame) -> Option<(Registers, InterruptPriority)> {
    const CONDITIONS: u32 = 0x1f;
    let (ccr, pc) = (frame.if_ccr.get(), frame.if_pc.get());
    if frame.if_self.get() != at.0 || ccr & !CONDITIONS != 0 || !pc.is_multiple_of(2) {
        return None;
    }
    let priority = InterruptPriority::new(frame.if_priority.get())?;
    let registers = Registers {
        data: frame.if_data.map(U32::get),
        address: frame.if_address.map(U32::get),
        pc,
        ccr: ccr as u8,
        fpu: frame.if_fpu.map(U32::get),
    };
    Some((registers, priority))
}
