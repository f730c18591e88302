//! The bus of a simulated node: its kernel's end of the backplane.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use abi::ids::{Epoch, NodeId};
use abi::message::PACKET;
use abi::trace::Record;
use kernel::platform::{
    Access, Bus, Grant, GrantError, NodeStatus, PeerChange, PeerState, Pull, PullError, SendError,
    Slot, UserRange,
};

use crate::backplane::{Backplane, Flight, GrantedBytes, Packet};
use crate::memory::{SimMemory, copy};

/// One node's end of the backplane.
pub struct SimBus {
    node: NodeId,
    nodes: u8,
    epoch: Epoch,
    backplane: Rc<RefCell<Backplane>>,
    rings: Vec<VecDeque<Packet>>,
    ready: VecDeque<NodeId>,
    reserved: Option<Packet>,
    staged: Vec<Flight>,
}

impl SimBus {
    /// The end of `node`, which the backplane has booted in `epoch`.
    pub fn new(node: NodeId, epoch: Epoch, backplane: Rc<RefCell<Backplane>>) -> SimBus {
        let nodes = backplane.borrow().nodes();
        SimBus {
            node,
            nodes: nodes as u8,
            epoch,
            backplane,
            rings: (0..nodes).map(|_| VecDeque::new()).collect(),
            ready: VecDeque::with_capacity(nodes),
            reserved: None,
            staged: Vec::with_capacity(16),
        }
    }

    fn sort_mail(&mut self) {
        let mut backplane = self.backplane.borrow_mut();
        for Flight { from, packet, .. } in backplane.take_mail(self.node) {
            let ring = &mut self.rings[from.index()];
            if ring.is_empty() {
                self.ready.push_back(from);
            }
            ring.push_back(packet);
        }
    }

    /// Empties the ring from a peer whose epoch is over.
    fn clear_ring(&mut self, from: NodeId) {
        let mut backplane = self.backplane.borrow_mut();
        for packet in self.rings[from.index()].drain(..) {
            backplane.recycle(packet);
        }
        self.ready.retain(|&ready| ready != from);
    }
}

impl Bus for SimBus {
    type Memory = SimMemory;

    fn node(&self) -> NodeId {
        self.node
    }

    fn nodes(&self) -> u8 {
        self.nodes
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn poll(&mut self) -> Option<NodeId> {
        self.sort_mail();
        self.ready.front().copied()
    }

    fn peek(&self, from: NodeId) -> Option<&[u8]> {
        self.rings[from.index()].front().map(Packet::bytes)
    }

    fn advance(&mut self, from: NodeId) {
        let ring = &mut self.rings[from.index()];
        let packet = ring.pop_front().expect("a packet that was peeked at");
        self.ready.retain(|&ready| ready != from);
        if !ring.is_empty() {
            self.ready.push_back(from);
        }
        let mut backplane = self.backplane.borrow_mut();
        backplane.release_slot(from, self.node);
        backplane.recycle(packet);
    }

    fn reserve(&mut self, to: NodeId, length: usize) -> Result<&mut [u8], SendError> {
        assert!(to != self.node, "node {} sends to itself over the bus", to.0);
        assert!(length <= PACKET, "a packet of {length} bytes does not fit a slot of {PACKET}");
        let mut backplane = self.backplane.borrow_mut();
        let PeerState::Up(to_epoch) = backplane.view(self.node, to) else {
            return Err(SendError::Down);
        };
        if backplane.is_full(self.node, to) {
            return Err(SendError::Full);
        }
        let spare = || backplane.spare_packet(self.epoch, to_epoch);
        let packet = self.reserved.get_or_insert_with(spare);
        packet.to_epoch = to_epoch;
        Ok(packet.space(length))
    }

    fn commit(&mut self, to: NodeId, length: usize) {
        let mut packet = self.reserved.take().expect("a packet that was reserved");
        packet.set_length(length);
        self.backplane.borrow_mut().take_slot(self.node, to);
        self.staged.push(Flight { from: self.node, to, packet });
    }

    fn publish(&mut self) {
        if !self.staged.is_empty() {
            self.backplane.borrow_mut().publish(&mut self.staged);
        }
    }

    fn peer(&self, node: NodeId) -> PeerState {
        self.backplane.borrow().view(self.node, node)
    }

    fn next_change(&mut self) -> Option<PeerChange> {
        let change = self.backplane.borrow_mut().next_change(self.node)?;
        self.clear_ring(change.node);
        Some(change)
    }

    fn grant(
        &mut self,
        memory: &mut SimMemory,
        slot: Slot,
        range: UserRange,
    ) -> Result<Grant, GrantError> {
        let resolved = memory.resolve(slot, range, Access::Read, kernel::platform::Side::User);
        let (region, offset) = resolved.map_err(|_| GrantError::BadAddress)?;
        let bytes = GrantedBytes { region, offset, length: range.length as usize };
        self.backplane.borrow_mut().grant(self.node, bytes).ok_or(GrantError::TableFull)
    }

    fn revoke(&mut self, _memory: &mut SimMemory, grant: Grant) {
        self.backplane.borrow_mut().revoke(self.node, grant);
    }

    fn pull(&mut self, memory: &mut SimMemory, pull: &Pull) -> Result<(), PullError> {
        let backplane = self.backplane.borrow();
        let known = backplane.view(self.node, pull.from);
        if known == PeerState::Down || known != backplane.state(pull.from) {
            return Err(PullError::Down);
        }
        let granted = backplane.granted(pull.from, pull.grant).ok_or(PullError::Revoked)?;
        let (offset, length) = (pull.offset as usize, pull.to.length as usize);
        if offset + length > granted.length {
            return Err(PullError::Revoked);
        }
        let target = memory.resolve(pull.slot, pull.to, Access::Write, pull.side);
        let (region, at) = target.map_err(|_| PullError::BadAddress)?;
        copy((&granted.region, granted.offset + offset), (&region, at), length);
        Ok(())
    }

    fn status(&self, node: NodeId) -> Option<NodeStatus> {
        let backplane = self.backplane.borrow();
        let up = backplane.view(self.node, node) != PeerState::Down;
        backplane.status(node).filter(|_| up)
    }

    fn post_status(&mut self, status: &NodeStatus) {
        self.backplane.borrow_mut().post_status(self.node, *status);
    }

    fn trace(&mut self, record: &Record) {
        self.backplane.borrow_mut().record(self.node, *record);
    }
}
