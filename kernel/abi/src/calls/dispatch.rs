//! The kernel's side: from a number and registers to a handler and back.

use super::args::{AnyRef, Bytes, Handler, Ptr, Ref, Register, Text, Timeout};
use super::{ARGUMENTS_MAX, Call};
use crate::error::CallError;
use crate::structs::{EvDesc, IncCreateParams, IncState, Msg, NodeEntry, SelectMessages, TimeBuf};

/// How far a call has come when its handler returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completion<T> {
    /// It is done; this is its result.
    Done(T),
    /// Its caller waits. What it waits for is recorded with the incarnation, and
    /// the result is put into its registers later.
    Waits,
}

/// What a handler returns.
pub type Answer<T> = Result<Completion<T>, CallError>;

macro_rules! define_dispatch {
    ($($(#[doc = $doc:literal])+ $number:literal $call:ident $name:ident
        ($($argument:ident: $type:ty),*) -> $result:ty, fails [$($error:ident)*];)+) => {
        /// One handler for each call. Arguments are allegations.
        #[allow(non_snake_case, reason = "calls keep the dissertation's names")]
        pub trait Calls {
            $($(#[doc = $doc])+ fn $name(&mut self, $($argument: $type),*) -> Answer<$result>;)+
        }

        /// Decodes the registers for the call `number` and runs its handler.
        pub fn dispatch<C: Calls + ?Sized>(
            handler: &mut C,
            number: u32,
            registers: [u32; ARGUMENTS_MAX],
        ) -> Answer<u32> {
            match Call::try_from(number)? {
                $(Call::$call => {
                    let [$($argument,)* ..] = registers;
                    handler.$name($(Register::from_register($argument)),*).map(encode)
                })+
            }
        }
    };
}
crate::equus_calls!(define_dispatch);

fn encode<T: Register>(completion: Completion<T>) -> Completion<u32> {
    match completion {
        Completion::Done(value) => Completion::Done(value.to_register()),
        Completion::Waits => Completion::Waits,
    }
}
