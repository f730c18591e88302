//! One node of a pool on a 680x0: the portable kernel over this crate's spaces and
//! processor, and the loop that goes between the kernel and user code.
//!
//! The kernel runs with interrupts masked, on its one stack. They come in while it
//! is stopped, while user code runs, and between two pieces of its own longer work.

use crate::context::{Leave, MadeHere};
use crate::exception::{self, Detail, Frame, Vector};
use crate::mmu;
use crate::mmu::user::Mc68040;
use crate::processor::{Clock, Mode, Processor};
use crate::space::Spaces;
use crate::windows::Windows;
use crate::{cpu, interrupt};
use abi::ids::UserAddr;
use bus::patience::{First, Patience};
use bus::{Rest, Signals};
use core::marker::PhantomData;
use kernel::platform::{Bus, Identity, Machine, Memory, Platform, Slot};
use kernel::shared_bus::SharedBus;
use kernel::{Left, Next, Node, User};

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

/// What comes up instead of a call.
enum Why {
    /// User code was left by something else.
    Left(Leave),
    /// It may not run.
    Kept,
    /// Nobody can run, and nothing was found in the rings, if they were looked at.
    InVain,
    /// An interrupt was served meanwhile.
    Interrupted,
}

/// User mode, for the kernel to go to.
struct UserMode<'r, F> {
    patience: &'r mut Patience,
    may_run: F,
}

impl<S, C, F> User<Equus<S, C>> for UserMode<'_, F>
where
    S: Signals + 'static,
    C: Clock + 'static,
    F: Fn(Slot) -> bool,
{
    type Other = Why;
    type Call = MadeHere;

    #[inline(never)]
    fn enter(
        &mut self,
        memory: &mut Spaces<Mc68040>,
        machine: &mut Processor<C>,
        slot: Slot,
    ) -> Result<(), Why> {
        if !(self.may_run)(slot) {
            return Err(Why::Kept);
        }
        memory.activate(slot);
        machine.give_to(slot);
        Ok(())
    }

    #[inline]
    fn run(&mut self, machine: &mut Processor<C>) -> Result<MadeHere, Why> {
        let context = machine.current();
        // SAFETY: 1. the space of who has the processor is active (`enter`); spaces map
        // nothing of the kernel's. 2. The kernel runs only what it has started. 3.
        // asm/start.S has set the vector base.
        match unsafe { context.run() } {
            Leave::Call => Ok(context.made()),
            other => Err(Why::Left(other)),
        }
    }

    #[inline]
    fn made(machine: &Processor<C>) -> MadeHere {
        machine.running().made()
    }

    #[inline]
    fn identity(machine: &Processor<C>) -> &Identity {
        machine.identity()
    }

    #[inline]
    fn answer(machine: &mut Processor<C>, result: i32) {
        machine.current().set_result(result as u32);
    }

    /// Looks until there is something to do, an interrupt was served, or its patience has come
    /// to an end; only then the node may sleep.
    #[inline]
    fn rest(
        &mut self,
        bus: &mut SharedBus<Windows, S, Spaces<Mc68040>>,
        machine: &mut Processor<C>,
    ) -> Result<(), Why> {
        bus.post_busy(machine.rest());
        let first = self.patience.idle();
        bus.publish();
        if first == First::Look {
            // The sooner it says so the fewer bells are rung for nothing.
            bus.woke();
        }
        if first == First::Sleep {
            return Err(Why::InVain);
        }
        let served = interrupt::served_in_all();
        loop {
            if (0..LOOKS_AT_ONCE).any(|_| bus.has_news()) {
                self.patience.found();
                machine.wake();
                return Ok(());
            }
            // Who was owed a bell has not looked so far.
            bus.publish();
            cpu::admit_interrupts();
            if interrupt::served_in_all() != served {
                return Err(Why::Interrupted);
            }
            if machine.passed_ns() > self.patience.look_ns() {
                self.patience.in_vain();
                return Err(Why::InVain);
            }
        }
    }
}

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
        if next != Next::Again {
            return self.run_user(may_run);
        }
        cpu::admit_interrupts();
        if self.node.machine().may_be_due() {
            self.node.machine().found_in(Mode::Kernel);
        }
        self.node.interrupt();
        self.node.next()
    }

    /// Lets user code run, and serves what ends that.
    #[inline]
    fn run_user(&mut self, may_run: impl Fn(Slot) -> bool) -> Next {
        let mut user = UserMode { patience: &mut self.patience, may_run };
        let (slot, why) = match self.node.run(&mut user) {
            Left::Next(next) => return next,
            Left::Otherwise(slot, why) => (slot, why),
        };
        match why {
            Why::Kept => return Next::Run(slot),
            Why::Left(Leave::Interrupt(level)) => {
                interrupt::serve(level);
                if self.node.machine().may_be_due() {
                    let mode = self.interrupted_mode(slot);
                    self.node.machine().found_in(mode);
                }
                self.wake();
            }
            Why::Left(_) => self.serve_exception(slot),
            Why::InVain => self.sleep(),
            Why::Interrupted => {
                self.node.machine().wake();
                self.wake();
            }
        }
        self.node.next()
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

    /// Sleeps until there may be something to do.
    fn sleep(&mut self) {
        if self.node.bus().prepare_to_sleep() == Rest::Sleep {
            cpu::wait_for_interrupt();
        }
        self.node.machine().wake();
        self.wake();
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
