//! What a call answers when it does not do what it was asked.
//!
//! Codes are fixed: negative in d0 and in C, an enum in Rust. A call that
//! returns an error has changed nothing, except where the error says otherwise.

use core::fmt;

/// Declares the errors: code, name in C, name in Rust, text.
macro_rules! call_errors {
    ($($code:literal $c_name:ident $error:ident $text:literal;)+) => {
        /// Why a call was refused or failed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(i32)]
        pub enum CallError { $(#[doc = $text] $error = -$code,)+ }

        impl CallError {
            /// All errors, in the order of their codes.
            pub const ALL: &[CallError] = &[$(CallError::$error),+];

            /// The error of a negative result, if there is one.
            pub const fn from_code(code: i32) -> Option<CallError> {
                $(if code == CallError::$error as i32 { return Some(CallError::$error); })+
                None
            }

            /// What happened and what the caller can do, in a sentence.
            pub const fn text(self) -> &'static str {
                match self { $(CallError::$error => $text,)+ }
            }

            /// The name in `equus.h`.
            pub const fn c_name(self) -> &'static str {
                match self { $(CallError::$error => stringify!($c_name),)+ }
            }
        }
    };
}

call_errors! {
    1 ERR_NO_SUCH_CALL NoSuchCall
        "No call has this number: the module was built for another system.";
    2 ERR_NO_SUCH_REFERENCE NoSuchReference
        "The caller holds no reference of this identifier: it is forged, foreign or closed.";
    3 ERR_WRONG_REFERENCE_TYPE WrongReferenceType
        "The reference is of another type than the call needs.";
    4 ERR_NO_RIGHT NoRight
        "The reference, or the caller's RDC, lacks the right to this operation.";
    5 ERR_NO_PROPAGATION NoPropagation
        "The reference may not be propagated, or not to this RDC.";
    6 ERR_BAD_ADDRESS BadAddress
        "An address range is not readable, or not writable, by the caller.";
    7 ERR_BAD_LENGTH BadLength
        "A length is negative, wraps round, or reaches past the end of the buffer.";
    8 ERR_BAD_ARGUMENT BadArgument
        "A value is not among those the call accepts.";
    9 ERR_TOO_LONG TooLong
        "The extra data exceeds what this call carries: 1536 bytes for inc_send and inc_dgram.";
    10 ERR_LABEL_TOO_LONG LabelTooLong
        "A label or name has more than 19 bytes.";
    11 ERR_TABLE_FULL TableFull
        "A table is full: the caller's references, or what a service keeps. Close or delete some.";
    12 ERR_NO_MEMORY NoMemory
        "The node has too few free pages, or the incarnation's quota is used up.";
    13 ERR_BUSY Busy
        "The kernel has no free task or buffer, or the object is being changed: call again later.";
    14 ERR_TIMED_OUT TimedOut
        "The time given has passed; nothing was delivered.";
    15 ERR_PEER_LOST PeerLost
        "The other side's node is gone with whatever it had, or its port before it was received.";
    16 ERR_OUTCOME_UNKNOWN OutcomeUnknown
        "The other side was lost after possible delivery: it may have received the message once.";
    17 ERR_NOT_ATTACHED NotAttached
        "No port is attached to the channel, and none appeared in time.";
    18 ERR_CLOSED Closed
        "The reference was closed or taken away while the call waited on it.";
    19 ERR_INTERRUPTED Interrupted
        "A software interrupt handler ran while the call waited; nothing was delivered.";
    20 ERR_MULTICAST_NOT_ALLOWED MulticastNotAllowed
        "The operation is for unicast channels only.";
    21 ERR_UNICAST_NOT_ALLOWED UnicastNotAllowed
        "The operation is for multicast channels only.";
    22 ERR_MIXED_PORT MixedPort
        "A port attached to unicast and multicast channels cannot be propagated.";
    23 ERR_NO_SUCH_NODE NoSuchNode
        "The pool has no node of this number, or it is down.";
    24 ERR_NOT_ALLOCATED NotAllocated
        "The node is not allocated to the caller's RDC.";
    25 ERR_NO_SUCH_MODULE NoSuchModule
        "The RDC has no module of this number or name.";
    26 ERR_BAD_FILE BadFile
        "The RDC file is damaged, or its module does not fit a node.";
    27 ERR_NOT_INCHOATE NotInchoate
        "The blueprint is an incarnation that has started already.";
    28 ERR_FROZEN Frozen
        "The incarnation or stream is frozen, and the call was told not to wait.";
    29 ERR_NOT_FROZEN NotFrozen
        "There is nothing to unfreeze: the incarnation or stream is not frozen.";
    30 ERR_UNREACHABLE Unreachable
        "The incarnation does not answer, and a search has not found it.";
    31 ERR_MIGRATING Migrating
        "The incarnation is moving already; the other migration goes on.";
    32 ERR_NO_SUCH_RDC NoSuchRdc
        "No RDC of this number is running.";
    33 ERR_NO_REPLY_EXPECTED NoReplyExpected
        "The invoker is no longer waiting: it died, or somebody has replied already.";
    34 ERR_NOT_SUPPORTED NotSupported
        "The system does not do this yet.";
    35 ERR_NO_SUCH_LABEL NoSuchLabel
        "Nothing is there under this label or name, or no copy of it was taken.";
    36 ERR_LABEL_TAKEN LabelTaken
        "Something else is there under this label or name already: delete it first.";
}

impl CallError {
    /// The code: negative, fixed.
    pub const fn code(self) -> i32 {
        self as i32
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for CallError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_negative_dense_and_found_again() {
        for (index, error) in CallError::ALL.iter().enumerate() {
            assert_eq!(error.code(), -1 - index as i32, "{error:?}");
            assert_eq!(CallError::from_code(error.code()), Some(*error));
        }
        let last = CallError::ALL.len() as i32;
        assert_eq!(CallError::from_code(0), None);
        assert_eq!(CallError::from_code(-last - 1), None);
    }

    #[test]
    fn names_in_c_say_the_same() {
        for error in CallError::ALL {
            let squeezed = error.c_name().replace("ERR_", "").replace('_', "").to_lowercase();
            assert_eq!(squeezed, format!("{error:?}").to_lowercase());
            assert!(error.text().ends_with('.'));
        }
    }
}
