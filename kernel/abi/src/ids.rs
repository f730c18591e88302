//! Identifiers: one type each, so that a node is never taken for an epoch.
//!
//! Constructors check; what they return needs no second look. On the wire all
//! are big-endian. Source of the value ranges: `docs`, "Names and values".

use core::fmt;
use core::num::NonZeroU16;

/// A node of the pool; node 0 is the host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u8);

impl NodeId {
    /// The host: the daemon that owns the crate.
    pub const HOST: NodeId = NodeId(0);

    /// The node as an index into tables of all nodes.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// One boot of one node. The daemon hands them out and gives no two boots of a
/// node the same. Zero stands for "none" in shared words, so no epoch is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Epoch(NonZeroU16);

impl Epoch {
    /// The epoch of this number, unless it is zero.
    pub const fn new(number: u16) -> Option<Epoch> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Epoch(number)),
            None => None,
        }
    }

    /// The number in shared words.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "boot {}", self.0)
    }
}

/// A bit string that no two entities of a pool ever share: the node that made
/// it (8 bits), that node's boot (16) and a counter of that boot (40).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GlobalId(u64);

impl GlobalId {
    /// The largest counter.
    pub const COUNTER_MAX: u64 = (1 << 40) - 1;

    /// The identifier with this counter; none if the counter exceeds 40 bits.
    pub const fn new(node: NodeId, epoch: Epoch, counter: u64) -> Option<GlobalId> {
        if counter > GlobalId::COUNTER_MAX {
            return None;
        }
        Some(GlobalId((node.0 as u64) << 56 | (epoch.get() as u64) << 40 | counter))
    }

    /// The identifier in eight bytes; none if its epoch is zero.
    pub const fn from_be_bytes(bytes: [u8; 8]) -> Option<GlobalId> {
        let bits = u64::from_be_bytes(bytes);
        match Epoch::new((bits >> 40) as u16) {
            Some(_) => Some(GlobalId(bits)),
            None => None,
        }
    }

    /// The identifier with these bits; none if its epoch is zero.
    pub const fn from_bits(bits: u64) -> Option<GlobalId> {
        GlobalId::from_be_bytes(bits.to_be_bytes())
    }

    /// All bits; never zero.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The form on the wire.
    pub const fn to_be_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The node that made the identifier, which need not be where its entity is now.
    pub const fn birthplace(self) -> NodeId {
        NodeId((self.0 >> 56) as u8)
    }

    /// The boot of that node which made it.
    pub const fn epoch(self) -> Epoch {
        match Epoch::new((self.0 >> 40) as u16) {
            Some(epoch) => epoch,
            None => panic!("both constructors refuse a zero epoch"),
        }
    }

    /// The number among those of that boot.
    pub const fn counter(self) -> u64 {
        self.0 & GlobalId::COUNTER_MAX
    }
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.birthplace().0, self.epoch().get(), self.counter())
    }
}

/// An incarnation, wherever it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IncId(pub GlobalId);

/// A positive 31-bit number that user code can hold in an `int`.
const fn is_positive(number: u32) -> bool {
    number != 0 && number <= i32::MAX as u32
}

/// A running RDC. Positive 31 bits; not repeated within a pool's life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RdcId(u32);

impl RdcId {
    /// The RDC of this number, if it is positive and has 31 bits.
    pub const fn new(number: u32) -> Option<RdcId> {
        if is_positive(number) { Some(RdcId(number)) } else { None }
    }

    /// The number that user code sees.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A module: its index in the RDC file. Below every [`RefId`], so that the
/// blueprint of `inc_create` is one or the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModuleId(pub u16);

impl ModuleId {
    /// The module of the stream space, which the system adds to every RDC (§5.5): only a launch
    /// endpoint makes an incarnation of it.
    pub const STREAM_SPACE: ModuleId = ModuleId(u16::MAX);
}

/// A reference of one incarnation: the index into its table and the generation
/// of that entry, so that a stale identifier is refused and never mistaken.
///
/// Positive 31 bits and at least 0x10000: module identifiers and the results 0
/// and 1 of `inc_receive` lie below.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RefId(u32);

impl RefId {
    const INDEX_BITS: u32 = 12;
    /// References that one incarnation can hold.
    pub const TABLE_SIZE: usize = 1 << RefId::INDEX_BITS;
    /// The first generation: the smallest that lifts every identifier to 0x10000.
    pub const FIRST_GENERATION: u32 = 0x10000 >> RefId::INDEX_BITS;
    /// The last generation: identifiers stay positive.
    pub const LAST_GENERATION: u32 = (i32::MAX as u32) >> RefId::INDEX_BITS;

    /// The first one of the first entry.
    pub const FIRST: RefId = RefId(RefId::FIRST_GENERATION << RefId::INDEX_BITS);

    /// The identifier of entry `index` in its generation; none outside the table
    /// or outside the generations.
    pub const fn new(index: usize, generation: u32) -> Option<RefId> {
        let in_range =
            generation >= RefId::FIRST_GENERATION && generation <= RefId::LAST_GENERATION;
        if index < RefId::TABLE_SIZE && in_range {
            Some(RefId(generation << RefId::INDEX_BITS | index as u32))
        } else {
            None
        }
    }

    /// The identifier that user code alleges; none if no table ever held it.
    pub const fn from_raw(raw: u32) -> Option<RefId> {
        if raw >= 0x10000 && raw <= i32::MAX as u32 { Some(RefId(raw)) } else { None }
    }

    /// The number that user code sees.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The entry of the reference table.
    pub const fn index(self) -> usize {
        self.0 as usize & (RefId::TABLE_SIZE - 1)
    }

    /// The generation that the entry must have.
    pub const fn generation(self) -> u32 {
        self.0 >> RefId::INDEX_BITS
    }

    /// The name of the same entry in its next use.
    #[must_use]
    #[inline]
    pub const fn renewed(self) -> RefId {
        let next = self.0 + (1 << RefId::INDEX_BITS);
        if next <= i32::MAX as u32 {
            RefId(next)
        } else {
            RefId(RefId::FIRST_GENERATION << RefId::INDEX_BITS | self.index() as u32)
        }
    }

    /// The generation of an entry's next use. After 524,272 uses of one entry the
    /// first returns: tables reuse the entry that is free longest.
    pub const fn next_generation(generation: u32) -> u32 {
        if generation >= RefId::LAST_GENERATION { RefId::FIRST_GENERATION } else { generation + 1 }
    }
}

/// An address in an incarnation's address space: an allegation until checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserAddr(pub u32);

impl UserAddr {
    /// The range of `length` bytes from here, as (first, one past the last);
    /// none if it wraps.
    pub const fn range(self, length: u32) -> Option<(UserAddr, UserAddr)> {
        match self.0.checked_add(length) {
            Some(end) => Some((self, UserAddr(end))),
            None => None,
        }
    }
}

impl fmt::Display for UserAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// A physical address of the crate, the same on every node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PhysAddr(pub u32);

impl fmt::Display for PhysAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// Time-slicing priority of an incarnation on its node; the highest runs first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Priority(u8);

impl Priority {
    /// Runs when nobody else does.
    pub const LOWEST: Priority = Priority(0);
    /// What an incarnation starts with.
    pub const NORMAL: Priority = Priority(8);
    /// Runs before everybody else.
    pub const HIGHEST: Priority = Priority(15);

    /// The priority of this number, 0 to 15.
    pub const fn new(number: u32) -> Option<Priority> {
        if number <= Priority::HIGHEST.0 as u32 { Some(Priority(number as u8)) } else { None }
    }

    /// The number, 0 to 15.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Priority of a software interrupt; a handler runs if it is above the
/// incarnation's current one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InterruptPriority(u8);

impl InterruptPriority {
    /// Every handler may interrupt.
    pub const OPEN: InterruptPriority = InterruptPriority(0);
    /// No handler may interrupt.
    pub const BLOCKED: InterruptPriority = InterruptPriority(7);

    /// The priority of this number, 0 to 7.
    pub const fn new(number: u32) -> Option<InterruptPriority> {
        if number <= InterruptPriority::BLOCKED.0 as u32 {
            Some(InterruptPriority(number as u8))
        } else {
            None
        }
    }

    /// The number, 0 to 7.
    pub const fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_lie_between_modules_and_negative_numbers() {
        let first = RefId::new(0, RefId::FIRST_GENERATION).unwrap();
        let last = RefId::new(RefId::TABLE_SIZE - 1, RefId::LAST_GENERATION).unwrap();
        assert_eq!(first.get(), 0x10000);
        assert_eq!(last.get(), 0x7fff_ffff);
        assert_eq!(RefId::from_raw(0xffff), None);
        assert_eq!(RefId::from_raw(0x8000_0000), None);
        assert_eq!(RefId::next_generation(RefId::LAST_GENERATION), RefId::FIRST_GENERATION);
        assert_eq!(RefId::next_generation(RefId::FIRST_GENERATION), RefId::FIRST_GENERATION + 1);
        for generation in [RefId::FIRST_GENERATION, RefId::LAST_GENERATION] {
            let next = RefId::new(7, RefId::next_generation(generation));
            assert_eq!(RefId::new(7, generation).map(RefId::renewed), next);
        }
    }

    #[test]
    fn zero_is_no_epoch_and_no_rdc() {
        assert_eq!(Epoch::new(0), None);
        assert_eq!(RdcId::new(0), None);
        assert_eq!(RdcId::new(1 << 31), None);
        assert_eq!(GlobalId::from_be_bytes([1, 0, 0, 9, 9, 9, 9, 9]), None);
    }

    #[test]
    fn a_user_range_never_wraps() {
        assert_eq!(UserAddr(0xffff_fff0).range(0x10), None);
        assert_eq!(UserAddr(0x1000).range(2), Some((UserAddr(0x1000), UserAddr(0x1002))));
    }

    proptest! {
        #[test]
        fn references_keep_index_and_generation(
            index in 0..RefId::TABLE_SIZE,
            generation in RefId::FIRST_GENERATION..=RefId::LAST_GENERATION,
        ) {
            let id = RefId::new(index, generation).unwrap();
            prop_assert_eq!((id.index(), id.generation()), (index, generation));
            prop_assert_eq!(RefId::from_raw(id.get()), Some(id));
        }

        #[test]
        fn global_identifiers_keep_their_parts(
            node: u8, epoch in 1u16.., counter in 0..=GlobalId::COUNTER_MAX,
        ) {
            let id = GlobalId::new(NodeId(node), Epoch::new(epoch).unwrap(), counter).unwrap();
            prop_assert_eq!(GlobalId::from_be_bytes(id.to_be_bytes()), Some(id));
            prop_assert_eq!(id.to_be_bytes()[0], node);
            prop_assert_eq!((id.epoch().get(), id.counter()), (epoch, counter));
        }
    }
}
