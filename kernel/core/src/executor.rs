//! The kernel's tasks: ghosts, loader and time daemon, as `async` functions (§8.2, §8.3).
//!
//! They take turns on the kernel's one stack. A task reaches the node through [`Cx::with`],
//! whose borrow cannot be held across an `.await`, and waits by [`Cx::until`]: it is polled
//! again whenever it was woken, and looks for itself. All tasks are made at boot.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::platform::{Platform, Slot};
use crate::state::State;

/// Names a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskId(u16);

impl TaskId {
    /// The time daemon.
    pub const DAEMON: Self = Self(0);
    /// The loader.
    pub const LOADER: Self = Self(1);

    /// The ghost of `slot`.
    pub fn ghost(slot: Slot) -> Self {
        Self(slot.0 + 2)
    }
}

/// The tasks that have something to look at.
#[derive(Debug)]
pub struct Ready {
    bits: Vec<u32>,
    count: u16,
}

impl Ready {
    /// No task is ready; there is one for each of `slots`, and the two others.
    pub fn new(slots: u16) -> Self {
        Self { bits: vec![0; (usize::from(slots) + 2).div_ceil(32)], count: 0 }
    }

    /// `task` has something to look at.
    pub fn wake(&mut self, task: TaskId) {
        let (word, bit) = (usize::from(task.0) / 32, 1 << (task.0 % 32));
        if self.bits[word] & bit == 0 {
            self.bits[word] |= bit;
            self.count += 1;
        }
    }

    /// Wakes the ghost of `slot`.
    pub fn wake_ghost(&mut self, slot: Slot) {
        self.wake(TaskId::ghost(slot));
    }

    /// Wakes the loader.
    pub fn wake_loader(&mut self) {
        self.wake(TaskId::LOADER);
    }

    /// Whether any task is ready.
    #[inline]
    pub fn any(&self) -> bool {
        self.count > 0
    }

    /// Takes a task that is ready.
    fn take(&mut self) -> Option<TaskId> {
        let word = self.bits.iter().position(|bits| *bits != 0)?;
        let bit = self.bits[word].trailing_zeros();
        self.bits[word] &= !(1 << bit);
        self.count -= 1;
        Some(TaskId((word * 32) as u16 + bit as u16))
    }
}

/// What a task has of the node.
pub struct Cx<P: Platform> {
    state: Rc<RefCell<State<P>>>,
    task: TaskId,
}

impl<P: Platform> Cx<P> {
    /// The node as `task` sees it.
    pub(crate) fn new(state: Rc<RefCell<State<P>>>, task: TaskId) -> Self {
        Self { state, task }
    }

    /// Does something to the node.
    pub(crate) fn with<R>(&self, action: impl FnOnce(&mut State<P>) -> R) -> R {
        action(&mut self.state.borrow_mut())
    }

    /// Waits until `condition` gives something.
    pub(crate) fn until<T>(
        &self,
        mut condition: impl FnMut(&mut State<P>) -> Option<T>,
    ) -> impl Future<Output = T> {
        poll_fn(move |_| match condition(&mut self.state.borrow_mut()) {
            Some(value) => Poll::Ready(value),
            None => Poll::Pending,
        })
    }

    /// Waits for `ticks`. The task must be one that is woken at each tick.
    pub(crate) async fn sleep(&self, ticks: u32) {
        let due = self.with(|state| state.ticker.now.after(ticks));
        self.until(|state| state.ticker.now.has_reached(due).then_some(())).await;
    }

    /// Lets the kernel's other work have its turn.
    pub(crate) fn pause(&self) -> impl Future<Output = ()> {
        let mut paused = false;
        poll_fn(move |_| {
            if paused {
                return Poll::Ready(());
            }
            paused = true;
            self.with(|state| state.tasks.wake(self.task));
            Poll::Pending
        })
    }
}

/// All tasks of a node, by their ids.
pub(crate) struct Executor {
    tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Executor {
    /// The tasks, in the order of their ids. None of them ever ends.
    pub(crate) fn new(tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>) -> Self {
        Self { tasks }
    }

    /// Gives one ready task its turn; `false` if there is none.
    pub(crate) fn turn<P: Platform>(&mut self, state: &RefCell<State<P>>) -> bool {
        let Some(task) = state.borrow_mut().tasks.take() else { return false };
        state.borrow_mut().disturb();
        // Tasks are woken by the node's own list of them.
        let mut context = Context::from_waker(Waker::noop());
        let _ = self.tasks[usize::from(task.0)].as_mut().poll(&mut context);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_tasks_are_taken_once() {
        let mut ready = Ready::new(40);
        ready.wake_ghost(Slot(39));
        ready.wake_loader();
        ready.wake_loader();
        assert_eq!(ready.take(), Some(TaskId::LOADER));
        assert_eq!(ready.take(), Some(TaskId::ghost(Slot(39))));
        assert!(!ready.any());
        assert_eq!(ready.take(), None);
    }
}
