//! Changing the receiver of messages (dissertation, §6.2, §8.5): ports are propagated and
//! attached, streams are rebound.
//!
//! A unicast channel is attached to one port at a time, at one node. What makes a message
//! arrive at most once and in order is remembered there, so it moves together with the
//! attachment, as one: the new owner asks the old one to *yield*, and the answer is a
//! [`batch`]: the channels, what is remembered of their sources, and the messages that are to
//! move. At that moment the old attachment is closed, and who still sends there is told where
//! it went ([`redirect`]), or holds back until it is there ([`parked`]). However a copy of a
//! message is led astray, it meets the memory of the one attachment that there is.
//!
//! The old owner keeps what it has yielded until it is certain that the new one has it
//! ([`transit`]); if that is lost before, all is as it was.
//!
//! | file | subject |
//! |---|---|
//! | `offer` | ports that go with messages, and are fetched when these are received |
//! | `attach` | ports attached to a channel by somebody else |
//! | `rebind` | streams that are led to another channel, frozen and unfrozen |
//! | `leave` | the old owner's side: what yields |
//! | `adopt` | the new owner's side: what is taken over |
//! | `batch` | how all that travels |
//! | `transit` | what was yielded, until it has arrived |
//! | `redirect` | where ports have gone |
//! | `parked` | who is told when a port is there again |

mod adopt;
pub(crate) mod attach;
mod batch;
mod leave;
mod offer;
mod parked;
pub(crate) mod rebind;
mod redirect;
pub(crate) mod transit;

pub(crate) use adopt::{Adopting, Taken};
pub use offer::WithPort;
pub use parked::Parked;
pub use redirect::Redirects;
pub use transit::Leaving;
