//! What a worker changes: it gives ports away, leads streams of others to another port of its
//! own, and attaches one port in place of another.

use abi::calls::Call;
use abi::constants::{RefType, port_flags};
use abi::error::CallError;

use super::{Activity, CHANNELS, Offer, OwnPort, Worker};
use crate::oracle::{ChannelUid, StreamUid, Violation};
use crate::program::enclosure::Enclosure;
use crate::program::post::{self, Pending};
use crate::program::{Phase, Request, World, outcome};

/// What a call has returned.
type Answer = Result<u32, CallError>;

/// Looks for a port that was given away, once no more faults come: each after a wait for a
/// message, together longer than kernels take to give it back.
const LOOKS: u32 = 400;
/// The same for one that was had by somebody whose node is lost.
const LOST: u32 = 50;
/// Messages that come to a port anew with another one, or with a stream, or back with a port.
const MOVED: u64 = 64;

impl Worker {
    /// A port to go with a message: one that it has made or got itself.
    pub(super) fn port_to_give(
        &mut self,
        to: ChannelUid,
        world: &mut World<'_>,
    ) -> Option<Enclosure> {
        let given = *self.ports.iter().skip(1).find(|port| port.count == 1)?;
        let flags = if self.dice.chance(300_000) { port_flags::HOLD } else { 0 };
        world.oracle.offered(given.channel(), to);
        Some(Enclosure::Port { channel: given.channel(), reference: given.reference, flags })
    }

    /// The message with which a port was to go has been sent, or has not.
    pub(super) fn gave_port(&mut self, pending: Pending, answer: Answer, world: &mut World<'_>) {
        let Some(Enclosure::Port { channel, reference, .. }) = pending.enclosed else { return };
        let Some(at) = self.ports.iter().position(|port| port.reference == reference) else {
            return;
        };
        // After other errors the message may have come, and the port with it.
        if matches!(answer, Err(CallError::Busy | CallError::Interrupted | CallError::NotAttached))
        {
            return world.oracle.taken_back(channel);
        }
        let port = self.ports.remove(at);
        self.to_close.extend(port.stream);
        let port = OwnPort { stream: None, ..port };
        self.offered.push(Offer { port, looked: 0 });
    }

    /// Looks for a port that was given away, if it does not know of anybody who has it: the node
    /// of who has got it may be lost before it was known here that it had come.
    pub(super) fn look_for_port(&mut self, world: &World<'_>) -> Option<Request> {
        let uid = self.uid;
        let draining = world.phase != Phase::Busy;
        let may_be_back = |offer: &Offer| {
            let owner = world.oracle.channel(offer.port.channel()).owner;
            let is_lost = world.oracle.is_gone_with_node(owner);
            owner == uid && offer.looked < LOOKS || is_lost && offer.looked < LOST
        };
        if draining {
            self.offered.retain(may_be_back);
        }
        // Each in its turn.
        let at = self.offered.iter().position(may_be_back)?;
        let mut offer = self.offered.remove(at);
        if draining {
            offer.looked += 1;
        }
        self.offered.push(offer);
        if !self.dice.chance(if draining { 500_000 } else { 100_000 }) {
            return None;
        }
        self.doing = Activity::LookingFor(offer);
        Some(Request::new(Call::TestReference, [offer.port.reference]))
    }

    /// A port that was given away is there again, or is not.
    pub(super) fn looked_for(&mut self, offer: Offer, result: i32, world: &mut World<'_>) {
        if result == RefType::Port as i32 {
            self.offered.retain(|other| other.port != offer.port);
            world.oracle.taken_back(offer.port.channel());
            self.book.causes += MOVED;
            self.ports.push(offer.port);
            self.vain_waits = 0;
        }
    }

    /// Leads a stream of somebody else from one port of its own to another.
    pub(super) fn rebind(&mut self, world: &mut World<'_>) -> Option<Request> {
        let &(handle, stream) = self.handles.last()?;
        let now = world.oracle.streams.channel(stream)?;
        let from = *self.ports.iter().find(|port| port.channels().contains(&now))?;
        let to = *self.ports.iter().find(|port| port.stream.is_some() && **port != from)?;
        world.oracle.streams.rebinding(stream, to.channel());
        self.book.causes += MOVED;
        self.doing = Activity::Rebinding(stream);
        let arguments = [handle, to.stream.unwrap_or_default(), from.reference];
        Some(Request::new(Call::RebindStream, arguments))
    }

    pub(super) fn rebound(
        &self,
        stream: StreamUid,
        result: i32,
        world: &World<'_>,
    ) -> Result<(), Violation> {
        let answer = outcome(self.uid, Call::RebindStream, result)?;
        let owner = world.oracle.streams.owner(stream);
        let gone = owner.is_none_or(|owner| world.oracle.may_have_lost(owner, world.now_us));
        match answer {
            Ok(_) | Err(CallError::Busy | CallError::Unreachable) => Ok(()),
            Err(_) if gone => Ok(()),
            Err(error) => Err(post::unexpected(self.uid, Call::RebindStream, error)),
        }
    }

    /// Attaches a port in place of another one.
    pub(super) fn attach(&mut self) -> Option<Request> {
        let from = *self.ports.iter().skip(1).find(|port| port.stream.is_some())?;
        let to = *self.ports.iter().find(|port| **port != from && port.count < CHANNELS)?;
        if from.count > 1 {
            return None;
        }
        self.book.causes += MOVED;
        self.doing = Activity::Attaching(from, to);
        let stream = from.stream.unwrap_or_default();
        Some(Request::new(Call::AttachPort, [to.reference, from.reference, stream, 1]))
    }

    pub(super) fn attached(
        &mut self,
        (from, to): (OwnPort, OwnPort),
        result: i32,
    ) -> Result<(), Violation> {
        match outcome(self.uid, Call::AttachPort, result)? {
            Ok(_) => {
                self.ports.retain(|port| *port != from);
                self.to_close.extend(from.stream);
                self.to_close.push(from.reference);
                if let Some(port) = self.ports.iter_mut().find(|port| **port == to) {
                    port.channels[port.count] = from.channel();
                    port.count += 1;
                }
                Ok(())
            }
            Err(CallError::Busy | CallError::NoMemory | CallError::TableFull) => Ok(()),
            Err(error) => Err(post::unexpected(self.uid, Call::AttachPort, error)),
        }
    }
}
