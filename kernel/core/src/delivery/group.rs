//! Multicast (dissertation, §4.3.2, §8.4.4): a message goes to all nodes at once, and each hands
//! it to the ports there that are attached to the channel. It is a success if one has it.
//!
//! A node without members says nothing, so that all that it costs is to look for the channel.
//! Only when nobody has answered for a while is it asked to say so: when all have, there is
//! no member.

use abi::error::CallError;
use abi::ids::NodeId;
use abi::message::{KernelPort, Kind, PortType};

use crate::delivery::arrive::Verdict;
use crate::exchange::{NodeSet, Owner};
use crate::letter::Letter;
use crate::platform::{Bus, PeerState, Platform};
use crate::state::State;

/// The hint of a message to a group that is to be answered also where there is no member.
const INSISTS: u16 = 1;

impl<P: Platform> State<P> {
    /// Hands the message of `owner` to all members of a group, or once more to those who may
    /// not have it.
    pub(crate) fn transmit_to_group(&mut self, owner: Owner) {
        let now = self.ticker.now;
        let Ok(mut letter) = self.compose(owner) else { return };
        let Some(exchange) = self.exchange(owner) else { return };
        letter.hint = if exchange.attempts == 0 { 0 } else { INSISTS };
        exchange.sent(now);
        exchange.absent = NodeSet::EMPTY;
        let verdict = self.post_to_group(letter);
        let here = KernelPort::somewhere(self.node);
        match verdict {
            Verdict::Silent => self.told_by_group(owner, Verdict::NotHere, here),
            verdict => self.told_by_group(owner, verdict, here),
        }
    }

    /// Hands a letter to all members of a group; answers what those of this node say.
    pub(crate) fn post_to_group(&mut self, mut letter: Letter) -> Verdict {
        for node in (0..self.bus.nodes()).map(NodeId) {
            if node != self.node && matches!(self.bus.peer(node), PeerState::Up(_)) {
                letter.to = KernelPort::somewhere(node);
                // A full ring: the node has not got the message, and does not answer.
                let _ = self.post(&letter);
            }
        }
        letter.to = KernelPort::somewhere(self.node);
        self.arrive(&letter)
    }

    /// A message to a group has come to this node.
    pub(crate) fn arrive_at_group(&mut self, letter: &Letter) -> Verdict {
        let insists = letter.hint == INSISTS && letter.kind != Kind::Dgram;
        let mut verdict = if insists { Verdict::NotHere } else { Verdict::Silent };
        let mut next = self.ports.group(letter.to_id).next();
        while let Some(index) = next {
            // It is found before somebody gets the message, who may close his port at once.
            next = self.ports.group(letter.to_id).skip_while(|at| *at != index).nth(1);
            let Some((slot, port)) = self.ports.port_at(index) else { continue };
            let to = self.ports.address(index);
            let member = Letter { to, to_type: PortType::Channel, hint: 0, ..*letter };
            let said = self.arrive_at_port(&member, index, slot, port);
            verdict = better(verdict, said);
        }
        verdict
    }

    /// The members of a group at a node have said something about the message of `owner`.
    pub(crate) fn told_by_group(&mut self, owner: Owner, verdict: Verdict, from: KernelPort) {
        let now = self.ticker.now;
        let Some(exchange) = self.exchange(owner) else { return };
        match verdict {
            Verdict::Accepted(_) => return self.accepted(owner, 0, KernelPort::NONE),
            Verdict::Busy => return exchange.turned_away(now),
            Verdict::NotHere | Verdict::Refused(_) => {}
            _ => return,
        }
        exchange.absent.insert(from.node());
        let absent = exchange.absent;
        if self.nodes_up().all(|node| absent.contains(node)) {
            let error = match verdict {
                Verdict::Refused(error) => error,
                _ => CallError::NotAttached,
            };
            self.fail(owner, error);
        }
    }

    /// The nodes that are up, this one among them.
    pub(crate) fn nodes_up(&self) -> impl Iterator<Item = NodeId> {
        let nodes = (0..self.bus.nodes()).map(NodeId);
        nodes.filter(|node| matches!(self.bus.peer(*node), PeerState::Up(_)))
    }
}

/// Of what two members say, that which counts for the sender.
fn better(one: Verdict, other: Verdict) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Accepted(_) => 3,
        Verdict::Busy => 2,
        Verdict::Refused(_) => 1,
        _ => 0,
    };
    if rank(&other) > rank(&one) { other } else { one }
}
