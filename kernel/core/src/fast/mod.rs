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
use abi::ids::UserAddr;

use crate::incarnation::Invoker;
use crate::platform::{Platform, Slot};
use crate::state::State;

pub use lines::Lines;

/// How a call has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fast {
    /// It is done, with this result.
    Done(i32),
    /// Its caller waits.
    Waits,
}

impl<P: Platform> State<P> {
    /// Makes a call if it can be made fast; `arguments` tells its arguments.
    #[inline(always)]
    pub(crate) fn fast_call(
        &mut self,
        slot: Slot,
        number: u32,
        arguments: impl Fn(&mut P::Machine) -> [u32; ARGUMENTS_MAX],
    ) -> Option<Fast> {
        const INVOKE: u32 = Call::Invoke as u32;
        const SEND: u32 = Call::Send as u32;
        const DGRAM: u32 = Call::Dgram as u32;
        const RECEIVE: u32 = Call::Receive as u32;
        const REPLY: u32 = Call::Reply as u32;
        match number {
            INVOKE => {
                let [stream, message, ..] = arguments(&mut self.machine);
                self.fast_invoke(slot, stream, UserAddr(message))
            }
            SEND => {
                let [stream, message, ..] = arguments(&mut self.machine);
                self.fast_send(slot, stream, UserAddr(message))
            }
            DGRAM => {
                let [stream, message, ..] = arguments(&mut self.machine);
                self.fast_dgram(slot, stream, UserAddr(message))
            }
            RECEIVE => {
                let [port, message, block_invoker, 0, timeout] = arguments(&mut self.machine)
                else {
                    return None;
                };
                let waits_for_ever = (timeout as i32) < 0;
                let invoker = if block_invoker == 0 { Invoker::Released } else { Invoker::Waits };
                let message = UserAddr(message);
                waits_for_ever.then(|| self.fast_receive(slot, port, message, invoker))?
            }
            REPLY => {
                let [handle, message, ..] = arguments(&mut self.machine);
                self.fast_reply(slot, handle, UserAddr(message))
            }
            _ => None,
        }
    }

    /// The answer of a call that only asks who the caller is.
    #[inline(always)]
    pub(crate) fn identity(&self, slot: Slot, number: u32) -> Option<u32> {
        const SELF: u32 = Call::SelfInc as u32;
        const WHERE: u32 = Call::Where as u32;
        const RDC_ID: u32 = Call::RdcId as u32;
        if !matches!(number, SELF..=RDC_ID) || self.trace.is_busy() {
            return None;
        }
        let incarnation = self.locals.get(slot.index())?.incarnation.as_ref()?;
        match number {
            RDC_ID => Some(incarnation.rdc.get()),
            WHERE => Some(u32::from(self.node.0)),
            _ => Some(incarnation.myself?.get()),
        }
    }
}
