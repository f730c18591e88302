//! The short way: messages that are a header and nothing else, between a sender who knows the
//! port and a receiver who waits. What goes here could go the ordinary way with the same
//! meaning ([`crate::calls`], [`crate::delivery`]): each path first makes sure that nothing
//! unusual is asked for, has changed nothing if something is, and leaves it to the other.
//!
//! There are two hooks, one for calls and one for packets. Streams that are in use so are
//! open [`lines`].

#![expect(clippy::inline_always, reason = "each path is one function: its registers are few")]

mod close;
mod data;
mod lines;
mod open;
mod packet;
mod plain;
mod receive;
mod reply;
mod send;
mod waiting;

use abi::calls::{ARGUMENTS_MAX, Call};

use crate::platform::{Platform, Slot};
use crate::state::State;

pub use lines::Lines;

/// How a call has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fast {
    /// Nothing was done: it goes the ordinary way.
    No,
    /// It is served: what it returns is set when it does.
    Served,
    /// It is done, and returns 0.
    Done,
}

impl Fast {
    /// What a path has come to that ends where something unusual is asked for.
    #[inline(always)]
    fn of(path: Option<Fast>) -> Fast {
        path.unwrap_or(Fast::No)
    }
}

/// A call as it was made.
pub trait Made: Copy {
    /// Its number.
    fn number(self) -> u32;

    /// Its argument at `index`.
    fn argument(self, index: usize) -> u32;
}

impl Made for (u32, &[u32; ARGUMENTS_MAX]) {
    fn number(self) -> u32 {
        self.0
    }

    fn argument(self, index: usize) -> u32 {
        self.1[index]
    }
}

impl<P: Platform> State<P> {
    /// Makes a call if it can be made fast.
    #[inline(always)]
    pub(crate) fn fast_call(&mut self, slot: Slot, made: impl Made) -> Fast {
        const INVOKE: u32 = Call::Invoke as u32;
        const RECEIVE: u32 = Call::Receive as u32;
        const REPLY: u32 = Call::Reply as u32;
        match made.number() {
            INVOKE => self.fast_invoke(slot, made),
            RECEIVE => self.fast_receive(slot, made),
            REPLY => self.fast_reply(slot, made),
            _ => self.fast_other(slot, made),
        }
    }

    /// The calls that are not an invocation's: apart, so that the others are told by few
    /// comparisons.
    #[inline(never)]
    fn fast_other(&mut self, slot: Slot, made: impl Made) -> Fast {
        const SEND: u32 = Call::Send as u32;
        const DGRAM: u32 = Call::Dgram as u32;
        match made.number() {
            SEND => self.fast_send(slot, made),
            DGRAM => self.fast_dgram(slot, made),
            _ => Fast::No,
        }
    }
}
