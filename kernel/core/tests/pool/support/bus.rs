//! Rings between nodes as queues of packets, with faults that a test asks for.

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

use super::memory::{Bytes, TestMemory};

/// Packets that a ring holds.
const RING: usize = 16;

/// What happens to packets on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// They arrive.
    Fair,
    /// One in so many is lost, and as many come twice.
    Lossy(u32),
}

/// What all nodes share.
pub struct Wires {
    rings: Vec<Vec<VecDeque<Vec<u8>>>>,
    peers: Vec<PeerState>,
    changes: Vec<VecDeque<PeerChange>>,
    grants: Vec<Vec<(Grant, Bytes, usize)>>,
    status: Vec<Option<NodeStatus>>,
    pub weather: Weather,
    /// Packets of these kinds are lost, whatever the weather.
    pub lost_kinds: Vec<u8>,
    /// Nothing that these nodes send arrives, and nothing that is sent to them.
    pub silent: Vec<u8>,
    /// Grants that one node can have open.
    pub grants_max: usize,
    /// Pieces of granted data that are still fetched; then nobody is there to have them.
    pub pulls_left: usize,
    random: u32,
    next_grant: u32,
    pub sent: Vec<u8>,
    /// Every packet that was sent, if that is wanted.
    pub record: Option<Vec<Vec<u8>>>,
}

impl Wires {
    pub fn new(nodes: usize) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            rings: vec![vec![VecDeque::new(); nodes]; nodes],
            peers: vec![PeerState::Down; nodes],
            changes: vec![VecDeque::new(); nodes],
            grants: vec![Vec::new(); nodes],
            status: vec![None; nodes],
            weather: Weather::Fair,
            lost_kinds: Vec::new(),
            silent: Vec::new(),
            grants_max: usize::MAX,
            pulls_left: usize::MAX,
            random: 1,
            next_grant: 1,
            sent: Vec::new(),
            record: None,
        }))
    }

    /// Brings `node` up in `epoch`, or takes it down.
    pub fn set_peer(&mut self, node: NodeId, state: PeerState) {
        self.peers[node.index()] = state;
        for (other, changes) in self.changes.iter_mut().enumerate() {
            if other != node.index() {
                changes.push_back(PeerChange { node, state });
            }
        }
        for ring in &mut self.rings {
            ring[node.index()].clear();
        }
        self.rings[node.index()].iter_mut().for_each(VecDeque::clear);
        self.grants[node.index()].clear();
    }

    /// Puts a packet into a ring that no kernel has sent.
    pub fn forge(&mut self, from: NodeId, to: NodeId, packet: Vec<u8>) {
        self.rings[from.index()][to.index()].push_back(packet);
    }

    /// How often a packet arrives.
    fn fate(&mut self, one_in: u32) -> usize {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match (self.random >> 16) % one_in {
            0 => 0,
            1 => 2,
            _ => 1,
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, packet: &[u8]) {
        self.sent.push(packet[0]);
        if let Some(record) = &mut self.record {
            record.push(packet.to_vec());
        }
        if self.lost_kinds.contains(&packet[0])
            || [from, to].iter().any(|it| self.silent.contains(&it.0))
        {
            return;
        }
        let copies = match self.weather {
            Weather::Fair => 1,
            Weather::Lossy(one_in) => self.fate(one_in),
        };
        for _ in 0..copies {
            self.rings[from.index()][to.index()].push_back(packet.to_vec());
        }
    }
}

/// One node's end of the wires.
pub struct TestBus {
    node: NodeId,
    epoch: Epoch,
    wires: Rc<RefCell<Wires>>,
    inbox: Vec<VecDeque<Vec<u8>>>,
    outgoing: Vec<u8>,
}

impl TestBus {
    pub fn new(node: NodeId, epoch: Epoch, wires: Rc<RefCell<Wires>>) -> Self {
        let nodes = wires.borrow().peers.len();
        let inbox = vec![VecDeque::new(); nodes];
        wires.borrow_mut().changes[node.index()].clear();
        Self { node, epoch, wires, inbox, outgoing: vec![0; PACKET] }
    }
}

impl Bus for TestBus {
    type Memory = TestMemory;

    fn node(&self) -> NodeId {
        self.node
    }

    fn nodes(&self) -> u8 {
        self.inbox.len() as u8
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn poll(&mut self) -> Option<NodeId> {
        let mut wires = self.wires.borrow_mut();
        for (from, inbox) in self.inbox.iter_mut().enumerate() {
            inbox.append(&mut wires.rings[from][self.node.index()]);
        }
        self.inbox.iter().position(|inbox| !inbox.is_empty()).map(|from| NodeId(from as u8))
    }

    fn peek(&self, from: NodeId) -> Option<&[u8]> {
        self.inbox[from.index()].front().map(Vec::as_slice)
    }

    fn advance(&mut self, from: NodeId) {
        self.inbox[from.index()].pop_front();
    }

    fn reserve(&mut self, to: NodeId, length: usize) -> Result<&mut [u8], SendError> {
        let wires = self.wires.borrow();
        match wires.peers.get(to.index()) {
            Some(PeerState::Up(_)) => {}
            _ => return Err(SendError::Down),
        }
        if wires.rings[self.node.index()][to.index()].len() >= RING {
            return Err(SendError::Full);
        }
        Ok(&mut self.outgoing[..length])
    }

    fn commit(&mut self, to: NodeId, length: usize) {
        let packet = &self.outgoing[..length];
        self.wires.borrow_mut().send(self.node, to, packet);
    }

    fn publish(&mut self) {}

    fn peer(&self, node: NodeId) -> PeerState {
        self.wires.borrow().peers.get(node.index()).copied().unwrap_or(PeerState::Down)
    }

    fn next_change(&mut self) -> Option<PeerChange> {
        let change = self.wires.borrow_mut().changes[self.node.index()].pop_front()?;
        self.inbox[change.node.index()].clear();
        Some(change)
    }

    fn grant(
        &mut self,
        memory: &mut TestMemory,
        slot: Slot,
        range: UserRange,
    ) -> Result<Grant, GrantError> {
        let resolved = memory.resolve(slot, range, Access::Read);
        let (bytes, offset) = resolved.map_err(|_| GrantError::BadAddress)?;
        let mut wires = self.wires.borrow_mut();
        if wires.grants[self.node.index()].len() >= wires.grants_max {
            return Err(GrantError::TableFull);
        }
        let generation = wires.next_grant;
        wires.next_grant += 1;
        let grant = Grant { index: 7, generation, length: range.length };
        wires.grants[self.node.index()].push((grant, bytes, offset));
        Ok(grant)
    }

    fn revoke(&mut self, _: &mut TestMemory, grant: Grant) {
        self.wires.borrow_mut().grants[self.node.index()].retain(|entry| entry.0 != grant);
    }

    fn pull(&mut self, memory: &mut TestMemory, pull: &Pull) -> Result<(), PullError> {
        let mut wires = self.wires.borrow_mut();
        let is_up = matches!(wires.peers.get(pull.from.index()), Some(PeerState::Up(_)));
        if !is_up || wires.pulls_left == 0 {
            return Err(PullError::Down);
        }
        wires.pulls_left -= 1;
        let mut grants = wires.grants[pull.from.index()].iter();
        let (grant, bytes, offset) =
            grants.find(|entry| entry.0 == pull.grant).ok_or(PullError::Revoked)?;
        if u64::from(pull.offset) + u64::from(pull.to.length) > u64::from(grant.length) {
            return Err(PullError::Revoked);
        }
        let from = offset + pull.offset as usize;
        let piece = bytes.borrow()[from..from + pull.to.length as usize].to_vec();
        memory.store(pull.slot, pull.to.base, &piece, pull.side).map_err(|_| PullError::BadAddress)
    }

    fn status(&self, node: NodeId) -> Option<NodeStatus> {
        self.wires.borrow().status[node.index()]
    }

    fn post_status(&mut self, status: &NodeStatus) {
        self.wires.borrow_mut().status[self.node.index()] = Some(*status);
    }

    fn trace(&mut self, _: &Record) {}
}

/// Open grants of all nodes.
pub fn open_grants(wires: &Rc<RefCell<Wires>>) -> usize {
    wires.borrow().grants.iter().map(Vec::len).sum()
}
