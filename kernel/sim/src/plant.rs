//! Defects planted on purpose, to see whether the oracle finds them.
//!
//! Each makes the packets of the kernels, or the returns from software interrupts, what those of a
//! defective kernel would be.

use std::collections::{HashMap, HashSet, VecDeque};

use abi::ids::NodeId;
use abi::message::{Header, KernelPort, Kind, PortType};
use zerocopy::FromBytes;

use crate::backplane::Flight;

/// A defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// a message whose acknowledgement is lost is never sent again
    NoRetry,
    /// a message sent again is taken for a new one
    NoDuplicateSuppression,
    /// a message goes to an address that an earlier one had
    StaleAddress,
    /// who asks after a message that was forwarded is sent to where another one went
    StaleRedirection,
    /// a port that has come to its new owner is given back to the old one, too, so that what has
    /// moved with it is there twice
    MovedTwice,
    /// a message that is to wait for a port that is on its way is dropped as if it were taken
    PendingDropped,
    /// who looks for a port is sent back to where he is
    RedirectionLoop,
    /// a handler that returns is called again
    HandlerAgain,
}

impl Plant {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Plant::NoRetry => "no-retry",
            Plant::NoDuplicateSuppression => "no-duplicate-suppression",
            Plant::StaleAddress => "stale-address",
            Plant::StaleRedirection => "stale-redirection",
            Plant::MovedTwice => "moved-twice",
            Plant::PendingDropped => "pending-dropped",
            Plant::RedirectionLoop => "redirection-loop",
            Plant::HandlerAgain => "handler-again",
        }
    }
}

/// What a planted defect does to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// it goes on, changed or not
    Goes,
    /// the defective kernel would not have sent it
    Vanishes,
}

/// A kernel port and the channel that is attached to it.
type Address = (u32, u64);

/// A defect at work.
#[derive(Debug)]
pub struct Defect {
    plant: Plant,
    /// messages sent before: source and number
    seen: HashSet<(u64, u32)>,
    /// for each node, where an earlier message went
    stale: HashMap<NodeId, Address>,
    /// where the last messages for different ports went, the oldest first
    earlier: VecDeque<Address>,
    messages: u64,
    returns: u64,
}

/// Of an acknowledgement: what was yielded has arrived.
const ARRIVED: u16 = 1;
/// It could not be taken.
const DECLINED: u16 = 2;

/// With a stale address, every so many messages go astray.
const ASTRAY_EVERY: u64 = 200;

/// With handlers that are called again, every so many of them are.
const AGAIN_EVERY: u64 = 4;

/// With a stale redirection, ports of which the least recent one is named instead.
const REMEMBERED: usize = 8;

impl Defect {
    /// The defect, before it has done anything.
    pub fn new(plant: Plant) -> Defect {
        let (seen, stale, earlier) = Default::default();
        Defect { plant, seen, stale, earlier, messages: 0, returns: 0 }
    }

    /// Does to a packet what the defect does.
    pub fn apply(&mut self, flight: &mut Flight) -> Effect {
        let to = flight.to;
        let Ok((header, _)) = Header::mut_from_prefix(flight.packet.filled()) else {
            return Effect::Goes;
        };
        match Kind::from_number(header.kind) {
            Some(Kind::Invoke | Kind::Send | Kind::AsInvoke)
                if header.to_type == PortType::Channel as u8 =>
            {
                self.apply_to_message(to, header)
            }
            Some(Kind::Moved) if self.plant == Plant::StaleRedirection => {
                self.redirect(header);
                Effect::Goes
            }
            Some(Kind::Acknowledge) if self.plant == Plant::MovedTwice => {
                if header.hint.get() == ARRIVED {
                    header.hint.set(DECLINED);
                }
                Effect::Goes
            }
            Some(Kind::Busy) if self.plant == Plant::PendingDropped => {
                header.kind = Kind::Accepted as u8;
                Effect::Goes
            }
            Some(Kind::Here | Kind::Elsewhere) if self.plant == Plant::RedirectionLoop => {
                header.from.set(KernelPort::somewhere(to).0);
                Effect::Goes
            }
            _ => Effect::Goes,
        }
    }

    /// Whether a handler that returns is called again instead.
    pub fn calls_again(&mut self) -> bool {
        self.returns += 1;
        self.plant == Plant::HandlerAgain && self.returns.is_multiple_of(AGAIN_EVERY)
    }

    fn apply_to_message(&mut self, to: NodeId, header: &mut Header) -> Effect {
        self.messages += 1;
        let message = (header.source.get(), header.sequence.get());
        let address = (header.to.get(), header.to_id.get());
        match self.plant {
            Plant::NoRetry if !self.seen.insert(message) => return Effect::Vanishes,
            Plant::NoDuplicateSuppression if !self.seen.insert(message) => {
                header.sequence.set(message.1 + 1);
            }
            Plant::StaleAddress if self.messages.is_multiple_of(ASTRAY_EVERY) => {
                if let Some((port, channel)) = self.stale.get(&to) {
                    header.to.set(*port);
                    header.to_id.set(*channel);
                }
            }
            Plant::StaleAddress => {
                self.stale.insert(to, address);
            }
            Plant::StaleRedirection => {
                self.earlier.retain(|known| *known != address);
                self.earlier.push_back(address);
                if self.earlier.len() > REMEMBERED {
                    self.earlier.pop_front();
                }
            }
            Plant::NoRetry
            | Plant::NoDuplicateSuppression
            | Plant::MovedTwice
            | Plant::PendingDropped
            | Plant::RedirectionLoop
            | Plant::HandlerAgain => {}
        }
        Effect::Goes
    }

    /// Has who asks after a forwarded message look for it where another one went.
    fn redirect(&self, header: &mut Header) {
        let right = (header.from.get(), header.to_id.get());
        let wrong = self.earlier.iter().find(|address| **address != right);
        if let Some((port, channel)) = wrong {
            header.from.set(*port);
            header.to_id.set(*channel);
        }
    }
}
