//! A local incarnation: everything that is intrinsic to it (its pincdata, dissertation
//! §8.2.2). What it waits for is a value here, not a stack: a blocked incarnation can be
//! inspected, frozen or ended at any moment.

use alloc::vec::Vec;

use abi::calls::ARGUMENTS_MAX;
use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::ids::{GlobalId, ModuleId, Priority, RdcId, RefId, UserAddr};
use abi::message::KernelPort;
use abi::structs::Keep;

use crate::config::Config;
use crate::dependency::Bonds;
use crate::exchange::Exchange;
use crate::forking::Fork;
use crate::interrupts::Interrupts;
use crate::load::Average;
use crate::moving::{Adopting, WithPort};
use crate::operation::{Finish, Operation};
use crate::platform::{Instant, SpaceMap, Start, UserRange};
use crate::pool::{Granted, Party};
use crate::quota::Share;
use crate::rdc::Image;
use crate::reference::{Details, IncHandle, Reference, References, StreamState};
use crate::stream::Watcher;
use crate::ticks::Tick;

/// Watchers that are told of the events of one incarnation.
pub const WATCHERS: usize = 8;

/// An incarnation that lives on this node.
#[derive(Debug)]
pub struct Incarnation {
    /// Its identity.
    pub id: GlobalId,
    /// The RDC that it belongs to.
    pub rdc: RdcId,
    /// Its ghost.
    pub ghost: KernelPort,
    /// What it was made from.
    pub module: ModuleId,
    /// What it is, beside blocked.
    pub condition: Condition,
    /// Whether somebody holds it.
    pub frozen: Frozen,
    /// Its priority when it can run.
    pub priority: Priority,
    /// The number of its last call.
    pub call: u32,
    /// What it waits for.
    pub blocked: Blocked,
    /// When the wait ends at the latest.
    pub deadline: Option<Instant>,
    /// What it may name.
    pub references: References,
    /// The message that its call waits for.
    pub exchange: Exchange,
    /// What its call is taking over.
    pub(crate) adopting: Option<Adopting>,
    /// Number of its kernel's last request on its behalf.
    pub requests: u32,
    /// Messages queued for it or being worked on by it.
    pub held: Share,
    /// Its handle to itself.
    pub myself: Option<RefId>,
    /// Its standard port.
    pub standard: Option<RefId>,
    /// Its auxiliary port, and the channel that leads there; an endpoint of a launch has none.
    pub auxiliary: Option<(RefId, GlobalId)>,
    /// Who is told of its events, and which: a mask of `1 << EventType`.
    pub watchers: Vec<(Watcher, u32)>,
    /// The handlers of its events.
    pub interrupts: Interrupts,
    /// Whether it may want to know if some child answers.
    pub probes: bool,
    /// The parents that it depends on (§7.3).
    pub bonds: Bonds,
    /// The part of the node's load that is due to it.
    pub load: Average,
    /// When it was made.
    pub made: Instant,
    /// What it was loaded from, once it has memory; an endpoint of a launch has none.
    pub program: Option<Program>,
    /// The child that it waits for in a fork.
    pub fork: Option<Fork>,
}

/// What an incarnation was loaded from, and where that lies.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The module.
    pub image: Image,
    /// The places of its parts.
    pub map: SpaceMap,
}

impl Program {
    /// How its first function is called.
    pub fn start(&self) -> Start {
        Start {
            entry: UserAddr(self.image.entry.get()),
            stack: self.map.stack,
            parameters: self.map.parameters.base,
        }
    }
}

/// What an incarnation is, beside blocked or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Its text and data are being fetched.
    Loading,
    /// Complete, and not started.
    Inchoate,
    /// It runs, or waits in a call.
    Executing,
    /// It has faulted and a parent wants to know: vector and address.
    Faulting(u32, u32),
    /// It is gone; its ghost tells those who want to know.
    Ended(EndReason, u32),
}

/// Whether an incarnation or a stream was frozen by somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// No.
    No,
    /// Yes: an incarnation does not run, though its call may complete; a stream takes no message,
    /// though the one that it has taken goes on.
    Yes,
}

/// What an incarnation waits for.
#[derive(Clone, Copy, Debug)]
pub enum Blocked {
    /// Nothing.
    No,
    /// A message.
    Receive(Receive),
    /// The acknowledgement of a message that it sends, or the reply.
    Send(Sending),
    /// The acknowledgement of a message that it forwards.
    Forward(Forwarding),
    /// That its stream may send: it is frozen, or at its limit of asynchronous invocations. Then
    /// the call is made anew.
    Stalled {
        /// Index of the stream.
        stream: u16,
        /// The call.
        call: Stalled,
    },
    /// That the invoker fetches the data of the reply.
    Reply(Replying),
    /// The data of a message that it receives, or of a reply.
    Pull(Pulling),
    /// A request to another kernel or a ghost.
    Operation(Operation),
    /// One of a list of events.
    Events {
        /// The list.
        list: UserAddr,
        /// Its entries.
        count: u32,
    },
    /// Time.
    Sleep,
    /// A software interrupt.
    Pause,
}

impl Blocked {
    /// The reply that is here, but for its data or the port that comes with it.
    pub fn completing(&self) -> Option<Party> {
        match self {
            Self::Pull(Pulling { then: Then::Reply { from, .. }, .. }) => Some(*from),
            Self::Operation(operation) => match operation.finish {
                Finish::Adopt(WithPort::Reply { from, .. }) => Some(from),
                _ => None,
            },
            _ => None,
        }
    }

    /// The reply that has to be fetched, if that is what the incarnation waits for.
    pub fn replying(&self) -> Option<&Replying> {
        match self {
            Self::Reply(replying) => Some(replying),
            _ => None,
        }
    }
}

/// A call that is made when its stream may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// Its number.
    pub number: u32,
    /// Its arguments.
    pub args: [u32; ARGUMENTS_MAX],
}

/// A reception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    /// Index of the port.
    pub port: u16,
    /// Where the message goes.
    pub message: UserAddr,
    /// Where its extra data goes.
    pub room: UserRange,
    /// What becomes of an invoker.
    pub invoker: Invoker,
    /// The only stream wanted, its bits; 0 for any.
    pub selector: u64,
}

/// What becomes of an invoker when his message is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invoker {
    /// He waits for a reply.
    Waits,
    /// He runs on.
    Released,
}

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    /// Index of the stream.
    pub stream: u16,
    /// The message.
    pub message: UserAddr,
    /// Where the extra data of a reply goes.
    pub room: UserRange,
    /// Index of the reference that it carries.
    pub carried: Option<Carried>,
    /// The right to read its data, if that does not fit.
    pub granted: Option<Granted>,
}

/// A reference on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A copy is sent.
    Copy,
    /// The reference with this index is closed when the message has been accepted.
    Closing(u16),
    /// A port is offered to the receiver (§6.2.1).
    Port(Offered),
}

/// A port on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its index.
    pub index: u16,
    /// Whether its owner keeps it.
    pub keep: Keep,
    /// Whether messages for it are held back until the receiver has it.
    pub holds: bool,
}

/// A received message on its way to another port.
#[derive(Clone, Copy, Debug)]
pub struct Forwarding {
    /// Index of the stream.
    pub stream: u16,
    /// Index of the reply handle.
    pub reply: u16,
    /// Where the new header lies.
    pub message: UserAddr,
}

/// A reply whose data the invoker fetches.
#[derive(Clone, Copy, Debug)]
pub struct Replying {
    /// The invoker.
    pub party: Party,
    /// Where the reply is kept.
    pub entry: u16,
    /// When he is told once more.
    pub due: Tick,
}

/// Data on its way into the memory of an incarnation.
#[derive(Clone, Copy, Debug)]
pub struct Pulling {
    /// What may be read.
    pub granted: Granted,
    /// Where it goes.
    pub to: UserRange,
    /// Bytes that have arrived.
    pub done: u32,
    /// What comes after the last byte.
    pub then: Then,
}

/// What comes after data was fetched.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// The message of the pool is received.
    Receive(Receive, u16),
    /// The call returns; the replier is told.
    Reply {
        /// The port that keeps the reply, and what it replies to.
        from: Party,
        /// Whose reply it is.
        awaited: Awaited,
    },
}

/// Whose reply a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// That of an incarnation, to an invocation.
    Reply,
    /// That of a kernel, to a request that reads.
    Answer,
}

impl Awaited {
    /// What the call answers when so many bytes have arrived.
    pub fn result(self, bytes: u32) -> u32 {
        match self {
            Self::Reply => bytes,
            Self::Answer => 0,
        }
    }

    /// What the call answers when its data has come to nothing. What was only read has left
    /// nothing unknown.
    pub fn failure(self) -> CallError {
        match self {
            Self::Reply => CallError::OutcomeUnknown,
            Self::Answer => CallError::PeerLost,
        }
    }
}

impl Incarnation {
    /// A new incarnation that is being loaded; `None` if there is no memory for its tables.
    pub fn new(
        id: GlobalId,
        rdc: RdcId,
        module: ModuleId,
        config: &Config,
        now: Instant,
    ) -> Option<Self> {
        let mut watchers = Vec::new();
        watchers.try_reserve_exact(WATCHERS).ok()?;
        Some(Self {
            id,
            rdc,
            ghost: KernelPort::NONE,
            module,
            condition: Condition::Loading,
            frozen: Frozen::No,
            priority: Priority::NORMAL,
            call: 0,
            blocked: Blocked::No,
            deadline: None,
            references: References::new(config.references_of(module))?,
            exchange: Exchange::IDLE,
            adopting: None,
            requests: 0,
            held: Share::default(),
            myself: None,
            standard: None,
            auxiliary: None,
            watchers,
            interrupts: Interrupts::new()?,
            probes: false,
            bonds: Bonds::new()?,
            load: Average::beginning(now),
            made: now,
            program: None,
            fork: None,
        })
    }

    /// Milliseconds since it was begun.
    pub fn age_ms(&self, now: Instant) -> u32 {
        (now.since_us(self.made) / 1000) as u32
    }

    /// An event has occurred at the incarnation behind the handle at `index`. Who is told twice
    /// that it has ended has known it.
    pub fn occur(&mut self, index: u16, event: EventType, details: Details) {
        let handle = self.references.incarnation_mut(index);
        let is_known =
            |handle: &IncHandle| event == EventType::Dead && handle.pending.get(event).is_some();
        if let Some(handle) = handle.filter(|handle| !is_known(handle)) {
            handle.pending.set(event, details);
            self.interrupts.raise(index, event);
        }
        if event == EventType::Dead {
            self.does_not_answer(index, details);
        }
    }

    /// The incarnation behind the handle at `index` does not answer, for this reason: an event
    /// if that was not known.
    pub fn does_not_answer(&mut self, index: u16, end: Details) {
        let handle = self.references.incarnation_mut(index);
        if handle.is_some_and(IncHandle::becomes_unreachable) {
            self.occur(index, EventType::Unreachable, end);
        }
    }

    /// The stream behind the handle at `index` was closed, which may be known already.
    pub fn stream_closed(&mut self, index: u16) {
        if let Some(Reference::StreamHandle(handle)) = self.references.at_mut(index)
            && core::mem::replace(&mut handle.state, StreamState::Closed) == StreamState::Open
        {
            self.interrupts.raise(index, EventType::StreamClosed);
        }
    }

    /// Bytes of what the kernel keeps for it: its record and its table of references.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.references.bytes()
    }

    /// Messages that have arrived at its ports and were not received.
    pub fn arrived(&self) -> usize {
        let queues = self.references.iter().map(|(_, reference)| match reference {
            Reference::Port(port) => usize::from(port.queue.len()),
            _ => 0,
        });
        queues.sum()
    }

    /// The first instruction of its module; none if its program runs outside the kernel.
    pub fn entry(&self) -> Option<UserAddr> {
        self.program.map(|program| program.start().entry)
    }

    /// Whether it would run if it had the processor.
    #[inline]
    pub fn can_run(&self) -> bool {
        matches!(self.blocked, Blocked::No)
            && self.condition == Condition::Executing
            && self.frozen == Frozen::No
    }
}
