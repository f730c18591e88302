//! Defects planted on purpose, to see whether the oracle finds them.
//!
//! Each makes the packets of the kernels what those of a defective kernel would be.

use std::collections::{HashMap, HashSet};

use abi::ids::NodeId;
use abi::message::{Header, Kind, PortType};
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
    StaleRedirection,
}

impl Plant {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Plant::NoRetry => "no-retry",
            Plant::NoDuplicateSuppression => "no-duplicate-suppression",
            Plant::StaleRedirection => "stale-redirection",
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

/// A defect at work.
#[derive(Debug)]
pub struct Defect {
    plant: Plant,
    /// messages sent before: source and number
    seen: HashSet<(u64, u32)>,
    /// for each node, the port and the channel of an earlier message
    stale: HashMap<NodeId, (u32, u64)>,
    messages: u64,
}

/// With a stale redirection, every so many messages go astray.
const ASTRAY_EVERY: u64 = 200;

impl Defect {
    /// The defect, before it has done anything.
    pub fn new(plant: Plant) -> Defect {
        Defect { plant, seen: HashSet::new(), stale: HashMap::new(), messages: 0 }
    }

    /// Does to a packet what the defect does.
    pub fn apply(&mut self, flight: &mut Flight) -> Effect {
        let to = flight.to;
        let Ok((header, _)) = Header::mut_from_prefix(flight.packet.filled()) else {
            return Effect::Goes;
        };
        let kind = Kind::from_number(header.kind);
        let message = matches!(kind, Some(Kind::Invoke | Kind::Send | Kind::AsInvoke));
        if !message || header.to_type != PortType::Channel as u8 {
            return Effect::Goes;
        }
        self.messages += 1;
        let message = (header.source.get(), header.sequence.get());
        match self.plant {
            Plant::NoRetry if !self.seen.insert(message) => return Effect::Vanishes,
            Plant::NoDuplicateSuppression if !self.seen.insert(message) => {
                header.sequence.set(message.1 + 1);
            }
            Plant::StaleRedirection if self.messages.is_multiple_of(ASTRAY_EVERY) => {
                if let Some((port, channel)) = self.stale.get(&to) {
                    header.to.set(*port);
                    header.to_id.set(*channel);
                }
            }
            Plant::StaleRedirection => {
                self.stale.insert(to, (header.to.get(), header.to_id.get()));
            }
            Plant::NoRetry | Plant::NoDuplicateSuppression => {}
        }
        Effect::Goes
    }
}
