//! Data copying by buffer handles (B.4.2): requests to the ghost of the buffer's owner.

use abi::calls::args::{Bytes, Ptr, Ref};
use abi::calls::dispatch::Answer;
use abi::constants::buffer_rights;
use abi::error::CallError;
use abi::ids::UserAddr;
use abi::message::{INLINE_DATA, PortType};

use super::control::NO_ROOM;
use super::{Caller, done, waits};
use crate::exchange::Exchange;
use crate::operation::{Action, Finish, Operation, OperationData, Request};
use crate::platform::{Access, Platform, UserRange};
use crate::reference::BufferHandle;

/// A part of somebody's buffer, and memory of the caller that it is copied from or to.
#[derive(Clone, Copy)]
pub(super) struct Copying {
    /// The handle to the buffer.
    pub handle: Ref,
    /// First byte of the part, counted from the start of the buffer.
    pub offset: u32,
    /// The caller's memory.
    pub data: Ptr<Bytes>,
    /// Bytes to copy.
    pub nbytes: u32,
}

impl<P: Platform> Caller<'_, P> {
    pub(super) fn copy_to(&mut self, copying: Copying) -> Answer<()> {
        let (buffer, range) = self.ends(copying, buffer_rights::WRITE, Access::Read)?;
        if range.length == 0 {
            return done(());
        }
        let data = if range.length as usize > INLINE_DATA {
            OperationData::Granted(self.state.grant(self.slot, range)?)
        } else {
            OperationData::User(range)
        };
        let mut request = Request::new(Action::CopyTo);
        request.a = (buffer.base.0 + copying.offset).into();
        self.operate(&buffer, request, data, NO_ROOM)
    }

    pub(super) fn copy_from(&mut self, copying: Copying) -> Answer<()> {
        let (buffer, room) = self.ends(copying, buffer_rights::READ, Access::Write)?;
        if room.length == 0 {
            return done(());
        }
        let mut request = Request::new(Action::CopyFrom);
        request.a = (buffer.base.0 + copying.offset).into();
        request.other = u64::from(room.length).into();
        self.operate(&buffer, request, OperationData::None, room)
    }

    /// The buffer, if the caller has `right` to the part, and the caller's memory, if it allows
    /// `access`.
    fn ends(
        &mut self,
        copying: Copying,
        right: u32,
        access: Access,
    ) -> Result<(BufferHandle, UserRange), CallError> {
        let Copying { handle, offset, data, nbytes } = copying;
        let (_, &buffer) = self.state.caller(self.slot).references.buffer(handle.0)?;
        if buffer.rights & right == 0 {
            return Err(CallError::NoRight);
        }
        let end = offset.checked_add(nbytes).filter(|end| *end <= buffer.length);
        end.ok_or(CallError::BadLength)?;
        let range = UserRange { base: UserAddr(data.addr), length: nbytes };
        self.state.check(self.slot, range, access)?;
        Ok((buffer, range))
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
