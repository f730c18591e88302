//! Delivery of messages (dissertation, §8.4): from a call to a packet, from a packet to a
//! queue or a waiting receiver, and back with the answer.
//!
//! | file | subject |
//! |---|---|
//! | `send` | the sender's side: compose, hand over, try again |
//! | `arrive` | the receiver's side: recognise, deliver or queue |
//! | `group` | messages to all members of a group |
//! | `locate` | where a port is |
//! | `receive` | from the queue into the memory of the receiver |
//! | `reply` | replies, kept until the invoker has them |
//! | `answer` | what the sender makes of an answer |
//! | `packets` | the rings: take packets out, tell kinds apart |
//! | `pull` | bulk data, piece by piece |
//! | `references` | references in messages |

pub(crate) mod answer;
pub(crate) mod arrive;
mod group;
pub(crate) mod locate;
pub(crate) mod packets;
pub(crate) mod pull;
pub(crate) mod receive;
pub(crate) mod references;
pub(crate) mod reply;
pub(crate) mod send;
