//! Requests from kernel to kernel: what ghosts and loaders are asked to do (dissertation,
//! §8.2.1, §8.3). A request is an invocation whose 32-byte head is a [`Request`], the answer
//! a reply whose head is an [`Answer`]; data goes along as with any invocation.

use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::{RefId, UserAddr};
use zerocopy::big_endian::{I32, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::interrupts::Handler;
use crate::moving::WithPort;
use crate::platform::UserRange;
use crate::pool::Granted;

/// What is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// Of a loader: host an incarnation. `c`: a [`Blueprint`]; `a`, `b`: module, if that is the
    /// blueprint, and initial state; `id`, `other`: the new incarnation and the channel of its
    /// standard port; data: its parameters. The answer's values: its ghost, its standard port,
    /// and [`Answer::made_after`]; of a fork the first of its ports behind that.
    Host = 1,
    /// Of a loader: the node is allocated to an RDC. `id`: its launch endpoint; `a`: that
    /// one's ghost; data: its [`Doors`](crate::rdc::Doors).
    Allow = 2,
    /// Of a loader: no longer. `a`: 1 to end what the RDC has there; `b`: 1 if the RDC has
    /// ended; `other`: its exit code.
    Withdraw = 3,
    /// Of a ghost: end the incarnation.
    Destroy = 4,
    /// Of a ghost: freeze the incarnation.
    Freeze = 5,
    /// Of a ghost: let it run. `a`: its priority.
    Unfreeze = 6,
    /// Of a ghost: what is its state? The reply's data is an `IncState`.
    Status = 7,
    /// Of a ghost: tell me of events. `a`: mask of event types; `id`: the stream, or 0; `b`: 1
    /// if no longer.
    Watch = 8,
    /// To a ghost: an event happened. `a`: its type; `id`: at what; `other`: two details.
    Notify = 9,
    /// Of a ghost: write this data to its memory. `a`: where.
    CopyTo = 10,
    /// Of a ghost: its memory as the reply's data. `a`: where; `other`: how many bytes.
    CopyFrom = 11,
    /// Of a launch endpoint: an incarnation `id` comes to be at node `b`. If `other` is 0 it is
    /// of module `a`: the reply's head is an [`Image`](crate::rdc::Image), its data text and initialised data of
    /// the module. Else it becomes like incarnation `other`, and the answer is that one's module.
    Register = 12,
    /// To a launch endpoint: incarnation `id` is gone. `a`: reason; `other`: detail.
    Ended = 13,
    /// Of a launch endpoint: which module has this name (the data)?
    FindModule = 14,
    /// Of a launch endpoint: which nodes has the RDC? The reply's data is one byte for each.
    Nodes = 15,
    /// Of a launch endpoint: end the RDC. `a`: the exit code.
    EndRdc = 16,
    /// Of a ghost, or of whoever has an attachment: yield attachments of a port. `id`: the port,
    /// or 0; `other`: the channel, or 0 for all; `a`: [`yields`]; `b`: the number of the part;
    /// `c`: that of the move. The reply's data is a part of a batch, [`Answer::values`]`[0]` says whether there is more.
    Yield = 17,
    /// Of a loader: was the answer to request `a` of source `id` taken over? The result: 0 or 1.
    HasTaken = 18,
    /// Of a ghost: attach port `other` to channel `id`, whose port may be at `a`; `b`:
    /// [`attaches`]; data: the port that is to be detached.
    Attach = 19,
    /// Of a ghost: rebind a stream, the data, to channel `id`, whose port may be at `a`, when its
    /// messages at port `other` have gone there.
    RebindAt = 20,
    /// Of a ghost: rebind stream `other` to channel `id`, whose port may be at `a`; `b`:
    /// [`rebinds`]. The answer's value: the number of its last message.
    Rebind = 21,
    /// Of whoever has an attachment: take over the messages in the data, a batch.
    Adopt = 22,
    /// Of a ghost: freeze stream `id`.
    FreezeStream = 23,
    /// Of a ghost: unfreeze stream `id`.
    UnfreezeStream = 24,
    /// To a ghost: the message that offers port `id` has come to nothing.
    Decline = 25,
    /// Of a ghost: a [`Part`], the number `a`, of what its incarnation is, for another one to
    /// become like it. The reply's head is an [`Image`](crate::rdc::Image), its data the part.
    /// Of the parts of a forked one `id` is the child, `other` where the part begins.
    Copy = 26,
    /// Of a ghost: its incarnation is to depend on the requester. `a`: a `Dependency`.
    Depend = 27,
    /// Of a ghost: is its incarnation there?
    Test = 28,
    /// Of a ghost: where is the auxiliary port? The answer's values: both halves of its channel,
    /// and its address as far as known.
    Auxiliary = 29,
    /// Of a launch endpoint: allocate node `a` to RDC `id`.
    AllocateNode = 30,
    /// Of a launch endpoint: withdraw node `a` from RDC `id`. `b`: 1 to end what that has there.
    WithdrawNode = 31,
}

/// What is to be yielded.
pub mod yields {
    /// Nothing yet: the channels are told only.
    pub const LOOK: u32 = 1;
    /// The messages that have come by the attachments, too.
    pub const QUEUE: u32 = 2;
    /// The port itself, too.
    pub const PORT: u32 = 4;

    /// The number of the offer that is followed, beside what is to be yielded.
    pub const fn with_offer(flags: u32, offer: u16) -> u32 {
        flags | (offer as u32) << 16
    }

    /// The number of the offer that a request follows.
    pub const fn offer(flags: u32) -> u16 {
        (flags >> 16) as u16
    }
}

/// How a port is to be attached.
pub mod attaches {
    /// To a multicast channel.
    pub const MULTICAST: u16 = 1;
    /// The messages at the old port move to the new one.
    pub const QUEUE: u16 = 2;
}

/// How a stream is to be rebound.
pub mod rebinds {
    /// What is remembered of it has gone to the new channel's port: what is being sent by it can
    /// be sent there again.
    pub const RESEND: u16 = 1;
}

/// What an incarnation is made from (§3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Blueprint {
    /// A module, which its launch endpoint has.
    Module = 0,
    /// An INCHOATE incarnation, to which the request carries a handle.
    Incarnation = 1,
    /// Whoever requests it, and waits (§5.3).
    Caller = 2,
}

impl Blueprint {
    /// The blueprint with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        [Self::Module, Self::Incarnation, Self::Caller].get(usize::from(number)).copied()
    }
}

/// A part of what an incarnation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Part {
    /// Its initialised data, as long as it is INCHOATE.
    Data = 0,
    /// Its text.
    Text = 1,
    /// Of one that forks: what its kernel keeps of it, and the first runs of its memory.
    State = 2,
    /// Of one that forks: the next runs of its memory.
    Memory = 3,
    /// Of one that forks: references.
    References = 4,
}

impl Part {
    /// The part with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        const ALL: [Part; 5] =
            [Part::Data, Part::Text, Part::State, Part::Memory, Part::References];
        ALL.get(number as usize).copied()
    }

    /// Whether only one that forks has it.
    pub fn is_of_fork(self) -> bool {
        matches!(self, Self::State | Self::Memory | Self::References)
    }
}

impl Action {
    const ALL: [Self; 31] = [
        Self::Host,
        Self::Allow,
        Self::Withdraw,
        Self::Destroy,
        Self::Freeze,
        Self::Unfreeze,
        Self::Status,
        Self::Watch,
        Self::Notify,
        Self::CopyTo,
        Self::CopyFrom,
        Self::Register,
        Self::Ended,
        Self::FindModule,
        Self::Nodes,
        Self::EndRdc,
        Self::Yield,
        Self::HasTaken,
        Self::Attach,
        Self::RebindAt,
        Self::Rebind,
        Self::Adopt,
        Self::FreezeStream,
        Self::UnfreezeStream,
        Self::Decline,
        Self::Copy,
        Self::Depend,
        Self::Test,
        Self::Auxiliary,
        Self::AllocateNode,
        Self::WithdrawNode,
    ];

    /// Whether it matters to the requester whether it was done or not.
    pub fn has_effect(self) -> bool {
        matches!(
            self,
            Self::CopyTo
                | Self::Destroy
                | Self::Host
                | Self::Attach
                | Self::Rebind
                | Self::RebindAt
        )
    }

    /// Whether it is served at once, whatever the ghost is doing: two ghosts that tell each other
    /// something, or take over ports from each other, must not wait for each other; and nobody
    /// is safe from his end while his ghost is busy.
    pub fn is_served_at_once(self) -> bool {
        matches!(
            self,
            Self::Destroy
                | Self::Freeze
                | Self::Status
                | Self::Notify
                | Self::Yield
                | Self::Rebind
                | Self::Adopt
                | Self::Decline
                | Self::Test
                | Self::Watch
                | Self::Auxiliary
        )
    }

    /// The action with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }
}

/// The head of a request.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Request {
    /// [`Action`].
    pub action: u8,
    reserved: [u8; 3],
    /// The RDC on whose behalf it is made.
    pub rdc: U32,
    /// The first identity concerned.
    pub id: U64,
    /// The second one.
    pub other: U64,
    /// As the action says.
    pub a: U32,
    /// As the action says.
    pub b: U16,
    /// As the action says.
    pub c: U16,
}

impl Request {
    /// A request for `action` without arguments.
    pub fn new(action: Action) -> Self {
        Self {
            action: action as u8,
            reserved: [0; 3],
            rdc: U32::ZERO,
            id: U64::ZERO,
            other: U64::ZERO,
            a: U32::ZERO,
            b: U16::ZERO,
            c: U16::ZERO,
        }
    }

    /// The request in the head of a message.
    pub fn of(head: &[u8; 32]) -> Self {
        Self::read_from_bytes(head).expect("32 bytes")
    }

    /// The head of its message.
    pub fn head(&self) -> [u8; 32] {
        self.as_bytes().try_into().expect("32 bytes")
    }
}

/// The head of an answer to a request.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Answer {
    /// The call's result or error code.
    pub result: I32,
    /// Kernel port, size or other number, as the action says.
    pub values: [U32; 7],
}

impl Answer {
    /// The answer with this result and nothing else.
    pub fn new(result: Result<u32, CallError>) -> Self {
        let result = match result {
            Ok(value) => value as i32,
            Err(error) => error.code(),
        };
        Self { result: I32::new(result), values: [U32::ZERO; 7] }
    }

    /// This answer about a new incarnation, which is complete after so many milliseconds.
    #[must_use]
    pub fn made_after(mut self, ms: u32) -> Self {
        (self.values[2], self.values[3]) = (1.into(), ms.into());
        self
    }

    /// After how many milliseconds it was complete, if it is.
    pub fn made_ms(&self) -> Option<u32> {
        (self.values[2].get() != 0).then(|| self.values[3].get())
    }

    /// The answer in the head of a reply.
    pub fn of(head: &[u8; 32]) -> Self {
        Self::read_from_bytes(head).expect("32 bytes")
    }

    /// The head of its reply.
    pub fn head(&self) -> [u8; 32] {
        self.as_bytes().try_into().expect("32 bytes")
    }

    /// Its result.
    pub fn result(&self) -> Result<u32, CallError> {
        match self.result.get() {
            code if code < 0 => Err(CallError::from_code(code).unwrap_or(CallError::NotSupported)),
            value => Ok(value as u32),
        }
    }
}

/// A request that an incarnation's call waits for.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The request.
    pub head: [u8; 32],
    /// Its data.
    pub data: OperationData,
    /// Where the reply's data goes.
    pub room: UserRange,
    /// What is done with the answer.
    pub finish: Finish,
}

/// Data that goes along with a request.
#[derive(Clone, Copy, Debug)]
pub enum OperationData {
    /// None.
    None,
    /// The first bytes of a block of the pool, which the operation owns.
    Block(u16, u32),
    /// The same, and a copy of the caller's incarnation handle with this index.
    Described(u16, u32, u16),
    /// Memory of the caller.
    User(UserRange),
    /// Memory of the caller, to be pulled.
    Granted(Granted),
}

/// What is done with the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Its result is the call's.
    Plain,
    /// As [`Finish::Plain`], but no answer means "unreachable", which is a state.
    Status,
    /// References to a new incarnation are put into these places.
    Create {
        /// Where its handle goes.
        handle: UserAddr,
        /// Where the stream to its standard port goes.
        stream: UserAddr,
        /// The incarnation, its bits.
        id: u64,
        /// The channel of its standard port, its bits.
        channel: u64,
    },
    /// References to a child that was forked, and to its ports, are put into these places.
    Fork {
        /// Where its handle goes.
        handle: UserAddr,
        /// The list of the streams.
        streams: UserAddr,
    },
    /// A stream to the channel in the answer is entered; its identifier is the call's result.
    Stream,
    /// The nodes of the RDC become entries with their loads.
    Nodes,
    /// The caller ends with its RDC.
    Ending,
    /// What was yielded is taken over; then the call goes on.
    Adopt(WithPort),
    /// A port that the caller has made is attached; its identifier is the call's result.
    Attached(RefId),
    /// The backup port that the caller has made knows where the attached one is; its identifier is
    /// the call's result.
    Backup(RefId),
    /// The handle's events are told of from now on.
    Watched {
        /// Index of the handle.
        handle: u16,
        /// The event type.
        event: EventType,
        /// Who wants to know.
        asker: Asker,
    },
    /// An event is told of no longer, whatever the answer.
    Forgotten,
}

/// Which call wants to know of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// `inc_eventWait`: it looks at its list again.
    Events {
        /// The list.
        list: UserAddr,
        /// Its entries.
        count: u32,
    },
    /// One that gives the event a handler, or none.
    Handler(Option<Handler>),
}
