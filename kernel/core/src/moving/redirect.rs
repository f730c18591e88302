//! Redirections (dissertation, §8.4.3): where the ports of channels have gone from this node,
//! and where streams were rebound. They save a search, and nothing depends on them: one that is
//! crowded out by another is missed only as such.

use alloc::vec;
use alloc::vec::Vec;

use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use crate::delivery::arrive::Verdict;
use crate::letter::{Data, Letter};
use crate::platform::{Instant, Machine, Platform};
use crate::quota::Holder;
use crate::state::State;

/// Redirections that a node remembers at most, a power of two.
const ENTRIES: usize = 128;

/// Microseconds after which a port has arrived where it has gone, or is lost: 5 s.
const RECENT_US: u64 = 5_000_000;

/// Where a channel or a stream has gone.
#[derive(Clone, Copy, Debug)]
struct Redirect {
    /// The channel or the stream, its bits; 0 in an unused entry.
    id: u64,
    /// The node where the port is.
    node: NodeId,
    /// The channel, its bits.
    channel: u64,
    /// When it was last known to have gone there.
    since: Instant,
    /// How often an entry was made here.
    made: u32,
}

const UNUSED: Redirect =
    Redirect { id: 0, node: NodeId(0), channel: 0, since: Instant(0), made: 0 };

/// All redirections of a node.
#[derive(Debug)]
pub struct Redirects(Vec<Redirect>);

impl Redirects {
    /// No redirections.
    pub fn new() -> Self {
        Self(vec![UNUSED; ENTRIES])
    }

    /// What is for channel or stream `id` goes to `channel`, whose port is at `node`, from now on.
    pub fn enter(&mut self, id: u64, (node, channel): (NodeId, u64), since: Instant) {
        let made = self.gone(id).wrapping_add(1);
        self.0[place(id)] = Redirect { id, node, channel, since, made };
    }

    /// A number that changes whenever `id` goes from here, and 0 if it never has: how often those
    /// have that share its entry.
    pub fn gone(&self, id: u64) -> u32 {
        self.0[place(id)].made
    }

    /// `id` has arrived where it has gone.
    pub fn arrived(&mut self, id: u64, now: Instant) {
        let entry = &mut self.0[place(id)];
        if entry.id == id {
            entry.since = now;
        }
    }

    /// Forgets where `id` has gone.
    pub fn forget(&mut self, id: u64) {
        let entry = &mut self.0[place(id)];
        if entry.id == id {
            entry.id = 0;
        }
    }

    /// Forgets the ports that have gone to `node`, which is lost.
    pub fn lose(&mut self, node: NodeId) {
        let is_lost = |entry: &&mut Redirect| entry.node == node && entry.id == entry.channel;
        self.0.iter_mut().filter(is_lost).for_each(|entry| entry.id = 0);
    }

    /// Whether `id` has gone elsewhere in the last seconds.
    fn is_recent(&self, id: u64, now: Instant) -> bool {
        let entry = &self.0[place(id)];
        entry.id == id && now.since_us(entry.since) < RECENT_US
    }

    /// Where `id` has gone: an address, and the identity that the port has there.
    pub fn find(&self, id: u64) -> Option<(KernelPort, u64)> {
        let entry = &self.0[place(id)];
        (entry.id == id && id != 0).then(|| (KernelPort::somewhere(entry.node), entry.channel))
    }
}

fn place(id: u64) -> usize {
    (id as usize ^ (id >> 8) as usize) & (ENTRIES - 1)
}

impl<P: Platform> State<P> {
    /// Where messages of `stream` to `channel` have gone from here.
    pub(crate) fn redirection(&self, stream: u64, channel: u64) -> Option<(KernelPort, u64)> {
        let found = self.redirects.find(stream).or_else(|| self.redirects.find(channel));
        found.filter(|(to, _)| to.node() != self.node)
    }

    /// Whether the port of channel `id`, which is not here, may be between two nodes: whoever looks
    /// for it everywhere may have asked its new node before it was there.
    pub(crate) fn may_be_under_way(&self, id: u64) -> bool {
        self.redirects.is_recent(id, self.machine.now()) || self.is_adopting()
    }

    /// What the sender of a message is told whose port is not here.
    pub(crate) fn missed(&mut self, letter: &Letter) -> Verdict {
        if !matches!(letter.to_type, PortType::Channel | PortType::Attachment) {
            return Verdict::NotHere;
        }
        match self.redirects.find(letter.to_id) {
            Some((to, id)) if to.node() != self.node => {
                if letter.kind == Kind::Dgram {
                    self.pass_on(letter, to, id);
                }
                Verdict::Elsewhere(to, id)
            }
            // A request to yield is made by somebody who takes over himself.
            _ if letter.to_type == PortType::Channel && self.is_adopting() => self.park(letter),
            _ => Verdict::NotHere,
        }
    }

    /// Passes a datagram on, whose sender is told nothing.
    fn pass_on(&mut self, letter: &Letter, to: KernelPort, id: u64) {
        let mut letter = Letter { to, to_id: id, hint: 0, ..*letter };
        let mut block = None;
        if let Data::Packet(_) = letter.data {
            let room = self.has_room(Holder::Other, true);
            block = if room { self.pool.take_block() } else { None };
            let Some(block) = block else { return };
            if !self.keep_data(letter.data, letter.total, block) {
                return self.pool.free_block(block);
            }
            letter.data = Data::Block(block);
        }
        // A full ring or a lost node: a datagram may be lost.
        let _ = self.post(&letter);
        if let Some(block) = block {
            self.pool.free_block(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_redirection_crowds_out_another_and_no_more() {
        let mut redirects = Redirects::new();
        redirects.enter(1, (NodeId(3), 1), Instant(0));
        redirects.enter(2, (NodeId(4), 9), Instant(0));
        assert_eq!(redirects.find(1), Some((KernelPort::somewhere(NodeId(3)), 1)));
        assert_eq!(redirects.find(2), Some((KernelPort::somewhere(NodeId(4)), 9)));
        redirects.enter(1 + ENTRIES as u64 * 256, (NodeId(5), 1), Instant(0));
        assert_eq!(redirects.find(0), None);
        redirects.forget(2);
        assert_eq!(redirects.find(2), None);
    }
}
