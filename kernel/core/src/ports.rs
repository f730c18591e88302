//! Kernel ports: what the messages of this node's bus are addressed to (dissertation, §8.4.2),
//! and the database that finds them by global identifier and type.
//!
//! Index 0 is the loader's; 1 and up are the ghosts', one per slot; the rest are handed out to
//! the attachments of ports. The table is full when those are used up.

use alloc::vec;
use alloc::vec::Vec;

use abi::ids::{GlobalId, NodeId};
use abi::message::{KernelPort, PortType};

use crate::platform::Slot;

/// Ends a chain or the free list.
const END: u16 = u16::MAX;

/// Number of hash chains; a power of two.
const BUCKETS: usize = 256;

/// Where messages to a kernel port go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into the queue of a port: the reference `reference` of `slot`.
    Port {
        /// The owner.
        slot: Slot,
        /// The entry of its reference table.
        reference: u16,
    },
    /// To the ghost of a local incarnation.
    Ghost(Slot),
    /// To the loader.
    Loader,
}

/// All kernel ports of a node.
#[derive(Debug)]
pub struct KernelPorts {
    node: NodeId,
    entries: Vec<Entry>,
    buckets: Vec<u16>,
    free: u16,
    slots: u16,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The bits of the identity; 0 while there is no port here.
    id: u64,
    target: Target,
    generation: u8,
    /// Next of the same hash, or next free.
    next: u16,
}

impl KernelPorts {
    /// The table of `node`, with room for the ghosts of `slots` incarnations in `capacity`.
    pub fn new(node: NodeId, slots: u16, capacity: u16) -> Self {
        let first = slots + 1;
        let capacity = capacity.max(first);
        let entry = |index: u16| Entry {
            id: 0,
            target: Target::Loader,
            generation: 0,
            next: if index < first || index + 1 == capacity { END } else { index + 1 },
        };
        Self {
            node,
            entries: (0..capacity).map(entry).collect(),
            buckets: vec![END; BUCKETS],
            free: if first < capacity { first } else { END },
            slots,
        }
    }

    /// Who receives at the port at `index`, if there is a port of a channel.
    pub fn port_at(&self, index: u16) -> Option<(Slot, u16)> {
        let entry = self.entries.get(usize::from(index)).filter(|entry| entry.id != 0)?;
        match entry.target {
            Target::Port { slot, reference } => Some((slot, reference)),
            _ => None,
        }
    }

    /// The target of `port`, if it still is the port with identity `id`.
    pub fn target(&self, port: KernelPort, id: u64) -> Option<Target> {
        let index = port.index();
        if index == 0 {
            return Some(Target::Loader);
        }
        let entry = self.entries.get(index)?;
        (entry.id == id && id != 0 && entry.generation == port.generation()).then_some(entry.target)
    }

    /// The incarnation whose ghost is at `port`, whatever its identity.
    pub fn ghost(&self, port: KernelPort) -> Option<Slot> {
        let entry = self.entries.get(port.index())?;
        match entry.target {
            Target::Ghost(slot) if entry.id != 0 && entry.generation == port.generation() => {
                Some(slot)
            }
            _ => None,
        }
    }

    /// The address of the ghost of `slot`.
    pub fn ghost_of(&self, slot: Slot) -> KernelPort {
        self.address(slot.0 + 1)
    }

    /// The address of the port at `index`.
    pub fn address(&self, index: u16) -> KernelPort {
        KernelPort::new(self.node, index, self.entries[usize::from(index)].generation)
    }

    /// The identity of the port at `index`, its bits; 0 if there is no port.
    pub fn identity(&self, index: u16) -> u64 {
        self.entries.get(usize::from(index)).map_or(0, |entry| entry.id)
    }

    /// Whether the port at `index` is a ghost's or the loader's.
    pub fn is_kernels(&self, index: u16) -> bool {
        index <= self.slots
    }

    /// Whose ghost has the port at `index`, if it is one's.
    pub fn slot_of_ghost(&self, index: u16) -> Option<Slot> {
        (1..=self.slots).contains(&index).then(|| Slot(index - 1))
    }

    /// Opens the ghost port of `slot` for incarnation `id`.
    pub fn open_ghost(&mut self, slot: Slot, id: GlobalId) -> KernelPort {
        self.enter(slot.0 + 1, id, Target::Ghost(slot));
        self.ghost_of(slot)
    }

    /// Opens a port for messages of channel `id`; `None` if the table is full.
    pub fn open(&mut self, slot: Slot, reference: u16, id: GlobalId) -> Option<u16> {
        let index = self.reserve()?;
        self.resume(index, slot, reference, id);
        Some(index)
    }

    /// Messages to the port at `index` go to another reference of its owner.
    pub fn retarget(&mut self, index: u16, slot: Slot, reference: u16) {
        self.entries[usize::from(index)].target = Target::Port { slot, reference };
    }

    /// Closes the port at `index`; its address is never valid again.
    pub fn close(&mut self, index: u16) {
        let entry = self.entries[usize::from(index)];
        if entry.id == 0 {
            return;
        }
        self.suspend(index);
        if !self.is_kernels(index) {
            self.release(index);
        }
    }

    /// Takes the port at `index` out of the database: its address is never valid again, but its
    /// place is kept until [`KernelPorts::resume`] or [`KernelPorts::release`].
    pub fn suspend(&mut self, index: u16) {
        let entry = self.entries[usize::from(index)];
        if entry.id == 0 {
            return;
        }
        self.unchain(index, bucket(entry.id));
        let entry = &mut self.entries[usize::from(index)];
        entry.id = 0;
        entry.generation = entry.generation.wrapping_add(1);
    }

    /// Takes a place for a port that is to be opened by [`KernelPorts::resume`]; `None` if the
    /// table is full.
    pub fn reserve(&mut self) -> Option<u16> {
        let index = self.free;
        self.free = self.entries.get(usize::from(index))?.next;
        Some(index)
    }

    /// Opens a port in the place that was kept at `index`.
    pub fn resume(&mut self, index: u16, slot: Slot, reference: u16, id: GlobalId) {
        self.enter(index, id, Target::Port { slot, reference });
    }

    /// Gives up the place that was kept at `index`.
    pub fn release(&mut self, index: u16) {
        self.entries[usize::from(index)].next = self.free;
        self.free = index;
    }

    /// Closes the ghost port of `slot`.
    pub fn close_ghost(&mut self, slot: Slot) {
        self.close(slot.0 + 1);
    }

    /// A port with this identity and type.
    pub fn find(&self, id: u64, port_type: PortType) -> Option<KernelPort> {
        self.find_from(self.buckets[bucket(id)], id, port_type).map(|index| self.address(index))
    }

    /// The indices of all ports of the channel `id`.
    pub fn group(&self, id: u64) -> impl Iterator<Item = u16> {
        let first = self.find_from(self.buckets[bucket(id)], id, PortType::Channel);
        core::iter::successors(first, move |index| {
            self.find_from(self.entries[usize::from(*index)].next, id, PortType::Channel)
        })
    }

    /// The first port with this identity and type from place `index` of a chain on.
    fn find_from(&self, mut index: u16, id: u64, port_type: PortType) -> Option<u16> {
        while let Some(entry) = self.entries.get(usize::from(index)) {
            let is_type = match entry.target {
                Target::Port { .. } => {
                    use PortType::{Attachment, Backup, Channel};
                    matches!(port_type, Channel | Attachment | Backup)
                }
                Target::Ghost(_) => port_type == PortType::Ghost,
                Target::Loader => false,
            };
            if entry.id == id && is_type {
                return Some(index);
            }
            index = entry.next;
        }
        None
    }

    fn enter(&mut self, index: u16, id: GlobalId, target: Target) {
        let bucket = bucket(id.bits());
        let entry = &mut self.entries[usize::from(index)];
        entry.id = id.bits();
        entry.target = target;
        entry.next = self.buckets[bucket];
        self.buckets[bucket] = index;
    }

    fn unchain(&mut self, index: u16, bucket: usize) {
        let next = self.entries[usize::from(index)].next;
        if self.buckets[bucket] == index {
            self.buckets[bucket] = next;
            return;
        }
        let mut at = self.buckets[bucket];
        while self.entries[usize::from(at)].next != index {
            at = self.entries[usize::from(at)].next;
        }
        self.entries[usize::from(at)].next = next;
    }
}

/// Whose ghost is at `port`, if it is one of this node: no such slot otherwise.
#[inline]
pub fn ghosts_slot(port: KernelPort) -> Slot {
    Slot((port.index() as u16).wrapping_sub(1))
}

fn bucket(id: u64) -> usize {
    (id as usize ^ (id >> 8) as usize) & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::ids::Epoch;
    use proptest::prelude::*;

    fn id(counter: u64) -> GlobalId {
        GlobalId::new(NodeId(1), Epoch::new(1).expect("not zero"), counter).expect("40 bits")
    }

    #[test]
    fn a_closed_port_is_never_taken_for_its_successor() {
        let mut ports = KernelPorts::new(NodeId(1), 2, 4);
        let first = ports.open(Slot(0), 7, id(1)).expect("room");
        let address = ports.address(first);
        let target = Target::Port { slot: Slot(0), reference: 7 };
        assert_eq!(ports.target(address, id(1).bits()), Some(target));
        assert_eq!(ports.target(address, id(2).bits()), None);
        assert_eq!(ports.open(Slot(0), 8, id(2)), None, "the table is full");
        ports.close(first);
        assert_eq!(ports.target(address, id(1).bits()), None);
        assert_eq!(ports.open(Slot(1), 3, id(1)), Some(first));
        assert_eq!(ports.target(address, id(1).bits()), None, "another generation");
    }

    #[test]
    fn ghosts_have_their_own_places() {
        let mut ports = KernelPorts::new(NodeId(1), 2, 4);
        let ghost = ports.open_ghost(Slot(1), id(9));
        assert_eq!(ports.ghost(ghost), Some(Slot(1)));
        assert_eq!(ports.find(id(9).bits(), PortType::Ghost), Some(ghost));
        assert_eq!(ports.find(id(9).bits(), PortType::Channel), None);
        ports.close_ghost(Slot(1));
        assert_eq!(ports.ghost(ghost), None);
        assert_eq!(ports.find(id(9).bits(), PortType::Ghost), None);
    }

    proptest! {
        #[test]
        fn what_was_opened_is_found(steps in prop::collection::vec((any::<bool>(), 0u64..8), 0..200)) {
            let mut ports = KernelPorts::new(NodeId(1), 1, 8);
            let mut open: Vec<(u64, u16)> = Vec::new();
            for (opens, which) in steps {
                // Counters 256 apart share a hash chain.
                let counter = which * 256 * 257 + 1;
                let at = open.iter().position(|entry| entry.0 == counter);
                match (opens, at) {
                    (true, None) => {
                        let index = ports.open(Slot(0), 0, id(counter));
                        prop_assert_eq!(index.is_none(), open.len() == 6);
                        open.extend(index.map(|index| (counter, index)));
                    }
                    (false, Some(at)) => ports.close(open.remove(at).1),
                    _ => {}
                }
                for which in 0..8 {
                    let counter = which * 256 * 257 + 1;
                    let expected = open.iter().find(|entry| entry.0 == counter)
                        .map(|entry| ports.address(entry.1));
                    prop_assert_eq!(ports.find(id(counter).bits(), PortType::Channel), expected);
                }
            }
        }
    }
}
