//! System calls: what follows from their table.
//!
//! Convention: `trap #0` with the call's number in d0 and up to five arguments in
//! d1, a0, a1, d2, d3, in this order, integers and pointers alike. The result is
//! in d0, an error as its negative code. d1, a0 and a1 may change; all other
//! registers keep their values.

pub mod args;
#[cfg(feature = "alloc")]
pub mod c_header;
pub mod dispatch;
pub mod stubs;
mod table;

use args::{AnyRef, Bytes, Handler, Ptr, Ref, Register, Text, Timeout};

use crate::error::CallError;
use crate::structs::{EvDesc, IncCreateParams, IncState, Msg, NodeEntry, SelectMessages, TimeBuf};

/// The most arguments that a call has.
pub const ARGUMENTS_MAX: usize = 5;

/// An argument of a call, for documentation and tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArgumentInfo {
    /// Its name.
    pub name: &'static str,
    /// What C writes before the name.
    pub c_before: &'static str,
    /// What C writes after the name.
    pub c_after: &'static str,
}

/// Everything the table says of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallInfo {
    /// The call.
    pub call: Call,
    /// Its name in C, in Rust's stubs and in traces.
    pub name: &'static str,
    /// Its documentation, line by line.
    pub doc: &'static [&'static str],
    /// Its arguments in order.
    pub arguments: &'static [ArgumentInfo],
    /// The type of its result in C; "void " if that is only success.
    pub result: &'static str,
    /// The errors it can return, beside those of an unknown call.
    pub errors: &'static [CallError],
}

macro_rules! define_calls {
    ($($(#[doc = $doc:literal])+ $number:literal $call:ident $name:ident
        ($($argument:ident: $type:ty),*) -> $result:ty, fails [$($error:ident)*];)+) => {
        /// The system calls and their numbers.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u32)]
        pub enum Call { $($(#[doc = $doc])+ $call = $number,)+ }

        impl TryFrom<u32> for Call {
            type Error = CallError;

            fn try_from(number: u32) -> Result<Call, CallError> {
                match number { $($number => Ok(Call::$call),)+ _ => Err(CallError::NoSuchCall) }
            }
        }

        /// All calls in the order of their numbers.
        pub const CALLS: &[CallInfo] = &[$(CallInfo {
            call: Call::$call,
            name: stringify!($name),
            doc: &[$($doc),+],
            arguments: &[$(ArgumentInfo {
                name: stringify!($argument),
                c_before: <$type as Register>::C_BEFORE,
                c_after: <$type as Register>::C_AFTER,
            }),*],
            result: <$result as Register>::C_BEFORE,
            errors: &[$(CallError::$error),*],
        }),+];

        impl Call {
            /// The name in C and in traces.
            pub const fn name(self) -> &'static str {
                match self { $(Call::$call => stringify!($name),)+ }
            }
        }
    };
}
crate::equus_calls!(define_calls);

impl Call {
    /// Everything the table says of this call.
    pub fn info(self) -> &'static CallInfo {
        CALLS.iter().find(|info| info.call == self).expect("the table has every call")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_again_and_rise() {
        let mut last = 0;
        for info in CALLS {
            let number = info.call as u32;
            assert!(number > last, "{} is out of order", info.name);
            last = number;
            assert_eq!(Call::try_from(number), Ok(info.call));
            assert_eq!(info.call.info().name, info.call.name());
        }
        assert_eq!(Call::try_from(0), Err(CallError::NoSuchCall));
        assert_eq!(Call::try_from(last + 1), Err(CallError::NoSuchCall));
    }

    #[test]
    fn whoever_takes_a_pointer_can_say_bad_address() {
        for info in CALLS {
            let takes = info.arguments.iter().any(|a| a.c_before.contains('*'));
            let says = info.errors.contains(&CallError::BadAddress);
            assert_eq!(takes, says, "{}", info.name);
        }
    }

    #[test]
    fn whoever_takes_a_reference_can_say_that_there_is_none() {
        const NAMES: [&str; 9] = [
            "stream",
            "port",
            "stream_handle",
            "reply_handle",
            "buffer_handle",
            "newport",
            "stream_or_port",
            "child",
            "reference",
        ];
        for info in CALLS.iter().filter(|info| info.call != Call::TestReference) {
            let takes = info.arguments.iter().any(|a| NAMES.contains(&a.name));
            assert!(!takes || info.errors.contains(&CallError::NoSuchReference), "{}", info.name);
        }
    }

    #[test]
    fn the_table_is_documented_and_within_registers() {
        for info in CALLS {
            assert!(info.arguments.len() <= ARGUMENTS_MAX, "{}", info.name);
            assert!(info.doc[info.doc.len() - 1].ends_with('.'), "{}", info.name);
            let mut errors = info.errors.to_vec();
            errors.sort();
            errors.dedup();
            assert_eq!(errors.len(), info.errors.len(), "{} names an error twice", info.name);
        }
    }
}
