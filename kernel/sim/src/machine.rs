//! The processor of a simulated node: contexts that hold only what the next step
//! of a scripted program needs, and a clock that shows virtual time.

use std::cell::RefCell;
use std::rc::Rc;

use abi::ids::UserAddr;
use kernel::platform::{CpuTimes, Identity, Instant, Machine, Slot, Start};

use crate::queue::Micros;

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
}

#[derive(Debug, Clone, Copy, Default)]
struct Context {
    resume: Resume,
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
    /// Takes what `slot` runs next.
    pub fn take_resume(&mut self, slot: Slot) -> Resume {
        std::mem::take(&mut self.context(slot).resume)
    }

    /// Lets `slot` begin although no kernel has started it: a program outside the
    /// kernel, which finds no parameters.
    pub fn begin(&mut self, slot: Slot) {
        self.context(slot).resume = Resume::Return { result: 0 };
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
        self.set_resume(slot, Resume::Start { parameters: start.parameters });
    }

    fn set_result(&mut self, slot: Slot, result: i32) {
        self.set_resume(slot, Resume::Return { result });
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
