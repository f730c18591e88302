//! How the ghost of a place makes the child of an incarnation that forks.

use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::{InterruptPriority, ModuleId, Priority, UserAddr};
use abi::start::StartBlock;
use zerocopy::{FromBytes, IntoBytes};

use super::record::{HandlerRecord, RunRecord, RunsRecord, StateRecord, take};
use crate::delivery::reply::Contents;
use crate::executor::Cx;
use crate::ghost::{GhostReply, ask};
use crate::hosting::{ask_for_part, fetch_part, part_request, register};
use crate::incarnation::{Incarnation, Program};
use crate::interrupts::Handler;
use crate::operation::{Answer, Part, Request};
use crate::platform::{Machine, Memory, MemoryError, Platform, Slot, TextState, UserRange};
use crate::pool::Granted;
use crate::quota::Holder;
use crate::rdc::Image;
use crate::state::State;
use crate::stream::Watcher;

/// Makes the child that message `index` requests, in `slot`.
pub(crate) async fn fork<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let made = make(cx, slot, index).await;
    cx.with(|state| match made {
        Ok(answer) => {
            state.answer_request(index, &Contents::of(answer.head()));
            state.renew_interests(slot);
        }
        Err(error) => state.turn_away(slot, index, error),
    });
}

async fn make<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) -> Result<Answer, CallError> {
    let (request, parent) = cx.with(|state| {
        let message = state.pool.message(index);
        let id = abi::ids::GlobalId::from_bits(message.party.source);
        let parent = id.map(|id| Watcher { id, ghost: message.party.ghost });
        (Request::of(&message.head), parent)
    });
    let parent = parent.ok_or(CallError::BadArgument)?;
    let registered = register(cx, slot, &request, Some(parent)).await?;
    // Its home knows the parent no more only if that has ended.
    let module = Answer::of(&registered.head).result().map_err(|_| CallError::NotAllocated)?;
    let block = cx.with(|state| {
        state.caller(slot).module = ModuleId(module as u16);
        let room = state.has_room(Holder::Kernel, true);
        let block = room.then(|| state.pool.take_block()).flatten();
        state.locals[slot.index()].ghost.inbox = block;
        block
    });
    let copying = Copying { slot, request, parent, block: block.ok_or(CallError::Busy)? };
    let copied = copying.copy(cx).await;
    cx.with(|state| {
        state.locals[slot.index()].ghost.inbox = None;
        state.pool.free_block(copying.block);
    });
    copied
}

/// A child that is being made.
struct Copying {
    slot: Slot,
    request: Request,
    parent: Watcher,
    /// Where the answers of the parent's ghost come.
    block: u16,
}

impl Copying {
    /// Copies what the parent is; the answer to its request.
    async fn copy<P: Platform>(&self, cx: &Cx<P>) -> Result<Answer, CallError> {
        let slot = self.slot;
        let reply = self.ask(cx, Part::State, 0).await?;
        let image = Image::read_from_bytes(&reply.head).expect("an image has 32 bytes");
        let begun = cx.with(|state| state.read_state(self.block, reply.total));
        let (record, mut runs_at) = begun.ok_or(CallError::PeerLost)?;
        cx.until(|state| state.may_furnish(slot, &image).then_some(())).await;
        let program = cx.with(|state| {
            let program = state.make_room(slot, &image, &record)?;
            state.inherit_handlers(slot, self.block, &record).map(|()| program)
        })?;
        if program.map.text_state == TextState::Missing {
            self.copy_text(cx, program.map.text).await?;
        }
        let mut runs = record.runs;
        loop {
            self.copy_runs(cx, runs.count.get(), runs_at).await?;
            if runs.rest.get() == 0 {
                break;
            }
            let reply = self.ask(cx, Part::Memory, runs.rest.get()).await?;
            Answer::of(&reply.head).result()?;
            runs = cx.with(|state| state.read_runs(self.block)).ok_or(CallError::PeerLost)?;
            runs_at = size_of::<RunsRecord>();
        }
        let mut answer = Answer::new(Ok(0));
        self.copy_references(cx, &mut answer).await?;
        cx.with(|state| state.begin_child(slot, &self.request, &program, &record, answer))
    }

    /// Asks the ghost of the parent for a part of it, from `from` on. Its data is in the block.
    async fn ask<P: Platform>(
        &self,
        cx: &Cx<P>,
        part: Part,
        from: u32,
    ) -> Result<GhostReply, CallError> {
        let mut request = part_request(part);
        request.id = self.request.id;
        request.other = u64::from(from).into();
        let reply = ask(cx, self.slot, self.parent.ghost, self.parent.id, &request).await;
        let reply = reply.map_err(|_| CallError::PeerLost)?;
        if reply.total == 0 {
            // Only an error comes without data, or the end of the references.
            Answer::of(&reply.head).result()?;
        }
        Ok(reply)
    }

    async fn copy_text<P: Platform>(&self, cx: &Cx<P>, to: UserRange) -> Result<(), CallError> {
        let slot = self.slot;
        let reply = ask_for_part(cx, slot, self.parent, Part::Text).await;
        let reply = reply.map_err(|_| CallError::PeerLost)?;
        let Some(granted) = reply.granted else {
            return Err(Answer::of(&reply.head).result().err().unwrap_or(CallError::PeerLost));
        };
        let fetched = fetch_part(cx, slot, granted, 0, to).await;
        cx.with(|state| state.finish_reply(slot, &reply));
        fetched
    }

    /// Copies the runs of memory whose records begin at `at` in the block.
    async fn copy_runs<P: Platform>(
        &self,
        cx: &Cx<P>,
        count: u16,
        at: usize,
    ) -> Result<(), CallError> {
        for number in 0..usize::from(count) {
            let at = at + number * size_of::<RunRecord>();
            let run: Option<RunRecord> = cx.with(|state| state.read_record(self.block, at));
            let (range, grant) = run.ok_or(CallError::PeerLost)?.read();
            let granted = Granted { node: self.parent.ghost.node(), grant };
            fetch_part(cx, self.slot, granted, 0, range).await?;
        }
        Ok(())
    }

    async fn copy_references<P: Platform>(
        &self,
        cx: &Cx<P>,
        answer: &mut Answer,
    ) -> Result<(), CallError> {
        let mut from = 0;
        loop {
            let reply = self.ask(cx, Part::References, from).await?;
            let rest = Answer::of(&reply.head).values[0].get();
            cx.with(|state| {
                state.inherit_references(self.slot, (self.block, reply.total), answer)
            })?;
            if rest <= from {
                return Ok(());
            }
            from = rest;
        }
    }
}

impl<P: Platform> State<P> {
    /// The record at `at` in a block.
    fn read_record<T: FromBytes>(&self, block: u16, at: usize) -> Option<T> {
        take(&mut self.pool.data(block, abi::message::INLINE_DATA).get(at..)?)
    }

    /// What the parent's kernel keeps of it, and where the records of its memory begin.
    fn read_state(&self, block: u16, total: u32) -> Option<(StateRecord, usize)> {
        let record: StateRecord = self.read_record(block, 0)?;
        let handlers = usize::from(record.handlers.get()) * size_of::<HandlerRecord>();
        let runs_at = size_of::<StateRecord>() + handlers;
        let runs = usize::from(record.runs.count.get()) * size_of::<RunRecord>();
        (runs_at + runs <= total as usize).then_some((record, runs_at))
    }

    fn read_runs(&self, block: u16) -> Option<RunsRecord> {
        self.read_record(block, 0)
    }

    /// Makes the space of the child in `slot`, like that of its parent, and takes over what that
    /// one's kernel kept.
    fn make_room(
        &mut self,
        slot: Slot,
        image: &Image,
        record: &StateRecord,
    ) -> Result<Program, CallError> {
        self.check_loading(slot)?;
        let made = self.memory.create(slot, &image.space(record.parameters.get()));
        let map = made.map_err(|_: MemoryError| CallError::NoMemory)?;
        let program = Program { image: *image, map };
        let incarnation = self.caller(slot);
        incarnation.program = Some(program);
        let priority = Priority::new(record.priority.get().into());
        incarnation.priority = priority.unwrap_or(Priority::NORMAL);
        let level = InterruptPriority::new(record.level.get().into());
        incarnation.interrupts.priority = level.unwrap_or(InterruptPriority::OPEN);
        let end = UserAddr(record.brk.get());
        self.memory.brk(slot, end).map_err(|_| CallError::NoMemory)?;
        Ok(program)
    }

    /// Gives the child in `slot` the handlers of its parent. None of them is due.
    fn inherit_handlers(
        &mut self,
        slot: Slot,
        block: u16,
        record: &StateRecord,
    ) -> Result<(), CallError> {
        for number in 0..usize::from(record.handlers.get()) {
            let at = size_of::<StateRecord>() + number * size_of::<HandlerRecord>();
            let read: Option<HandlerRecord> = self.read_record(block, at);
            let read = read.ok_or(CallError::PeerLost)?;
            let event = EventType::from_value(i32::from(read.event.get()));
            let priority = InterruptPriority::new(read.priority.get());
            if let (Some(event), Some(priority)) = (event, priority) {
                let handler = Handler { address: UserAddr(read.address.get()), priority };
                self.caller(slot).interrupts.inherit(read.reference.get(), event, handler)?;
            }
        }
        Ok(())
    }

    /// The child in `slot` is complete, and goes on where its parent's call returns; the answer
    /// to the request for it.
    fn begin_child(
        &mut self,
        slot: Slot,
        request: &Request,
        program: &Program,
        record: &StateRecord,
        mut answer: Answer,
    ) -> Result<Answer, CallError> {
        self.check_loading(slot)?;
        self.name_own_ports(slot, record.standard.get(), record.auxiliary.get());
        let incarnation = self.caller(slot);
        incarnation.myself = abi::ids::RefId::from_raw(record.myself.get());
        let Incarnation { interrupts, references, .. } = incarnation;
        interrupts.keep(|index| references.at(index).is_some());
        let node =
            program.map.parameters.base.0 + core::mem::offset_of!(StartBlock, sb_node) as u32;
        let number = zerocopy::big_endian::U32::new(u32::from(self.node.0));
        let written = self.memory.copy_out(slot, UserAddr(node), number.as_bytes());
        written.map_err(|_| CallError::PeerLost)?;
        let made_ms = self.made(slot, request)?;
        let mut registers = record.registers();
        registers.data[0] = 0;
        self.machine.set_registers(slot, &registers);
        answer.values[0] = self.ports.ghost_of(slot).0.into();
        Ok(answer.made_after(made_ms))
    }
}
