//! The oracle: it sees the whole pool at once and knows what every program did
//! and was told. What the kernels promise, it checks as it happens.

mod family;
mod population;
mod streams;
mod violation;

pub use family::Family;
pub use population::{Doom, IncUid, Life, OpenCall, Register};
pub use streams::{ChannelUid, Outcome, Sender, Service, StreamLedger, StreamUid};
pub use violation::Violation;

use abi::ids::NodeId;

use crate::queue::Micros;

/// What the oracle knows of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// who receives from it
    pub owner: IncUid,
    /// how deep in the layers of servers its owner stands: calls that wait only go
    /// deeper, so that no two programs wait for each other
    pub tier: u8,
    /// whether its port is on its way to somebody else, or may be
    pub is_offered: bool,
}

impl Channel {
    /// A channel that `owner` of `tier` receives from.
    pub fn new(owner: IncUid, tier: u8) -> Channel {
        Channel { owner, tier, is_offered: false }
    }
}

/// All that is known of a run.
#[derive(Debug, Default)]
pub struct Oracle {
    /// the incarnations
    pub register: Register,
    /// who depends on whom
    pub family: Family,
    /// the streams
    pub streams: StreamLedger,
    /// the software interrupts
    pub interrupts: Interrupts,
    channels: Vec<Channel>,
    /// who received from a channel before its owner does, or may have
    former_owners: Vec<(ChannelUid, IncUid)>,
    cut_until_us: Micros,
    /// for each node, until when others may take it for dead
    unsettled_until_us: Vec<Micros>,
    /// the nodes that have ever lost power
    kills: Vec<NodeId>,
    invocations: u32,
}

/// How many handlers have run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interrupts {
    /// all of them
    pub handled: u64,
    /// those that have interrupted another one
    pub nested: u64,
}

impl Interrupts {
    /// Notes that one is called while `depth` others run.
    pub fn note(&mut self, depth: usize) {
        self.handled += 1;
        self.nested += u64::from(depth > 0);
    }
}

/// How long the programs of a node may take to act on what its kernel has noticed.
const REACTION_US: Micros = 1_000_000;

/// How long after a partition kernels may still take each other for lost.
const AFTERMATH_US: Micros = 10_000_000;

impl Oracle {
    /// Enters a channel that `owner` of `tier` will receive from.
    pub fn open_channel(&mut self, channel: Channel) -> ChannelUid {
        self.channels.push(channel);
        ChannelUid(self.channels.len() as u32 - 1)
    }

    /// What is known of `channel`.
    pub fn channel(&self, channel: ChannelUid) -> Channel {
        self.channels[channel.0 as usize]
    }

    /// Whether somebody receives from `channel`.
    pub fn is_served(&self, channel: ChannelUid) -> bool {
        let Channel { owner, is_offered, .. } = self.channel(channel);
        self.register.lives(owner) && !is_offered
    }

    /// Notes that the port of `channel` is to go to whoever receives from `to`.
    pub fn offered(&mut self, channel: ChannelUid, to: ChannelUid) {
        self.channels[channel.0 as usize].is_offered = true;
        let taker = self.channel(to).owner;
        self.former_owners.push((channel, taker));
    }

    /// Notes that the owner of the port of `channel` has it again.
    pub fn taken_back(&mut self, channel: ChannelUid) {
        self.channels[channel.0 as usize].is_offered = false;
    }

    /// Notes that `owner` has got the port of `channel`.
    pub fn moved(&mut self, channel: ChannelUid, owner: IncUid) {
        let known = &mut self.channels[channel.0 as usize];
        self.former_owners.push((channel, known.owner));
        (known.owner, known.is_offered) = (owner, false);
    }

    /// Those who receive from `channel`, or did so earlier.
    fn owners(&self, channel: ChannelUid) -> impl Iterator<Item = IncUid> {
        let former = self.former_owners.iter().filter(move |former| former.0 == channel);
        std::iter::once(self.channel(channel).owner).chain(former.map(|former| former.1))
    }

    /// How many messages were ever sent to ports that `owner` has, or had.
    pub fn sent_to(&self, owner: IncUid) -> u64 {
        let channels = (0..self.channels.len() as u32).map(ChannelUid);
        let his = channels.filter(|channel| self.owners(*channel).any(|known| known == owner));
        self.streams.sent_to(&his.collect::<Vec<_>>())
    }

    /// Whether what somebody had who received from `channel` is gone with his node.
    pub fn is_gone_from(&self, channel: ChannelUid) -> bool {
        self.channel(channel).is_offered
            || self.owners(channel).any(|owner| self.is_gone_with_node(owner))
    }

    /// A number for an invocation, never 0 and never the same.
    pub fn number_invocation(&mut self) -> u32 {
        self.invocations += 1;
        self.invocations
    }

    /// Notes that the bus is cut in two until `until_us`.
    pub fn partitioned(&mut self, until_us: Micros) {
        self.cut_until_us = self.cut_until_us.max(until_us + AFTERMATH_US);
    }

    /// Notes that `node` has lost power.
    pub fn killed(&mut self, node: NodeId) {
        if !self.kills.contains(&node) {
            self.kills.push(node);
        }
        self.set_unsettled(node, Micros::MAX);
    }

    /// Notes that `node` has booted, which the last of the others notices at
    /// `until_us`.
    pub fn booted(&mut self, node: NodeId, until_us: Micros) {
        self.set_unsettled(node, until_us + REACTION_US);
    }

    fn set_unsettled(&mut self, node: NodeId, until_us: Micros) {
        if self.unsettled_until_us.len() <= node.index() {
            self.unsettled_until_us.resize(node.index() + 1, 0);
        }
        self.unsettled_until_us[node.index()] = until_us;
    }

    /// Whether a caller may be told at `now_us` that `node` is lost.
    pub fn may_be_down(&self, node: NodeId, now_us: Micros) -> bool {
        let unsettled_until_us = self.unsettled_until_us.get(node.index()).copied();
        now_us < self.cut_until_us.max(unsettled_until_us.unwrap_or(0))
    }

    /// Whether a caller may be told at `now_us` that the receiver of `channel` is
    /// lost.
    pub fn may_be_lost(&self, channel: ChannelUid, now_us: Micros) -> bool {
        self.channel(channel).is_offered
            || self.owners(channel).any(|owner| self.may_have_lost(owner, now_us))
    }

    /// Whether `invoker` may be told at `now_us` that somebody is lost to whom the message that
    /// it waits for was forwarded.
    pub fn may_be_lost_elsewhere(&self, invoker: IncUid, now_us: Micros) -> bool {
        let passed_to = self.register.passed_to(invoker);
        passed_to.iter().any(|channel| self.may_be_lost(*channel, now_us))
    }

    /// Whether a caller may be told at `now_us` that `peer` is lost.
    pub fn may_have_lost(&self, peer: IncUid, now_us: Micros) -> bool {
        match self.register.life(peer) {
            Some(Life::Lives { node }) => {
                self.may_be_down(node, now_us) || !self.register.thrives(peer)
            }
            _ => true,
        }
    }

    /// Whether a caller may be told at `now_us` that `peer`, made on `node` and never started, is
    /// not there: its node was lost, or may be taken for lost, or somebody has ended it.
    pub fn may_have_gone(&self, peer: IncUid, node: NodeId, now_us: Micros) -> bool {
        self.kills.contains(&node)
            || self.may_be_down(node, now_us)
            || self.register.is_sentenced(peer)
    }

    /// Whether what `peer` had is gone with its node.
    pub fn is_gone_with_node(&self, peer: IncUid) -> bool {
        match self.register.life(peer) {
            Some(Life::LostWithNode) => true,
            Some(Life::Ended { node }) => self.kills.contains(&node),
            _ => false,
        }
    }

    /// Whether the data of a message of `stream` can still be fetched.
    pub fn sender_of(&self, stream: StreamUid) -> Sender {
        match self.streams.owner(stream) {
            Some(owner) if self.register.lives(owner) => Sender::Alive,
            _ => Sender::Gone,
        }
    }

    /// Notes that the space of `uid` on `node` is gone at `now_us`: somebody has wanted that, or
    /// somebody that it depends on may be lost.
    pub fn departed(&mut self, uid: IncUid, node: NodeId, now_us: Micros) -> Result<(), Violation> {
        if self.family.may_end(uid, |parent| self.may_have_lost(parent, now_us)) {
            self.register.sentence(uid);
        }
        self.register.departed(uid, node)
    }

    /// What must hold when all is at rest: nobody lives who depends on the dead.
    pub fn check_orphans(&self) -> Result<(), Violation> {
        for (incarnation, _) in self.register.all_living() {
            let outlived = self.family.outlived(incarnation, |uid| self.register.lives(uid));
            if let Some(parent) = outlived {
                return Err(Violation::Orphan { incarnation, parent });
            }
        }
        Ok(())
    }

    /// What must hold when all is at rest: nothing that was accepted by a living
    /// receiver from a living sender is missing.
    pub fn check_drained(&self) -> Result<(), Violation> {
        self.streams.check_drained(|owner, channels| {
            self.register.lives(owner) && channels.iter().all(|channel| self.is_served(*channel))
        })
    }
}
