//! The faults: what may go wrong, how often, and for how long.

use std::fmt;
use std::str::FromStr;

use crate::queue::Micros;
use crate::random::Dice;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fault {
    /// a packet never arrives
    Loss,
    /// a packet arrives twice
    Duplicate,
    /// a packet is overtaken by later ones of its own pair of nodes
    Reorder,
    /// a packet comes late, and all later ones of its pair with it
    Delay,
    /// the rings to a node have room for one packet only
    RingFull,
    /// a node loses power and boots again with a new epoch
    Kill,
    /// the bus falls into two halves for a while
    Partition,
    /// a node has no memory to give
    OutOfMemory,
    /// a node runs at a fraction of its speed
    Slow,
}

impl Fault {
    /// Every kind, in the order of the tables.
    pub const ALL: [Fault; 9] = [
        Fault::Loss,
        Fault::Duplicate,
        Fault::Reorder,
        Fault::Delay,
        Fault::RingFull,
        Fault::Kill,
        Fault::Partition,
        Fault::OutOfMemory,
        Fault::Slow,
    ];

    /// Its name on the command line and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Loss => "loss",
            Fault::Duplicate => "duplicate",
            Fault::Reorder => "reorder",
            Fault::Delay => "delay",
            Fault::RingFull => "ring-full",
            Fault::Kill => "kill",
            Fault::Partition => "partition",
            Fault::OutOfMemory => "memory",
            Fault::Slow => "slow",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// Which kinds of fault a run may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultSet(u16);

impl FaultSet {
    /// No fault at all.
    pub const NONE: FaultSet = FaultSet(0);

    /// Every kind: the bus is then a lossy one.
    pub fn all() -> FaultSet {
        Fault::ALL.into_iter().collect()
    }

    /// What the shared memory of a real crate can show: nothing of a packet is
    /// lost, doubled or overtaken as long as both its nodes live.
    pub fn crate_bus() -> FaultSet {
        let lossy = [Fault::Loss, Fault::Duplicate, Fault::Reorder];
        Fault::ALL.into_iter().filter(|fault| !lossy.contains(fault)).collect()
    }

    /// Whether `fault` may happen.
    pub fn has(self, fault: Fault) -> bool {
        self.0 & fault.bit() != 0
    }
}

impl FromIterator<Fault> for FaultSet {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> FaultSet {
        FaultSet(faults.into_iter().fold(0, |bits, fault| bits | fault.bit()))
    }
}

/// A word that names no fault.
#[derive(Debug, thiserror::Error)]
#[error("there is no fault called \"{word}\"; there are: all, none, crate, {}", names().join(", "))]
pub struct NoSuchFault {
    word: String,
}

impl FromStr for FaultSet {
    type Err = NoSuchFault;

    fn from_str(text: &str) -> Result<FaultSet, NoSuchFault> {
        match text {
            "all" => return Ok(FaultSet::all()),
            "none" => return Ok(FaultSet::NONE),
            "crate" => return Ok(FaultSet::crate_bus()),
            _ => {}
        }
        text.split(',')
            .map(|word| {
                let found = Fault::ALL.into_iter().find(|fault| fault.name() == word.trim());
                found.ok_or_else(|| NoSuchFault { word: word.to_owned() })
            })
            .collect()
    }
}

impl fmt::Display for FaultSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            set if set == FaultSet::all() => f.write_str("all"),
            set if set == FaultSet::NONE => f.write_str("none"),
            set if set == FaultSet::crate_bus() => f.write_str("crate"),
            set => {
                let present = Fault::ALL.into_iter().filter(|&fault| set.has(fault));
                f.write_str(&present.map(Fault::name).collect::<Vec<_>>().join(","))
            }
        }
    }
}

fn names() -> Vec<&'static str> {
    Fault::ALL.into_iter().map(Fault::name).collect()
}

/// What becomes of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// it arrives once, after `delay_us`, behind the earlier ones of its pair
    InOrder {
        /// time on the bus
        delay_us: Micros,
    },
    /// it arrives after `delay_us`, whatever became of the earlier ones
    Overtaken {
        /// time on the bus
        delay_us: Micros,
    },
    /// it arrives twice
    Twice {
        /// time on the bus of the first copy
        first_us: Micros,
        /// and of the second
        second_us: Micros,
    },
    /// it is lost
    Lost,
}

impl Fate {
    /// The fault that this fate is, if it is one.
    pub const fn fault(self) -> Option<Fault> {
        match self {
            Fate::InOrder { delay_us } if delay_us >= LATE_US => Some(Fault::Delay),
            Fate::InOrder { .. } => None,
            Fate::Overtaken { .. } => Some(Fault::Reorder),
            Fate::Twice { .. } => Some(Fault::Duplicate),
            Fate::Lost => Some(Fault::Loss),
        }
    }
}

/// Time on the bus from which a packet counts as late.
const LATE_US: Micros = 1_000;

/// Decides, packet by packet and event by event.
#[derive(Debug)]
pub struct FaultPlan {
    enabled: FaultSet,
    packets: Dice,
    events: Dice,
}

/// A fault that befalls a node or the bus, and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// what happens
    pub fault: Fault,
    /// how long it lasts
    pub lasts_us: Micros,
}

impl FaultPlan {
    /// A plan of the enabled kinds.
    pub fn new(enabled: FaultSet, packets: Dice, events: Dice) -> FaultPlan {
        FaultPlan { enabled, packets, events }
    }

    /// Ends all faults: the phase begins in which everything must come to rest.
    pub fn stop(&mut self) {
        self.enabled = FaultSet::NONE;
    }

    /// Throws for the fate of a packet.
    pub fn fate(&mut self) -> Fate {
        let delay_us = self.packets.between(2, 40);
        if self.enabled == FaultSet::NONE {
            return Fate::InOrder { delay_us };
        }
        if self.throws(Fault::Loss, 10_000) {
            Fate::Lost
        } else if self.throws(Fault::Duplicate, 10_000) {
            Fate::Twice { first_us: delay_us, second_us: self.packets.between(2, 300_000) }
        } else if self.throws(Fault::Reorder, 20_000) {
            Fate::Overtaken { delay_us: self.packets.between(2, 60_000) }
        } else if self.throws(Fault::Delay, 10_000) {
            Fate::InOrder { delay_us: self.packets.between(LATE_US, 50_000) }
        } else {
            Fate::InOrder { delay_us }
        }
    }

    fn throws(&mut self, fault: Fault, per_million: u32) -> bool {
        self.enabled.has(fault) && self.packets.chance(per_million)
    }

    /// Throws for a fault between two events.
    pub fn strike(&mut self) -> Option<Strike> {
        if self.enabled == FaultSet::NONE || !self.events.chance(STRIKES_PER_MILLION_EVENTS) {
            return None;
        }
        let strikes =
            [Fault::Kill, Fault::Partition, Fault::OutOfMemory, Fault::Slow, Fault::RingFull];
        let fault = strikes[self.events.index(strikes.len())];
        let lasts_us = match fault {
            Fault::Kill => self.events.between(1_000, 400_000),
            Fault::Partition => self.events.between(10_000, 2_000_000),
            _ => self.events.between(1_000, 300_000),
        };
        self.enabled.has(fault).then_some(Strike { fault, lasts_us })
    }

    /// An index below `count`, for the choice of a victim.
    pub fn victim(&mut self, count: usize) -> usize {
        self.events.index(count)
    }
}

/// About ten in the shortest run of 5,000 events, two of each kind.
const STRIKES_PER_MILLION_EVENTS: u32 = 2_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Player;

    #[test]
    fn sets_of_faults_are_read_as_they_are_written() {
        for text in ["all", "none", "crate", "loss,kill", "slow"] {
            let set: FaultSet = text.parse().expect("a known word");
            assert_eq!(set.to_string(), text);
        }
        let error = "loss,fire".parse::<FaultSet>().expect_err("an unknown word");
        assert!(error.to_string().contains("\"fire\""), "{error}");
    }

    #[test]
    fn only_enabled_faults_happen() {
        let enabled: FaultSet = [Fault::Duplicate, Fault::Kill].into_iter().collect();
        let dice = |player| Dice::new(1, player);
        let mut plan = FaultPlan::new(enabled, dice(Player::Network), dice(Player::Faults));
        let mut seen: Vec<Fault> = (0..100_000).filter_map(|_| plan.fate().fault()).collect();
        seen.extend((0..100_000).filter_map(|_| plan.strike().map(|strike| strike.fault)));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [Fault::Duplicate, Fault::Kill]);
        plan.stop();
        assert!((0..10_000).all(|_| plan.fate().fault().is_none() && plan.strike().is_none()));
    }
}
