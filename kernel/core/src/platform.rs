//! What the kernel needs from the machine below it: a bus, memory, and a CPU with a clock.
//!
//! The three are separate objects, so that a packet lying in a ring (borrowed from the bus)
//! can be copied into an address space (borrowed from the memory) with nothing in between.
//! A board implements them on its devices, the simulator on queues and buffers, and the
//! host's daemon on the shared memory of the crate, where it is node 0.
//!
//! No method may call back into the kernel, block, or fail for a reason that is not among
//! its documented errors. User addresses are allegations of user code: the implementation
//! checks each range against the space that it names before it touches a byte, and it takes
//! the same path for a growable stack as a fault of user code would.

use abi::calls::Call;
use abi::ids::{Epoch, NodeId, RdcId, RefId, UserAddr};
use abi::interrupt::FPU_LONGS;
use abi::structs::Msg;
use abi::trace::Record;

use crate::config::INCARNATIONS_MAX;

pub use bus::{Bell, Took};

/// The machine that a node runs on.
pub trait Platform: 'static {
    /// The rings to the other nodes.
    type Bus: Bus<Memory = Self::Memory>;
    /// The address spaces of the incarnations.
    type Memory: Memory;
    /// The processor and its clock.
    type Machine: Machine;
}

/// Index of a local incarnation: names its address space and its processor context alike.
/// The kernel chooses it, from 0 up to its configured number of incarnations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

impl Slot {
    /// The slot as an index into a table.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The slot as an index into a table of [`INCARNATIONS_MAX`] entries, one for each.
    #[inline]
    pub fn bounded(self) -> usize {
        usize::from(self.0 % INCARNATIONS_MAX)
    }
}

/// A point in time, in microseconds since the node was started. Never compared between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub u64);

impl Instant {
    /// The point `micros` microseconds later.
    #[must_use]
    pub fn after_us(self, micros: u64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this point, 0 if it lies ahead.
    pub fn since_us(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The rings to and from the other nodes, and grants on bulk data.
///
/// Packets between one ordered pair of nodes arrive in order, at most once, within one pair
/// of boot epochs; the kernel's protocols nevertheless survive loss and duplication.
pub trait Bus {
    /// The memory that grants and pulls act on.
    type Memory: Memory;

    /// This node.
    fn node(&self) -> NodeId;

    /// Number of nodes of the pool, the host (node 0) included: ids run from 0 below it.
    fn nodes(&self) -> u8;

    /// The boot epoch of this node.
    fn epoch(&self) -> Epoch;

    /// A node whose ring to us holds at least one packet. Looks at all peers in turn, so
    /// that a busy one does not starve the others.
    fn poll(&mut self) -> Option<NodeId>;

    /// The oldest packet in the ring from `from`, in place.
    fn peek(&self, from: NodeId) -> Option<&[u8]>;

    /// Drops the packet that [`Bus::peek`] shows.
    fn advance(&mut self, from: NodeId);

    /// Shows `take` the next packet, if that is at hand; it is dropped if `take` says so. This
    /// is [`Bus::poll`], [`Bus::peek`], [`Bus::advance`] and [`Bus::has_more`] in one.
    #[inline]
    fn take(&mut self, take: impl FnOnce(&[u8]) -> bool) -> Took {
        let Some(node) = self.poll() else { return Took::Left };
        if !self.peek(node).is_some_and(take) {
            return Took::Left;
        }
        self.advance(node);
        Took::Message { more: self.has_more(node) }
    }

    /// Has `write` write a packet of `length` bytes in the ring to `to`, and makes it visible
    /// if `write` says so; answers that. This is [`Bus::reserve`], [`Bus::commit`] and
    /// [`Bus::publish`] in one, but that a bell may be left to a later [`Bus::publish`], and
    /// that it may be refused where these would not be.
    #[inline]
    fn post(
        &mut self,
        to: NodeId,
        length: usize,
        bell: Bell,
        write: impl FnOnce(&mut [u8]) -> bool,
    ) -> Result<bool, SendError> {
        let _ = bell;
        let is_written = write(self.reserve(to, length)?);
        if is_written {
            self.commit(to, length);
            self.publish();
        }
        Ok(is_written)
    }

    /// Whether to poll on after a packet from `from` was taken: no if there is none at hand, and
    /// the rings are looked at in any case before user code runs or the node sleeps.
    #[inline]
    fn has_more(&self, from: NodeId) -> bool {
        let _ = from;
        true
    }

    /// Space for one packet of up to `length` bytes (at most [`abi::message::PACKET`]) in the ring to
    /// `to`, which is never this node. Nothing is sent, and the space is not taken, until
    /// [`Bus::commit`]; reserving again starts anew.
    fn reserve(&mut self, to: NodeId, length: usize) -> Result<&mut [u8], SendError>;

    /// Queues the first `length` bytes of the space that was reserved last, for `to`.
    fn commit(&mut self, to: NodeId, length: usize);

    /// Makes everything committed visible to the peers and rings the bells of those that
    /// sleep. The kernel calls it once before it leaves.
    fn publish(&mut self);

    /// Publishes, before user code runs: whether a bell tells of all that arrives from now on.
    /// If not, there is something to poll.
    #[inline]
    fn may_run(&mut self) -> bool {
        self.publish();
        true
    }

    /// What is known of `node`. This node itself is up, in its own epoch.
    fn peer(&self, node: NodeId) -> PeerState;

    /// The next change of a peer that the kernel has not been told of, at least if
    /// [`Bus::poll`] has just found nothing. A restart seen late is one change, with the new
    /// epoch; coming up for the first time is a change too.
    fn next_change(&mut self) -> Option<PeerChange>;

    /// Grants every node the right to read `range` of `slot`, and keeps its pages in place
    /// until [`Bus::revoke`], through unmapping and the destruction of the space.
    fn grant(
        &mut self,
        memory: &mut Self::Memory,
        slot: Slot,
        range: UserRange,
    ) -> Result<Grant, GrantError>;

    /// Ends a grant of this node and releases its pages. A grant that is gone already is
    /// left alone.
    fn revoke(&mut self, memory: &mut Self::Memory, grant: Grant);

    /// Copies bytes that a grant covers into a space of this node. The grant may be this
    /// node's own. The validity of the grant is checked again after the copy.
    fn pull(&mut self, memory: &mut Self::Memory, pull: &Pull) -> Result<(), PullError>;

    /// The status that `node` has posted last, if it is up.
    fn status(&self, node: NodeId) -> Option<NodeStatus>;

    /// Posts this node's status where the others can read it.
    fn post_status(&mut self, status: &NodeStatus);

    /// Puts a record into this node's trace ring, in place of the oldest if that is full. The
    /// ring lies where others can read it without the help of this node.
    fn trace(&mut self, record: &Record);
}

/// Why a packet cannot be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The ring is full: the peer has not caught up.
    Full,
    /// The peer is not up, or does not exist.
    Down,
}

/// What a node sees of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// It takes packets, in this boot epoch.
    Up(Epoch),
    /// It does not take packets: never started, ended, or not known to this pool.
    Down,
}

/// A peer came up, went down, or was started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerChange {
    /// The peer.
    pub node: NodeId,
    /// Its state now.
    pub state: PeerState,
}

/// A right to read pages of the node that issued it. Travels in messages; its meaning is
/// the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// The issuer's index of the grant.
    pub index: u32,
    /// Tells it from earlier grants of the same index, also from those of earlier boots.
    pub generation: u32,
    /// Bytes covered.
    pub length: u32,
}

/// Why no grant was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The range is not readable user memory.
    BadAddress,
    /// The node's table of grants, or the room for their page lists, is used up.
    TableFull,
}

/// A piece of granted data on its way into a local space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pull {
    /// The node that issued the grant.
    pub from: NodeId,
    /// The grant.
    pub grant: Grant,
    /// First byte wanted, counted from the start of the granted range.
    pub offset: u32,
    /// The destination's space.
    pub slot: Slot,
    /// The destination.
    pub to: UserRange,
    /// On whose behalf the destination is written.
    pub side: Side,
}

/// On whose behalf memory is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// An incarnation's: only what it may write itself.
    User,
    /// The loader's, into a space that has not been started: also its text.
    Loader,
}

/// Why a pull copied nothing of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullError {
    /// The destination may not be written; bytes before the first bad one may have been.
    BadAddress,
    /// The grant was revoked, or does not cover the piece; the destination is undefined.
    Revoked,
    /// The issuer is down, or runs in another epoch; the destination is undefined.
    Down,
}

/// The address spaces of the local incarnations, one per [`Slot`].
pub trait Memory {
    /// Makes the space of `slot`, all of it reserved so that it cannot fail later for lack of
    /// memory up to its quota. All but text is zero. Nothing has changed on an error.
    fn create(&mut self, slot: Slot, spec: &SpaceSpec) -> Result<SpaceMap, MemoryError>;

    /// Text and data of `slot` are complete: the text may be executed, and shared under its id.
    fn loaded(&mut self, slot: Slot);

    /// Ends the space of `slot`, which exists. Granted pages live on until they are revoked.
    fn destroy(&mut self, slot: Slot);

    /// Checks that user code of `slot` may access the whole of `range`. The empty range is
    /// always good.
    fn check(&mut self, slot: Slot, range: UserRange, access: Access) -> Result<(), BadAddress>;

    /// Reads user memory of `slot`.
    fn copy_in(&mut self, slot: Slot, from: UserAddr, into: &mut [u8]) -> Result<(), BadAddress>;

    /// Writes user memory of `slot`; bytes before the first bad one may have been written.
    fn copy_out(&mut self, slot: Slot, to: UserAddr, from: &[u8]) -> Result<(), BadAddress>;

    /// Where a message structure lies that user code may read and write. It holds until
    /// memory is taken from the space.
    type Place: Copy;

    /// Nowhere: no structure is in its place there.
    const NOWHERE: Self::Place;

    /// Where the message structure at `at` lies, if user code may read and write it and it
    /// lies at hand. `None` says nothing about whether it may: the other methods tell.
    fn place(&mut self, slot: Slot, at: UserAddr) -> Option<Self::Place>;

    /// Lets `edit` read and change a message structure, if it still is in its place.
    fn edit<R>(&mut self, place: Self::Place, edit: impl FnOnce(&mut Msg) -> R) -> Option<R>;

    /// Lets `edit` read one message structure and change one of another space, if both still
    /// are in their places.
    fn pass<R>(
        &mut self,
        from: Self::Place,
        to: Self::Place,
        edit: impl FnOnce(&Msg, &mut Msg) -> R,
    ) -> Option<R>;

    /// Copies from one local space to another; `to` has the length that is copied.
    fn copy_across(
        &mut self,
        from: (Slot, UserAddr),
        to: (Slot, UserRange),
    ) -> Result<(), BadAddress>;

    /// Moves the end of the heap to `end`, unless that is 0, and answers the old one. New
    /// memory is zero. [`MemoryError::NoMemory`] if `end` lies above the heap's bound,
    /// [`MemoryError::BadRange`] if it lies below its start.
    fn brk(&mut self, slot: Slot, end: UserAddr) -> Result<UserAddr, MemoryError>;

    /// The first bytes of data, heap, stack or parameters of `slot` at or above `from`, which is
    /// the beginning of a page, that lie in pages which were ever touched: what lies elsewhere is
    /// zero. As many as follow each other, but at most `most`, which is whole pages.
    fn touched(&self, slot: Slot, from: UserAddr, most: u32) -> Option<UserRange>;

    /// The pages that `slot` uses now.
    fn usage(&self, slot: Slot) -> Usage;

    /// Pages that new spaces can still be made of.
    fn free_pages(&self) -> u32;
}

/// A range of user addresses that somebody alleges to be his.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRange {
    /// First byte.
    pub base: UserAddr,
    /// Number of bytes.
    pub length: u32,
}

/// What is done to user memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
}

/// The range is not wholly user memory that allows the access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress;

/// The shape of a new address space; sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceSpec {
    /// Names the text, the same for every module with the same text.
    pub text_id: u64,
    /// Text and read-only data.
    pub text: u32,
    /// Initialised data.
    pub data: u32,
    /// Zeroed data behind it.
    pub bss: u32,
    /// Most that the heap may grow to.
    pub heap_max: u32,
    /// Most that the stack may grow to.
    pub stack_max: u32,
    /// Room for the block of start parameters, readable and writable, apart from the stack.
    pub parameters: u32,
}

/// Where the parts of a new address space lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceMap {
    /// The text.
    pub text: UserRange,
    /// Whether the text has to be fetched.
    pub text_state: TextState,
    /// The initialised data, to be fetched.
    pub data: UserRange,
    /// The block of start parameters.
    pub parameters: UserRange,
    /// The first stack pointer.
    pub stack: UserAddr,
}

/// Whether the text of a new space has to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextState {
    /// A complete text with this id was here and is shared.
    Present,
    /// It has to be written by the loader.
    Missing,
}

/// Why memory was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// Not enough pages.
    NoMemory,
    /// The sizes do not fit the layout of an address space, or the address lies outside it.
    BadRange,
}

/// Pages in use by one incarnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of program text, shared or not.
    pub text: u16,
    /// Of data and heap.
    pub heap: u16,
    /// Of stack.
    pub stack: u16,
}

/// The processor, its contexts and its clock.
pub trait Machine {
    /// The time now.
    fn now(&self) -> Instant;

    /// Asks for an interrupt at this time (at once, if it has passed), in place of the one
    /// asked for before; none for `None`.
    fn set_alarm(&mut self, at: Option<Instant>);

    /// Whether the alarm may have gone off since it was set; to say so of one that has not
    /// costs a look at the clock.
    fn may_be_due(&self) -> bool {
        true
    }

    /// Prepares the context of `slot`, who is `identity`, to run.
    fn start(&mut self, slot: Slot, start: &Start, identity: Identity);

    /// Sets what the system call that `slot` is in will return.
    fn set_result(&mut self, slot: Slot, result: i32);

    /// The registers with which `slot` goes on when it runs next. `None` if it was left in the
    /// middle of an instruction, with which only its own context can go on, and of a program
    /// outside the kernel.
    fn registers(&self, slot: Slot) -> Option<Registers>;

    /// Has `slot`, of which [`Machine::registers`] knows some, go on with these, in user mode
    /// whatever they say. The program counter is even.
    fn set_registers(&mut self, slot: Slot, registers: &Registers);

    /// The context of `slot` will not run again.
    fn release(&mut self, slot: Slot);

    /// Time that `slot` has run since its start.
    fn times(&self, slot: Slot) -> CpuTimes;

    /// Microseconds since the start of the node in which the processor has not rested.
    fn busy_us(&self) -> u64;
}

/// What user code has in the registers of a processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers {
    /// D0 to D7.
    pub data: [u32; 8],
    /// A0 to A7: the last one is the stack pointer.
    pub address: [u32; 8],
    /// The next instruction.
    pub pc: u32,
    /// The condition codes.
    pub ccr: u8,
    /// The registers of the FPU.
    pub fpu: [u32; FPU_LONGS],
}

impl Registers {
    /// The index of the stack pointer among the address registers.
    const SP: usize = 7;

    /// The stack pointer.
    pub fn sp(&self) -> u32 {
        self.address[Self::SP]
    }

    /// The same registers at another instruction and with another stack.
    #[must_use]
    pub fn at(mut self, pc: u32, sp: u32) -> Self {
        self.pc = pc;
        self.address[Self::SP] = sp;
        self
    }
}

/// What a context begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// The first instruction.
    pub entry: UserAddr,
    /// The first stack pointer.
    pub stack: UserAddr,
    /// Its block of start parameters, the only argument of its first function.
    pub parameters: UserAddr,
}

/// What the calls answer that only ask who the caller is. It does not change as long as he
/// lives, so that a machine may answer them by itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Identity([u32; 3]);

impl Identity {
    const FIRST: u32 = Call::SelfInc as u32;

    /// That of an incarnation which names itself `myself`, of `rdc`, at `node`.
    pub fn new(myself: RefId, node: NodeId, rdc: RdcId) -> Self {
        const { assert!(Call::Where as u32 == Self::FIRST + 1) };
        const { assert!(Call::RdcId as u32 == Self::FIRST + 2) };
        Self([myself.get(), u32::from(node.0), rdc.get()])
    }

    /// The answer of the call `number`, if it is one of these.
    #[inline]
    pub fn answer(&self, number: u32) -> Option<u32> {
        if number < Self::FIRST {
            return None;
        }
        self.0.get((number - Self::FIRST) as usize).copied()
    }
}

/// Processor time used, in microseconds.
///
/// The sum is exact: the clock is read when another incarnation gets the processor, and when it
/// rests. To read it at each call, too, would cost more than many calls do. So a board may find
/// out how the sum is divided by looking, whenever the node's alarm interrupts an incarnation,
/// where that was: then the two parts are right on average, more exactly the longer an
/// incarnation runs, and of one that was never interrupted all time is the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CpuTimes {
    /// In user code.
    pub user_us: u64,
    /// In the kernel on its behalf.
    pub system_us: u64,
}

/// What a node posts about itself for all to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NodeStatus {
    /// Time average of the number of runnable incarnations, × 256.
    pub load: u32,
    /// Pages still free.
    pub free_pages: u32,
    /// Incarnations hosted.
    pub incarnations: u16,
    /// Milliseconds since the start of the node.
    pub uptime_ms: u32,
}
