//! Reconfiguring communications (B.6): ports are attached, streams rebound and frozen.

use abi::calls::args::Ref;
use abi::calls::dispatch::Answer;
use abi::constants::{ChannelType, NO_PORT};
use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::{KernelPort, PortType};
use zerocopy::IntoBytes;

use super::Caller;
use super::control::NO_ROOM;
use crate::exchange::Exchange;
use crate::moving::attach::Detached;
use crate::moving::rebind::Rebound;
use crate::operation::{Action, Finish, Request, attaches};
use crate::platform::Platform;
use crate::reference::Reference;
use crate::stream::Stream;

/// A port of somebody: which, whose, and where his ghost is.
#[derive(Clone, Copy)]
struct Named {
    port: GlobalId,
    owner: GlobalId,
    ghost: KernelPort,
}

impl Named {
    /// His ghost, to be asked.
    fn exchange(&self) -> Exchange {
        Exchange::request(PortType::Ghost, self.ghost, self.owner.bits())
    }
}

impl<P: Platform> Caller<'_, P> {
    pub(super) fn attach_port(
        &mut self,
        newport: Ref,
        oldport: Ref,
        stream: Ref,
        move_q: i32,
    ) -> Answer<()> {
        let new = self.named_port(newport)?;
        let old = self.named_or_none(oldport)?;
        let (_, &stream) = self.state.caller(self.slot).references.stream(stream.0)?;
        self.attach(&new, old.as_ref(), &stream, move_q != 0, Finish::Plain)
    }

    /// Has a port attached to the channel of a stream, in place of `old` if there is one.
    fn attach<T>(
        &mut self,
        new: &Named,
        old: Option<&Named>,
        stream: &Stream,
        moves: bool,
        finish: Finish,
    ) -> Answer<T> {
        let mut request = Request::new(Action::Attach);
        request.id = stream.channel.bits().into();
        request.other = new.port.bits().into();
        request.a = stream.port.0.into();
        let is_group = stream.channel_type == ChannelType::Multicast;
        let flags = if is_group { attaches::MULTICAST } else { 0 };
        request.b = (flags | if moves { attaches::QUEUE } else { 0 }).into();
        let detached = Detached {
            port: old.map_or(0, |old| old.port.bits()).into(),
            owner: old.map_or(0, |old| old.owner.bits()).into(),
            ghost: old.map_or(KernelPort::NONE, |old| old.ghost).0.into(),
        };
        self.operate_with(new.exchange(), &request, detached.as_bytes(), finish)
    }

    /// Attaches a port that the caller has just made to the channel of `stream`.
    pub(super) fn attach_own(&mut self, port: Ref, stream: &Stream) -> Answer<Ref> {
        let new = self.named_port(port)?;
        let id = abi::ids::RefId::from_raw(port.0).ok_or(CallError::NoSuchReference)?;
        self.attach(&new, None, stream, false, Finish::Attached(id))
    }

    pub(super) fn rebind_stream(
        &mut self,
        stream_handle: Ref,
        stream: Ref,
        port: Ref,
    ) -> Answer<()> {
        let references = &self.state.caller(self.slot).references;
        let (_, &handle) = references.stream_handle(stream_handle.0)?;
        let (_, &stream) = references.stream(stream.0)?;
        let port = self.named_or_none(port)?;
        if stream.channel_type != ChannelType::Unicast {
            return Err(CallError::MulticastNotAllowed);
        }
        let Some(port) = port else {
            let mut request = Request::new(Action::Rebind);
            request.id = stream.channel.bits().into();
            request.other = handle.stream.bits().into();
            request.a = stream.port.0.into();
            let exchange = Exchange::request(PortType::Ghost, handle.ghost, handle.owner.bits());
            return self.operate_on(exchange, &request, NO_ROOM, Finish::Plain);
        };
        let mut request = Request::new(Action::RebindAt);
        request.id = stream.channel.bits().into();
        request.other = port.port.bits().into();
        request.a = stream.port.0.into();
        let rebound = Rebound {
            stream: handle.stream.bits().into(),
            owner: handle.owner.bits().into(),
            ghost: handle.ghost.0.into(),
        };
        self.operate_with(port.exchange(), &request, rebound.as_bytes(), Finish::Plain)
    }

    pub(super) fn freeze_stream(&mut self, stream_handle: Ref) -> Answer<()> {
        self.control_stream(stream_handle, Action::FreezeStream)
    }

    pub(super) fn unfreeze_stream(&mut self, stream_handle: Ref) -> Answer<()> {
        self.control_stream(stream_handle, Action::UnfreezeStream)
    }

    fn control_stream(&mut self, stream_handle: Ref, action: Action) -> Answer<()> {
        let references = &self.state.caller(self.slot).references;
        let (_, &handle) = references.stream_handle(stream_handle.0)?;
        let mut request = Request::new(action);
        request.id = handle.stream.bits().into();
        let exchange = Exchange::request(PortType::Ghost, handle.ghost, handle.owner.bits());
        self.operate_on(exchange, &request, NO_ROOM, Finish::Plain)
    }

    /// The port that the caller names, by itself or by a handle.
    fn named_port(&mut self, port: Ref) -> Result<Named, CallError> {
        let ghost = self.state.ports.ghost_of(self.slot);
        let incarnation = self.state.caller(self.slot);
        match incarnation.references.get(port.0)? {
            Reference::Port(port) => Ok(Named { port: port.id, owner: incarnation.id, ghost }),
            Reference::PortHandle(handle) => {
                Ok(Named { port: handle.port, owner: handle.owner, ghost: handle.ghost })
            }
            _ => Err(CallError::WrongReferenceType),
        }
    }

    fn named_or_none(&mut self, port: Ref) -> Result<Option<Named>, CallError> {
        if port.0 == NO_PORT { Ok(None) } else { self.named_port(port).map(Some) }
    }
}
