//! Bulk data (dissertation, §8.4.1): pulled by whoever receives it, straight into his memory,
//! in pieces with the kernel's other work between them.

use abi::error::CallError;
use abi::ids::UserAddr;

use crate::exchange::Phase;
use crate::incarnation::{Blocked, Pulling, Receive, Then};
use crate::platform::{Bus, Platform, Pull, PullError, Side, Slot, UserRange};
use crate::pool::Message;
use crate::state::State;

/// Bytes that are copied before other work has its turn: what a 68040 at 25 MHz copies in about
/// 3 ms. Each turn goes through the record of the grant from its beginning.
pub(crate) const PIECE: u32 = 64 * 1024;

impl<P: Platform> State<P> {
    /// `slot` waits until data is in its memory.
    pub(crate) fn start_pull(&mut self, slot: Slot, pulling: Pulling) {
        self.caller(slot).exchange.phase = match pulling.then {
            Then::Receive(..) => Phase::Idle,
            Then::Reply { .. } => Phase::Pulling,
        };
        self.block(slot, Blocked::Pull(pulling));
        if !self.pulls.contains(&slot) {
            self.pulls.push_back(slot);
        }
    }

    /// Copies one piece for the incarnation whose turn it is.
    pub(crate) fn pull_piece(&mut self) {
        let Some(slot) = self.pulls.pop_front() else { return };
        self.disturb();
        let Some(incarnation) = self.incarnation(slot) else { return };
        let Blocked::Pull(mut pulling) = incarnation.blocked else { return };
        let length = PIECE.min(pulling.to.length - pulling.done);
        let to = UserRange { base: UserAddr(pulling.to.base.0 + pulling.done), length };
        let pull = Pull {
            from: pulling.granted.node,
            grant: pulling.granted.grant,
            offset: pulling.done,
            slot,
            to,
            side: Side::User,
        };
        if let Err(error) = self.bus.pull(&mut self.memory, &pull) {
            return self.pull_failed(slot, &pulling, error);
        }
        pulling.done += length;
        if pulling.done < pulling.to.length {
            self.caller(slot).blocked = Blocked::Pull(pulling);
            return self.pulls.push_back(slot);
        }
        match pulling.then {
            Then::Receive(receive, message) => {
                match self.complete_receive(slot, &receive, message) {
                    Ok(None) => {}
                    Ok(Some(result)) => self.finish(slot, Ok(result)),
                    Err(error) => self.finish(slot, Err(error)),
                }
            }
            Then::Reply { from, awaited } => {
                self.acknowledge(from);
                self.finish(slot, Ok(awaited.result(pulling.to.length)));
            }
        }
    }

    fn pull_failed(&mut self, slot: Slot, pulling: &Pulling, error: PullError) {
        match (pulling.then, error) {
            (Then::Receive(receive, message), PullError::BadAddress) => {
                self.put_back(slot, receive.port, message);
                self.finish(slot, Err(CallError::BadAddress));
            }
            // Its sender is gone: it is as if the message had not come.
            (Then::Receive(receive, message), _) => {
                let Message { entry, party, .. } = *self.pool.message(message);
                self.refuse(entry, party, CallError::PeerLost);
                self.release_message(slot, message);
                self.receive_next(slot, &receive);
            }
            (Then::Reply { from, .. }, PullError::BadAddress) => {
                self.acknowledge(from);
                self.finish(slot, Err(CallError::BadAddress));
            }
            (Then::Reply { awaited, .. }, _) => self.finish(slot, Err(awaited.failure())),
        }
    }

    /// Waits on for a message, after one that has come to nothing.
    fn receive_next(&mut self, slot: Slot, receive: &Receive) {
        self.caller(slot).blocked = Blocked::Receive(*receive);
        match self.take(slot, receive) {
            None => {
                self.interrupt(slot);
                self.check_deadline(slot);
            }
            Some(Ok(None)) => {}
            Some(Ok(Some(result))) => self.finish(slot, Ok(result)),
            Some(Err(error)) => self.finish(slot, Err(error)),
        }
    }
}
