//! Creation of incarnations (B.2), and what a caller may ask about its RDC.

use abi::calls::args::{Ptr, Text};
use abi::calls::dispatch::Answer;
use abi::constants::{InitialState, LABEL_MAX, inc_rights};
use abi::error::CallError;
use abi::ids::{ModuleId, UserAddr};
use abi::message::{INLINE_DATA, PortType};
use abi::structs::{IncCreateParams, IncInterface, IncParams, NodeEntry};
use zerocopy::{FromZeros, IntoBytes};

use super::control::{NO_ROOM, to_loader};
use super::{Caller, waits};
use crate::exchange::Exchange;
use crate::operation::{Action, Blueprint, Finish, Operation, OperationData, Request};
use crate::platform::{Access, Memory, Platform, UserRange};
use crate::quota::Holder;

/// What an incarnation is to be made from.
enum Chosen {
    /// The module with this number.
    Module(u32),
    /// The INCHOATE incarnation whose handle has this index.
    Incarnation(u16),
}

impl<P: Platform> Caller<'_, P> {
    pub(super) fn create(
        &mut self,
        blueprint: u32,
        node: u32,
        results: (Ptr<u32>, Ptr<i32>),
        create_params_p: Ptr<IncCreateParams>,
    ) -> Answer<()> {
        let (handle, stream) = (UserAddr(results.0.addr), UserAddr(results.1.addr));
        let blueprint = self.blueprint(blueprint)?;
        self.writable(handle.0, 4)?;
        self.writable(stream.0, 4)?;
        let params = self.read_params(create_params_p)?;
        let state = InitialState::from_value(params.ic_state.get() as i32);
        let state = state.ok_or(CallError::BadArgument)?;
        let node = self.state.node_up(node)?;
        if self.state.caller(self.slot).references.room() < 2 {
            return Err(CallError::TableFull);
        }
        let (block, total) = self.copy_params(&params.ic_params)?;
        let (id, channel) = (self.state.new_id(), self.state.new_id());
        let mut request = Request::new(Action::Host);
        request.rdc = self.state.caller(self.slot).rdc.get().into();
        request.id = id.bits().into();
        request.other = channel.bits().into();
        request.b = (state as u16).into();
        let data = match blueprint {
            Chosen::Module(module) => {
                request.a = module.into();
                OperationData::Block(block, total)
            }
            Chosen::Incarnation(handle) => {
                request.c = (Blueprint::Incarnation as u16).into();
                OperationData::Described(block, total, handle)
            }
        };
        let finish = Finish::Create { handle, stream, id: id.bits(), channel: channel.bits() };
        let operation = Operation { head: request.head(), data, room: NO_ROOM, finish };
        self.state.request(self.slot, operation, to_loader(node));
        waits()
    }

    /// What a blueprint means.
    fn blueprint(&mut self, blueprint: u32) -> Result<Chosen, CallError> {
        if let Ok(module) = u16::try_from(blueprint) {
            let is_the_systems = ModuleId(module) == ModuleId::STREAM_SPACE;
            if is_the_systems && !self.is_launch_endpoint() {
                return Err(CallError::NoSuchModule);
            }
            return Ok(Chosen::Module(module.into()));
        }
        let references = &self.state.caller(self.slot).references;
        let (index, handle) = references.incarnation(blueprint)?;
        if handle.rights & inc_rights::COPY == 0 {
            return Err(CallError::NoRight);
        }
        Ok(Chosen::Incarnation(index))
    }

    fn is_launch_endpoint(&self) -> bool {
        let caller = self.state.incarnation(self.slot);
        caller.is_some_and(|caller| self.state.rdcs.is_launch(caller))
    }

    fn read_params(&mut self, at: Ptr<IncCreateParams>) -> Result<IncCreateParams, CallError> {
        let mut params = IncCreateParams::new_zeroed();
        let state = &mut *self.state;
        let read = state.memory.copy_in(self.slot, UserAddr(at.addr), params.as_mut_bytes());
        read.map_err(|_| CallError::BadAddress)?;
        Ok(params)
    }

    /// Copies the parameters of a child into a block: the structure, data arguments, and
    /// interfaces. Answers the block, and how many bytes they are.
    fn copy_params(&mut self, params: &IncParams) -> Result<(u16, u32), CallError> {
        let size = u32::try_from(params.ip_datasize.get()).map_err(|_| CallError::BadLength)?;
        let ifaces = u32::from(params.ip_nifaces) * size_of::<IncInterface>() as u32;
        let head = size_of::<IncParams>() as u32;
        let total = head.checked_add(ifaces).and_then(|sum| sum.checked_add(size));
        let total = total.filter(|total| *total as usize <= INLINE_DATA);
        let total = total.ok_or(CallError::BadLength)?;
        let slot = self.slot;
        let data_at = UserRange { base: UserAddr(params.ip_dataargs.get()), length: size };
        let ifaces_at = UserRange { base: UserAddr(params.ip_ifaces.get()), length: ifaces };
        self.state.check(slot, data_at, Access::Read)?;
        self.state.check(slot, ifaces_at, Access::Read)?;
        let state = &mut *self.state;
        let room = state.has_room(Holder::Other, true);
        let block = room.then(|| state.pool.take_block()).flatten().ok_or(CallError::Busy)?;
        let bytes = state.pool.data_mut(block, total as usize);
        let (structure, rest) = bytes.split_at_mut(head as usize);
        let (data, interfaces) = rest.split_at_mut(size as usize);
        structure.copy_from_slice(params.as_bytes());
        let copied = state.memory.copy_in(slot, data_at.base, data);
        let copied = copied.and_then(|()| state.memory.copy_in(slot, ifaces_at.base, interfaces));
        if copied.is_err() {
            state.pool.free_block(block);
            return Err(CallError::BadAddress);
        }
        Ok((block, total))
    }

    pub(super) fn module_id(&mut self, modname: Ptr<Text>) -> Answer<u32> {
        let length = self.name_length(modname.addr)?;
        let exchange = self.launch_ghost()?;
        let mut request = Request::new(Action::FindModule);
        request.rdc = self.state.caller(self.slot).rdc.get().into();
        let data = OperationData::User(UserRange { base: UserAddr(modname.addr), length });
        let head = request.head();
        let operation = Operation { head, data, room: NO_ROOM, finish: Finish::Plain };
        self.state.request(self.slot, operation, exchange);
        waits()
    }

    /// The length of a null-terminated name of at most [`LABEL_MAX`] bytes.
    fn name_length(&mut self, at: u32) -> Result<u32, CallError> {
        for length in 0..=LABEL_MAX as u32 {
            let address = at.checked_add(length).ok_or(CallError::BadAddress)?;
            let mut byte = [0];
            let state = &mut *self.state;
            let read = state.memory.copy_in(self.slot, UserAddr(address), &mut byte);
            read.map_err(|_| CallError::BadAddress)?;
            if byte[0] == 0 {
                return Ok(length);
            }
        }
        Err(CallError::LabelTooLong)
    }

    pub(super) fn node_list(&mut self, nnodes: u32, nodes_list: Ptr<NodeEntry>) -> Answer<u32> {
        let size = size_of::<NodeEntry>() as u32;
        let length = nnodes.checked_mul(size).ok_or(CallError::BadLength)?;
        self.room(nodes_list.addr, length)?;
        let exchange = self.launch_ghost().map_err(|_| CallError::BadAddress)?;
        let mut request = Request::new(Action::Nodes);
        request.rdc = self.state.caller(self.slot).rdc.get().into();
        let room = UserRange { base: UserAddr(nodes_list.addr), length };
        self.operate_on(exchange, &request, room, Finish::Nodes)
    }

    /// The ghost of the launch endpoint of the caller's RDC.
    pub(super) fn launch_ghost(&mut self) -> Result<Exchange, CallError> {
        let rdc = self.state.caller(self.slot).rdc;
        let launch = self.state.rdcs.get(rdc).ok_or(CallError::NoSuchModule)?.launch;
        Ok(Exchange::request(PortType::Ghost, launch.ghost, launch.id.bits()))
    }
}
