//! The short way: messages that are a header and nothing else, between a sender who knows the
//! port and a receiver who waits. What goes here could go the ordinary way with the same
//! meaning ([`crate::calls`], [`crate::delivery`]): each path first makes sure that nothing
//! unusual is asked for, has changed nothing if something is, and leaves it to the other.
//!
//! There are two hooks, one for calls and one for packets. Streams that are in use so are
//! open [`lines`].

#![expect(clippy::inline_always, reason = "each path is one function: its registers are few")]

mod close;
mod lines;
mod open;
mod packet;
mod plain;
mod receive;
mod reply;
mod send;

use abi::calls::{ARGUMENTS_MAX, Call};

use crate::platform::{Platform, Slot};
use crate::state::State;

pub use lines::Lines;

/// How a call has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fast {
    /// Nothing was done: it goes the ordinary way.
    No,
    /// Its caller waits.
    Waits,
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

/// The arguments of a call, where they lie.
pub trait Arguments: Copy {
    /// The argument at `index`.
    fn get(self, index: usize) -> u32;

    /// All of them.
    fn all(self) -> [u32; ARGUMENTS_MAX] {
        core::array::from_fn(|index| self.get(index))
    }
}

impl Arguments for &[u32; ARGUMENTS_MAX] {
    fn get(self, index: usize) -> u32 {
        self[index]
    }
}

impl<P: Platform> State<P> {
    /// Makes a call if it can be made fast.
    #[inline(always)]
    pub(crate) fn fast_call(&mut self, slot: Slot, number: u32, arguments: impl Arguments) -> Fast {
        const INVOKE: u32 = Call::Invoke as u32;
        const RECEIVE: u32 = Call::Receive as u32;
        const REPLY: u32 = Call::Reply as u32;
        match number {
            INVOKE => self.fast_invoke(slot, arguments),
            RECEIVE => self.fast_receive(slot, arguments),
            REPLY => self.fast_reply(slot, arguments),
            _ => self.fast_other(slot, number, arguments),
        }
    }

    /// The calls that are not an invocation's: apart, so that the others are told by few
    /// comparisons.
    #[inline(never)]
    fn fast_other(&mut self, slot: Slot, number: u32, arguments: impl Arguments) -> Fast {
        const SEND: u32 = Call::Send as u32;
        const DGRAM: u32 = Call::Dgram as u32;
        match number {
            SEND => self.fast_send(slot, arguments),
            DGRAM => self.fast_dgram(slot, arguments),
            _ => Fast::No,
        }
    }
}
