//! Closing lines: what has changed in them is written back to the ordinary tables.

use abi::ids::UserAddr;
use abi::message::Kind;

use super::lines::{Doing, ELSEWHERE, Line, Seat};
use crate::exchange::Phase;
use crate::incarnation::{Blocked, Receive, Sending};
use crate::platform::{Memory, Platform, Slot, UserRange};
use crate::pool::Party;
use crate::reference::ReplyHandle;
use crate::sources::Fate;
use crate::state::State;

/// No memory for data.
const NO_ROOM: UserRange = UserRange { base: UserAddr(0), length: 0 };

impl<P: Platform> State<P> {
    /// Something else than the short way is about to look at the node's state, or to change it.
    #[inline]
    pub(crate) fn disturb(&mut self) {
        if self.lines.are_open() {
            self.close_lines();
        }
    }

    #[cold]
    fn close_lines(&mut self) {
        while let Some((slot, seat)) = self.lines.leave_any() {
            self.leave_seat(slot, &seat);
        }
        let mut next = self.lines.open_from(0);
        while let Some(index) = next {
            let line = *self.lines.line(index);
            self.write_back(&line);
            next = self.lines.open_from(index + 1);
        }
        // What waits is told of by its line.
        self.take_waiting();
        while let Some(index) = self.lines.open_from(0) {
            self.lines.close(index);
        }
        self.keep_nothing();
    }

    /// What the incarnation in `slot` does is said in the ordinary way.
    fn leave_seat(&mut self, slot: Slot, seat: &Seat<<P::Memory as Memory>::Place>) {
        let line = *self.lines.line(seat.line);
        let Some(local) = self.locals.get_mut(slot.index()) else { return };
        let Some(incarnation) = &mut local.incarnation else { return };
        incarnation.exchange.phase = Phase::Idle;
        let kind = match seat.doing {
            Doing::Unknown => return,
            Doing::Running => return incarnation.blocked = Blocked::No,
            Doing::Receiving(invoker) => {
                incarnation.blocked = Blocked::Receive(Receive {
                    port: seat.port,
                    message: seat.received.at,
                    room: seat.room,
                    invoker,
                    selector: 0,
                });
                return;
            }
            Doing::Invoking => Kind::Invoke,
            Doing::Sending => Kind::Send,
        };
        let about = (line.source, line.sequence);
        let to = (line.to, line.to_id);
        incarnation.exchange.hand_over(kind, to, line.hint, about, line.touched);
        incarnation.blocked = Blocked::Send(Sending {
            stream: line.stream,
            message: seat.sent.at,
            room: NO_ROOM,
            carried: None,
            granted: None,
        });
        self.need_ticks();
    }

    /// What has become of a stream, and of its server's obligation.
    pub(super) fn write_back(&mut self, line: &Line) {
        if line.server != ELSEWHERE {
            self.write_back_server(line);
        }
        if line.client == ELSEWHERE {
            return;
        }
        let Some(local) = self.locals.get_mut(line.client.index()) else { return };
        let Some(incarnation) = &mut local.incarnation else { return };
        if let Some(stream) = incarnation.references.stream_mut(line.stream) {
            stream.sequence = line.sequence;
        }
        if let Some(sequence) = line.replied {
            let from = Party { ghost: line.to, source: line.source, sequence };
            self.learn(line.client, line.stream, from, (line.to_id, line.hint));
        }
    }

    fn write_back_server(&mut self, line: &Line) {
        if line.sequence != line.opened_at {
            let fate = if line.owed { Fate::Owed } else { Fate::Settled };
            self.sources.admit(line.hint, line.sequence, fate);
            self.sources.entry_mut(line.hint).touched = line.touched;
        }
        if line.is_kept {
            self.sources.keep_head(line.hint, &line.kept, line.touched);
            self.need_ticks();
        }
        let message = self.hand_over_kept(line);
        let Some(local) = self.locals.get_mut(line.server.index()) else { return };
        let Some(incarnation) = &mut local.incarnation else { return };
        let entry = line.handle.index() as u16;
        incarnation.references.rename(entry, line.handle);
        if !line.owed {
            return incarnation.references.discard(entry);
        }
        if let Some(reply) = incarnation.references.reply_mut(entry) {
            *reply = ReplyHandle { party: line.party(), entry: line.hint, capacity: 0, message };
        }
    }
}
