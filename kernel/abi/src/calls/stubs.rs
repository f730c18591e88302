//! The user's side: typed functions that put their arguments into registers.
//!
//! A call that is handed an address can overwrite the caller's memory. The stubs
//! are safe functions only because they need a [`Trap`], which the library keeps
//! to itself: what modules use are its own types.

use core::marker::PhantomData;

use super::Call;
use super::args::{AnyRef, Bytes, Handler, Ptr, Ref, Register, Text, Timeout};
use crate::error::CallError;
use crate::structs::{EvDesc, IncCreateParams, IncState, Msg, NodeEntry, SelectMessages, TimeBuf};

/// `trap #0`, one function for each number of arguments: the number of the call,
/// then the arguments; returns d0.
#[allow(missing_docs, reason = "the trait's comment says it for all six")]
pub trait Trap {
    fn trap0(number: u32) -> u32;
    fn trap1(number: u32, first: u32) -> u32;
    fn trap2(number: u32, first: u32, second: u32) -> u32;
    fn trap3(number: u32, first: u32, second: u32, third: u32) -> u32;
    fn trap4(number: u32, first: u32, second: u32, third: u32, fourth: u32) -> u32;
    fn trap5(number: u32, first: u32, second: u32, third: u32, fourth: u32, fifth: u32) -> u32;
}

/// The calls, by way of the trap `T`.
#[derive(Debug)]
pub struct Stubs<T>(PhantomData<T>);

macro_rules! trap {
    ($trap:ident, $number:expr,) => {
        $trap::trap0($number)
    };
    ($trap:ident, $number:expr, $a:expr) => {
        $trap::trap1($number, $a)
    };
    ($trap:ident, $number:expr, $a:expr, $b:expr) => {
        $trap::trap2($number, $a, $b)
    };
    ($trap:ident, $number:expr, $a:expr, $b:expr, $c:expr) => {
        $trap::trap3($number, $a, $b, $c)
    };
    ($trap:ident, $number:expr, $a:expr, $b:expr, $c:expr, $d:expr) => {
        $trap::trap4($number, $a, $b, $c, $d)
    };
    ($trap:ident, $number:expr, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => {
        $trap::trap5($number, $a, $b, $c, $d, $e)
    };
}

macro_rules! define_stubs {
    ($($(#[doc = $doc:literal])+ $number:literal $call:ident $name:ident
        ($($argument:ident: $type:ty),*) -> $result:ty, fails [$($error:ident)*];)+) => {
        #[allow(non_snake_case, reason = "calls keep the dissertation's names")]
        impl<T: Trap> Stubs<T> {
            $($(#[doc = $doc])+
            #[inline]
            pub fn $name($($argument: $type),*) -> Result<$result, CallError> {
                decode(trap!(T, Call::$call as u32, $($argument.to_register()),*))
            })+
        }
    };
}
crate::equus_calls!(define_stubs);

/// A result, or the error of a negative one.
#[inline]
fn decode<R: Register>(d0: u32) -> Result<R, CallError> {
    if (d0 as i32) < 0 {
        return Err(refusal(d0 as i32));
    }
    Ok(R::from_register(d0))
}

/// The error of a negative result. A code that this table lacks comes from a kernel that is not
/// the one the module was built for.
#[cold]
fn refusal(code: i32) -> CallError {
    CallError::from_code(code).unwrap_or(CallError::NoSuchCall)
}
