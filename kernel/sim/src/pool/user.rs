//! User code: programs run between system calls, one step at a time.

use abi::calls::Call;
use abi::ids::{NodeId, UserAddr};
use abi::interrupt::InterruptFrame;
use kernel::Next;
use kernel::platform::Slot;

use super::{Event, Pool};
use crate::machine::{INTERRUPT, Resume};
use crate::oracle::{OpenCall, Violation};
use crate::plant::Defect;
use crate::pool::site::Scheduled;
use crate::program::desk::{ANCHOR, Anchor, Desk};
use crate::program::{Entry, Frame, Request, Trap, World};
use crate::queue::Micros;

/// The exception vector of an access fault.
const ACCESS_FAULT: u32 = 2;

/// Time that a step in user code and its system call take, in µs.
const CALL_US: Micros = 20;

impl Pool {
    /// Has the kernel of `node` do what is due, and one incarnation make its next
    /// system call.
    pub(super) fn step_node(&mut self, node: NodeId) -> Result<(), Violation> {
        let now_us = self.queue.now_us();
        let Some(board) = &mut self.sites[node.index()].board else { return Ok(()) };
        board.step = Scheduled::No;
        board.processor.borrow_mut().now_us = now_us - board.booted_us;
        board.kernel.interrupt();
        self.digest.add(&[now_us, u64::from(node.0)]);
        let mut next = self.leave_kernel(node)?;
        if let Next::Run(slot) = next {
            self.run_user(node, slot)?;
            next = self.leave_kernel(node)?;
        }
        match next {
            Next::Run(_) => {
                self.schedule(node, now_us + CALL_US * self.sites[node.index()].slowness);
            }
            Next::Again => self.wake(node),
            Next::Idle => {}
        }
        self.arm(node);
        Ok(())
    }

    /// Has the kernel of `node` finish its work and say what to run.
    fn leave_kernel(&mut self, node: NodeId) -> Result<Next, Violation> {
        let board = self.sites[node.index()].board.as_mut().expect("a node with power");
        let next = board.kernel.next();
        self.clear_departed(node)?;
        Ok(next)
    }

    /// Runs the program in `slot` up to its next system call, and that call.
    fn run_user(&mut self, node: NodeId, slot: Slot) -> Result<(), Violation> {
        let board = self.sites[node.index()].board.as_mut().expect("a node with power");
        let resume = board.processor.borrow_mut().take_resume(slot);
        let entry = match resume {
            Resume::Nothing => {
                let what = format!("runs slot {} although its call has not returned", slot.0);
                return Err(Violation::Kernel { node, what });
            }
            Resume::Astray => {
                let what = format!("lets slot {} run where there is no code", slot.0);
                return Err(Violation::Kernel { node, what });
            }
            Resume::Interrupt { frame } => Entry::Interrupted(self.frames(node, slot, frame)?),
            Resume::Start { parameters } => {
                self.start(node, slot, parameters)?;
                Entry::Returned(0)
            }
            Resume::Return { result } => Entry::Returned(result),
        };
        let request = self.step_program(node, slot, &entry)?;
        let board = self.sites[node.index()].board.as_mut().expect("a node with power");
        board.processor.borrow_mut().spend(slot, CALL_US / 2, CALL_US / 2);
        let returns = request.call == Call::InterruptReturn;
        if returns && self.defect.as_mut().is_some_and(Defect::calls_again) {
            board.processor.borrow_mut().call_again(slot);
            return Ok(());
        }
        match request.trap {
            Trap::Call => board.kernel.call(slot, request.call as u32, request.registers),
            Trap::Fault => board.kernel.fault(slot, ACCESS_FAULT, 0, 0),
        }
        Ok(())
    }

    /// The frames of handlers that have not begun, the outermost first: that of the innermost
    /// lies at `frame`.
    fn frames(&self, node: NodeId, slot: Slot, frame: UserAddr) -> Result<Vec<Frame>, Violation> {
        let board = self.sites[node.index()].board.as_ref().expect("a node with power");
        let memory = board.memory.borrow();
        let mut frames = Vec::new();
        let mut address = frame.0;
        while let Some(content) = memory.read::<InterruptFrame>(slot, address) {
            frames.insert(0, Frame { address, content });
            if content.if_pc.get() != INTERRUPT {
                return Ok(frames);
            }
            let below = content.if_address[7].get();
            if below <= address {
                break;
            }
            address = below;
        }
        let what = format!("interrupts slot {} and leaves no frame at {address:#x}", slot.0);
        Err(Violation::Kernel { node, what })
    }

    fn step_program(
        &mut self,
        node: NodeId,
        slot: Slot,
        entry: &Entry,
    ) -> Result<Request, Violation> {
        let now_us = self.queue.now_us();
        let board = self.sites[node.index()].board.as_ref().expect("a node with power");
        let region = board.memory.borrow().data(slot);
        let lost = |what: &str| Violation::Kernel { node, what: what.to_owned() };
        let region = region.ok_or_else(|| lost("runs a slot that has no space"))?;
        let mut bytes = region.borrow_mut();
        let mut desk = Desk::new(&mut bytes);
        let mut anchor: Anchor = desk.read(ANCHOR);
        let uid = board.resident(slot).ok_or_else(|| lost("runs a slot that never started"))?;
        if anchor.uid_and_one != uid.0 + 1 {
            return Err(lost("runs an incarnation on the memory of another"));
        }
        anchor.steps += 1;
        desk.write(ANCHOR, &anchor);
        let Some(program) = &mut self.programs[uid.0 as usize] else {
            return Err(lost("runs an incarnation that has ended"));
        };
        self.oracle.register.leaves(uid);
        let mut world = World {
            oracle: &mut self.oracle,
            phase: self.phase,
            now_us,
            nodes: self.sites.len() as u8,
        };
        let request = program.step(entry, &mut desk, &mut world)?;
        self.digest.add(&[u64::from(uid.0), entry.digest(), request.call as u64]);
        let call =
            OpenCall { name: request.call.name(), since_us: now_us, bound_us: request.bound_us };
        self.oracle.register.enters(uid, call, request.invocation);
        drop(bytes);
        let (node, name) = (node.0, call.name);
        self.note(format_args!(
            "  {node}: {uid} got {entry}, calls {name} {:x?} {:?}",
            request.registers, request.message,
        ));
        Ok(request)
    }

    /// Notes the ends of incarnations whose spaces are gone.
    fn clear_departed(&mut self, node: NodeId) -> Result<(), Violation> {
        let now_us = self.queue.now_us();
        let board = self.sites[node.index()].board.as_mut().expect("a node with power");
        board.memory.borrow_mut().take_departed(&mut self.departed);
        for slot in self.departed.drain(..) {
            let resident = board.residents.get_mut(slot.index()).and_then(Option::take);
            if let Some(uid) = resident {
                self.programs[uid.0 as usize] = None;
                self.oracle.departed(uid, node, now_us)?;
            }
        }
        Ok(())
    }

    /// Has `node` step as soon as it can.
    pub(super) fn wake(&mut self, node: NodeId) {
        self.schedule(node, self.queue.now_us() + 1);
    }

    fn schedule(&mut self, node: NodeId, at_us: Micros) {
        let site = &mut self.sites[node.index()];
        let Some(board) = &mut site.board else { return };
        if board.step == Scheduled::No {
            board.step = Scheduled::Yes;
            self.queue.push(at_us, Event::Step { node, epoch: site.epoch });
        }
    }

    /// Puts the alarm that the kernel has set into the event queue. Alarms that are
    /// put off stay there and find out when they ring.
    fn arm(&mut self, node: NodeId) {
        let site = &mut self.sites[node.index()];
        let Some(board) = &mut site.board else { return };
        let Some(alarm_us) = board.processor.borrow().alarm_us else { return };
        let at_us = board.booted_us + alarm_us;
        if board.alarm_us.is_none_or(|first_us| at_us < first_us) {
            board.alarm_us = Some(at_us);
            self.queue.push(at_us, Event::Alarm { node, epoch: site.epoch });
        }
    }

    /// An alarm rings, or was put off meanwhile.
    pub(super) fn ring(&mut self, node: NodeId) {
        let now_us = self.queue.now_us();
        let Some(board) = &mut self.sites[node.index()].board else { return };
        if board.alarm_us.is_some_and(|first_us| first_us <= now_us) {
            board.alarm_us = None;
        }
        let wanted_us = board.processor.borrow().alarm_us;
        let due = wanted_us.is_some_and(|alarm_us| board.booted_us + alarm_us <= now_us);
        if due {
            self.wake(node);
        } else {
            self.arm(node);
        }
    }
}
