//! A node: the kernel as its board, the simulator or the host's daemon sees it.
//!
//! There are four ways in: a call, a fault of user code, an interrupt, and the question what to
//! run next. Each runs to its end; between them nothing happens.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Ref, RefCell, RefMut};
use core::future::Future;
use core::pin::Pin;

use abi::calls::ARGUMENTS_MAX;
use abi::trace::TraceEvent;

use crate::config::Config;
use crate::delivery::packets::Drained;
use crate::executor::{Cx, Executor, TaskId};
use crate::fast::{Fast, Made};
use crate::platform::{Bus, Identity, Machine, Memory, Platform, Slot};
use crate::state::State;

/// Turns that tasks and pulls get before an incarnation runs, so that none of them starves it.
const TURNS: usize = 64;

/// What the processor does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Run this incarnation, until it makes a call or an interrupt comes.
    Run(Slot),
    /// Nothing: sleep until an interrupt comes.
    Idle,
    /// Nothing that an incarnation could do, but the kernel has more work: ask again after
    /// pending interrupts have been served.
    Again,
}

/// No slot.
pub const NOBODY: Slot = Slot(u16::MAX);

/// Why [`Node::run`] has come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left<Other> {
    /// All calls are served; this is next.
    Next(Next),
    /// Something else than a call has come up, while this slot, or [`NOBODY`], had the processor.
    Otherwise(Slot, Other),
}

/// User code as a board runs it. Each answer may be that something else has come up.
pub trait User<P: Platform> {
    /// What that may be.
    type Other;

    /// Gives the processor to `slot`.
    fn enter(
        &mut self,
        memory: &mut P::Memory,
        machine: &mut P::Machine,
        slot: Slot,
    ) -> Result<(), Self::Other>;

    /// A call as it was made.
    type Call: Made;

    /// Lets who has the processor run until it makes a call.
    fn run(&mut self, machine: &mut P::Machine) -> Result<Self::Call, Self::Other>;

    /// The call that was made last.
    fn made(machine: &P::Machine) -> Self::Call;

    /// Who that is.
    fn identity(machine: &P::Machine) -> &Identity;

    /// Sets what that call returns.
    fn answer(machine: &mut P::Machine, result: i32);

    /// Nobody can run: looks at the rings until there is something in one.
    fn rest(&mut self, bus: &mut P::Bus, machine: &mut P::Machine) -> Result<(), Self::Other>;
}

/// The kernel of one node.
pub struct Node<P: Platform> {
    state: Rc<RefCell<State<P>>>,
    executor: Executor,
}

impl<P: Platform> Node<P> {
    /// Boots the kernel: takes all the memory that it will ever use for itself.
    pub fn new(config: Config, bus: P::Bus, memory: P::Memory, machine: P::Machine) -> Self {
        let state = Rc::new(RefCell::new(State::new(config, bus, memory, machine)));
        let mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
        tasks.push(Box::pin(crate::daemon::daemon(Cx::new(state.clone(), TaskId::DAEMON))));
        tasks.push(Box::pin(crate::loader::loader(Cx::new(state.clone(), TaskId::LOADER))));
        for slot in (0..config.incarnations).map(Slot) {
            let cx = Cx::new(state.clone(), TaskId::ghost(slot));
            tasks.push(Box::pin(crate::ghost::ghost(cx, slot)));
        }
        let mut node = Self { state, executor: Executor::new(tasks) };
        node.boot();
        node
    }

    fn boot(&mut self) {
        let mut state = self.state.borrow_mut();
        let epoch = u32::from(state.bus.epoch().get());
        let pages = state.memory.free_pages();
        state.record(TraceEvent::Boot, &[epoch, pages]);
        state.report();
    }

    /// The incarnation in `slot` makes the call `number`. Its result is set by
    /// [`Machine::set_result`], now or when the call completes.
    pub fn call(&mut self, slot: Slot, number: u32, args: [u32; ARGUMENTS_MAX]) {
        self.state.borrow_mut().call(slot, number, args);
    }

    /// User code of `slot` has faulted with exception `vector`, at `pc`, accessing `address`.
    pub fn fault(&mut self, slot: Slot, vector: u32, pc: u32, address: u32) {
        let mut state = self.state.borrow_mut();
        state.disturb();
        state.trace_fault(slot, vector, pc, address);
        state.faulted(slot, vector, address);
    }

    /// Lets user code run and serves its calls and what comes for it from other nodes, for as
    /// long as all of that goes without tasks.
    #[inline(never)]
    pub fn run<U: User<P>>(&mut self, user: &mut U) -> Left<U::Other> {
        let mut borrowed = self.state.borrow_mut();
        let state = &mut *borrowed;
        let mut running = NOBODY;
        loop {
            let Some(first) = state.sched.first() else {
                running = NOBODY;
                match Self::idle(state, user) {
                    Ok(true) => continue,
                    Ok(false) => break,
                    Err(other) => return Left::Otherwise(NOBODY, other),
                }
            };
            if !state.bus.may_run() {
                if state.drain_first() {
                    continue;
                }
                break;
            }
            if running != first {
                running = first;
                if let Err(other) = user.enter(&mut state.memory, &mut state.machine, first) {
                    return Left::Otherwise(running, other);
                }
            }
            let made = loop {
                let made = match user.run(&mut state.machine) {
                    Ok(made) => made,
                    Err(other) => return Left::Otherwise(running, other),
                };
                // Nothing has changed by a call that only asks who the caller is.
                match U::identity(&state.machine).answer(made.number()) {
                    Some(answer) if !state.trace.is_busy() => {
                        U::answer(&mut state.machine, answer as i32);
                    }
                    _ => break made,
                }
            };
            match state.fast_call(first, made) {
                Fast::Done => U::answer(&mut state.machine, 0),
                Fast::Served => {}
                Fast::No => {
                    // Found again, so that no register keeps it on the fast paths.
                    let made = U::made(&state.machine);
                    if !state.serve_call(first, made) {
                        break;
                    }
                    // Whatever that call has ended or made: it is entered anew.
                    running = NOBODY;
                }
            }
        }
        drop(borrowed);
        Left::Next(self.next())
    }

    /// Nobody can run: rests, and takes what comes then; whether that could be done the short
    /// way. A function of its own, so that the run loop has its registers for calls.
    #[inline(never)]
    fn idle<U: User<P>>(state: &mut State<P>, user: &mut U) -> Result<bool, U::Other> {
        user.rest(&mut state.bus, &mut state.machine)?;
        Ok(state.drain_idle())
    }

    /// A bell was rung, or the alarm has gone off: [`Node::next`] looks what it was about.
    pub fn interrupt(&mut self) {
        self.state.borrow_mut().pass_time();
    }

    /// What to run next. All that the kernel has to do comes first, up to a bound.
    #[expect(clippy::should_implement_trait, reason = "a node is no sequence")]
    pub fn next(&mut self) -> Next {
        let more = self.work();
        let mut state = self.state.borrow_mut();
        state.finish_turn();
        match state.sched.first() {
            Some(slot) => Next::Run(slot),
            None if more => Next::Again,
            None => Next::Idle,
        }
    }

    /// Serves rings, tasks and pulls in turn; whether there is more to do.
    fn work(&mut self) -> bool {
        for _ in 0..TURNS {
            let mut state = self.state.borrow_mut();
            let drained = state.drain();
            state.pull_piece();
            state.resume_next();
            let idle = !state.has_work();
            drop(state);
            if idle && drained == Drained::All {
                return false;
            }
            self.executor.turn(&self.state);
        }
        true
    }

    /// The node's memory, for whoever plays its incarnations.
    pub fn memory(&mut self) -> RefMut<'_, P::Memory> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.memory)
    }

    /// The node's processor.
    pub fn machine(&mut self) -> RefMut<'_, P::Machine> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.machine)
    }

    /// The node's end of the bus.
    pub fn bus(&mut self) -> RefMut<'_, P::Bus> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.bus)
    }

    /// The node's state, to be looked at.
    pub(crate) fn state(&self) -> Ref<'_, State<P>> {
        self.state.borrow_mut().disturb();
        self.state.borrow()
    }

    /// The node's state, to be set up.
    pub(crate) fn state_mut(&mut self) -> RefMut<'_, State<P>> {
        let mut state = self.state.borrow_mut();
        state.disturb();
        state
    }

    /// The time at this node.
    pub fn now(&self) -> crate::platform::Instant {
        self.state.borrow().machine.now()
    }
}
