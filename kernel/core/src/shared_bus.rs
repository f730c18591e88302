//! The platform's bus over the memory of a crate: for boards and for the host alike.
//!
//! Packets, peers and bells are those of `bus::Bus`. Bulk data is granted and pulled
//! by records (`abi::grant`) that the owner keeps in its slice. A record is an
//! allegation of another node: whatever it says, a reader reads only in the local part
//! of the owner's slice, and goes through a bounded number of pieces.

use core::marker::PhantomData;

use abi::grant::{GrantIndex, RECORD_HEAD_BYTES, pieces_max, record_bytes};
use abi::ids::{Epoch, NodeId, UserAddr};
use abi::slice::PAGE_BYTES;
use abi::status::StatusWord;
use abi::trace::Record;
use bus::grants::{Close, Grants, NotOpen};
use bus::posts::{self, TraceRing};
use bus::{Notice, Rest, Signals};

use crate::platform::{
    BadAddress, Bell, Bus, Grant, GrantError, Memory, NodeStatus, PeerChange, PeerState, Pull,
    PullError, SendError, Side, Slot, Took, UserRange,
};

/// Memory in a slice that other nodes see.
pub trait SharedMemory: Memory {
    /// Keeps the pages of `range` in place and writes their record (`abi::grant`) into
    /// this node's slice; answers the record's offset in the slice.
    fn pin(&mut self, slot: Slot, range: UserRange) -> Result<u32, GrantError>;

    /// Releases what [`SharedMemory::pin`] kept.
    fn unpin(&mut self, record: u32);

    /// Copies `to.length` bytes from `offset` in the slice of `node` into a space of this
    /// node. They are in the local part of that slice, and may change meanwhile; `node`
    /// may be this one.
    fn write_from(
        &mut self,
        slot: Slot,
        to: UserRange,
        side: Side,
        node: NodeId,
        offset: u32,
    ) -> Result<(), BadAddress>;
}

/// One boot's end of a shared bus, with the pages that it has granted in `U`.
pub struct SharedBus<M: bus::Memory, S, U> {
    bus: bus::Bus<M, S>,
    grants: Grants<M>,
    trace: TraceRing<M>,
    /// A change, found while a packet was looked for.
    change: Option<PeerChange>,
    reports: u32,
    /// The words of the status that are posted all the time.
    busy: [M::Place; 2],
    user: PhantomData<fn(&mut U)>,
}

impl<M: bus::Memory, S: Signals, U> SharedBus<M, S, U> {
    /// Starts this node's boot `epoch`. Comes before any memory that earlier boots may
    /// have granted is used for something else.
    pub fn start(memory: M, signals: S, epoch: Epoch) -> Self {
        let grants = Grants::start(&memory, epoch);
        let trace = TraceRing::start(&memory);
        let busy = [StatusWord::BusyHigh, StatusWord::BusyLow];
        let busy = busy.map(|word| posts::status_place(&memory, memory.own(), word));
        Self {
            bus: bus::Bus::start(memory, signals, epoch),
            grants,
            trace,
            change: None,
            reports: 0,
            busy,
            user: PhantomData,
        }
    }

    /// Publishes, and says that this node does not look at its rings from now on, since it
    /// stops: on [`Rest::Sleep`], bells come for what happens after this call. Where it has
    /// said so already, it says nothing.
    pub fn prepare_to_sleep(&mut self) -> Rest {
        if self.change.is_some() {
            return Rest::Stay;
        }
        self.bus.prepare_to_sleep()
    }

    #[inline(never)]
    fn prepare_to_run(&mut self) -> bool {
        self.change.is_none() && self.bus.prepare_to_run() == Rest::Sleep
    }

    /// Says that this node looks at its rings by itself again, and needs no bells.
    pub fn woke(&mut self) {
        self.bus.woke();
    }

    /// Whether there is something to do, by one look at the rings. Whoever looks until there
    /// is has said so before, by [`SharedBus::woke`].
    pub fn has_news(&mut self) -> bool {
        self.change.is_some() || self.bus.has_news()
    }

    /// Posts for how many nanoseconds since boot the processor has been busy.
    pub fn post_busy(&mut self, busy_ns: u64) {
        let [high, low] = self.busy;
        self.bus.memory().store(high, (busy_ns >> 32) as u32);
        self.bus.memory().store(low, busy_ns as u32);
    }

    /// The crate's memory.
    pub fn shared(&self) -> &M {
        self.bus.memory()
    }

    /// Looks until there is a packet or a change.
    #[inline]
    fn look(&mut self) -> Option<NodeId> {
        loop {
            match self.bus.poll()? {
                Notice::Data(node) => return Some(node),
                // Who was refused tries again with the next tick.
                Notice::Space(_) => {}
                Notice::PeerUp { node, epoch } => {
                    self.change = Some(PeerChange { node, state: PeerState::Up(epoch) });
                    return None;
                }
                Notice::PeerDown { node, .. } => {
                    self.change = Some(PeerChange { node, state: PeerState::Down });
                    return None;
                }
            }
        }
    }

    /// Whether the boot that issued a grant can be asked for its bytes.
    fn is_reachable(&self, owner: NodeId, epoch: Option<Epoch>) -> bool {
        let known = match self.peer_state(owner) {
            PeerState::Up(known) => Some(known),
            PeerState::Down => None,
        };
        known.is_some() && known == epoch
    }

    fn peer_state(&self, node: NodeId) -> PeerState {
        let own = (node == self.bus.own()).then(|| self.bus.epoch());
        own.or_else(|| self.bus.peer_epoch(node)).map_or(PeerState::Down, PeerState::Up)
    }

    /// A word in the local part of a slice; none elsewhere.
    fn local_word(&self, node: NodeId, offset: u32) -> Option<u32> {
        let memory = self.bus.memory();
        if !self.is_local(offset, 4) || !offset.is_multiple_of(4) {
            return None;
        }
        Some(memory.load(memory.place(node, offset, 4)))
    }

    /// Whether bytes are in the local part of a slice, of which the first page holds
    /// nothing.
    fn is_local(&self, offset: u32, bytes: u32) -> bool {
        let local = self.bus.memory().layout().local_bytes();
        offset >= PAGE_BYTES && offset.checked_add(bytes).is_some_and(|end| end <= local)
    }
}

impl<M: bus::Memory, S: Signals, U: SharedMemory> SharedBus<M, S, U> {
    /// Copies by the record of a grant. Whether the grant was open all the while is not
    /// looked at here.
    fn copy_granted(&self, memory: &mut U, pull: &Pull) -> Result<(), PullError> {
        let record = GrantIndex(pull.grant.index).record();
        let count = self.local_word(pull.from, record).ok_or(PullError::Revoked)?;
        let mut copy = Copying { pull, skip: pull.offset, done: 0 };
        for index in 0..count.min(pieces_max(pull.grant.length)) {
            if copy.done == pull.to.length {
                break;
            }
            let piece = self.piece(pull.from, record, index).ok_or(PullError::Revoked)?;
            copy.take(memory, piece)?;
        }
        if copy.done == pull.to.length { Ok(()) } else { Err(PullError::Revoked) }
    }

    /// Offset and length of a piece that lies in the local part of the slice.
    fn piece(&self, node: NodeId, record: u32, index: u32) -> Option<(u32, u32)> {
        let at = record.checked_add(record_bytes(index))?;
        let offset = self.local_word(node, at)?;
        let bytes = self.local_word(node, at + RECORD_HEAD_BYTES)?;
        self.is_local(offset, bytes).then_some((offset, bytes))
    }
}

/// How far a pull has come with the pieces of a record.
struct Copying<'p> {
    pull: &'p Pull,
    /// Bytes of the grant that come before those that are wanted.
    skip: u32,
    /// Bytes copied.
    done: u32,
}

impl Copying<'_> {
    /// Copies what is wanted of one piece.
    fn take<U: SharedMemory>(
        &mut self,
        memory: &mut U,
        (offset, bytes): (u32, u32),
    ) -> Result<(), PullError> {
        let skipped = self.skip.min(bytes);
        self.skip -= skipped;
        let Pull { from, slot, to, side, .. } = *self.pull;
        let length = (bytes - skipped).min(to.length - self.done);
        if length == 0 {
            return Ok(());
        }
        let base = UserAddr(to.base.0.wrapping_add(self.done));
        let to = UserRange { base, length };
        self.done += length;
        let copied = memory.write_from(slot, to, side, from, offset + skipped);
        copied.map_err(|BadAddress| PullError::BadAddress)
    }
}

/// The bus's name for a grant.
fn bus_grant(grant: Grant) -> bus::grants::Grant {
    let number = GrantIndex(grant.index).number();
    bus::grants::Grant { number, generation: grant.generation }
}

impl<M: bus::Memory, S: Signals, U: SharedMemory> Bus for SharedBus<M, S, U> {
    type Memory = U;

    fn node(&self) -> NodeId {
        self.bus.own()
    }

    fn nodes(&self) -> u8 {
        self.bus.memory().layout().nodes() as u8
    }

    fn epoch(&self) -> Epoch {
        self.bus.epoch()
    }

    #[inline]
    fn poll(&mut self) -> Option<NodeId> {
        // The kernel hears of a change before it sees what came after it.
        if self.change.is_some() { None } else { self.look() }
    }

    #[inline]
    fn peek(&self, from: NodeId) -> Option<&[u8]> {
        self.bus.peek(from).map(|slot| slot.payload)
    }

    #[inline]
    fn advance(&mut self, from: NodeId) {
        self.bus.advance(from);
    }

    #[inline]
    fn has_more(&self, from: NodeId) -> bool {
        self.bus.is_rung() || self.bus.has_more(from)
    }

    #[inline]
    fn take(&mut self, take: impl FnOnce(&[u8]) -> bool) -> Took {
        if self.change.is_some() {
            return Took::Left;
        }
        match self.bus.take(take) {
            Took::Message { more } => Took::Message { more: more || self.bus.is_rung() },
            other => other,
        }
    }

    #[inline]
    fn post(
        &mut self,
        to: NodeId,
        length: usize,
        bell: Bell,
        write: impl FnOnce(&mut [u8]) -> bool,
    ) -> Result<bool, SendError> {
        self.bus.post(to, length, bell, write).map_err(|error| match error {
            bus::SendError::Full | bus::SendError::TooLong => SendError::Full,
            bus::SendError::PeerDown => SendError::Down,
        })
    }

    #[inline]
    fn reserve(&mut self, to: NodeId, length: usize) -> Result<&mut [u8], SendError> {
        self.bus.reserve(to, length).map_err(|error| match error {
            bus::SendError::Full => SendError::Full,
            bus::SendError::PeerDown => SendError::Down,
            bus::SendError::TooLong => unreachable!("a packet fits a slot"),
        })
    }

    #[inline]
    fn commit(&mut self, to: NodeId, length: usize) {
        self.bus.commit(to, length);
    }

    #[inline]
    fn publish(&mut self) {
        self.bus.flush();
    }

    #[inline]
    fn may_run(&mut self) -> bool {
        self.bus.is_rung() || self.prepare_to_run()
    }

    fn peer(&self, node: NodeId) -> PeerState {
        self.peer_state(node)
    }

    fn next_change(&mut self) -> Option<PeerChange> {
        self.change.take()
    }

    fn grant(&mut self, memory: &mut U, slot: Slot, range: UserRange) -> Result<Grant, GrantError> {
        let record = memory.pin(slot, range)?;
        let Some(grant) = self.grants.open(self.bus.memory()) else {
            memory.unpin(record);
            return Err(GrantError::TableFull);
        };
        let index = GrantIndex::new(grant.number, record).0;
        Ok(Grant { index, generation: grant.generation, length: range.length })
    }

    fn revoke(&mut self, memory: &mut U, grant: Grant) {
        if self.grants.close(self.bus.memory(), bus_grant(grant)) == Close::Closed {
            memory.unpin(GrantIndex(grant.index).record());
        }
    }

    fn pull(&mut self, memory: &mut U, pull: &Pull) -> Result<(), PullError> {
        let grant = bus_grant(pull.grant);
        if !self.is_reachable(pull.from, grant.epoch()) {
            return Err(PullError::Down);
        }
        let end = pull.offset.checked_add(pull.to.length);
        if end.is_none_or(|end| end > pull.grant.length) {
            return Err(PullError::Revoked);
        }
        let copy = || self.copy_granted(memory, pull);
        match bus::grants::pull(self.bus.memory(), pull.from, grant, copy) {
            Ok(copied) => copied,
            Err(NotOpen) => Err(PullError::Revoked),
        }
    }

    fn status(&self, node: NodeId) -> Option<NodeStatus> {
        let word = |word| posts::status(self.bus.memory(), node, word);
        let PeerState::Up(epoch) = self.peer_state(node) else { return None };
        (word(StatusWord::Boot) == u32::from(epoch.get())).then(|| NodeStatus {
            load: word(StatusWord::Load),
            free_pages: word(StatusWord::FreePages),
            incarnations: word(StatusWord::Incarnations) as u16,
            uptime_ms: word(StatusWord::UptimeMs),
        })
    }

    fn post_status(&mut self, status: &NodeStatus) {
        self.reports = self.reports.wrapping_add(1);
        let words = [
            (StatusWord::Load, status.load),
            (StatusWord::Incarnations, u32::from(status.incarnations)),
            (StatusWord::FreePages, status.free_pages),
            (StatusWord::UptimeMs, status.uptime_ms),
            (StatusWord::Reports, self.reports),
            (StatusWord::Boot, u32::from(self.bus.epoch().get())),
        ];
        for (word, value) in words {
            posts::post_status(self.bus.memory(), word, value);
        }
    }

    fn trace(&mut self, record: &Record) {
        self.trace.write(self.bus.memory(), record);
    }
}
