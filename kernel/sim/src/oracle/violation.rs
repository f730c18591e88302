//! What must never happen.

use abi::error::CallError;
use abi::ids::NodeId;

use super::population::IncUid;
use super::streams::{ChannelUid, StreamUid};
use crate::queue::Micros;

/// A broken promise of the system, found by the oracle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// At most once does not hold.
    #[error("message {sequence} of {stream} was received twice")]
    Twice {
        /// its stream
        stream: StreamUid,
        /// its number
        sequence: u32,
    },
    /// Per-stream order does not hold.
    #[error("message {sequence} of {stream} was received after message {after}")]
    OutOfOrder {
        /// its stream
        stream: StreamUid,
        /// its number
        sequence: u32,
        /// the number of the one received before
        after: u32,
    },
    /// Success was returned and the receiver lives, yet the message is gone.
    #[error("message {sequence} of {stream} was accepted but never received")]
    Lost {
        /// its stream
        stream: StreamUid,
        /// its number
        sequence: u32,
    },
    /// The sender was told that the message cannot have arrived.
    #[error("message {sequence} of {stream} was received although its sender was told it was not")]
    ReceivedAfterRefusal {
        /// its stream
        stream: StreamUid,
        /// its number
        sequence: u32,
    },
    /// A message that nobody sent.
    #[error("message {sequence} of {stream} was received before it was sent")]
    NeverSent {
        /// its stream
        stream: StreamUid,
        /// its number
        sequence: u32,
    },
    /// A message reached a port of another channel.
    #[error("a message of {stream} for {meant} was received on {found}")]
    Misdelivered {
        /// its stream
        stream: StreamUid,
        /// the channel that it was sent to
        meant: ChannelUid,
        /// the channel of the port
        found: ChannelUid,
    },
    /// A selective receive returned a message of another stream.
    #[error("{incarnation} asked for a message of {meant} and received one of {stream}")]
    NotSelected {
        /// the receiver
        incarnation: IncUid,
        /// the stream that it asked for
        meant: StreamUid,
        /// the stream of the message
        stream: StreamUid,
    },
    /// Bytes changed on the way.
    #[error("{incarnation} received {what} with other bytes than were sent")]
    Corrupted {
        /// the receiver
        incarnation: IncUid,
        /// what was received
        what: &'static str,
    },
    /// An invoker was answered for another call, or by nobody.
    #[error("{incarnation} made call {call} and was answered for call {answered}")]
    WrongReply {
        /// the invoker
        incarnation: IncUid,
        /// its call
        call: u32,
        /// the call that the reply was for
        answered: u32,
    },
    /// An incarnation lives although somebody whom it depends on does not.
    #[error("{incarnation} has outlived {parent}, whom it depends on")]
    Orphan {
        /// who lives
        incarnation: IncUid,
        /// who does not
        parent: IncUid,
    },
    /// One call was answered twice.
    #[error("call {call} was replied to twice with success")]
    RepliedTwice {
        /// the call
        call: u32,
    },
    /// A reference has changed its type or rights on the way.
    #[error("{incarnation} was sent a reference of type {sent} and holds one of type {held}")]
    ReferenceChanged {
        /// the holder
        incarnation: IncUid,
        /// type and rights as sent, as `inc_testReference` packs them
        sent: u32,
        /// type and rights as held
        held: i32,
    },
    /// A call did what the caller's reference gives no right to.
    #[error("{incarnation}: {call} did what it has no right to")]
    Widened {
        /// the caller
        incarnation: IncUid,
        /// the name of the call
        call: &'static str,
    },
    /// A reference that its holder never closed is gone.
    #[error("{incarnation} lost its reference {reference:#x}")]
    ReferenceLost {
        /// the holder
        incarnation: IncUid,
        /// its identifier
        reference: u32,
    },
    /// An identifier that was never given out was accepted.
    #[error("{incarnation} forged the reference {reference:#x} and the kernel answered {answer}")]
    Forged {
        /// the forger
        incarnation: IncUid,
        /// the forged identifier
        reference: u32,
        /// what the call returned
        answer: i32,
    },
    /// Two copies of one incarnation.
    #[error("{incarnation} started on {second} while it lived on {first}")]
    TwoCopies {
        /// which
        incarnation: IncUid,
        /// where the first copy is
        first: NodeId,
        /// where the second one started
        second: NodeId,
    },
    /// An incarnation lives on although its RDC has ended.
    #[error("{incarnation} lives on {node} although its RDC has ended")]
    Survived {
        /// which
        incarnation: IncUid,
        /// where
        node: NodeId,
    },
    /// An incarnation ended and nobody had ended it.
    #[error("{incarnation} vanished from {node} for no reason")]
    Vanished {
        /// which
        incarnation: IncUid,
        /// where it was
        node: NodeId,
    },
    /// An incarnation started although its creation was refused, or that nobody created.
    #[error("{incarnation} started on {node} although nobody made it")]
    Unasked {
        /// which
        incarnation: IncUid,
        /// where
        node: NodeId,
    },
    /// An end was announced that did not happen.
    #[error("{parent} was told that {child} has ended, which lives")]
    FalseEnd {
        /// who was told
        parent: IncUid,
        /// of whom
        child: IncUid,
    },
    /// A call returned an error that its documentation does not name.
    #[error("{incarnation}: {call} returned {error:?}, which it does not document")]
    UndocumentedError {
        /// the caller
        incarnation: IncUid,
        /// the name of the call
        call: &'static str,
        /// what it returned
        error: CallError,
    },
    /// A call returned an error that had no cause.
    #[error("{incarnation}: {call} returned {error:?} for no reason")]
    WrongError {
        /// the caller
        incarnation: IncUid,
        /// the name of the call
        call: &'static str,
        /// what it returned
        error: CallError,
    },
    /// A call returned a number that it cannot return.
    #[error("{incarnation}: {call} returned {result}")]
    WrongResult {
        /// the caller
        incarnation: IncUid,
        /// the name of the call
        call: &'static str,
        /// what it returned
        result: i32,
    },
    /// A software interrupt was not what it must be.
    #[error("{incarnation} is interrupted wrongly: {what}")]
    WronglyInterrupted {
        /// whose
        incarnation: IncUid,
        /// what is wrong
        what: &'static str,
    },
    /// A call did not end.
    #[error("{incarnation}: {call} has not returned for {waited_us} µs")]
    Stuck {
        /// the caller
        incarnation: IncUid,
        /// the name of the call
        call: &'static str,
        /// how long it has waited
        waited_us: Micros,
    },
    /// A kernel, or the simulator itself, panicked.
    #[error("panic: {message}")]
    Panic {
        /// what it said
        message: String,
    },
    /// The kernel broke one of its own rules.
    #[error("{node}: {what}")]
    Kernel {
        /// whose kernel
        node: NodeId,
        /// which rule
        what: String,
    },
}
