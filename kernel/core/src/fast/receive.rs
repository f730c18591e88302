//! `inc_receive` that waits for as long as it takes.

use abi::ids::UserAddr;

use super::Fast;
use super::lines::Doing;
use crate::incarnation::Invoker;
use crate::platform::{Access, Memory, Platform, Slot, UserRange};
use crate::state::State;

impl<P: Platform> State<P> {
    /// `inc_receive` of any message, for as long as it takes.
    #[inline(never)]
    pub(super) fn fast_receive(
        &mut self,
        slot: Slot,
        raw: u32,
        message: UserAddr,
        invoker: Invoker,
    ) -> Option<Fast> {
        if raw == 0 {
            return None;
        }
        let place = self.memory.place(slot, message)?;
        let room = self.memory.edit(place, |message| UserRange {
            base: UserAddr(message.m_base.get()),
            length: message.m_cnt.get(),
        })?;
        let seat = self.lines.seat(slot)?;
        if seat.port_name != raw || seat.room != room {
            self.prepare_to_receive(slot, raw, room)?;
        }
        let seat = self.lines.seat(slot)?;
        seat.doing = Doing::Receiving;
        seat.invoker = invoker;
        seat.message = message;
        seat.place = Some(place);
        self.sched.remove(slot);
        Some(Fast::Waits)
    }

    /// Makes sure that `slot` may receive at the port that it names `raw`, and data in `room`.
    #[cold]
    fn prepare_to_receive(&mut self, slot: Slot, raw: u32, room: UserRange) -> Option<()> {
        self.take_port(slot, raw)?;
        if room.length != 0 {
            self.check(slot, room, Access::Write).ok()?;
        }
        self.lines.seat(slot)?.room = room;
        Some(())
    }
}
