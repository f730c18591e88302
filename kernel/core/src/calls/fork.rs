//! Forking (B.2, §5.3): what the caller says is looked at here; the child is made by its node.

use alloc::vec::Vec;

use abi::calls::args::Ptr;
use abi::calls::dispatch::Answer;
use abi::constants::{ChannelType, InitialState};
use abi::error::CallError;
use abi::ids::UserAddr;

use super::control::{NO_ROOM, to_loader};
use super::ports::LIST_MAX;
use super::{Caller, waits};
use crate::forking::{Fork, Listed};
use crate::operation::{Action, Blueprint, Finish, Operation, OperationData, Request};
use crate::platform::{Access, Machine, Memory, Platform, UserRange};

/// Ports that every incarnation has beside those that it makes.
const OWN_PORTS: usize = 2;

impl<P: Platform> Caller<'_, P> {
    pub(super) fn fork(
        &mut self,
        node: u32,
        inchan_p: Ptr<u32>,
        nports: u32,
        (ports_list, streams_list): (Ptr<i32>, Ptr<i32>),
    ) -> Answer<u32> {
        if nports > LIST_MAX {
            return Err(CallError::BadLength);
        }
        self.writable(inchan_p.addr, 4)?;
        let list = UserRange { base: UserAddr(ports_list.addr), length: nports * 4 };
        self.state.check(self.slot, list, Access::Read)?;
        self.room(streams_list.addr, nports * 4)?;
        let node = self.state.node_up(node)?;
        let ports = self.listed_ports(nports, (ports_list.addr, streams_list.addr))?;
        let streams = ports.iter().filter(|port| port.channel_type == ChannelType::Unicast);
        if self.state.caller(self.slot).references.room() <= streams.count() {
            return Err(CallError::TableFull);
        }
        // The program of a launch endpoint runs where the kernel cannot copy it.
        self.state.machine.registers(self.slot).ok_or(CallError::NotSupported)?;
        let ports = self.with_own_ports(ports);
        let child = self.state.new_id();
        let mut request = Request::new(Action::Host);
        request.rdc = self.state.caller(self.slot).rdc.get().into();
        request.id = child.bits().into();
        request.b = (InitialState::Started as u16).into();
        request.c = (Blueprint::Caller as u16).into();
        self.state.caller(self.slot).fork = Some(Fork::new(child, ports));
        let finish =
            Finish::Fork { handle: UserAddr(inchan_p.addr), streams: UserAddr(streams_list.addr) };
        let (head, data) = (request.head(), OperationData::None);
        let operation = Operation { head, data, room: NO_ROOM, finish };
        self.state.request(self.slot, operation, to_loader(node));
        waits()
    }

    /// The ports of the caller that are to be attached in the child, and to which channels.
    fn listed_ports(
        &mut self,
        count: u32,
        (ports, streams): (u32, u32),
    ) -> Result<Vec<Listed>, CallError> {
        let mut listed = Vec::new();
        let places = count as usize + OWN_PORTS;
        listed.try_reserve_exact(places).map_err(|_| CallError::NoMemory)?;
        for place in 0..count {
            let port = self.word(ports + place * 4)?;
            let port = self.listed_port(port, streams + place * 4)?;
            if listed.iter().any(|known: &Listed| known.index == port.index) {
                return Err(CallError::BadArgument);
            }
            listed.push(Listed { place: Some(place as u16), ..port });
        }
        Ok(listed)
    }

    /// A port, and the channel that it is to be attached to: of one in a multicast group that of
    /// the stream in its place, of any other a new one.
    fn listed_port(&mut self, port: u32, stream_at: u32) -> Result<Listed, CallError> {
        let (index, &port) = self.state.caller(self.slot).references.port(port)?;
        let channel_type = port.channel_type()?;
        let channel = match channel_type {
            ChannelType::Unicast => self.state.new_id(),
            ChannelType::Multicast => {
                let stream = self.word(stream_at)?;
                let (_, stream) = self.state.caller(self.slot).references.stream(stream)?;
                port.attachment(stream.channel).ok_or(CallError::BadArgument)?.channel
            }
        };
        Ok(Listed { index, place: None, channel, channel_type })
    }

    /// The same ports and those that everybody has, each attached to a channel of its own.
    fn with_own_ports(&mut self, mut ports: Vec<Listed>) -> Vec<Listed> {
        let incarnation = self.state.caller(self.slot);
        let own = [incarnation.standard, incarnation.auxiliary.map(|port| port.0)];
        for id in own.into_iter().flatten() {
            let index = id.index() as u16;
            let is_there = self.state.caller(self.slot).references.port(id.get()).is_ok();
            if is_there && ports.iter().all(|port| port.index != index) {
                let channel = self.state.new_id();
                let channel_type = ChannelType::Unicast;
                ports.push(Listed { index, place: None, channel, channel_type });
            }
        }
        ports
    }

    /// A word of the caller's memory.
    fn word(&mut self, at: u32) -> Result<u32, CallError> {
        let mut word = [0; 4];
        let state = &mut *self.state;
        let read = state.memory.copy_in(self.slot, UserAddr(at), &mut word);
        read.map_err(|_| CallError::BadAddress)?;
        Ok(u32::from_be_bytes(word))
    }
}
