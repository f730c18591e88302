//! The backplane of the simulated crate: what joins the nodes, and the simulator's
//! side of it.
//!
//! A kernel reserves, commits and publishes packets through its [`SimBus`]; after
//! each step the simulator takes what was published, decides the fate of each
//! packet, and hands it to the receiver's mailbox when its time has come. A
//! packet carries the epochs of both ends and counts only while they hold.
//!
//! [`SimBus`]: crate::bus::SimBus

use std::collections::VecDeque;

use abi::ids::{Epoch, NodeId};
use abi::message::PACKET;
use abi::trace::Record;
use kernel::platform::{Grant, NodeStatus, PeerChange, PeerState};
use slab::Slab;

use crate::memory::Region;

/// Packets that fit into the ring of one ordered pair of nodes.
pub const RING_SLOTS: u16 = 16;

/// Grants that one node may have out.
const GRANTS: usize = 4096;

/// Records that the trace ring of a node holds.
const TRACE_RECORDS: usize = 32;

/// One packet, in a buffer that goes round for the whole run.
pub struct Packet {
    /// the epoch of the sender when it sent
    pub from_epoch: Epoch,
    /// the epoch that the sender took the receiver to be in
    pub to_epoch: Epoch,
    length: usize,
    bytes: Box<[u8; PACKET]>,
}

impl Packet {
    /// What was sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// What was sent, to be changed on its way.
    pub fn filled(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }

    /// The first `length` bytes of the buffer, to be filled by the sender.
    pub fn space(&mut self, length: usize) -> &mut [u8] {
        &mut self.bytes[..length]
    }

    /// Says how much the sender has filled.
    pub fn set_length(&mut self, length: usize) {
        self.length = length;
    }
}

/// A packet on its way.
pub struct Flight {
    /// the sender
    pub from: NodeId,
    /// the receiver
    pub to: NodeId,
    /// the packet
    pub packet: Packet,
}

/// What joins the nodes.
pub struct Backplane {
    seats: Vec<Seat>,
    published: Vec<Flight>,
    spare: Vec<Packet>,
}

/// The place of one node.
struct Seat {
    state: PeerState,
    views: Vec<PeerState>,
    changes: VecDeque<PeerChange>,
    mailbox: Vec<Flight>,
    occupied: Vec<u16>,
    ring_slots: u16,
    grants: Slab<(u32, GrantedBytes)>,
    /// counts the grants of this boot
    next_generation: u16,
    status: Option<NodeStatus>,
    records: VecDeque<Record>,
}

/// What a grant covers.
#[derive(Clone)]
pub struct GrantedBytes {
    /// the region, kept alive by the grant
    pub region: Region,
    /// the first byte
    pub offset: usize,
    /// the number of bytes
    pub length: usize,
}

impl Backplane {
    /// A backplane with `nodes` empty places.
    pub fn new(nodes: usize) -> Backplane {
        Backplane {
            seats: (0..nodes).map(|_| Seat::new(nodes)).collect(),
            published: Vec::with_capacity(64),
            spare: Vec::new(),
        }
    }

    /// Number of places.
    pub fn nodes(&self) -> usize {
        self.seats.len()
    }

    /// What `node` really is, whatever the others know of it.
    pub fn state(&self, node: NodeId) -> PeerState {
        self.seat(node).state
    }

    /// Starts `node` in `epoch`: its rings are empty, and it has seen nobody yet.
    pub fn boot(&mut self, node: NodeId, epoch: Epoch) {
        let nodes = self.nodes();
        let mut seat = Seat::new(nodes);
        seat.state = PeerState::Up(epoch);
        seat.views[node.index()] = PeerState::Up(epoch);
        let mail = std::mem::replace(&mut self.seats[node.index()], seat).mailbox;
        self.spare.extend(mail.into_iter().map(|flight| flight.packet));
    }

    /// Cuts the power of `node`.
    pub fn kill(&mut self, node: NodeId) {
        self.seat_mut(node).state = PeerState::Down;
    }

    /// Lets `observer` see what `peer` is now.
    pub fn notice(&mut self, observer: NodeId, peer: NodeId) {
        let state = self.state(peer);
        let seat = self.seat_mut(observer);
        if seat.views[peer.index()] == state {
            return;
        }
        seat.views[peer.index()] = state;
        seat.changes.push_back(PeerChange { node: peer, state });
        self.seat_mut(peer).occupied[observer.index()] = 0;
    }

    /// Lets the rings to `node` hold `slots` packets each.
    pub fn set_ring_slots(&mut self, node: NodeId, slots: u16) {
        self.seat_mut(node).ring_slots = slots;
    }

    /// What `observer` knows of `peer`.
    pub fn view(&self, observer: NodeId, peer: NodeId) -> PeerState {
        let views = &self.seat(observer).views;
        views.get(peer.index()).copied().unwrap_or(PeerState::Down)
    }

    /// The next change that `observer` has not been told of.
    pub fn next_change(&mut self, observer: NodeId) -> Option<PeerChange> {
        self.seat_mut(observer).changes.pop_front()
    }

    /// The packets published since they were taken last, in their order.
    pub fn take_published(&mut self, into: &mut Vec<Flight>) {
        into.append(&mut self.published);
    }

    /// Adds packets to those published.
    pub fn publish(&mut self, staged: &mut Vec<Flight>) {
        self.published.append(staged);
    }

    /// Puts a packet before its receiver, unless either end is not what it was.
    /// Answers whether it arrived.
    pub fn deliver(&mut self, flight: Flight) -> Arrival {
        let known = self.view(flight.to, flight.from) == PeerState::Up(flight.packet.from_epoch);
        let same = self.state(flight.to) == PeerState::Up(flight.packet.to_epoch);
        if known && same {
            self.seat_mut(flight.to).mailbox.push(flight);
            Arrival::Arrived
        } else {
            self.spare.push(flight.packet);
            Arrival::Stale
        }
    }

    /// Takes away a packet that is never to arrive.
    pub fn discard(&mut self, flight: Flight) {
        self.release_slot(flight.from, flight.to);
        self.spare.push(flight.packet);
    }

    /// A copy of a packet on its way; it takes a slot of its own.
    pub fn duplicate(&mut self, flight: &Flight) -> Flight {
        let mut packet = self.spare_packet(flight.packet.from_epoch, flight.packet.to_epoch);
        packet.length = flight.packet.length;
        packet.space(flight.packet.length).copy_from_slice(flight.packet.bytes());
        self.seat_mut(flight.to).occupied[flight.from.index()] += 1;
        Flight { from: flight.from, to: flight.to, packet }
    }

    /// Takes what has arrived for `node`.
    pub fn take_mail(&mut self, node: NodeId) -> std::vec::Drain<'_, Flight> {
        self.seat_mut(node).mailbox.drain(..)
    }

    /// Whether the ring from `from` to `to` has no room.
    pub fn is_full(&self, from: NodeId, to: NodeId) -> bool {
        let seat = self.seat(to);
        seat.occupied[from.index()] >= seat.ring_slots
    }

    /// Takes a slot of the ring from `from` to `to`.
    pub fn take_slot(&mut self, from: NodeId, to: NodeId) {
        self.seat_mut(to).occupied[from.index()] += 1;
    }

    /// Gives a slot of the ring from `from` to `to` back.
    pub fn release_slot(&mut self, from: NodeId, to: NodeId) {
        let occupied = &mut self.seat_mut(to).occupied[from.index()];
        *occupied = occupied.saturating_sub(1);
    }

    /// A packet to be filled.
    pub fn spare_packet(&mut self, from_epoch: Epoch, to_epoch: Epoch) -> Packet {
        let fresh = || Box::new([0; PACKET]);
        let bytes = self.spare.pop().map_or_else(fresh, |packet| packet.bytes);
        Packet { from_epoch, to_epoch, length: 0, bytes }
    }

    /// Takes a used packet back.
    pub fn recycle(&mut self, packet: Packet) {
        self.spare.push(packet);
    }

    /// Issues a grant of `node`, if its table has room.
    pub fn grant(&mut self, node: NodeId, bytes: GrantedBytes) -> Option<Grant> {
        let seat = self.seat_mut(node);
        if seat.grants.len() >= GRANTS {
            return None;
        }
        let PeerState::Up(epoch) = seat.state else { return None };
        seat.next_generation = seat.next_generation.wrapping_add(1);
        let generation = u32::from(epoch.get()) << 16 | u32::from(seat.next_generation);
        let length = bytes.length as u32;
        let index = seat.grants.insert((generation, bytes)) as u32;
        Some(Grant { index, generation, length })
    }

    /// Ends a grant of `node`.
    pub fn revoke(&mut self, node: NodeId, grant: Grant) {
        if self.granted(node, grant).is_some() {
            self.seat_mut(node).grants.remove(grant.index as usize);
        }
    }

    /// What `grant` of `node` covers, if it still holds.
    pub fn granted(&self, node: NodeId, grant: Grant) -> Option<&GrantedBytes> {
        let (generation, bytes) = self.seat(node).grants.get(grant.index as usize)?;
        (*generation == grant.generation).then_some(bytes)
    }

    /// Number of grants that `node` has out.
    pub fn grants(&self, node: NodeId) -> usize {
        self.seat(node).grants.len()
    }

    /// The status that `node` has posted last.
    pub fn status(&self, node: NodeId) -> Option<NodeStatus> {
        self.seats.get(node.index())?.status
    }

    /// Posts the status of `node`.
    pub fn post_status(&mut self, node: NodeId, status: NodeStatus) {
        self.seat_mut(node).status = Some(status);
    }

    /// Puts a record into the trace ring of `node`.
    pub fn record(&mut self, node: NodeId, record: Record) {
        let records = &mut self.seat_mut(node).records;
        if records.len() == TRACE_RECORDS {
            records.pop_front();
        }
        records.push_back(record);
    }

    /// What `node` has recorded last, oldest first; also after its death.
    pub fn records(&self, node: NodeId) -> impl Iterator<Item = &Record> {
        self.seat(node).records.iter()
    }

    fn seat(&self, node: NodeId) -> &Seat {
        &self.seats[node.index()]
    }

    fn seat_mut(&mut self, node: NodeId) -> &mut Seat {
        &mut self.seats[node.index()]
    }
}

/// What became of a packet at the end of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// it lies in the ring
    Arrived,
    /// it belongs to an epoch that is over
    Stale,
}

impl Seat {
    fn new(nodes: usize) -> Seat {
        Seat {
            state: PeerState::Down,
            views: vec![PeerState::Down; nodes],
            changes: VecDeque::new(),
            mailbox: Vec::new(),
            occupied: vec![0; nodes],
            ring_slots: RING_SLOTS,
            grants: Slab::new(),
            next_generation: 0,
            status: None,
            records: VecDeque::with_capacity(TRACE_RECORDS),
        }
    }
}
