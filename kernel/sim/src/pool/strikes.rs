//! Faults that befall a node or the bus, and their ends.

use abi::ids::NodeId;

use super::{Event, Pool};
use crate::backplane::RING_SLOTS;
use crate::fault::{Fault, Strike};
use crate::memory::Supply;
use crate::queue::Micros;

/// A slow node is slower by this factor.
const SLOWNESS: u64 = 25;

/// The longest time until a node learns that a peer has gone.
const DOWN_NOTICE_US: Micros = 500_000;
/// The longest time until a node learns that a peer has come.
const UP_NOTICE_US: Micros = 20_000;

impl Pool {
    /// Lets something go wrong, if the dice say so.
    pub(super) fn maybe_strike(&mut self) {
        let Some(strike) = self.faults.strike() else { return };
        // The host is spared: with it every program ends.
        let victim = NodeId(1 + self.faults.victim(self.sites.len() - 1) as u8);
        if self.sites[victim.index()].board.is_none() {
            return;
        }
        let before = self.sites[victim.index()].last_sent;
        if self.begin(strike, victim)
            && let Some(kind) = before
        {
            self.coverage.hit(strike.fault, kind);
        }
    }

    /// Begins a fault; answers whether it could.
    fn begin(&mut self, strike: Strike, victim: NodeId) -> bool {
        let until_us = self.queue.now_us() + strike.lasts_us;
        match strike.fault {
            Fault::Kill => {
                self.kill(victim);
                self.queue.push(until_us, Event::Boot(victim));
                return true;
            }
            Fault::Partition if self.half.is_some() => return false,
            Fault::Partition => {
                self.cut(victim);
                self.oracle.partitioned(until_us);
            }
            fault => self.set_condition(fault, victim, Condition::Bad),
        }
        self.queue.push(until_us, Event::Recover { fault: strike.fault, node: victim });
        true
    }

    /// Ends a fault.
    pub(super) fn recover(&mut self, fault: Fault, node: NodeId) {
        match fault {
            Fault::Partition => self.half = None,
            fault => self.set_condition(fault, node, Condition::Good),
        }
    }

    fn set_condition(&mut self, fault: Fault, node: NodeId, condition: Condition) {
        let good = condition == Condition::Good;
        let site = &mut self.sites[node.index()];
        match fault {
            Fault::Slow => site.slowness = if good { 1 } else { SLOWNESS },
            Fault::RingFull => {
                let slots = if good { RING_SLOTS } else { 1 };
                self.backplane.borrow_mut().set_ring_slots(node, slots);
            }
            Fault::OutOfMemory => {
                if let Some(board) = &site.board {
                    let supply = if good { Supply::Normal } else { Supply::Exhausted };
                    board.memory.borrow_mut().set_supply(supply);
                }
            }
            _ => unreachable!("{} is not a condition of a node", fault.name()),
        }
    }

    /// Cuts the bus between about half of the nodes, the victim among them, and the
    /// rest.
    fn cut(&mut self, victim: NodeId) {
        let mut half: Vec<bool> =
            (0..self.sites.len()).map(|_| self.faults.victim(2) == 0).collect();
        half[victim.index()] = !half[0];
        self.half = Some(half);
    }

    /// Cuts the power of a node.
    fn kill(&mut self, node: NodeId) {
        let site = &mut self.sites[node.index()];
        let Some(board) = site.board.take() else { return };
        for uid in board.residents.into_iter().flatten() {
            self.oracle.register.lost_with_node(uid);
            self.programs[uid.0 as usize] = None;
        }
        site.slowness = 1;
        self.oracle.killed(node);
        self.backplane.borrow_mut().kill(node);
        self.announce(node, DOWN_NOTICE_US);
    }

    /// Cuts the power of the host for good, and with it the launch endpoints of all RDCs.
    pub(super) fn lose_host(&mut self) {
        self.kill(NodeId::HOST);
    }

    /// Boots a node that has no power, if it is still without.
    pub(super) fn boot(&mut self, node: NodeId) {
        let site = &mut self.sites[node.index()];
        if site.board.is_some() {
            return;
        }
        site.boot(self.shape.config(node), &self.backplane, self.queue.now_us());
        self.announce(node, UP_NOTICE_US);
        let now_us = self.queue.now_us();
        self.oracle.booted(node, now_us + UP_NOTICE_US);
        for peer in 0..self.sites.len() as u8 {
            self.queue.push(now_us, Event::Notice { observer: node, peer: NodeId(peer) });
        }
        self.wake(node);
    }

    /// Has every other node learn within `longest_us` what `node` is now.
    fn announce(&mut self, node: NodeId, longest_us: Micros) {
        for observer in 0..self.sites.len() as u8 {
            let observer = NodeId(observer);
            if observer != node {
                let at_us = self.queue.now_us() + self.notices.between(1, longest_us);
                self.queue.push(at_us, Event::Notice { observer, peer: node });
            }
        }
    }

    /// Lets `observer` see what `peer` is now.
    pub(super) fn notice(&mut self, observer: NodeId, peer: NodeId) {
        if self.sites[observer.index()].board.is_some() {
            self.backplane.borrow_mut().notice(observer, peer);
            self.wake(observer);
        }
    }

    /// Ends all faults: everything must come to rest from here on.
    pub(super) fn heal(&mut self) {
        self.faults.stop();
        self.half = None;
        for index in 0..self.sites.len() as u8 {
            let node = NodeId(index);
            for fault in [Fault::Slow, Fault::RingFull, Fault::OutOfMemory] {
                self.set_condition(fault, node, Condition::Good);
            }
            self.boot(node);
        }
    }
}

/// Whether a fault of a node is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Good,
    Bad,
}
