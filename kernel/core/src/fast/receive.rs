//! `inc_receive` that waits for as long as it takes.

use abi::ids::UserAddr;
use abi::structs::Msg;

use super::lines::{Doing, Spot};
use super::{Fast, Made};
use crate::incarnation::Invoker;
use crate::platform::{Access, Memory, Platform, Slot, UserRange};
use crate::state::State;

impl<P: Platform> State<P> {
    /// `inc_receive` of any message, for as long as it takes.
    #[inline(never)]
    pub(super) fn fast_receive(&mut self, slot: Slot, made: impl Made) -> Fast {
        Fast::of(self.receive_plain(slot, made))
    }

    #[inline(always)]
    fn receive_plain(&mut self, slot: Slot, made: impl Made) -> Option<Fast> {
        let (raw, message) = (made.argument(0), UserAddr(made.argument(1)));
        let (selector, timeout) = (made.argument(3), made.argument(4) as i32);
        if selector != 0 || timeout >= 0 {
            return None;
        }
        let invoker = if made.argument(2) == 0 { Invoker::Released } else { Invoker::Waits };
        let are_waiting = self.lines.waiting.are_any();
        let seat = self.lines.seat(slot);
        let Some(place) = seat.received.place_of(message) else {
            self.prepare_to_receive(slot, raw, message)?;
            return Some(self.fast_receive(slot, made));
        };
        let room = self.memory.edit(place, |message| room_of(message))?;
        if are_waiting {
            let is_as_before = seat.port_name == raw && seat.room == room;
            return if is_as_before { self.receive_waiting(slot, place, invoker) } else { None };
        }
        if seat.port_name != raw || seat.room != room {
            self.prepare_to_receive(slot, raw, message)?;
        }
        self.lines.seat(slot).doing = Doing::Receiving(invoker);
        self.sched.remove(slot);
        Some(Fast::Served)
    }

    /// Makes sure that `slot` may receive at the port that it names `raw`, a message at
    /// `message` and data where that says.
    #[cold]
    #[inline(never)]
    fn prepare_to_receive(&mut self, slot: Slot, raw: u32, message: UserAddr) -> Option<()> {
        let place = self.memory.place(slot, message)?;
        let room = self.memory.edit(place, |message| room_of(message))?;
        self.take_port(slot, raw)?;
        if room.length != 0 {
            self.check(slot, room, Access::Write).ok()?;
        }
        let seat = self.lines.seat(slot);
        (seat.received, seat.room) = (Spot { at: message, place }, room);
        Some(())
    }
}

/// Where data may be put that comes with a message.
#[inline]
fn room_of(message: &Msg) -> UserRange {
    UserRange { base: UserAddr(message.m_base.get()), length: message.m_cnt.get() }
}
