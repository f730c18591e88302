//! The processor of a simulated node: contexts that hold only what the next step
//! of a scripted program needs, and a clock that shows virtual time.

use std::cell::RefCell;
use std::rc::Rc;

use abi::ids::UserAddr;
use abi::interrupt::ENTRY_OFFSET;
use kernel::platform::{CpuTimes, Identity, Instant, Machine, Registers, Slot, Start};

use crate::memory::TEXT_BASE;
use crate::queue::Micros;

/// Where a module takes software interrupts, as the program counter shows it.
pub const INTERRUPT: u32 = TEXT_BASE + ENTRY_OFFSET;

/// Where a module begins, and the code behind all of its calls.
const START: u32 = TEXT_BASE;
const RETURN: u32 = TEXT_BASE + 0x100;

/// The processor as the kernel sees it.
pub struct SimMachine(Rc<RefCell<Processor>>);

/// The processor as the simulator sees it.
#[derive(Debug, Default)]
pub struct Processor {
    /// Time since this node was started.
    pub now_us: Micros,
    /// When the kernel wants to be interrupted.
    pub alarm_us: Option<Micros>,
    busy_us: Micros,
    contexts: Vec<Context>,
}

/// What a context runs next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Resume {
    /// nothing: it is not in use, or waits for a system call to end
    #[default]
    Nothing,
    /// the first function of its module
    Start {
        /// address of the block of start parameters
        parameters: UserAddr,
    },
    /// the code behind a system call
    Return {
        /// what the call returned
        result: i32,
    },
    /// the stub that calls the handlers of its module
    Interrupt {
        /// address of the frame that says which
        frame: UserAddr,
    },
    /// something that is no instruction of its module
    Astray,
}

impl Resume {
    /// What the registers would be of a processor that is about to run this.
    fn registers(self, stack: u32) -> Registers {
        let mut registers = Registers::default().at(RETURN, stack);
        match self {
            Resume::Nothing => {}
            Resume::Start { parameters } => {
                (registers.pc, registers.data[1]) = (START, parameters.0);
            }
            Resume::Return { result } => registers.data[0] = result as u32,
            Resume::Interrupt { frame } => registers = registers.at(INTERRUPT, frame.0),
            Resume::Astray => registers.pc = 0,
        }
        registers
    }

    /// What a processor with these registers is about to run.
    fn of(registers: &Registers) -> Resume {
        match registers.pc {
            START => Resume::Start { parameters: UserAddr(registers.data[1]) },
            RETURN => Resume::Return { result: registers.data[0] as i32 },
            INTERRUPT => Resume::Interrupt { frame: UserAddr(registers.sp()) },
            _ => Resume::Astray,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Context {
    resume: Resume,
    /// the stack pointer, 0 in a context that is not in use
    stack: u32,
    times: CpuTimes,
}

impl SimMachine {
    /// The processor of one node for its kernel.
    pub fn new(processor: Rc<RefCell<Processor>>) -> SimMachine {
        SimMachine(processor)
    }

    fn set_resume(&mut self, slot: Slot, resume: Resume) {
        self.0.borrow_mut().context(slot).resume = resume;
    }
}

impl Processor {
    /// What `slot` runs next.
    pub fn resume(&self, slot: Slot) -> Resume {
        self.contexts.get(slot.index()).map(|context| context.resume).unwrap_or_default()
    }

    /// Takes what `slot` runs next.
    pub fn take_resume(&mut self, slot: Slot) -> Resume {
        std::mem::take(&mut self.context(slot).resume)
    }

    /// Lets `slot` begin although no kernel has started it: a program outside the
    /// kernel, which finds no parameters.
    pub fn begin(&mut self, slot: Slot) {
        self.context(slot).resume = Resume::Return { result: 0 };
    }

    /// Has `slot` call the handler again whose frame it has on its stack.
    pub fn call_again(&mut self, slot: Slot) {
        let context = self.context(slot);
        context.resume = Resume::Interrupt { frame: UserAddr(context.stack) };
    }

    /// Books processor time of `slot`.
    pub fn spend(&mut self, slot: Slot, user_us: Micros, system_us: Micros) {
        let times = &mut self.context(slot).times;
        times.user_us += user_us;
        times.system_us += system_us;
        self.busy_us += user_us + system_us;
    }

    fn context(&mut self, slot: Slot) -> &mut Context {
        if self.contexts.len() <= slot.index() {
            self.contexts.resize(slot.index() + 1, Context::default());
        }
        &mut self.contexts[slot.index()]
    }
}

impl Machine for SimMachine {
    fn now(&self) -> Instant {
        Instant(self.0.borrow().now_us)
    }

    fn set_alarm(&mut self, at: Option<Instant>) {
        self.0.borrow_mut().alarm_us = at.map(|at| at.0);
    }

    fn start(&mut self, slot: Slot, start: &Start, _: Identity) {
        self.0.borrow_mut().context(slot).stack = start.stack.0;
        self.set_resume(slot, Resume::Start { parameters: start.parameters });
    }

    fn set_result(&mut self, slot: Slot, result: i32) {
        let before = self.0.borrow_mut().take_resume(slot);
        assert_eq!(before, Resume::Nothing, "{slot:?} gets a result, and is in no call");
        self.set_resume(slot, Resume::Return { result });
    }

    fn registers(&self, slot: Slot) -> Option<Registers> {
        let processor = self.0.borrow();
        let context = processor.contexts.get(slot.index()).filter(|context| context.stack != 0)?;
        Some(context.resume.registers(context.stack))
    }

    fn set_registers(&mut self, slot: Slot, registers: &Registers) {
        self.0.borrow_mut().context(slot).stack = registers.sp();
        self.set_resume(slot, Resume::of(registers));
    }

    fn release(&mut self, slot: Slot) {
        *self.0.borrow_mut().context(slot) = Context::default();
    }

    fn times(&self, slot: Slot) -> CpuTimes {
        self.0.borrow().contexts.get(slot.index()).map(|context| context.times).unwrap_or_default()
    }

    fn busy_us(&self) -> u64 {
        self.0.borrow().busy_us
    }
}
