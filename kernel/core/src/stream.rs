//! Streams: where an incarnation sends (dissertation, §4.2), and what a stream knows of the
//! port that its messages go to.

use abi::constants::{BUFFER_LIMIT_DEFAULT, ChannelType, Domain};
use abi::ids::{GlobalId, NodeId};
use abi::message::KernelPort;

use crate::incarnation::Frozen;

/// Watchers that are told when one stream is closed.
pub const WATCHERS: usize = 2;

/// A stream of messages to whatever port is attached to its channel.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// The stream itself: the source that receivers know.
    pub id: GlobalId,
    /// Its channel.
    pub channel: GlobalId,
    /// The type of the channel.
    pub channel_type: ChannelType,
    /// The port, as last known.
    pub port: KernelPort,
    /// Where that port remembers this stream; 0 if not known.
    pub hint: u16,
    /// Number of the last message.
    pub sequence: u32,
    /// Where it may be propagated.
    pub domain: Domain,
    /// Asynchronous invocations that may be incomplete.
    pub limit: u32,
    /// Those that are.
    pub incomplete: u16,
    /// The result of the last one that failed, until somebody has seen it.
    pub failure: Option<i32>,
    /// Whether whoever sends by it has to wait (§5.5.4).
    pub frozen: Frozen,
    /// Whether the last reply has been acknowledged.
    pub reply: ReplyState,
    /// Who is told when it is closed.
    pub watchers: [Option<Watcher>; WATCHERS],
}

/// Whether the kernel that sent the last reply knows that it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyState {
    /// There is none, or it knows.
    Known,
    /// It will know by the next message, or when the stream has been idle for a tick: the
    /// reply with this number is kept at this port.
    Owed {
        /// The number of the message that was replied to.
        sequence: u32,
        /// Where the reply is kept.
        port: KernelPort,
    },
}

/// Somebody who is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// The incarnation.
    pub id: GlobalId,
    /// Its ghost, as last known.
    pub ghost: KernelPort,
}

impl Stream {
    /// A new stream `id` to `channel`, whose port may be at `port`.
    pub fn new(
        id: GlobalId,
        channel: GlobalId,
        channel_type: ChannelType,
        port: KernelPort,
    ) -> Self {
        Self {
            id,
            channel,
            channel_type,
            port,
            hint: 0,
            sequence: 0,
            domain: Domain::Any,
            limit: BUFFER_LIMIT_DEFAULT,
            incomplete: 0,
            failure: None,
            frozen: Frozen::No,
            reply: ReplyState::Known,
            watchers: [None; WATCHERS],
        }
    }

    /// The number of its next message.
    #[inline]
    pub fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// The watchers on `node` are gone with it.
    pub fn forget_watchers_on(&mut self, node: NodeId) {
        for place in &mut self.watchers {
            *place = place.filter(|watcher| watcher.ghost.node() != node);
        }
    }

    /// Whether another asynchronous invocation has to wait.
    pub fn is_at_limit(&self) -> bool {
        u32::from(self.incomplete) >= self.limit
    }
}
