//! System calls (appendix B): one short handler for each, by subject.
//!
//! A handler validates everything first and acts then, so that a call that is refused has
//! changed nothing. What it cannot finish at once it leaves with the incarnation, as a value
//! of [`crate::incarnation::Blocked`].

mod comm;
mod control;
mod copy;
mod create;
mod events;
mod fork;
mod interrupts;
mod misc;
mod ports;
mod reconfigure;

use abi::calls::ARGUMENTS_MAX;
use abi::calls::args::{AnyRef, Bytes, Handler, Ptr, Ref, Text, Timeout};
use abi::calls::dispatch::{Answer, Calls, Completion, dispatch};
use abi::error::CallError;
use abi::structs::{EvDesc, IncCreateParams, IncState, Msg, NodeEntry, SelectMessages, TimeBuf};

use copy::Copying;

use crate::exchange::{Exchange, Owner};
use crate::fast::{Fast, Made};
use crate::incarnation::{Blocked, Stalled};
use crate::operation::Operation;
use crate::platform::{Machine, Platform, Slot};
use crate::state::State;

/// An incarnation in a call, and the node that serves it.
pub(crate) struct Caller<'a, P: Platform> {
    pub(crate) state: &'a mut State<P>,
    pub(crate) slot: Slot,
    /// The call, in case that it has to be made anew.
    pub(crate) made: Stalled,
}

/// The answer of a call that is done.
#[expect(clippy::unnecessary_wraps, reason = "it is what a handler returns")]
fn done<T>(value: T) -> Answer<T> {
    Ok(Completion::Done(value))
}

/// The answer of a call whose caller waits.
#[expect(clippy::unnecessary_wraps, reason = "it is what a handler returns")]
fn waits<T>() -> Answer<T> {
    Ok(Completion::Waits)
}

/// The answer of calls that the next extension of the kernel brings.
fn not_yet<T>() -> Answer<T> {
    Err(CallError::NotSupported)
}

impl<P: Platform> State<P> {
    /// The incarnation in `slot` makes the call `number`: the fast way, or else by its
    /// handler.
    pub(crate) fn call(&mut self, slot: Slot, number: u32, args: [u32; ARGUMENTS_MAX]) {
        match self.fast_call(slot, (number, &args)) {
            Fast::Served => {}
            Fast::Done => self.machine.set_result(slot, 0),
            Fast::No => self.handle_call(slot, number, args),
        }
    }

    /// The incarnation in `slot` makes a call, by its handler; false if that has left work for
    /// tasks.
    #[inline(never)]
    pub(crate) fn serve_call(&mut self, slot: Slot, made: impl Made) -> bool {
        let arguments = core::array::from_fn(|index| made.argument(index));
        self.handle_call(slot, made.number(), arguments);
        if self.has_work() {
            return false;
        }
        self.finish_turn();
        true
    }

    /// The incarnation in `slot` makes the call `number`, by its handler.
    pub(crate) fn handle_call(&mut self, slot: Slot, number: u32, args: [u32; ARGUMENTS_MAX]) {
        self.disturb();
        self.caller(slot).call = number;
        self.trace_called(slot, number, &args);
        let code = match self.make_call(slot, Stalled { number, args }) {
            Ok(Completion::Done(value)) => Some(value as i32),
            Ok(Completion::Waits) => None,
            Err(error) => Some(error.code()),
        };
        if let Some(code) = code {
            self.machine.set_result(slot, code);
            self.trace_returned(slot, code);
        } else {
            self.trace_blocked(slot, number);
        }
        self.interrupt(slot);
    }

    fn make_call(&mut self, slot: Slot, made: Stalled) -> Answer<u32> {
        let before = core::mem::replace(&mut self.calling, slot);
        let answer = dispatch(&mut Caller { state: self, slot, made }, made.number, made.args);
        self.calling = before;
        answer
    }

    /// Whether there is something to do after a call, beside what has come by the rings.
    pub(crate) fn has_work(&self) -> bool {
        self.tasks.any() || !self.pulls.is_empty() || !self.resumed.is_empty()
    }

    /// The stream may send that the call of `slot` waits for: it is made anew, but not in the
    /// middle of what somebody else does.
    pub(crate) fn resume_stalled(&mut self, slot: Slot) {
        if !self.resumed.contains(&slot) {
            self.resumed.push_back(slot);
        }
    }

    /// Makes the next call anew that waited for its stream.
    pub(crate) fn resume_next(&mut self) {
        let Some(slot) = self.resumed.pop_front() else { return };
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        let Blocked::Stalled { call, .. } = incarnation.blocked else { return };
        incarnation.blocked = Blocked::No;
        match self.make_call(slot, call) {
            Ok(Completion::Done(value)) => self.finish(slot, Ok(value)),
            Ok(Completion::Waits) => self.interrupt(slot),
            Err(error) => self.finish(slot, Err(error)),
        }
    }

    /// `slot` waits for the answer to a request, to the port and identity in `exchange`.
    pub(crate) fn request(&mut self, slot: Slot, operation: Operation, exchange: Exchange) {
        let incarnation = self.caller(slot);
        incarnation.requests = incarnation.requests.wrapping_add(1);
        let source = incarnation.id.bits();
        let sequence = incarnation.requests;
        self.block(slot, Blocked::Operation(operation));
        self.begin(Owner::Call(slot), exchange.from(source, sequence));
        self.transmit(Owner::Call(slot));
    }
}

impl<P: Platform> Calls for Caller<'_, P> {
    fn inc_nodeList(&mut self, nnodes: u32, nodes_list: Ptr<NodeEntry>) -> Answer<u32> {
        self.node_list(nnodes, nodes_list)
    }

    fn inc_moduleId(&mut self, modname: Ptr<Text>) -> Answer<u32> {
        self.module_id(modname)
    }

    fn inc_create(
        &mut self,
        blueprint: u32,
        node: u32,
        inchan_p: Ptr<u32>,
        stream_p: Ptr<i32>,
        create_params_p: Ptr<IncCreateParams>,
    ) -> Answer<()> {
        self.create(blueprint, node, (inchan_p, stream_p), create_params_p)
    }

    fn inc_fork(
        &mut self,
        node: u32,
        inchan_p: Ptr<u32>,
        nports: u32,
        ports_list: Ptr<i32>,
        streams_list: Ptr<i32>,
    ) -> Answer<u32> {
        self.fork(node, inchan_p, nports, (ports_list, streams_list))
    }

    fn inc_exit(&mut self, status: i32) -> Answer<()> {
        self.exit(status)
    }

    fn inc_invoke(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<u32> {
        self.invoke(stream, msg)
    }

    fn inc_asinvoke(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<()> {
        self.asinvoke(stream, msg)
    }

    fn inc_send(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<()> {
        self.send(stream, msg)
    }

    fn inc_dgram(&mut self, stream: Ref, msg: Ptr<Msg>) -> Answer<()> {
        self.dgram(stream, msg)
    }

    fn inc_receive(
        &mut self,
        port: Ref,
        msg: Ptr<Msg>,
        block_invoker: i32,
        selector: Ref,
        timeout: Timeout,
    ) -> Answer<u32> {
        self.receive(port, msg, block_invoker, selector, timeout)
    }

    fn inc_reply(&mut self, reply_handle: Ref, msg: Ptr<Msg>) -> Answer<()> {
        self.reply(reply_handle, msg)
    }

    fn inc_forward(&mut self, stream: Ref, reply_handle: Ref, msg: Ptr<Msg>) -> Answer<()> {
        self.forward(stream, reply_handle, msg)
    }

    fn inc_copyto(
        &mut self,
        handle: Ref,
        offset: u32,
        data: Ptr<Bytes>,
        nbytes: u32,
    ) -> Answer<()> {
        self.copy_to(Copying { handle, offset, data, nbytes })
    }

    fn inc_copyfrom(
        &mut self,
        handle: Ref,
        offset: u32,
        data: Ptr<Bytes>,
        nbytes: u32,
    ) -> Answer<()> {
        self.copy_from(Copying { handle, offset, data, nbytes })
    }

    fn inc_testPort(
        &mut self,
        port: Ref,
        nheader: u32,
        header_array: Ptr<Bytes>,
        nselect: u32,
        select_array: Ptr<SelectMessages>,
    ) -> Answer<u32> {
        self.test_port(port, (nheader, header_array), (nselect, select_array))
    }

    fn inc_setBufferLimit(&mut self, stream: Ref, limit: i32) -> Answer<()> {
        self.set_buffer_limit(stream, limit)
    }

    fn inc_chanCreate(
        &mut self,
        chantype: u32,
        stream_p: Ptr<i32>,
        port_p: Ptr<i32>,
    ) -> Answer<()> {
        self.channel_create(chantype, stream_p, port_p)
    }

    fn inc_portCreate(&mut self, stream: Ref) -> Answer<Ref> {
        self.port_create(stream)
    }

    fn inc_hanCreate(&mut self, stream_or_port: Ref) -> Answer<Ref> {
        self.handle_create(stream_or_port)
    }

    fn inc_backupCreate(&mut self, stream: Ref) -> Answer<Ref> {
        self.backup_create(stream)
    }

    fn inc_close(&mut self, reference: AnyRef) -> Answer<()> {
        self.close(reference)
    }

    fn inc_testReference(&mut self, reference: AnyRef) -> Answer<u32> {
        self.test_reference(reference)
    }

    fn inc_rebindStream(&mut self, stream_handle: Ref, stream: Ref, port: Ref) -> Answer<()> {
        self.rebind_stream(stream_handle, stream, port)
    }

    fn inc_attachPort(
        &mut self,
        newport: Ref,
        oldport: Ref,
        stream: Ref,
        move_q: i32,
    ) -> Answer<()> {
        self.attach_port(newport, oldport, stream, move_q)
    }

    fn inc_freezeStream(&mut self, stream_handle: Ref) -> Answer<()> {
        self.freeze_stream(stream_handle)
    }

    fn inc_unfreezeStream(&mut self, stream_handle: Ref) -> Answer<()> {
        self.unfreeze_stream(stream_handle)
    }

    fn inc_makeDependent(&mut self, child: AnyRef, dependency: i32) -> Answer<()> {
        self.make_dependent(child, dependency)
    }

    fn inc_status(&mut self, child: AnyRef, statep: Ptr<IncState>) -> Answer<()> {
        self.status(child, statep)
    }

    fn inc_nodeAlloc(&mut self, node: u32, rdcid: u32) -> Answer<()> {
        self.node_alloc(node, rdcid)
    }

    fn inc_nodeWithdraw(&mut self, node: u32, rdcid: u32, kill: i32) -> Answer<()> {
        self.node_withdraw(node, rdcid, kill)
    }

    fn inc_destroy(&mut self, child: AnyRef) -> Answer<()> {
        self.destroy(child)
    }

    fn inc_freeze(&mut self, child: AnyRef) -> Answer<()> {
        self.freeze(child)
    }

    fn inc_unfreeze(&mut self, child: AnyRef, priority: u32) -> Answer<()> {
        self.unfreeze(child, priority)
    }

    fn inc_migrate(&mut self, _: AnyRef, _: u32) -> Answer<()> {
        not_yet()
    }

    fn inc_auxStream(&mut self, child: AnyRef) -> Answer<Ref> {
        self.auxiliary_stream(child)
    }

    fn inc_self(&mut self) -> Answer<AnyRef> {
        self.myself()
    }

    fn inc_where(&mut self) -> Answer<u32> {
        done(u32::from(self.state.node.0))
    }

    fn inc_rdcId(&mut self) -> Answer<u32> {
        done(self.state.caller(self.slot).rdc.get())
    }

    fn inc_eventWait(&mut self, nevents: u32, list: Ptr<EvDesc>, timeout: Timeout) -> Answer<u32> {
        self.event_wait(nevents, list, timeout)
    }

    fn inc_setPortHandler(&mut self, port: Ref, handler: Handler, priority: u32) -> Answer<()> {
        self.set_port_handler(port, handler, priority)
    }

    fn inc_setStreamHandler(
        &mut self,
        stream_handle: Ref,
        handler: Handler,
        priority: u32,
    ) -> Answer<()> {
        self.set_stream_handler(stream_handle, handler, priority)
    }

    fn inc_setIncHandler(
        &mut self,
        child: AnyRef,
        set_interest: i32,
        event_type: u32,
        handler: Handler,
        priority: u32,
    ) -> Answer<()> {
        self.set_inc_handler(child, set_interest, event_type, handler, priority)
    }

    fn inc_setInterruptPriority(&mut self, priority: u32) -> Answer<u32> {
        self.set_interrupt_priority(priority)
    }

    fn inc_pause(&mut self) -> Answer<()> {
        self.pause()
    }

    fn inc_interruptReturn(&mut self) -> Answer<()> {
        self.interrupt_return()
    }

    fn inc_rdcExit(&mut self, status: i32) -> Answer<()> {
        self.rdc_exit(status)
    }

    fn inc_brk(&mut self, new: Ptr<Bytes>) -> Answer<u32> {
        self.brk(new)
    }

    fn inc_sleep(&mut self, nmillisecs: u32) -> Answer<()> {
        self.sleep(nmillisecs)
    }

    fn inc_time(&mut self, time_buf: Ptr<TimeBuf>) -> Answer<()> {
        self.time(time_buf)
    }
}
