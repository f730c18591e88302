//! One node of a pool on a 680x0: the portable kernel over this crate's spaces and
//! processor, and the loop that goes between the kernel and user code.
//!
//! The kernel runs with interrupts masked, on its one stack. They come in while it
//! is stopped, while user code runs, and between two pieces of its own longer work.

use crate::context::Leave;
use crate::exception::{self, Detail, Frame, Vector};
use crate::mmu;
use crate::mmu::user::Mc68040;
use crate::processor::{Clock, Mode, Processor};
use crate::space::Spaces;
use crate::windows::Windows;
use crate::{cpu, interrupt};
use abi::ids::UserAddr;
use bus::patience::{First, LOOK_NS, Patience};
use bus::{Rest, Signals};
use core::marker::PhantomData;
use kernel::platform::{Bus, Machine, Memory, Platform, Slot};
use kernel::shared_bus::SharedBus;
use kernel::{Left, Next, Node};

/// The platform of a board with signals `S` and clock `C`.
#[derive(Debug)]
pub struct Equus<S, C>(PhantomData<(S, C)>);

impl<S: Signals + 'static, C: Clock + 'static> Platform for Equus<S, C> {
    type Bus = SharedBus<Windows, S, Spaces<Mc68040>>;
    type Memory = Spaces<Mc68040>;
    type Machine = Processor<C>;
}

/// Looks at the rings between two occasions for interrupts.
const LOOKS_AT_ONCE: usize = 16;

/// A node and what runs it.
pub struct Runner<S: Signals + 'static, C: Clock + 'static> {
    /// The kernel.
    pub node: Node<Equus<S, C>>,
    patience: Patience,
}

impl<S: Signals + 'static, C: Clock + 'static> Runner<S, C> {
    /// A runner of a node that has just been booted.
    pub fn new(node: Node<Equus<S, C>>) -> Runner<S, C> {
        Runner { node, patience: Patience::default() }
    }

    /// Runs the node for ever.
    pub fn run(mut self) -> ! {
        let mut next = self.node.next();
        loop {
            next = self.serve(next);
        }
    }

    /// Does what the kernel says is next, and answers what is next then.
    #[inline]
    pub fn serve(&mut self, next: Next) -> Next {
        self.serve_while(next, |_| true)
    }

    /// As [`Runner::serve`], as long as user code may run in the slots that have their turn.
    #[inline]
    pub fn serve_while(&mut self, next: Next, may_run: impl Fn(Slot) -> bool) -> Next {
        match next {
            Next::Run(slot) => return self.run_user(slot, may_run),
            Next::Idle => self.rest(),
            Next::Again => {
                cpu::admit_interrupts();
                if self.node.machine().may_be_due() {
                    self.node.machine().found_in(Mode::Kernel);
                }
                self.node.interrupt();
            }
        }
        self.node.next()
    }

    /// Lets user code of `slot` run, and serves what ends it.
    #[inline]
    fn run_user(&mut self, slot: Slot, may_run: impl Fn(Slot) -> bool) -> Next {
        if self.look_before_leaving() == Rest::Stay {
            self.node.interrupt();
            return self.node.next();
        }
        let (slot, why) = match self.leave_kernel(slot, may_run) {
            Left::Next(next) => return next,
            Left::Otherwise(slot, None) => return Next::Run(slot),
            Left::Otherwise(slot, Some(why)) => (slot, why),
        };
        if let Leave::Interrupt(level) = why {
            interrupt::serve(level);
            if self.node.machine().may_be_due() {
                let mode = self.interrupted_mode(slot);
                self.node.machine().found_in(mode);
            }
            self.wake();
        } else {
            self.serve_exception(slot);
        }
        self.node.next()
    }

    /// Lets user code run, first that of `slot`, and the kernel serve its calls, until
    /// something else comes up: why user code was left then; none if it may not run.
    #[inline]
    fn leave_kernel(&mut self, slot: Slot, may_run: impl Fn(Slot) -> bool) -> Left<Option<Leave>> {
        let run = |memory: &mut Spaces<Mc68040>, machine: &mut Processor<C>, slot, result| {
            if let Some(result) = result {
                machine.current().set_result(result as u32);
            } else if may_run(slot) {
                memory.activate(slot);
                machine.give_to(slot);
            } else {
                return Err(None);
            }
            let context = machine.current();
            // SAFETY: 1. the space of `slot` is active; spaces map nothing of the
            // kernel's. 2. The kernel runs only what it has started. 3. asm/start.S
            // has set the vector base.
            match unsafe { context.run() } {
                // SAFETY: 2.
                Leave::Call => Ok(unsafe { context.call_number() }),
                other => Err(Some(other)),
            }
        };
        self.node.run(slot, run, |machine| machine.current().arguments())
    }

    /// Where an interrupt that has come in user code of `slot` was asked for. One that was
    /// in the kernel, which is masked, comes in before the first instruction behind the trap.
    fn interrupted_mode(&mut self, slot: Slot) -> Mode {
        /// `trap #0`.
        const TRAP: [u8; 2] = [0x4e, 0x40];
        let pc = self.node.machine().context(slot).frame().map_or(0, |frame| frame.pc);
        let before = UserAddr(pc.wrapping_sub(TRAP.len() as u32));
        let mut instruction = [0; TRAP.len()];
        let read = self.node.memory().copy_in(slot, before, &mut instruction);
        if read.is_ok() && instruction == TRAP { Mode::Kernel } else { Mode::User }
    }

    /// Waits until there may be something to do.
    fn rest(&mut self) {
        let first = self.patience.idle();
        if first == First::Look {
            // The sooner it says so the fewer bells are rung for nothing.
            self.node.bus().woke();
        }
        let busy_ns = self.node.machine().rest();
        self.node.bus().post_busy(busy_ns);
        let may_sleep = first == First::Sleep || self.look_for_a_while() == Rest::Sleep;
        if may_sleep && self.node.bus().prepare_to_sleep() == Rest::Sleep {
            cpu::wait_for_interrupt();
        }
        self.node.machine().wake();
        self.wake();
    }

    /// Looks at the rings until there is something to do, an interrupt was served, or
    /// its patience has come to an end; only then the node may sleep.
    fn look_for_a_while(&mut self) -> Rest {
        let served = interrupt::served_in_all();
        loop {
            if (0..LOOKS_AT_ONCE).any(|_| self.node.bus().has_news()) {
                self.patience.found();
                return Rest::Stay;
            }
            // Who was owed a bell has not looked so far.
            self.node.bus().publish();
            cpu::admit_interrupts();
            if interrupt::served_in_all() != served {
                return Rest::Stay;
            }
            if self.node.machine().rested_ns() > LOOK_NS {
                self.patience.in_vain();
                return Rest::Sleep;
            }
        }
    }

    /// Has the bell rung from now on, unless there is something to do already. Once
    /// it is rung, the interrupt comes in when the kernel is left.
    fn look_before_leaving(&mut self) -> Rest {
        self.node.bus().prepare_to_run()
    }

    /// After an interrupt: the kernel looks for itself what it was about.
    fn wake(&mut self) {
        self.node.bus().woke();
        self.node.interrupt();
    }

    /// Maps what user code of `slot` may have touched, or has the kernel end it.
    fn serve_exception(&mut self, slot: Slot) {
        let frame = self.node.machine().context(slot).frame();
        let Some(frame) = frame else {
            return self.node.fault(slot, u32::from(Vector::FORMAT_ERROR.0), 0, 0);
        };
        let address = match frame.detail {
            Detail::Access(fault) if self.can_map(slot, fault) => return,
            Detail::Access(fault) => fault.address,
            Detail::Instruction(address) | Detail::Operand(address) => address,
            Detail::NoFpu { operand, .. } => operand,
            Detail::Short => frame.pc,
        };
        self.node.fault(slot, u32::from(frame.vector.0), pc_of(&frame), address);
    }

    fn can_map(&mut self, slot: Slot, fault: exception::Fault) -> bool {
        let access = match fault.access {
            exception::Access::Write => mmu::Access::ReadWrite,
            exception::Access::Read | exception::Access::Fetch => mmu::Access::ReadOnly,
        };
        self.node.memory().fault(slot, fault.page(), access).is_ok()
    }
}

/// The instruction that an exception was about.
fn pc_of(frame: &Frame) -> u32 {
    match frame.detail {
        Detail::Instruction(instruction) | Detail::NoFpu { instruction, .. } => instruction,
        Detail::Short | Detail::Operand(_) | Detail::Access(_) => frame.pc,
    }
}
