//! Identity, memory, time, and the end (B.8, B.10).

use abi::calls::args::{AnyRef, Bytes, Ptr};
use abi::calls::dispatch::Answer;
use abi::constants::EndReason;
use abi::error::CallError;
use abi::ids::UserAddr;
use abi::structs::TimeBuf;
use zerocopy::IntoBytes;
use zerocopy::big_endian::U32;

use super::control::NO_ROOM;
use super::{Caller, done, waits};
use crate::incarnation::Blocked;
use crate::operation::{Action, Finish, Request};
use crate::platform::{Machine, Memory, MemoryError, Platform};

impl<P: Platform> Caller<'_, P> {
    pub(super) fn myself(&mut self) -> Answer<AnyRef> {
        // A caller that has closed its handle to itself has none.
        let id = self.state.caller(self.slot).myself;
        done(AnyRef(id.map_or(0, abi::ids::RefId::get)))
    }

    pub(super) fn exit(&mut self, status: i32) -> Answer<()> {
        self.state.end(self.slot, EndReason::Exited, status as u32);
        waits()
    }

    pub(super) fn rdc_exit(&mut self, status: i32) -> Answer<()> {
        let mut request = Request::new(Action::EndRdc);
        request.rdc = self.state.caller(self.slot).rdc.get().into();
        request.a = (status as u32).into();
        match self.launch_ghost() {
            Ok(exchange) => self.operate_on(exchange, &request, NO_ROOM, Finish::Ending),
            // Without a launch endpoint this is the end already.
            Err(_) => self.exit(status),
        }
    }

    pub(super) fn brk(&mut self, new: Ptr<Bytes>) -> Answer<u32> {
        let moved = self.state.memory.brk(self.slot, UserAddr(new.addr));
        done(moved.map(|old| old.0).map_err(|error| match error {
            MemoryError::NoMemory => CallError::NoMemory,
            MemoryError::BadRange => CallError::BadAddress,
        })?)
    }

    pub(super) fn sleep(&mut self, nmillisecs: u32) -> Answer<()> {
        if nmillisecs > i32::MAX as u32 {
            return Err(CallError::BadArgument);
        }
        let deadline = self.state.machine.now().after_us(u64::from(nmillisecs) * 1000);
        self.state.block(self.slot, Blocked::Sleep);
        self.state.set_deadline(self.slot, deadline);
        waits()
    }

    pub(super) fn time(&mut self, time_buf: Ptr<TimeBuf>) -> Answer<()> {
        let times = self.state.machine.times(self.slot);
        let now = self.state.machine.now();
        let elapsed = now.since_us(self.state.caller(self.slot).made);
        let ms = |micros: u64| U32::new((micros / 1000) as u32);
        let times = TimeBuf {
            tb_sys: ms(times.system_us),
            tb_user: ms(times.user_us),
            tb_elapsed: ms(elapsed),
        };
        self.write(time_buf.addr, times.as_bytes())?;
        done(())
    }
}
