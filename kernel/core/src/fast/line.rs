//! What the short way has found out about connections, so that it need not find it out again
//! for each message: that a name is that of a stream, that its channel leads to this receiver,
//! that he waits, and so on.
//!
//! What was found out bears a [`Stamp`]. It holds for as long as nothing happens at this node
//! but messages that go the short way: whatever else is about to change the node's state
//! takes a new stamp first ([`State::disturb`]), and all is found out anew when it is needed
//! next. Nothing is kept here that is not in the ordinary tables as well.

use abi::constants::ChannelType;
use abi::message::KernelPort;

use crate::incarnation::{Blocked, Condition, Frozen, Receive};
use crate::platform::{Platform, Slot};
use crate::ports::{KernelPorts, Target};
use crate::reference::Reference;
use crate::state::State;

/// When something was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u32);

impl Stamp {
    /// Not found out, or long ago.
    pub const NEVER: Self = Self(0);
    /// That of a node that has just been booted.
    pub const FIRST: Self = Self(1);
}

/// Where the messages of a source go at this node.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// When this was found out.
    pub stamp: Stamp,
    /// The kernel port.
    pub port: KernelPort,
    /// Whose it is.
    pub slot: Slot,
    /// The entry of his reference table.
    pub reference: u16,
}

impl Line {
    /// Not found out.
    pub const UNKNOWN: Self =
        Self { stamp: Stamp::NEVER, port: KernelPort::NONE, slot: Slot(0), reference: 0 };
}

/// What an incarnation waits for, if the short way may end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    stamp: Stamp,
    /// The entry of its reference table where it receives any message for as long as it
    /// takes, or [`ANSWER`]: the answer to a message that is a header and nothing else.
    at: u16,
}

/// No entry of a reference table.
const ANSWER: u16 = u16::MAX;

impl Wait {
    /// Nothing known.
    pub const UNKNOWN: Self = Self { stamp: Stamp::NEVER, at: ANSWER };

    /// Waits for a message at `port`, an entry of its references.
    #[inline]
    pub fn at(port: u16, stamp: Stamp) -> Self {
        Self { stamp, at: port }
    }

    /// Waits for an answer.
    #[inline]
    pub fn for_answer(stamp: Stamp) -> Self {
        Self { stamp, at: ANSWER }
    }
}

impl<P: Platform> State<P> {
    /// Something else than the short way is about to change the node's state.
    #[inline]
    pub(crate) fn disturb(&mut self) {
        self.stamp.0 = self.stamp.0.wrapping_add(1);
        if self.stamp == Stamp::NEVER {
            self.forget_stamps();
        }
    }

    /// Stamps begin anew.
    #[cold]
    fn forget_stamps(&mut self) {
        self.stamp = Stamp::FIRST;
        self.sources.forget_lines();
        for local in &mut self.locals {
            local.wait = Wait::UNKNOWN;
            let references = local.incarnation.iter_mut().flat_map(|inc| inc.references.iter_mut());
            for (_, reference) in references {
                if let Reference::Stream(stream) = reference {
                    stream.stamp = Stamp::NEVER;
                }
            }
        }
    }

    /// Finds out whether the stream that `slot` names `raw` can be used the short way.
    #[cold]
    pub(super) fn find_stream(&mut self, slot: Slot, raw: u32) -> Option<()> {
        if self.is_slow() {
            return None;
        }
        let incarnation = self.locals.get_mut(slot.index())?.incarnation.as_mut()?;
        let (_, stream) = incarnation.references.stream_named(raw)?;
        if stream.hint == 0 || stream.channel_type != ChannelType::Unicast {
            return None;
        }
        if stream.port.node() == self.node {
            let (port, channel) = (stream.port, stream.channel.bits());
            let line = self.sources.line_of(stream.hint, stream.id.bits(), port)?;
            *line = find_line(&self.ports, port, channel, self.stamp)?;
        } else {
            (*self.peers.get(stream.port.node().index())?)?;
        }
        stream.stamp = self.stamp;
        Some(())
    }

    /// Finds out where messages of source `id` go that is remembered in entry `hint` of the
    /// port at `port`, of channel `channel`.
    #[cold]
    pub(super) fn find_source(
        &mut self,
        hint: u16,
        id: u64,
        (port, channel): (KernelPort, u64),
    ) -> Option<Line> {
        if self.is_slow() || port.node() != self.node {
            return None;
        }
        let line = self.sources.line_of(hint, id, port)?;
        *line = find_line(&self.ports, port, channel, self.stamp)?;
        Some(*line)
    }

    /// Finds out whether `slot` receives at entry `port` of its references.
    #[cold]
    pub(super) fn find_receiver(&mut self, slot: Slot, port: u16) -> Option<()> {
        let local = self.locals.get_mut(slot.index())?;
        let incarnation = local.incarnation.as_mut()?;
        let Blocked::Receive(Receive { port: at, selector: 0, .. }) = incarnation.blocked else {
            return None;
        };
        let may_run = incarnation.condition == Condition::Executing
            && incarnation.frozen == Frozen::No
            && incarnation.deadline.is_none();
        if at != port || !may_run {
            return None;
        }
        local.wait = Wait { stamp: self.stamp, at };
        Some(())
    }

    /// Finds out whether `slot` waits for the answer to a message that is a header and
    /// nothing else.
    #[cold]
    pub(super) fn find_sender(&mut self, slot: Slot) -> Option<()> {
        let local = self.locals.get_mut(slot.index())?;
        let incarnation = local.incarnation.as_mut()?;
        let Blocked::Send(sending) = &incarnation.blocked else { return None };
        let is_plain = sending.carried.is_none() && sending.granted.is_none();
        let may_run =
            incarnation.condition == Condition::Executing && incarnation.frozen == Frozen::No;
        if !is_plain || !may_run {
            return None;
        }
        local.wait = Wait { stamp: self.stamp, at: ANSWER };
        Some(())
    }
}

fn find_line(ports: &KernelPorts, port: KernelPort, channel: u64, stamp: Stamp) -> Option<Line> {
    match ports.target(port, channel)? {
        Target::Port { slot, reference } => Some(Line { stamp, port, slot, reference }),
        Target::Ghost(_) | Target::Loader => None,
    }
}
