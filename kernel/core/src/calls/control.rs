//! Control over incarnations and nodes (B.7): requests to ghosts and loaders.

use abi::calls::args::{AnyRef, Ptr, Ref};
use abi::calls::dispatch::Answer;
use abi::constants::{Dependency, EndReason, IncarnationState, inc_rights};
use abi::error::CallError;
use abi::ids::{NodeId, Priority, UserAddr};
use abi::message::{INLINE_DATA, KernelPort, PortType};
use abi::slice::PAGE_BYTES;
use abi::structs::IncState;
use zerocopy::{FromZeros, IntoBytes};

use super::{Caller, waits};
use crate::delivery::reply::Contents;
use crate::exchange::Exchange;
use crate::incarnation::{Condition, Frozen, Incarnation};
use crate::letter::Data;
use crate::loader::loader_of;
use crate::operation::{Action, Answer as Reply, Finish, Operation, OperationData, Request};
use crate::platform::{Bus, Machine, Memory, PeerState, Platform, Slot, UserRange};
use crate::pool::Message;
use crate::quota::{Holder, Share};
use crate::state::State;

/// No room for data of a reply.
pub(super) const NO_ROOM: UserRange = UserRange { base: UserAddr(0), length: 0 };

impl<P: Platform> Caller<'_, P> {
    pub(super) fn destroy(&mut self, child: AnyRef) -> Answer<()> {
        self.control(child, inc_rights::DESTROY, &Request::new(Action::Destroy))
    }

    pub(super) fn freeze(&mut self, child: AnyRef) -> Answer<()> {
        self.control(child, inc_rights::FREEZE, &Request::new(Action::Freeze))
    }

    pub(super) fn unfreeze(&mut self, child: AnyRef, priority: u32) -> Answer<()> {
        let mut request = Request::new(Action::Unfreeze);
        request.a = priority.into();
        let exchange = self.ghost_of(child, inc_rights::FREEZE)?;
        Priority::new(priority).ok_or(CallError::BadArgument)?;
        self.operate_on(exchange, &request, NO_ROOM, Finish::Plain)
    }

    /// Nobody depends on himself.
    pub(super) fn make_dependent(&mut self, child: AnyRef, dependency: i32) -> Answer<()> {
        let exchange = self.ghost_of(child, inc_rights::DEPEND)?;
        Dependency::from_value(dependency).ok_or(CallError::BadArgument)?;
        if exchange.to_id == self.state.caller(self.slot).id.bits() {
            return Err(CallError::BadArgument);
        }
        let mut request = Request::new(Action::Depend);
        request.a = (dependency as u32).into();
        self.operate_on(exchange, &request, NO_ROOM, Finish::Plain)
    }

    pub(super) fn auxiliary_stream(&mut self, child: AnyRef) -> Answer<Ref> {
        let exchange = self.ghost_of(child, inc_rights::INTERRUPT)?;
        if self.state.caller(self.slot).references.room() == 0 {
            return Err(CallError::TableFull);
        }
        self.operate_on(exchange, &Request::new(Action::Auxiliary), NO_ROOM, Finish::Stream)
    }

    pub(super) fn status(&mut self, child: AnyRef, statep: Ptr<IncState>) -> Answer<()> {
        let length = size_of::<IncState>() as u32;
        let exchange = self.ghost_of(child, inc_rights::STATUS)?;
        self.writable(statep.addr, length)?;
        let room = UserRange { base: UserAddr(statep.addr), length };
        self.operate_on(exchange, &Request::new(Action::Status), room, Finish::Status)
    }

    pub(super) fn node_alloc(&mut self, node: u32, rdcid: u32) -> Answer<()> {
        self.manage_node(Action::AllocateNode, (node, rdcid), 0)
    }

    pub(super) fn node_withdraw(&mut self, node: u32, rdcid: u32, kill: i32) -> Answer<()> {
        self.manage_node(Action::WithdrawNode, (node, rdcid), u16::from(kill != 0))
    }

    /// The node of the caller's launch endpoint knows what its RDC may do, and does it.
    fn manage_node(&mut self, action: Action, asked: (u32, u32), kill: u16) -> Answer<()> {
        let Incarnation { id, rdc: own, .. } = *self.state.caller(self.slot);
        if self.state.rdcs.home(own).is_some() {
            self.state.may_change((own, id.bits()), asked)?;
        }
        let (node, rdc) = asked;
        let exchange = self.launch_ghost().map_err(|_| CallError::NoSuchRdc)?;
        let mut request = Request::new(action);
        request.rdc = own.get().into();
        request.id = u64::from(rdc).into();
        request.a = node.into();
        request.b = kill.into();
        self.operate_on(exchange, &request, NO_ROOM, Finish::Plain)
    }

    /// The ghost of a child on whom the caller has a right.
    pub(super) fn ghost_of(&mut self, child: AnyRef, right: u32) -> Result<Exchange, CallError> {
        let references = &self.state.caller(self.slot).references;
        let (_, handle) = references.incarnation(child.0)?;
        if handle.rights & right == 0 {
            return Err(CallError::NoRight);
        }
        Ok(Exchange::request(PortType::Ghost, handle.ghost, handle.id.bits()))
    }

    fn control(&mut self, child: AnyRef, right: u32, request: &Request) -> Answer<()> {
        let exchange = self.ghost_of(child, right)?;
        self.operate_on(exchange, request, NO_ROOM, Finish::Plain)
    }

    /// Makes a request without data, and waits.
    pub(super) fn operate_on<T>(
        &mut self,
        exchange: Exchange,
        request: &Request,
        room: UserRange,
        finish: Finish,
    ) -> Answer<T> {
        let head = request.head();
        let operation = Operation { head, data: OperationData::None, room, finish };
        self.state.request(self.slot, operation, exchange);
        waits()
    }

    /// Makes a request with some data, and waits.
    pub(super) fn operate_with<T>(
        &mut self,
        exchange: Exchange,
        request: &Request,
        data: &[u8],
        finish: Finish,
    ) -> Answer<T> {
        let state = &mut *self.state;
        let room = state.has_room(Holder::Other, true);
        let block = room.then(|| state.pool.take_block()).flatten().ok_or(CallError::Busy)?;
        state.pool.data_mut(block, data.len()).copy_from_slice(data);
        let data = OperationData::Block(block, data.len() as u32);
        let operation = Operation { head: request.head(), data, room: NO_ROOM, finish };
        state.request(self.slot, operation, exchange);
        waits()
    }
}

/// Pages of what a node keeps for an incarnation, with the messages that it holds.
fn pincdata_pages(incarnation: &Incarnation) -> usize {
    let Share { messages, blocks } = incarnation.held;
    let messages = usize::from(messages) * size_of::<Message>();
    let blocks = usize::from(blocks) * INLINE_DATA;
    (incarnation.bytes() + messages + blocks).div_ceil(PAGE_BYTES as usize)
}

/// The loader of a node.
pub(super) fn to_loader(node: NodeId) -> Exchange {
    Exchange::request(PortType::NodeService, loader_of(node), 1)
}

impl<P: Platform> State<P> {
    /// A node of the pool that is up.
    pub(crate) fn node_up(&self, node: u32) -> Result<NodeId, CallError> {
        if node >= u32::from(self.bus.nodes()) {
            return Err(CallError::NoSuchNode);
        }
        let node = NodeId(node as u8);
        match self.bus.peer(node) {
            PeerState::Up(_) => Ok(node),
            PeerState::Down => Err(CallError::NoSuchNode),
        }
    }

    /// Where the auxiliary port of the incarnation in `slot` is.
    pub(crate) fn auxiliary(&mut self, slot: Slot) -> Reply {
        // Its ghost may have to tell others of its end for a while.
        if let Err(gone) = self.is_there(slot) {
            return Reply::new(Err(gone));
        }
        let Some((_, channel)) = self.caller(slot).auxiliary else {
            return Reply::new(Err(CallError::NotAttached));
        };
        let port = self.ports.find(channel.bits(), PortType::Channel);
        let mut answer = Reply::new(Ok(0));
        answer.values[0] = ((channel.bits() >> 32) as u32).into();
        answer.values[1] = (channel.bits() as u32).into();
        answer.values[2] = port.unwrap_or(KernelPort::NONE).0.into();
        answer
    }

    /// The state of the incarnation in `slot`, as the data of a reply.
    pub(crate) fn status_contents(&mut self, slot: Slot) -> Contents {
        let state = self.incarnation_state(slot);
        let room = self.has_room(Holder::Kernel, true);
        let Some(block) = room.then(|| self.pool.take_block()).flatten() else {
            return Contents::of(Reply::new(Err(CallError::Busy)).head());
        };
        let total = size_of::<IncState>() as u32;
        self.pool.data_mut(block, total as usize).copy_from_slice(state.as_bytes());
        Contents { total, data: Data::Block(block), ..Contents::of(Reply::new(Ok(0)).head()) }
    }

    fn incarnation_state(&mut self, slot: Slot) -> IncState {
        let times = self.machine.times(slot);
        let usage = self.memory.usage(slot);
        let now = self.machine.now();
        self.update_load_of(slot, now);
        let mut state = IncState::new_zeroed();
        let Some(incarnation) = self.incarnation(slot) else { return state };
        let shown = match (incarnation.condition, incarnation.frozen) {
            (Condition::Ended(..), _) => IncarnationState::Unreachable,
            (Condition::Faulting(..), _) => IncarnationState::Faulting,
            (Condition::Inchoate | Condition::Loading, _) | (_, Frozen::Yes) => {
                IncarnationState::Frozen
            }
            (Condition::Executing, Frozen::No) => IncarnationState::Executing,
        };
        state.is_state = (shown as u32).into();
        state.is_load = (incarnation.load.value() as u16).into();
        state.is_node = u16::from(self.node.0).into();
        state.is_usertime = ((times.user_us / 1000) as u32).into();
        state.is_systime = ((times.system_us / 1000) as u32).into();
        state.is_realtime = ((now.since_us(incarnation.made) / 1000) as u32).into();
        state.is_ntext = usage.text.into();
        state.is_nheap = usage.heap.into();
        state.is_nstack = usage.stack.into();
        state.is_npinc = pincdata_pages(incarnation).min(255) as u8;
        state.is_nmsgs = incarnation.arrived().min(255) as u8;
        state
    }

    /// A child does not answer: that is its state.
    pub(crate) fn finish_unreachable(&mut self, slot: Slot, at: UserAddr) {
        let shown = (IncarnationState::Unreachable as u32).to_be_bytes();
        let written = self.memory.copy_out(slot, at, &shown);
        self.finish(slot, written.map(|()| 0).map_err(|_| CallError::BadAddress));
    }

    /// User code of `slot` has faulted.
    pub(crate) fn faulted(&mut self, slot: Slot, vector: u32, address: u32) {
        const FAULTING: u32 = 1 << abi::constants::EventType::Faulting as u32;
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        if incarnation.watchers.iter().any(|(_, events)| events & FAULTING != 0) {
            incarnation.condition = Condition::Faulting(vector, address);
            self.sched.remove(slot);
            self.locals[slot.index()].ghost.events |= FAULTING;
            self.tasks.wake_ghost(slot);
        } else {
            self.end(slot, EndReason::Faulted, vector);
        }
    }
}
