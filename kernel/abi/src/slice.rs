//! What lies where in a node's slice of the crate's memory.
//!
//! The kernel, its heap and the pages of incarnations fill a slice from its
//! second page on (the first one holds nothing); the *bus area*, which other nodes and the host look at, lies at its
//! end. Offsets are bytes from the beginning of the slice.
//!
//! ```text
//! 0                                                      slice_bytes
//! ├── kernel, pages ──┤ spare ├── bus area of this node ──┤ spare ┤
//!                     local_bytes (the same on every node)
//!
//! bus area: header | a record for each peer | … page … | generation words |
//!           status block | trace ring | a ring for each sender
//! ```
//!
//! QEMU's TLB is indexed by the low bits of the page number: pages at the same
//! offset in two slices evict each other, at 15 times the price of an access.
//! Therefore each node's bus area is shifted by its *colour*, a number of pages
//! from 0 to 63, and the words that everybody polls lie in its first page.

use core::fmt;

use crate::ids::NodeId;
use crate::ring::SLOT_BYTES;

/// Bytes of a page, on every board.
pub const PAGE_BYTES: u32 = 4096;
/// Distinct shifts of bus areas, in pages: the smallest size of QEMU's TLB.
pub const COLOURS: u32 = 64;
/// The most slots that a ring ever has: more only add latency.
pub const SLOTS_MAX: u32 = 64;
/// Nodes in a pool at most, the host included.
pub const NODES_MAX: usize = 250;
/// Grants that a node can have open at one time.
pub const GRANTS: usize = 256;
/// Records in a trace ring.
pub const TRACE_RECORDS: u32 = 2048;
/// First word of a bus area whose node has written its header: "EQUS".
pub const MAGIC: u32 = 0x4551_5553;
/// Version of everything in this file and in `ring.rs`.
pub const VERSION: u16 = 1;

/// Offsets of the words in a bus area's header.
mod header {
    pub const MAGIC: u32 = 0x00;
    pub const SHAPE: u32 = 0x04;
    pub const SIZE: u32 = 0x08;
    pub const BOOT: u32 = 0x0c;
    pub const SLEEP: u32 = 0x10;
    pub const TRACED: u32 = 0x14;
    pub const BYTES: u32 = 0x80;
}

/// Bytes of the words about one peer: pair, sent, taken, bells; the rest is room.
const RECORD_BYTES: u32 = 32;
const STATUS_BYTES: u32 = 1024;

/// Why nodes of this number and size make no pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LayoutError {
    /// A pool has 1 to [`NODES_MAX`] nodes.
    Nodes(usize),
    /// The size of a slice is not a multiple of [`PAGE_BYTES`].
    Unaligned(u32),
    /// In a slice of this many bytes, an eighth cannot hold two slots per sender.
    TooSmall(u32),
    /// The number of slots is no power of two between 2 and 32768.
    Slots(u32),
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LayoutError::Nodes(n) => {
                write!(f, "a pool of {n} nodes: it must have 1 to {NODES_MAX}, with the host")
            }
            LayoutError::Unaligned(bytes) => {
                write!(f, "a slice of {bytes:#x} bytes is no multiple of {PAGE_BYTES:#x}")
            }
            LayoutError::TooSmall(bytes) => write!(
                f,
                "a slice of {bytes:#x} bytes is too small for the rings of so many nodes: \
                 take fewer nodes or larger slices"
            ),
            LayoutError::Slots(slots) => {
                write!(f, "{slots} slots in a ring: it must be a power of two from 2 to 32768")
            }
        }
    }
}

impl core::error::Error for LayoutError {}

/// The layout of every slice of a pool: pure arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SliceLayout {
    nodes: u32,
    slice_bytes: u32,
    slots: u32,
    generations: u32,
    trace: u32,
    rings: u32,
    area_bytes: u32,
}

impl SliceLayout {
    /// The layout for `nodes` nodes, the host included, of `slice_bytes` each.
    /// Rings take at most an eighth of a slice.
    pub const fn new(nodes: usize, slice_bytes: u32) -> Result<SliceLayout, LayoutError> {
        if nodes == 0 || nodes > NODES_MAX {
            return Err(LayoutError::Nodes(nodes));
        }
        let room = slice_bytes / 8 / SLOT_BYTES / nodes as u32;
        if room < 2 {
            return Err(LayoutError::TooSmall(slice_bytes));
        }
        let power = 1 << room.ilog2();
        let slots = if power < SLOTS_MAX { power } else { SLOTS_MAX };
        SliceLayout::with_slots(nodes, slice_bytes, slots)
    }

    /// The layout with a chosen number of slots: for tests of full and wrapping
    /// rings. Pools use [`SliceLayout::new`].
    pub const fn with_slots(
        nodes: usize,
        slice_bytes: u32,
        slots: u32,
    ) -> Result<SliceLayout, LayoutError> {
        if nodes == 0 || nodes > NODES_MAX {
            return Err(LayoutError::Nodes(nodes));
        }
        if !slots.is_power_of_two() || slots < 2 || slots > 1 << 15 {
            return Err(LayoutError::Slots(slots));
        }
        if !slice_bytes.is_multiple_of(PAGE_BYTES) {
            return Err(LayoutError::Unaligned(slice_bytes));
        }
        let records = header::BYTES + RECORD_BYTES * nodes as u32;
        let generations = records.next_multiple_of(PAGE_BYTES);
        let trace = generations + GRANTS as u32 * 4 + STATUS_BYTES;
        let rings =
            (trace + TRACE_RECORDS * crate::trace::RECORD_BYTES).next_multiple_of(PAGE_BYTES);
        let ring_bytes = nodes as u64 * slots as u64 * SLOT_BYTES as u64;
        let area = (rings as u64 + ring_bytes).next_multiple_of(PAGE_BYTES as u64);
        if area + (COLOURS * PAGE_BYTES) as u64 > slice_bytes as u64 {
            return Err(LayoutError::TooSmall(slice_bytes));
        }
        Ok(SliceLayout {
            nodes: nodes as u32,
            slice_bytes,
            slots,
            generations,
            trace,
            rings,
            area_bytes: area as u32,
        })
    }

    /// Nodes of the pool, the host included.
    pub const fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// Bytes of a slice.
    pub const fn slice_bytes(&self) -> u32 {
        self.slice_bytes
    }

    /// Slots of each ring, a power of two.
    pub const fn slots(&self) -> u32 {
        self.slots
    }

    /// Bytes at the beginning of a slice that are its node's own.
    pub const fn local_bytes(&self) -> u32 {
        self.slice_bytes - self.area_bytes - COLOURS * PAGE_BYTES
    }

    /// Where the bus area of `node` begins.
    pub const fn area(&self, node: NodeId) -> u32 {
        self.local_bytes() + node.0 as u32 % COLOURS * PAGE_BYTES
    }

    /// Bytes of a bus area.
    pub const fn area_bytes(&self) -> u32 {
        self.area_bytes
    }

    /// The word that holds [`MAGIC`] once the header is written.
    pub const fn magic_word(&self, node: NodeId) -> u32 {
        self.area(node) + header::MAGIC
    }

    /// The word that holds [`SliceLayout::shape`].
    pub const fn shape_word(&self, node: NodeId) -> u32 {
        self.area(node) + header::SHAPE
    }

    /// The word that holds the size of a slice in bytes.
    pub const fn size_word(&self, node: NodeId) -> u32 {
        self.area(node) + header::SIZE
    }

    /// The word that holds the epoch of the node's boot, in its lower half.
    pub const fn boot_word(&self, node: NodeId) -> u32 {
        self.area(node) + header::BOOT
    }

    /// The sleep word: [`crate::ring::Attention`].
    pub const fn sleep_word(&self, node: NodeId) -> u32 {
        self.area(node) + header::SLEEP
    }

    /// The word that counts the records ever written to the trace ring.
    pub const fn traced_word(&self, node: NodeId) -> u32 {
        self.area(node) + header::TRACED
    }

    /// The pair word of `node` about `peer`.
    pub const fn pair_word(&self, node: NodeId, peer: NodeId) -> u32 {
        self.area(node) + header::BYTES + RECORD_BYTES * peer.0 as u32
    }

    /// The index word of what `node` has sent to `peer`.
    pub const fn sent_word(&self, node: NodeId, peer: NodeId) -> u32 {
        self.pair_word(node, peer) + 4
    }

    /// The index word of what `node` has taken from `peer`.
    pub const fn taken_word(&self, node: NodeId, peer: NodeId) -> u32 {
        self.pair_word(node, peer) + 8
    }

    /// The word that counts the bells that `node` has rung for `peer`. Bells on the way
    /// may coalesce and do not say for whom they are; who routes them looks here.
    pub const fn bells_word(&self, node: NodeId, peer: NodeId) -> u32 {
        self.pair_word(node, peer) + 12
    }

    /// The generation word of a grant of `node`. `grant` is below [`GRANTS`].
    pub const fn generation_word(&self, node: NodeId, grant: u16) -> u32 {
        assert!((grant as usize) < GRANTS, "a grant's number is below GRANTS");
        self.area(node) + self.generations + grant as u32 * 4
    }

    /// The status block: the words of [`crate::status::StatusWord`].
    pub const fn status(&self, node: NodeId) -> u32 {
        self.area(node) + self.generations + GRANTS as u32 * 4
    }

    /// The trace ring: [`TRACE_RECORDS`] of [`crate::trace::Record`].
    pub const fn trace(&self, node: NodeId) -> u32 {
        self.area(node) + self.trace
    }

    /// The ring in `receiver`'s slice that `sender` writes.
    pub const fn ring(&self, receiver: NodeId, sender: NodeId) -> u32 {
        self.area(receiver) + self.rings + sender.0 as u32 * self.slots * SLOT_BYTES
    }

    /// Version, nodes and slots in one word: peers compare it before they talk.
    pub const fn shape(&self) -> u32 {
        (VERSION as u32) << 24 | self.nodes << 16 | self.slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIB: u32 = 1 << 20;

    #[test]
    fn rings_of_64_nodes_fit_two_megabytes() {
        let layout = SliceLayout::new(64, 16 * MIB).unwrap();
        assert_eq!(layout.slots(), 16);
        assert_eq!(64 * layout.slots() * SLOT_BYTES, 2 * MIB);
        assert!(layout.local_bytes() > 13 * MIB, "{:#x}", layout.local_bytes());
    }

    #[test]
    fn impossible_pools_are_refused_with_the_reason() {
        assert_eq!(SliceLayout::new(0, MIB), Err(LayoutError::Nodes(0)));
        assert_eq!(SliceLayout::new(251, 16 * MIB), Err(LayoutError::Nodes(251)));
        assert_eq!(SliceLayout::new(4, 64 * 1024), Err(LayoutError::TooSmall(64 * 1024)));
        assert_eq!(SliceLayout::new(4, 16 * MIB + 4), Err(LayoutError::Unaligned(16 * MIB + 4)));
        assert_eq!(SliceLayout::with_slots(4, 16 * MIB, 3), Err(LayoutError::Slots(3)));
    }

    #[test]
    fn polled_words_of_two_nodes_never_share_a_colour() {
        let layout = SliceLayout::new(64, 16 * MIB).unwrap();
        let mut colours = [false; COLOURS as usize];
        for node in 0..64 {
            let first = layout.sleep_word(NodeId(node)) / PAGE_BYTES;
            let last = layout.taken_word(NodeId(node), NodeId(63)) / PAGE_BYTES;
            assert_eq!(first, last, "the words of node {node} lie in one page");
            let colour = &mut colours[(first % COLOURS) as usize];
            assert!(!*colour, "two nodes have the colour of node {node}");
            *colour = true;
        }
    }

    /// All pieces of a node's bus area as (begin, end), in the order of `SliceLayout`.
    fn pieces(layout: &SliceLayout, node: NodeId) -> Vec<(u32, u32)> {
        let peers = (0..layout.nodes() as u8).map(NodeId);
        let mut pieces = vec![(layout.area(node), layout.area(node) + header::BYTES)];
        pieces.extend(peers.clone().map(|peer| {
            let record = layout.pair_word(node, peer);
            (record, record + RECORD_BYTES)
        }));
        let grants = layout.generation_word(node, 0);
        pieces.push((grants, layout.generation_word(node, GRANTS as u16 - 1) + 4));
        pieces.push((layout.status(node), layout.status(node) + STATUS_BYTES));
        let trace = layout.trace(node);
        pieces.push((trace, trace + TRACE_RECORDS * crate::trace::RECORD_BYTES));
        pieces.extend(peers.map(|peer| {
            let ring = layout.ring(node, peer);
            (ring, ring + layout.slots() * SLOT_BYTES)
        }));
        pieces
    }

    proptest! {
        #[test]
        fn pieces_are_aligned_apart_and_inside(
            nodes in 1..=NODES_MAX, pages in 64u32..8192, node: u8,
        ) {
            let Ok(layout) = SliceLayout::new(nodes, pages * PAGE_BYTES) else { return Ok(()) };
            let node = NodeId((usize::from(node) % nodes) as u8);
            let mut end = layout.local_bytes();
            for (begin, next) in pieces(&layout, node) {
                prop_assert!(begin >= end, "{begin:#x} lies before {end:#x}");
                prop_assert_eq!(begin % 4, 0);
                end = next;
            }
            prop_assert!(end <= layout.slice_bytes());
            let rings = layout.slots() * SLOT_BYTES * nodes as u32;
            prop_assert!(rings <= layout.slice_bytes() / 8);
            prop_assert_eq!(layout.ring(node, NodeId(0)) % PAGE_BYTES, 0);
        }
    }
}
