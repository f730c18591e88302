//! Data copying by buffer handles (B.4.2): requests to the ghost of the buffer's owner.

use abi::calls::args::{Bytes, Ptr, Ref};
use abi::calls::dispatch::Answer;
use abi::constants::buffer_rights;
use abi::error::CallError;
use abi::ids::UserAddr;
use abi::message::{INLINE_DATA, PortType};

use super::{Caller, done, waits};
use crate::exchange::Exchange;
use crate::operation::{Action, Finish, Operation, OperationData, Request};
use crate::platform::{Access, Platform, UserRange};
use crate::reference::BufferHandle;

impl<P: Platform> Caller<'_, P> {
    pub(super) fn copy_to(
        &mut self,
        handle: Ref,
        offset: u32,
        data: Ptr<Bytes>,
        nbytes: u32,
    ) -> Answer<()> {
        let buffer = self.buffer(handle, offset, nbytes, buffer_rights::WRITE)?;
        let range = UserRange { base: UserAddr(data.addr), length: nbytes };
        self.state.check(self.slot, range, Access::Read)?;
        if nbytes == 0 {
            return done(());
        }
        let data = if nbytes as usize > INLINE_DATA {
            OperationData::Granted(self.state.grant(self.slot, range)?)
        } else {
            OperationData::User(range)
        };
        let mut request = Request::new(Action::CopyTo);
        request.a = (buffer.base.0 + offset).into();
        let room = UserRange { base: UserAddr(0), length: 0 };
        self.operate(&buffer, request, data, room)
    }

    pub(super) fn copy_from(
        &mut self,
        handle: Ref,
        offset: u32,
        data: Ptr<Bytes>,
        nbytes: u32,
    ) -> Answer<()> {
        let buffer = self.buffer(handle, offset, nbytes, buffer_rights::READ)?;
        let room = UserRange { base: UserAddr(data.addr), length: nbytes };
        self.state.check(self.slot, room, Access::Write)?;
        if nbytes == 0 {
            return done(());
        }
        let mut request = Request::new(Action::CopyFrom);
        request.a = (buffer.base.0 + offset).into();
        request.other = u64::from(nbytes).into();
        self.operate(&buffer, request, OperationData::None, room)
    }

    /// The buffer behind a handle, if it may be accessed so from `offset` on.
    fn buffer(
        &mut self,
        handle: Ref,
        offset: u32,
        nbytes: u32,
        right: u32,
    ) -> Result<BufferHandle, CallError> {
        let (_, &buffer) = self.state.caller(self.slot).references.buffer(handle.0)?;
        if buffer.rights & right == 0 {
            return Err(CallError::NoRight);
        }
        match offset.checked_add(nbytes) {
            Some(end) if end <= buffer.length => Ok(buffer),
            _ => Err(CallError::BadLength),
        }
    }

    /// Makes a request to the ghost of a buffer's owner.
    fn operate(
        &mut self,
        buffer: &BufferHandle,
        request: Request,
        data: OperationData,
        room: UserRange,
    ) -> Answer<()> {
        let exchange = Exchange::request(PortType::Ghost, buffer.ghost, buffer.owner.bits());
        let head = request.head();
        let operation = Operation { head, data, room, finish: Finish::Plain };
        self.state.request(self.slot, operation, exchange);
        waits()
    }
}
