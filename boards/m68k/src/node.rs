//! One node of a pool on a 680x0: the portable kernel over this crate's spaces and
//! processor, and the loop that goes between the kernel and user code.
//!
//! The kernel runs with interrupts masked, on its one stack. They come in while it
//! is stopped, while user code runs, and between two pieces of its own longer work.

use crate::context::Leave;
use crate::exception::{self, Detail, Frame, Vector};
use crate::mmu;
use crate::mmu::user::Mc68040;
use crate::processor::{Clock, Processor};
use crate::space::Spaces;
use crate::windows::Windows;
use crate::{cpu, interrupt, stack};
use bus::{Rest, Signals};
use core::marker::PhantomData;
use kernel::platform::{Platform, Slot};
use kernel::shared_bus::SharedBus;
use kernel::{Next, Node};

/// The platform of a board with signals `S` and clock `C`.
#[derive(Debug)]
pub struct Equus<S, C>(PhantomData<(S, C)>);

impl<S: Signals + 'static, C: Clock + 'static> Platform for Equus<S, C> {
    type Bus = SharedBus<Windows, S, Spaces<Mc68040>>;
    type Memory = Spaces<Mc68040>;
    type Machine = Processor<C>;
}

/// Runs a node for ever.
pub fn run<S: Signals + 'static, C: Clock + 'static>(mut node: Node<Equus<S, C>>) -> ! {
    loop {
        let next = node.next();
        serve(&mut node, next);
    }
}

/// Does what the kernel says is next.
pub fn serve<S: Signals + 'static, C: Clock + 'static>(node: &mut Node<Equus<S, C>>, next: Next) {
    match next {
        Next::Run(slot) => run_user(node, slot),
        Next::Idle => rest(node),
        Next::Again => {
            cpu::admit_interrupts();
            node.interrupt();
        }
    }
}

/// Lets user code of `slot` run, and serves what ends it.
fn run_user<S: Signals + 'static, C: Clock + 'static>(node: &mut Node<Equus<S, C>>, slot: Slot) {
    if node.bus().prepare_to_sleep() == Rest::Stay {
        node.interrupt();
        return;
    }
    node.memory().activate(slot);
    let left = {
        let mut machine = node.machine();
        machine.account_to(Some(slot));
        // SAFETY: 1. the space of `slot` is active; spaces map nothing of the
        // kernel's. 2. The kernel runs only what it has started. 3. asm/start.S
        // has set the vector base.
        unsafe { machine.context(slot).run() }
    };
    match left {
        Leave::Call => {
            let (number, arguments) = node.machine().call(slot);
            node.call(slot, number, arguments);
        }
        Leave::Interrupt(level) => {
            interrupt::serve(level);
            node.bus().woke();
            node.interrupt();
        }
        Leave::Exception => serve_exception(node, slot),
    }
}

/// Maps what user code of `slot` may have touched, or has the kernel end it.
fn serve_exception<S: Signals + 'static, C: Clock + 'static>(
    node: &mut Node<Equus<S, C>>,
    slot: Slot,
) {
    let frame = node.machine().context(slot).frame();
    let Some(frame) = frame else {
        return node.fault(slot, u32::from(Vector::FORMAT_ERROR.0), 0, 0);
    };
    let address = match frame.detail {
        Detail::Access(fault) if node_can_map(node, slot, fault) => return,
        Detail::Access(fault) => fault.address,
        Detail::Instruction(address) | Detail::Operand(address) => address,
        Detail::NoFpu { operand, .. } => operand,
        Detail::Short => frame.pc,
    };
    node.fault(slot, u32::from(frame.vector.0), pc_of(&frame), address);
}

fn node_can_map<S: Signals + 'static, C: Clock + 'static>(
    node: &mut Node<Equus<S, C>>,
    slot: Slot,
    fault: exception::Fault,
) -> bool {
    let access = match fault.access {
        exception::Access::Write => mmu::Access::ReadWrite,
        exception::Access::Read | exception::Access::Fetch => mmu::Access::ReadOnly,
    };
    node.memory().fault(slot, fault.address, access).is_ok()
}

/// The instruction that an exception was about.
fn pc_of(frame: &Frame) -> u32 {
    match frame.detail {
        Detail::Instruction(instruction) | Detail::NoFpu { instruction, .. } => instruction,
        Detail::Short | Detail::Operand(_) | Detail::Access(_) => frame.pc,
    }
}

/// Stops until an interrupt comes, unless there is something to do.
fn rest<S: Signals + 'static, C: Clock + 'static>(node: &mut Node<Equus<S, C>>) {
    node.machine().account_to(None);
    stack::check();
    if node.bus().prepare_to_sleep() == Rest::Sleep {
        cpu::wait_for_interrupt();
        node.bus().woke();
    }
    node.interrupt();
}
