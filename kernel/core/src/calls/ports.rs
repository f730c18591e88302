//! Channels, streams and ports (B.5), and what may be asked of them (B.4.3, B.10).

use abi::calls::args::{AnyRef, Bytes, Ptr, Ref};
use abi::calls::dispatch::Answer;
use abi::constants::{ChannelType, Domain, RefType};
use abi::error::CallError;
use abi::ids::{GlobalId, UserAddr};
use abi::message::{KernelPort, PortType};
use abi::structs::SelectMessages;
use zerocopy::{FromZeros, IntoBytes};

use super::control::NO_ROOM;
use super::{Caller, done};
use crate::exchange::Exchange;
use crate::operation::{Action, Finish, Request};
use crate::platform::{Access, Bus, Memory, PeerState, Platform, UserRange};
use crate::port::Port;
use crate::reference::{Interest, PortHandle, Reference, StreamHandle, StreamState};
use crate::stream::Stream;

/// Most entries of a list that a call looks at.
pub(super) const LIST_MAX: u32 = 1024;

impl<P: Platform> Caller<'_, P> {
    pub(super) fn channel_create(
        &mut self,
        chantype: u32,
        stream_p: Ptr<i32>,
        port_p: Ptr<i32>,
    ) -> Answer<()> {
        let channel_type =
            ChannelType::from_value(chantype as i32).ok_or(CallError::BadArgument)?;
        self.writable(stream_p.addr, 4)?;
        self.writable(port_p.addr, 4)?;
        if self.state.caller(self.slot).references.room() < 2 {
            return Err(CallError::TableFull);
        }
        let channel = self.state.new_id();
        let (port, kernel_port) = self.open_port(channel, channel_type)?;
        let id = self.state.new_id();
        let address = match channel_type {
            ChannelType::Unicast => self.state.ports.address(kernel_port),
            ChannelType::Multicast => KernelPort::NONE,
        };
        let stream = Reference::Stream(Stream::new(id, channel, channel_type, address));
        let stream = self.state.caller(self.slot).references.insert(stream)?;
        self.write(stream_p.addr, &stream.get().to_be_bytes())?;
        self.write(port_p.addr, &port.0.to_be_bytes())?;
        done(())
    }

    /// A unicast channel has one port: if another is attached, that is detached.
    pub(super) fn port_create(&mut self, stream: Ref) -> Answer<Ref> {
        let (_, &stream) = self.state.caller(self.slot).references.stream(stream.0)?;
        if stream.channel_type == ChannelType::Multicast {
            return done(self.open_port(stream.channel, stream.channel_type)?.0);
        }
        let port = Reference::Port(Port::new(self.state.new_id()));
        let port = self.state.caller(self.slot).references.insert(port)?;
        self.attach_own(Ref(port.get()), &stream).inspect_err(|_| {
            self.state.caller(self.slot).references.discard(port.index() as u16);
        })
    }

    /// Whoever has the attached port is asked whether it is there, so that it is known whose loss
    /// matters.
    pub(super) fn backup_create(&mut self, stream: Ref) -> Answer<Ref> {
        let (_, &stream) = self.state.caller(self.slot).references.stream(stream.0)?;
        if stream.channel_type == ChannelType::Multicast {
            return Err(CallError::MulticastNotAllowed);
        }
        let port = self.state.add_backup(self.slot, stream.channel)?;
        let node = stream.port.node();
        let is_up = matches!(self.state.bus.peer(node), PeerState::Up(_));
        let address = if is_up { stream.port } else { KernelPort::NONE };
        let exchange = Exchange::request(PortType::Attachment, address, stream.channel.bits());
        self.operate_on(exchange, &Request::new(Action::Test), NO_ROOM, Finish::Backup(port))
    }

    /// A new port, attached to `channel`, and its kernel port.
    fn open_port(
        &mut self,
        channel: GlobalId,
        channel_type: ChannelType,
    ) -> Result<(Ref, u16), CallError> {
        let slot = self.slot;
        let state = &mut *self.state;
        if state.caller(slot).references.room() == 0 {
            return Err(CallError::TableFull);
        }
        let kernel_port = state.ports.open(slot, 0, channel).ok_or(CallError::NoMemory)?;
        let id = state.new_id();
        let port = Port { id, ..Port::attached(channel, channel_type, kernel_port) };
        let id = state.caller(slot).references.insert(Reference::Port(port))?;
        state.ports.retarget(kernel_port, slot, id.index() as u16);
        Ok((Ref(id.get()), kernel_port))
    }

    pub(super) fn handle_create(&mut self, stream_or_port: Ref) -> Answer<Ref> {
        let ghost = self.state.ports.ghost_of(self.slot);
        let incarnation = self.state.caller(self.slot);
        let owner = incarnation.id;
        let reference = match incarnation.references.get(stream_or_port.0)? {
            Reference::Stream(stream) => Reference::StreamHandle(StreamHandle {
                stream: stream.id,
                owner,
                ghost,
                domain: Domain::Any,
                interest: Interest::Unregistered,
                state: StreamState::Open,
            }),
            Reference::Port(port) => Reference::PortHandle(PortHandle {
                port: port.id,
                owner,
                ghost,
                domain: Domain::Any,
            }),
            _ => return Err(CallError::WrongReferenceType),
        };
        done(Ref(incarnation.references.insert(reference)?.get()))
    }

    pub(super) fn close(&mut self, reference: AnyRef) -> Answer<()> {
        let index = self.state.caller(self.slot).references.index(reference.0)?;
        self.state.close(self.slot, index);
        done(())
    }

    pub(super) fn test_reference(&mut self, reference: AnyRef) -> Answer<u32> {
        done(match self.state.caller(self.slot).references.get(reference.0) {
            Ok(reference) => reference.ref_type() as u32 | reference.flags() << 8,
            Err(_) => RefType::None as u32,
        })
    }

    pub(super) fn set_buffer_limit(&mut self, stream: Ref, limit: i32) -> Answer<()> {
        let references = &mut self.state.caller(self.slot).references;
        let (index, _) = references.stream(stream.0)?;
        if limit < 1 {
            return Err(CallError::BadArgument);
        }
        if let Some(stream) = references.stream_mut(index) {
            stream.limit = limit as u32;
        }
        done(())
    }

    pub(super) fn test_port(
        &mut self,
        port: Ref,
        headers: (u32, Ptr<Bytes>),
        selects: (u32, Ptr<SelectMessages>),
    ) -> Answer<u32> {
        let (port, _) = self.state.caller(self.slot).references.port(port.0)?;
        let (nselect, select_array) = selects;
        if nselect > LIST_MAX {
            return Err(CallError::BadLength);
        }
        self.room(headers.1.addr, headers.0)?;
        self.room(select_array.addr, nselect * size_of::<SelectMessages>() as u32)?;
        for at in 0..nselect {
            self.select(select_array, at)?;
        }
        let count = self.write_headers(port, headers.0, headers.1.addr)?;
        for at in 0..nselect {
            self.count_selected(port, select_array, at)?;
        }
        done(count)
    }

    /// The stream that entry `at` of a list of selections means, and the entry.
    fn select(
        &mut self,
        list: Ptr<SelectMessages>,
        at: u32,
    ) -> Result<(u64, SelectMessages, UserAddr), CallError> {
        let address = UserAddr(list.addr + at * size_of::<SelectMessages>() as u32);
        let mut entry = SelectMessages::new_zeroed();
        let state = &mut *self.state;
        let read = state.memory.copy_in(self.slot, address, entry.as_mut_bytes());
        read.map_err(|_| CallError::BadAddress)?;
        let references = &state.caller(self.slot).references;
        let (_, handle) = references.stream_handle(entry.sm_smhan.get() as u32)?;
        Ok((handle.stream.bits(), entry, address))
    }

    fn count_selected(
        &mut self,
        port: u16,
        list: Ptr<SelectMessages>,
        at: u32,
    ) -> Result<(), CallError> {
        let (stream, mut entry, address) = self.select(list, at)?;
        let queue = self.queue(port);
        let messages = queue.iter(&self.state.pool);
        let count = messages.filter(|(_, message)| message.source == stream).count();
        entry.sm_nmsgs = (count as i32).into();
        self.write(address.0, entry.as_bytes())
    }

    /// Writes as many headers of arrived messages as fit, and answers how many have arrived.
    fn write_headers(&mut self, port: u16, room: u32, to: u32) -> Result<u32, CallError> {
        let queue = self.queue(port);
        let mut at = 0;
        let state = &mut *self.state;
        for (_, message) in queue.iter(&state.pool) {
            let length = (room - at).min(message.head.len() as u32);
            let head = &message.head[..length as usize];
            state
                .memory
                .copy_out(self.slot, UserAddr(to + at), head)
                .map_err(|_| CallError::BadAddress)?;
            at += length;
        }
        Ok(u32::from(queue.len()))
    }

    fn queue(&mut self, port: u16) -> crate::pool::Queue {
        let references = &mut self.state.caller(self.slot).references;
        references.port_mut(port).map_or_else(Default::default, |port| port.queue)
    }

    /// Checks that a structure of `length` bytes at `address` may be written.
    pub(super) fn writable(&mut self, address: u32, length: u32) -> Result<(), CallError> {
        self.room(address, length).map_err(|_| CallError::BadAddress)
    }

    /// Checks that as many bytes at `address` may be written as the caller says: `BadLength`
    /// if they wrap round.
    pub(super) fn room(&mut self, address: u32, length: u32) -> Result<(), CallError> {
        let range = UserRange { base: UserAddr(address), length };
        self.state.check(self.slot, range, Access::Write)
    }

    /// Writes to memory of the caller.
    pub(super) fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), CallError> {
        let written = self.state.memory.copy_out(self.slot, UserAddr(address), bytes);
        written.map_err(|_| CallError::BadAddress)
    }
}
