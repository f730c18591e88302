//! References: what an incarnation may name (dissertation, §3.2.2). They are kept here, user
//! code holds numbers: index and generation, so that a stale or forged one is refused.

use alloc::vec::Vec;

use abi::constants::{Domain, EndReason, EventType, RefType};
use abi::error::CallError;
use abi::ids::{GlobalId, RefId, UserAddr};
use abi::message::KernelPort;

use crate::pool::Party;
use crate::port::{Offer, Port};
use crate::probes::Answers;
use crate::stream::Stream;

/// Marks the end of the free list.
const END: u16 = u16::MAX;

/// Something that an incarnation may name.
#[derive(Clone, Copy, Debug)]
pub enum Reference {
    /// Control over an incarnation.
    Incarnation(IncHandle),
    /// Where messages are sent.
    Stream(Stream),
    /// Where messages are received.
    Port(Port),
    /// A stream that somebody has, for its reconfiguration and to select by it.
    StreamHandle(StreamHandle),
    /// A port that somebody has, for its reconfiguration.
    PortHandle(PortHandle),
    /// A buffer in another address space.
    Buffer(BufferHandle),
    /// An invoker that waits for a reply.
    Reply(ReplyHandle),
}

impl Reference {
    /// The type that user code sees.
    pub fn ref_type(&self) -> RefType {
        match self {
            Self::Incarnation(_) => RefType::Incarnation,
            Self::Stream(_) => RefType::Stream,
            Self::Port(_) => RefType::Port,
            Self::StreamHandle(_) => RefType::StreamHandle,
            Self::PortHandle(_) => RefType::PortHandle,
            Self::Buffer(_) => RefType::BufferHandle,
            Self::Reply(_) => RefType::ReplyHandle,
        }
    }

    /// The flags that `inc_testReference` shows above the type: rights, where there are any.
    pub fn flags(&self) -> u32 {
        match self {
            Self::Incarnation(handle) => handle.rights,
            Self::Buffer(buffer) => buffer.rights,
            Self::Stream(stream) => stream.channel_type as u32,
            Self::Port(_) | Self::StreamHandle(_) | Self::PortHandle(_) | Self::Reply(_) => 0,
        }
    }
}

/// A handle to an incarnation, and the events at it that its holder has not seen.
#[derive(Clone, Copy, Debug)]
pub struct IncHandle {
    /// The incarnation.
    pub id: GlobalId,
    /// Its ghost, as last known.
    pub ghost: KernelPort,
    /// What the holder may do: [`abi::constants::inc_rights`].
    pub rights: u32,
    /// Where it may be propagated.
    pub domain: Domain,
    /// Events that the incarnation's ghost tells us of: a mask of `1 << EventType`.
    pub interest: u32,
    /// Events not seen.
    pub pending: Pending,
    /// Whether it answers, if the holder wants to know when it does not.
    pub answers: Answers,
}

/// Whether somebody is told of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Not registered.
    Unregistered,
    /// Registered where the events happen.
    Registered,
}

/// Two details of an event; what they mean depends on its type.
pub type Details = (u32, u32);

/// What is told of an incarnation that is gone with its node, or does not answer.
pub const LOST: Details = (EndReason::NodeLost as u32, 0);

/// Events at an incarnation, one of each type: more would say the same again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pending {
    /// Those that have occurred: a mask of `1 << EventType`.
    occurred: u16,
    details: [Details; Self::TYPES],
}

impl Pending {
    /// Types of events at incarnations, and the first of their numbers.
    const TYPES: usize = 5;
    const FIRST: usize = EventType::Faulting as usize;

    /// The place of an event's details; `None` if it is no event at an incarnation.
    fn place(event: EventType) -> Option<usize> {
        (event as usize).checked_sub(Self::FIRST).filter(|place| *place < Self::TYPES)
    }

    /// Whether events of this type occur at incarnations.
    pub fn is_for(event: EventType) -> bool {
        Self::place(event).is_some()
    }

    /// The details of an event that has occurred.
    pub fn get(&self, event: EventType) -> Option<Details> {
        let details = *self.details.get(Self::place(event)?)?;
        (self.occurred & 1 << event as u16 != 0).then_some(details)
    }

    /// An event has occurred. No effect if it is none at an incarnation.
    pub fn set(&mut self, event: EventType, details: Details) {
        if let Some(place) = Self::place(event) {
            self.details[place] = details;
            self.occurred |= 1 << event as u16;
        }
    }

    /// An event was seen.
    pub fn clear(&mut self, event: EventType) {
        self.occurred &= !(1 << event as u16);
    }
}

const _: () = assert!(EventType::Unreachable as usize == Pending::FIRST + Pending::TYPES - 1);

/// A handle to a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamHandle {
    /// The stream.
    pub stream: GlobalId,
    /// Who has it.
    pub owner: GlobalId,
    /// His ghost, as last known.
    pub ghost: KernelPort,
    /// Where the handle may be propagated.
    pub domain: Domain,
    /// Whether the owner's ghost tells us when the stream is closed.
    pub interest: Interest,
    /// Whether the stream is there.
    pub state: StreamState,
}

/// A handle to a port.
#[derive(Clone, Copy, Debug)]
pub struct PortHandle {
    /// The port.
    pub port: GlobalId,
    /// Who has it.
    pub owner: GlobalId,
    /// His ghost, as last known.
    pub ghost: KernelPort,
    /// Where the handle may be propagated.
    pub domain: Domain,
}

/// What is known of a stream behind a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Not known to be closed.
    Open,
    /// Closed.
    Closed,
}

/// A right on a buffer of another incarnation (§4.5).
#[derive(Clone, Copy, Debug)]
pub struct BufferHandle {
    /// Whose buffer it is.
    pub owner: GlobalId,
    /// His ghost, as last known.
    pub ghost: KernelPort,
    /// First byte, in his space.
    pub base: UserAddr,
    /// Bytes.
    pub length: u32,
    /// What the holder may do: [`abi::constants::buffer_rights`].
    pub rights: u32,
    /// Where it may be propagated.
    pub domain: Domain,
}

/// An invocation that was received and waits for a reply.
#[derive(Clone, Copy, Debug)]
pub struct ReplyHandle {
    /// Who waits.
    pub party: Party,
    /// Where the port remembers him.
    pub entry: u16,
    /// Bytes of extra data that he takes.
    pub capacity: u32,
    /// The message, if it has parts that must be kept in case it is forwarded.
    pub message: Option<u16>,
}

/// The references of one incarnation. Entries are reused in turn: the one that is free
/// longest comes first, so that a generation returns as late as can be. Those that were never
/// used come before all others; there is memory for them, and nothing in it yet.
#[derive(Debug)]
pub struct References {
    entries: Vec<Entry>,
    capacity: u16,
    first_free: u16,
    last_free: u16,
    used: u16,
}

#[derive(Debug)]
struct Entry {
    generation: u32,
    next_free: u16,
    reference: Option<Reference>,
}

impl Entry {
    /// Whether there is a reference that user code may name.
    #[inline]
    fn is_the_users(&self) -> bool {
        match &self.reference {
            Some(Reference::Port(port)) => !port.offer.is_given(),
            reference => reference.is_some(),
        }
    }
}

impl References {
    /// A table of `capacity` entries; `None` if there is no memory for it.
    pub fn new(capacity: u16) -> Option<Self> {
        let capacity = capacity.clamp(1, RefId::TABLE_SIZE as u16);
        let mut entries = Vec::new();
        entries.try_reserve_exact(usize::from(capacity)).ok()?;
        Some(Self { entries, capacity, first_free: END, last_free: END, used: 0 })
    }

    /// Entries that may be in use: indices lie below.
    pub fn slots(&self) -> u16 {
        self.entries.len() as u16
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        usize::from(self.capacity) * size_of::<Entry>()
    }

    /// Free entries.
    pub fn room(&self) -> usize {
        usize::from(self.capacity - self.used)
    }

    /// Takes an entry.
    #[inline]
    pub fn insert(&mut self, reference: Reference) -> Result<RefId, CallError> {
        if self.entries.len() < usize::from(self.capacity) {
            return Ok(self.insert_unused(reference));
        }
        let index = self.first_free;
        let entry = self.entries.get_mut(usize::from(index)).ok_or(CallError::TableFull)?;
        entry.reference = Some(reference);
        self.first_free = entry.next_free;
        if self.first_free == END {
            self.last_free = END;
        }
        self.used += 1;
        Ok(RefId::new(usize::from(index), entry.generation).expect("entries stay in range"))
    }

    /// Takes an entry that was never used.
    #[inline(never)]
    fn insert_unused(&mut self, reference: Reference) -> RefId {
        let (index, generation) = (self.entries.len(), RefId::FIRST_GENERATION);
        self.entries.push(Entry { generation, next_free: END, reference: Some(reference) });
        self.used += 1;
        RefId::new(index, generation).expect("entries stay in range")
    }

    /// Makes the next entry, which was never used, what one of another table is: a reference of
    /// this generation.
    pub fn restore(&mut self, generation: u32, reference: Reference) -> Result<(), CallError> {
        if self.slots() >= self.capacity {
            return Err(CallError::TableFull);
        }
        self.used += 1;
        self.entries.push(Entry { generation, next_free: END, reference: Some(reference) });
        Ok(())
    }

    /// Makes the next `count` entries free ones, whose next references have this generation.
    pub fn restore_free(&mut self, generation: u32, count: u16) -> Result<(), CallError> {
        if count > self.capacity - self.slots() {
            return Err(CallError::TableFull);
        }
        for _ in 0..count {
            let index = self.slots();
            self.entries.push(Entry { generation, next_free: END, reference: None });
            self.add_free(index);
        }
        Ok(())
    }

    /// How many entries from `index` on are free, the next references in them all of the same
    /// generation.
    pub fn free_from(&self, index: u16) -> u16 {
        let entries = self.entries.get(usize::from(index)..).unwrap_or_default();
        let generation = self.generation(index);
        let is_alike = |entry: &&Entry| entry.reference.is_none() && entry.generation == generation;
        entries.iter().take_while(is_alike).count() as u16
    }

    /// From now on the reference at `index` is named by `id`, whose entry it is.
    pub fn rename(&mut self, index: u16, id: RefId) {
        if let Some(entry) = self.entries.get_mut(usize::from(index)) {
            entry.generation = id.generation();
        }
    }

    /// Takes the reference at `index` away; its identifier is never valid again.
    pub fn remove(&mut self, index: u16) -> Option<Reference> {
        let reference = *self.at(index)?;
        self.discard(index);
        Some(reference)
    }

    /// As [`References::remove`], of a reference that nobody looks at any more.
    #[inline]
    pub fn discard(&mut self, index: u16) {
        let Some(entry) = self.entries.get_mut(usize::from(index)) else { return };
        if entry.reference.is_none() {
            return;
        }
        entry.reference = None;
        entry.generation = RefId::next_generation(entry.generation);
        entry.next_free = END;
        self.add_free(index);
        self.used -= 1;
    }

    /// Puts an entry behind the others that are free.
    fn add_free(&mut self, index: u16) {
        match self.last_free {
            END => self.first_free = index,
            last => self.entries[usize::from(last)].next_free = index,
        }
        self.last_free = index;
    }

    /// The index of the reference that user code names `raw`.
    #[inline]
    pub fn index(&self, raw: u32) -> Result<u16, CallError> {
        let id = RefId::from_raw(raw).ok_or(CallError::NoSuchReference)?;
        match self.entries.get(id.index()) {
            Some(entry) if entry.generation == id.generation() && entry.is_the_users() => {
                Ok(id.index() as u16)
            }
            _ => Err(CallError::NoSuchReference),
        }
    }

    /// The entry that user code names `raw`, with its index, if it is in use.
    #[inline]
    fn entry_named(&mut self, raw: u32) -> Option<(u16, &mut Reference)> {
        let id = RefId::from_raw(raw)?;
        let entry = self.entries.get_mut(id.index())?;
        if entry.generation != id.generation() {
            return None;
        }
        Some((id.index() as u16, entry.reference.as_mut()?))
    }

    /// The stream that user code names `raw`, with its index, to be changed.
    #[inline]
    pub fn stream_named(&mut self, raw: u32) -> Option<(u16, &mut Stream)> {
        match self.entry_named(raw)? {
            (index, Reference::Stream(stream)) => Some((index, stream)),
            _ => None,
        }
    }

    /// The port that user code names `raw`, with its index, to be changed.
    #[inline]
    pub fn port_named(&mut self, raw: u32) -> Option<(u16, &mut Port)> {
        match self.entry_named(raw)? {
            (index, Reference::Port(port)) if port.offer == Offer::None => Some((index, port)),
            _ => None,
        }
    }

    /// The generation of the entry at `index`: that of its reference, or of the next one.
    pub fn generation(&self, index: u16) -> u32 {
        self.entries.get(usize::from(index)).map_or(0, |entry| entry.generation)
    }

    /// The identifier of the reference at `index`.
    pub fn id(&self, index: u16) -> Option<RefId> {
        let entry = self.entries.get(usize::from(index))?;
        entry.reference.as_ref()?;
        RefId::new(usize::from(index), entry.generation)
    }

    /// The reference at `index`.
    #[inline]
    pub fn at(&self, index: u16) -> Option<&Reference> {
        self.entries.get(usize::from(index))?.reference.as_ref()
    }

    /// The reference at `index`, to be changed.
    #[inline]
    pub fn at_mut(&mut self, index: u16) -> Option<&mut Reference> {
        self.entries.get_mut(usize::from(index))?.reference.as_mut()
    }

    /// The reference that user code names `raw`.
    pub fn get(&self, raw: u32) -> Result<&Reference, CallError> {
        let index = self.index(raw)?;
        self.at(index).ok_or(CallError::NoSuchReference)
    }

    /// All references, with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Reference)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(index, entry)| Some((index as u16, entry.reference.as_ref()?)))
    }

    /// All references, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u16, &mut Reference)> {
        let entries = self.entries.iter_mut().enumerate();
        entries.filter_map(|(index, entry)| Some((index as u16, entry.reference.as_mut()?)))
    }

    /// Drops the interest in an event at the incarnation behind the handle at `index`. Whether
    /// that one's ghost need not tell of it any more: no other handle to it has the same.
    pub fn lose_interest(&mut self, index: u16, event: EventType) -> bool {
        let mask = 1 << event as u32;
        let Some(handle) = self.incarnation_mut(index) else { return false };
        let was_interested = handle.interest & mask != 0;
        handle.interest &= !mask;
        let id = handle.id;
        let is_other = |reference: &Reference| {
            matches!(reference, Reference::Incarnation(other)
                if other.id == id && other.interest & mask != 0)
        };
        // Of this one the kernel finds out by itself.
        let is_told = event != EventType::Unreachable;
        was_interested && is_told && !self.iter().any(|(_, reference)| is_other(reference))
    }

    /// The index of some reference, while there is one.
    pub fn any(&self) -> Option<u16> {
        self.iter().next().map(|(index, _)| index)
    }

    /// Whether the free list and the count agree with the entries.
    pub fn is_sound(&self) -> bool {
        let mut free = 0;
        let mut at = self.first_free;
        while let Some(entry) = self.entries.get(usize::from(at)) {
            if entry.reference.is_some() || free > self.entries.len() {
                return false;
            }
            free += 1;
            at = entry.next_free;
        }
        let free_in_all = free + usize::from(self.capacity) - self.entries.len();
        at == END && free_in_all == self.room() && self.iter().count() == usize::from(self.used)
    }
}

/// Defines a method that finds a reference of one type, and, where it is named, one to
/// change it.
macro_rules! typed {
    ($($(#[doc = $doc:literal])+ $name:ident $($name_mut:ident)? : $variant:ident $type:ty;)+) => {
        impl References {
            $($(#[doc = $doc])+
            #[inline]
            pub fn $name(&self, raw: u32) -> Result<(u16, &$type), CallError> {
                let index = self.index(raw)?;
                match self.at(index) {
                    Some(Reference::$variant(value)) => Ok((index, value)),
                    _ => Err(CallError::WrongReferenceType),
                }
            }

            $(/// The same, found by its index, to be changed.
            #[inline]
            pub fn $name_mut(&mut self, index: u16) -> Option<&mut $type> {
                match self.at_mut(index) {
                    Some(Reference::$variant(value)) => Some(value),
                    _ => None,
                }
            })?)+
        }
    };
}

typed! {
    /// The incarnation handle that user code names `raw`, with its index.
    incarnation incarnation_mut: Incarnation IncHandle;
    /// The stream that user code names `raw`, with its index.
    stream stream_mut: Stream Stream;
    /// The port that user code names `raw`, with its index.
    port port_mut: Port Port;
    /// The stream handle that user code names `raw`, with its index.
    stream_handle: StreamHandle StreamHandle;
    /// The buffer handle that user code names `raw`, with its index.
    buffer: Buffer BufferHandle;
    /// The reply handle that user code names `raw`, with its index.
    reply reply_mut: Reply ReplyHandle;
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::constants::ChannelType;
    use abi::ids::{Epoch, NodeId};
    use proptest::prelude::*;

    fn port() -> Reference {
        let channel = GlobalId::new(NodeId(1), Epoch::new(1).expect("not 0"), 1).expect("small");
        Reference::Port(Port::attached(channel, ChannelType::Unicast, 9))
    }

    #[test]
    fn a_reference_is_found_by_its_own_name_and_type_only() {
        let mut table = References::new(4).expect("memory");
        let id = table.insert(port()).expect("room");
        assert!(table.port(id.get()).is_ok());
        assert_eq!(table.stream(id.get()).err(), Some(CallError::WrongReferenceType));
        assert_eq!(table.port(id.get() + 1).err(), Some(CallError::NoSuchReference));
        for forged in [0, 1, 0xffff, u32::MAX, 1 << 31, id.get() + (1 << 12)] {
            assert_eq!(table.index(forged), Err(CallError::NoSuchReference), "{forged:#x}");
        }
    }

    proptest! {
        #[test]
        fn no_identifier_comes_back(steps in prop::collection::vec(0u16..6, 1..300)) {
            let mut table = References::new(5).expect("memory");
            let mut live: Vec<RefId> = Vec::new();
            let mut dead: Vec<RefId> = Vec::new();
            for step in steps {
                if step == 5 {
                    match table.insert(port()) {
                        Ok(id) => live.push(id),
                        Err(error) => {
                            prop_assert_eq!(error, CallError::TableFull);
                            prop_assert_eq!(live.len(), 5);
                        }
                    }
                } else if let Some(at) = live.iter().position(|id| id.index() == usize::from(step)) {
                    prop_assert!(table.remove(step).is_some());
                    dead.push(live.remove(at));
                } else {
                    prop_assert!(table.remove(step).is_none());
                }
                prop_assert!(live.iter().all(|id| table.index(id.get()) == Ok(id.index() as u16)));
                prop_assert!(dead.iter().all(|id| table.index(id.get()).is_err()));
                prop_assert!(table.is_sound());
            }
        }
    }
}
