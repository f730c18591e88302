//! `inc_receive` that waits for as long as it takes.

use abi::ids::UserAddr;

use super::{Arguments, Fast};
use super::lines::{Doing, Spot};
use crate::incarnation::Invoker;
use crate::platform::{Access, Memory, Platform, Slot, UserRange};
use crate::state::State;

impl<P: Platform> State<P> {
    /// `inc_receive` of any message, for as long as it takes.
    #[inline(never)]
    pub(super) fn fast_receive(&mut self, slot: Slot, arguments: impl Arguments) -> Fast {
        Fast::of(self.receive_plain(slot, arguments))
    }

    #[inline(always)]
    fn receive_plain(&mut self, slot: Slot, arguments: impl Arguments) -> Option<Fast> {
        let (raw, message) = (arguments.get(0), UserAddr(arguments.get(1)));
        let (selector, timeout) = (arguments.get(3), arguments.get(4) as i32);
        if selector != 0 || timeout >= 0 {
            return None;
        }
        let invoker = if arguments.get(2) == 0 { Invoker::Released } else { Invoker::Waits };
        let known = self.lines.seat(slot).received.place_of(message);
        let place = match known {
            Some(place) => place,
            None => self.memory.place(slot, message)?,
        };
        let room = self.memory.edit(place, |message| UserRange {
            base: UserAddr(message.m_base.get()),
            length: message.m_cnt.get(),
        })?;
        let seat = self.lines.seat(slot);
        if seat.port_name != raw || seat.room != room || known.is_none() {
            self.prepare_to_receive(slot, raw, room)?;
            self.lines.seat(slot).received = Spot { at: message, place: Some(place) };
        }
        self.lines.seat(slot).doing = Doing::Receiving(invoker);
        self.sched.remove(slot);
        Some(Fast::Waits)
    }

    /// Makes sure that `slot` may receive at the port that it names `raw`, and data in `room`.
    #[cold]
    #[inline(never)]
    fn prepare_to_receive(&mut self, slot: Slot, raw: u32, room: UserRange) -> Option<()> {
        self.take_port(slot, raw)?;
        if room.length != 0 {
            self.check(slot, room, Access::Write).ok()?;
        }
        self.lines.seat(slot).room = room;
        Some(())
    }
}
