//! One direction of a link: a sender's and a receiver's end of a ring.
//!
//! An end knows only its own counts and trusts no other: what the peer's words say
//! is checked against them. Why a word with the right epoch can be believed stands
//! in the crate's documentation.
#![allow(unsafe_code, reason = "slots are read and written where they lie")]
#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

use core::fmt;

use abi::ids::{Epoch, NodeId};
use abi::ring::{
    IndexWord, PAYLOAD_MAX, SLOT_BYTES, SLOT_COMMIT, SLOT_HEADER_BYTES, SLOT_SHAPE, SlotNote,
    SlotShape,
};

use crate::memory::Memory;

/// Why a message was not put into a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// The ring has no free slot. [`crate::Notice::Space`] says when it has.
    Full,
    /// The link carries no data: the peer is down, starting, or closed.
    PeerDown,
    /// The message has more than [`PAYLOAD_MAX`] bytes.
    TooLong,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Full => "the ring to the node is full: wait until it has space",
            SendError::PeerDown => "the node is down: wait until it has greeted",
            SendError::TooLong => "the message is longer than a slot: split it",
        })
    }
}

impl core::error::Error for SendError {}

/// The index in an index word.
const INDEX_MASK: u32 = 0xffff;

/// The sending end.
#[derive(Debug)]
pub struct Sender<M: Memory> {
    ring: M::Place,
    sent: M::Place,
    taken: M::Place,
    slots: u16,
    /// The index word of this boot that counts nothing.
    own: u32,
    peer: Option<Epoch>,
    /// Slots written.
    written: u16,
    /// Slots that the sent word counts.
    published: u16,
    /// Slots that are free, as far as was last looked; none unless the ring is open.
    free: u16,
    /// The room for a message that was asked for, and not used yet.
    admitted: Option<u16>,
}

impl<M: Memory> Sender<M> {
    /// This node's end towards `peer`, not linked.
    pub fn new(memory: &M, epoch: Epoch, peer: NodeId) -> Self {
        let (layout, own) = (memory.layout(), memory.own());
        let ring_bytes = layout.slots() * SLOT_BYTES;
        Sender {
            ring: memory.place(peer, layout.ring(peer, own), ring_bytes),
            sent: memory.place(own, layout.sent_word(own, peer), 4),
            taken: memory.place(peer, layout.taken_word(peer, own), 4),
            slots: layout.slots() as u16,
            own: IndexWord::bits(epoch, 0),
            peer: None,
            written: 0,
            published: 0,
            free: 0,
            admitted: None,
        }
    }

    /// Begins counting at 0, for a boot of the peer.
    pub fn link(&mut self, memory: &M, peer: Epoch) {
        (self.peer, self.written, self.published, self.free) = (Some(peer), 0, 0, 0);
        memory.store(self.sent, self.own);
    }

    /// Both have begun: messages can be sent.
    pub fn open(&mut self) {
        self.free = self.slots;
    }

    /// Sends nothing any more to the boot of the peer that it was linked with, not even
    /// what was written and not published.
    pub fn unlink(&mut self) {
        (self.peer, self.published, self.free, self.admitted) = (None, self.written, 0, None);
    }

    /// Unlinks, and tells the peer.
    pub fn close(&mut self, memory: &M) {
        self.unlink();
        memory.store(self.sent, IndexWord::CLOSED);
    }

    /// Whether a slot is free, by a fresh look if need be.
    pub fn has_space(&mut self, memory: &M) -> bool {
        self.free > 0 || {
            self.look_at_taken(memory);
            self.free > 0
        }
    }

    /// Learns how much the peer has taken. A word of another boot, or a count that
    /// cannot be, says nothing: the link will notice.
    fn look_at_taken(&mut self, memory: &M) {
        let taken = IndexWord::from_bits(memory.load(self.taken));
        let used = self.written.wrapping_sub(taken.index);
        if self.peer.is_some() && taken.epoch == self.peer && used <= self.slots - self.free {
            self.free = self.slots - used;
        }
    }

    /// Whether a free slot that is not the last one is known only by a look, or the ring
    /// is not open.
    #[inline]
    pub fn is_scarce(&self) -> bool {
        self.free <= 1
    }

    /// Whether the peer has taken all that was sent.
    pub fn is_taken(&self, memory: &M) -> bool {
        self.peer.is_some_and(|peer| memory.load(self.taken) == IndexWord::bits(peer, self.written))
    }

    /// Says whether a message of `length` bytes can be sent now, by a fresh look at
    /// the ring if need be.
    #[inline]
    pub fn admit(&mut self, memory: &M, length: usize) -> Result<(), SendError> {
        if length > PAYLOAD_MAX as usize {
            return Err(SendError::TooLong);
        }
        // The last free slot has the peer tell of space: worth a look whether it is the last.
        if self.is_scarce() {
            self.find_free(memory)?;
        }
        self.admitted = Some(length as u16);
        Ok(())
    }

    /// Looks whether more than the last slot is free.
    #[cold]
    #[inline(never)]
    pub fn look_for_space(&mut self, memory: &M) -> Result<(), SendError> {
        self.find_free(memory)?;
        if self.is_scarce() { Err(SendError::Full) } else { Ok(()) }
    }

    #[cold]
    fn find_free(&mut self, memory: &M) -> Result<(), SendError> {
        if self.peer.is_none() {
            return Err(SendError::PeerDown);
        }
        self.look_at_taken(memory);
        if self.free == 0 { Err(SendError::Full) } else { Ok(()) }
    }

    /// The room for the message that was admitted last: in the next slot, which is
    /// not taken before [`Sender::commit`]. Empty if none was.
    pub fn room<'m>(&'m mut self, memory: &'m M) -> &'m mut [u8] {
        let length = self.admitted.map_or(0, usize::from);
        let place = self.next(memory).place(memory, SLOT_HEADER_BYTES);
        // SAFETY: `admit` saw a free slot: the peer has taken what the slot held
        // and reads it again only when `sent` counts it, for which this end must be
        // borrowed anew. A length that was admitted is at most PAYLOAD_MAX.
        unsafe { memory.room(place, length).as_mut() }
    }

    /// Makes the first `length` bytes of the room a message, which the peer sees
    /// after [`Sender::publish`]. Without room, or in more of it, there is none.
    pub fn commit(&mut self, memory: &M, length: usize) {
        let Some(room) = self.admitted.take() else { return };
        assert!(length <= usize::from(room), "a message fits the room that it was given");
        let note = if self.free == 1 { SlotNote::SpaceWanted } else { SlotNote::Plain };
        let next = self.next(memory);
        self.seal(memory, next, SlotShape { length: length as u16, note });
    }

    /// Has `write` write a message of `length` bytes, and publishes it if `write` says so. A
    /// slot that is not the last one must be free, and all written ones published.
    #[inline(always)]
    pub fn post(
        &mut self,
        memory: &M,
        length: usize,
        write: impl FnOnce(&mut [u8]) -> bool,
    ) -> Result<bool, SendError> {
        if length > PAYLOAD_MAX as usize {
            return Err(SendError::TooLong);
        }
        let next = self.next(memory);
        let place = next.place(memory, SLOT_HEADER_BYTES);
        // SAFETY: as in `room`: a slot is free; the length is at most PAYLOAD_MAX.
        let room = unsafe { memory.room(place, length).as_mut() };
        if !write(room) {
            return Ok(false);
        }
        self.admitted = None;
        self.seal(memory, next, SlotShape { length: length as u16, note: SlotNote::Plain });
        self.show(memory);
        Ok(true)
    }

    /// The slot that is next to be written.
    #[inline(always)]
    fn next(&self, memory: &M) -> Next<M::Place> {
        let index = u32::from(self.written & (self.slots - 1));
        // SAFETY: the index is below `slots`.
        let slot = unsafe { memory.further(self.ring, index * SLOT_BYTES) };
        Next { slot, number: self.written }
    }

    /// Makes what was written into the next slot a message.
    #[inline(always)]
    fn seal(&mut self, memory: &M, next: Next<M::Place>, shape: SlotShape) {
        memory.store(next.place(memory, SLOT_SHAPE), shape.bits());
        memory.store(next.place(memory, SLOT_COMMIT), self.own | u32::from(next.number));
        self.written = next.number.wrapping_add(1);
        self.free -= 1;
    }

    /// Shows all slots written so far to the peer.
    pub fn publish(&mut self, memory: &M) {
        if self.published != self.written {
            self.show(memory);
        }
    }

    #[inline(always)]
    fn show(&mut self, memory: &M) {
        self.published = self.written;
        memory.store(self.sent, self.own | u32::from(self.written));
    }
}

/// The slot that is next to be written, and its number.
#[derive(Clone, Copy, Debug)]
struct Next<P> {
    slot: P,
    number: u16,
}

impl<P: Copy> Next<P> {
    /// A place in it.
    #[inline(always)]
    fn place<M: Memory<Place = P>>(self, memory: &M, offset: u32) -> P {
        // SAFETY: the offset is below the size of a slot.
        unsafe { memory.further(self.slot, offset) }
    }
}

/// A message where it lies in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot<'m> {
    /// What was sent, its parts together.
    pub payload: &'m [u8],
}

/// Where a message lies that was found and not taken yet.
#[derive(Clone, Copy, Debug)]
pub struct Found<P> {
    payload: P,
    shape: SlotShape,
}

impl<P: Copy> Found<P> {
    /// The message.
    ///
    /// # Safety
    /// Its receiver does not take it, nor unlinks, as long as the result lives.
    #[inline]
    pub unsafe fn slot<M: Memory<Place = P>>(self, memory: &M) -> Slot<'_> {
        // SAFETY: the slot was published by this boot of the peer, which does not write it
        // again before `taken` counts it, which the caller keeps from happening; a shape's
        // length is at most PAYLOAD_MAX.
        Slot { payload: unsafe { memory.read(self.payload, usize::from(self.shape.length)) } }
    }
}

/// The receiving end.
#[derive(Debug)]
pub struct Receiver<M: Memory> {
    ring: M::Place,
    sent: M::Place,
    taken: M::Place,
    /// The bits of a slot's number that say where it lies: there are as many slots, less one.
    mask: u32,
    /// The index word of this boot that counts nothing.
    own: u32,
    /// What the commit word of the next slot says once it is written, and the peer's sent
    /// word as long as it is not published: the peer's boot, and how many slots were taken.
    awaited: u32,
    /// Slots that the peer has published, as far as was last looked.
    sent_seen: u16,
    /// The next slot, if it was found valid.
    offered: Option<SlotShape>,
    /// Slots that the count promised and that were not valid.
    dropped: u32,
}

impl<M: Memory> Receiver<M> {
    /// This node's end towards `peer`, not linked.
    pub fn new(memory: &M, epoch: Epoch, peer: NodeId) -> Self {
        let (layout, own) = (memory.layout(), memory.own());
        let ring_bytes = layout.slots() * SLOT_BYTES;
        Receiver {
            ring: memory.place(own, layout.ring(own, peer), ring_bytes),
            sent: memory.place(peer, layout.sent_word(peer, own), 4),
            taken: memory.place(own, layout.taken_word(own, peer), 4),
            mask: layout.slots() - 1,
            own: IndexWord::bits(epoch, 0),
            awaited: IndexWord::CLOSED,
            sent_seen: 0,
            offered: None,
            dropped: 0,
        }
    }

    /// Begins counting at 0, for a boot of the peer.
    pub fn link(&mut self, memory: &M, peer: Epoch) {
        self.awaited = IndexWord::bits(peer, 0);
        (self.sent_seen, self.offered) = (0, None);
        memory.store(self.taken, self.own);
    }

    /// Takes nothing any more from the boot of the peer that it was linked with.
    pub fn unlink(&mut self) {
        (self.awaited, self.sent_seen, self.offered) = (IndexWord::CLOSED, 0, None);
    }

    /// Unlinks, and tells the peer.
    pub fn close(&mut self, memory: &M) {
        self.unlink();
        memory.store(self.taken, IndexWord::CLOSED);
    }

    /// The peer's sent word.
    pub fn sent_word(&self) -> M::Place {
        self.sent
    }

    /// What the sent word says as long as nothing new has arrived.
    pub fn nothing_new(&self) -> u32 {
        self.awaited
    }

    /// Slots that were not valid although the peer had published them. There are
    /// none unless memory is damaged.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Slots taken.
    #[inline]
    fn taken_count(&self) -> u16 {
        self.awaited as u16
    }

    /// Whether slots are known to be published that were not taken.
    #[inline]
    pub fn has_more(&self) -> bool {
        self.taken_count() != self.sent_seen
    }

    /// Looks for the next message; false if there is none.
    #[inline]
    pub fn offer(&mut self, memory: &M) -> bool {
        while self.offered.is_none() && self.is_promised(memory) {
            self.offered = self.shape_bits(memory).and_then(SlotShape::from_bits);
            if self.offered.is_none() {
                self.dropped += 1;
                self.take(memory);
            }
        }
        self.offered.is_some()
    }

    /// The message that [`Receiver::offer`] has found. It stays until
    /// [`Receiver::advance`].
    pub fn peek<'s>(&'s self, memory: &'s M) -> Option<Slot<'s>> {
        let found = self.found(memory)?;
        // SAFETY: this end must be borrowed anew to take it.
        Some(unsafe { found.slot(memory) })
    }

    /// Where that message lies.
    #[inline]
    pub fn found(&self, memory: &M) -> Option<Found<M::Place>> {
        Some(self.found_in(memory, self.offered?))
    }

    #[inline]
    fn found_in(&self, memory: &M, shape: SlotShape) -> Found<M::Place> {
        Found { payload: self.place(memory, SLOT_HEADER_BYTES), shape }
    }

    /// The next message, of a peer with whom this end is linked, by one look: none says
    /// nothing.
    #[inline]
    pub fn find(&mut self, memory: &M) -> Option<Found<M::Place>> {
        if !self.is_published(memory) {
            return None;
        }
        let bits = self.shape_bits(memory)?;
        // If there are more bits, its sender wants something.
        let is_plain = bits <= PAYLOAD_MAX;
        let shape = SlotShape { length: bits as u16, note: SlotNote::Plain };
        is_plain.then(|| self.found_in(memory, shape))
    }

    /// Takes the message that [`Receiver::find`] has found; answers what the sent word says
    /// until the next one is published.
    #[inline]
    pub fn take_found(&mut self, memory: &M) -> u32 {
        self.offered = None;
        self.take(memory)
    }

    /// Takes the message that [`Receiver::offer`] has found, if it has. Returns what
    /// its sender wants.
    pub fn advance(&mut self, memory: &M) -> SlotNote {
        let Some(shape) = self.offered.take() else { return SlotNote::Plain };
        self.take(memory);
        shape.note
    }

    fn take(&mut self, memory: &M) -> u32 {
        let taken = u32::from(self.taken_count().wrapping_add(1));
        let awaited = self.awaited & !INDEX_MASK | taken;
        self.awaited = awaited;
        memory.store(self.taken, self.own | taken);
        awaited
    }

    /// Whether the peer has published a slot that was not taken yet.
    #[inline]
    fn is_promised(&mut self, memory: &M) -> bool {
        self.has_more() || self.awaited != IndexWord::CLOSED && self.is_published(memory)
    }

    /// The same by a fresh look, of an end that is linked.
    #[inline]
    fn is_published(&mut self, memory: &M) -> bool {
        let sent = memory.load(self.sent);
        if (sent ^ self.awaited) > INDEX_MASK {
            // Of another boot.
            return false;
        }
        // Those behind the next one.
        let more = (sent as u16).wrapping_sub(self.taken_count()).wrapping_sub(1);
        if u32::from(more) > self.mask {
            return false;
        }
        self.sent_seen = sent as u16;
        true
    }

    /// The shape word of the next slot, if that was written.
    #[inline]
    fn shape_bits(&self, memory: &M) -> Option<u32> {
        let is_written = memory.load(self.place(memory, SLOT_COMMIT)) == self.awaited;
        is_written.then(|| memory.load(self.place(memory, SLOT_SHAPE)))
    }

    /// A place in the slot that is next to be taken.
    fn place(&self, memory: &M, offset: u32) -> M::Place {
        let index = self.awaited & self.mask;
        // SAFETY: the index is below the number of slots, and the offset below the size of a slot.
        unsafe { memory.further(self.ring, index * SLOT_BYTES + offset) }
    }
}
