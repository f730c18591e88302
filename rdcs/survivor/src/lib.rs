//! What the modules of `survivor` have in common: the calls that are being made when a node
//! dies, and what its victims can be told to do.
#![cfg_attr(target_arch = "m68k", no_std)]

/// Declares enums whose members are found again by their numbers and have names.
macro_rules! numbered {
    ($($(#[doc = $enum_doc:literal])+ $enum:ident {
        $($(#[doc = $doc:literal])+ $member:ident = $number:literal,)+
    })+) => {$(
        $(#[doc = $enum_doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum $enum { $($(#[doc = $doc])+ $member = $number,)+ }

        impl $enum {
            /// All of them.
            pub const ALL: &[$enum] = &[$($enum::$member),+];

            /// The one of this number.
            pub fn from_number(number: u8) -> Option<$enum> {
                $enum::ALL.iter().copied().find(|member| *member as u8 == number)
            }
        }
    )+};
}

numbered! {
    /// What a caller does when the node of its victim dies.
    Situation {
        /// It has invoked, and its message was received.
        Invoke = 0,
        /// It has invoked, and nobody has received its message.
        InvokeQueued = 1,
        /// It invokes with data that is pulled, again and again.
        InvokeBulk = 2,
        /// Its asynchronous invocation was not received.
        AsInvoke = 3,
        /// It sends again and again.
        Send = 4,
        /// It sends what may be lost, again and again.
        Dgram = 5,
        /// It waits for a message from there.
        Receive = 6,
        /// It owes a reply.
        Reply = 7,
        /// It has to pass an invocation on.
        Forward = 8,
        /// It copies to a buffer there again and again.
        CopyTo = 9,
        /// It copies from a buffer there again and again.
        CopyFrom = 10,
        /// It creates incarnations there and destroys them again and again.
        Create = 11,
        /// It asks for the state of an incarnation there again and again.
        Status = 12,
        /// It freezes an incarnation there and lets it run again and again.
        Freeze = 13,
        /// It waits for the end of an incarnation there.
        EventWait = 14,
        /// It waits until its handler is called at that end.
        Pause = 15,
        /// It waits until an incarnation there does not answer any more.
        Unreachable = 16,
        /// It waits until its backup port takes the place of the victim's port.
        TakeOver = 17,
    }
    /// What a victim can be told to do.
    Task {
        /// To reply with what came.
        Echo = 0,
        /// Not to reply, and to stay able to.
        Hold = 1,
        /// To receive nothing any more.
        Sleep = 2,
        /// To reply with a buffer.
        Lend = 3,
        /// To invoke by the stream that comes with the message.
        CallBack = 4,
    }
}

/// Bytes of a buffer that is lent, and of data that is pulled.
pub const BULK: usize = 60_000;
