//! The constants of the calls, in Rust enums and, from the same lines, for C.
//!
//! Source: appendix B and the chapters it refers to; values are ours, since the
//! dissertation gives none.

/// A constant of `equus.h`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Constant {
    /// What it and its neighbours are about.
    pub subject: &'static str,
    /// Its name in C.
    pub name: &'static str,
    /// Its value.
    pub value: i32,
    /// What it means.
    pub doc: &'static str,
}

/// Declares enums whose members have a name in C, and the list of all.
macro_rules! constants {
    ($($(#[doc = $enum_doc:literal])+ $enum:ident {
        $($(#[doc = $doc:literal])+ $member:ident $c_name:ident = $value:literal,)+
    })+) => {
        $($(#[doc = $enum_doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(i32)]
        pub enum $enum { $($(#[doc = $doc])+ $member = $value,)+ }

        impl $enum {
            const SUBJECT: &str = concat!($($enum_doc),+);

            /// The member of this value, if there is one.
            pub const fn from_value(value: i32) -> Option<$enum> {
                match value { $($value => Some($enum::$member),)+ _ => None }
            }
        })+

        /// Every member of every enum of this file, for `equus.h`.
        const MEMBERS: &[Constant] = &[$($(
            Constant {
                subject: $enum::SUBJECT,
                name: stringify!($c_name),
                value: $value,
                doc: concat!($($doc),+),
            },
        )+)+];
    };
}

constants! {
    /// Types of references (§3.2.2), and what an identifier without one is.
    RefType {
        /// No reference.
        None RT_NONE = 0,
        /// An incarnation handle.
        Incarnation RT_INC = 1,
        /// A stream.
        Stream RT_STREAM = 2,
        /// A port.
        Port RT_PORT = 3,
        /// A stream handle.
        StreamHandle RT_STREAMHANDLE = 4,
        /// A port handle.
        PortHandle RT_PORTHANDLE = 5,
        /// A buffer of the sender; its receiver gets a buffer handle.
        Buffer RT_BUF = 6,
        /// A buffer handle.
        BufferHandle RT_ALIENBUF = 7,
        /// A reply handle. It cannot be propagated.
        ReplyHandle RT_REPLY = 8,
    }
    /// Where a copy of a reference may be propagated to (`rd_domain`).
    Domain {
        /// Anywhere.
        Any RD_ANY = 0,
        /// Within the RDC.
        Rdc RD_RDC = 1,
        /// Nowhere: its receiver cannot propagate it further.
        NoFurther RD_NONE = 2,
    }
    /// Types of channels (§4.3).
    ChannelType {
        /// One port is attached.
        Unicast CHAN_UNICAST = 0,
        /// Any number of ports is attached.
        Multicast CHAN_MULTICAST = 1,
    }
    /// Whether a declared port creates its channel (§5.2.1).
    ChannelOrigin {
        /// Another declaration creates it.
        Other CHAN_OTHER = 0,
        /// This one does.
        New CHAN_NEW = 1,
    }
    /// The state in which an incarnation is created (§3.2.1).
    InitialState {
        /// Suspended before its parameters are put in place.
        Inchoate INCHOATE = 0,
        /// It runs.
        Started STARTED = 1,
    }
    /// `is_state` of `inc_status`.
    IncarnationState {
        /// It runs or waits in a call.
        Executing INC_IS_EXECUTING = 0,
        /// It was frozen, or is INCHOATE.
        Frozen INC_IS_FROZEN = 1,
        /// It has faulted and a parent wants to know.
        Faulting INC_IS_FAULTING = 2,
        /// It does not answer.
        Unreachable INC_IS_UNREACHABLE = 3,
    }
    /// How a child depends on a parent (§7.3).
    Dependency {
        /// Not at all.
        None DEP_NONE = 0,
        /// It ends when this parent ends or is unreachable.
        Absolute DEP_ABSOLUTE = 1,
        /// It ends when the last parent of its group does.
        Group DEP_GROUP = 2,
    }
    /// `set_interest` of `inc_setIncHandler`.
    Interest {
        /// No longer.
        Unset UNSET_INTEREST = 0,
        /// From now on.
        Set SET_INTEREST = 1,
    }
    /// Types of events (B.9).
    EventType {
        /// A message is at a port.
        PortHasMessage EV_PT_HASMSG = 1,
        /// A stream can send again, or an inc_asinvoke is complete; `ed_info1` is
        /// its result, negative if its receiver was lost.
        StreamInvokable EV_SM_INVOK = 2,
        /// A stream was closed.
        StreamClosed EV_SM_CLOSED = 3,
        /// A child faults; `ed_info1` is the vector, `ed_info2` the address.
        Faulting EV_INC_FAULTING = 4,
        /// A child is gone; `ed_info1` is an [`EndReason`], `ed_info2` its detail.
        Dead EV_INC_DEAD = 5,
        /// A child's creation is complete; `ed_info1` is the time in milliseconds.
        Made EV_INC_MADE = 6,
        /// A child's migration is over; `ed_info1` is the time in milliseconds,
        /// `ed_info2` the node where it is.
        MigrateDone EV_INC_MIGRATEDONE = 7,
        /// A child does not answer (§7.2.3); `ed_info1` is an [`EndReason`].
        Unreachable EV_INC_UNREACHABLE = 8,
        /// A backup port was attached.
        PortAttached EV_PT_ATTACHED = 9,
        /// A port was detached in favour of a newer attachment.
        PortDetached EV_PT_DETACHED = 10,
    }
    /// Why an incarnation is gone.
    EndReason {
        /// inc_exit or the end of its main; the detail is its status.
        Exited END_EXITED = 1,
        /// inc_destroy by a parent.
        Destroyed END_DESTROYED = 2,
        /// A fault that nobody wanted to see; the detail is the vector.
        Faulted END_FAULTED = 3,
        /// Its RDC has ended; the detail is the exit code.
        RdcEnded END_RDC = 4,
        /// What it depended on is gone.
        Dependency END_DEPENDENCY = 5,
        /// Its node was withdrawn from the RDC.
        Withdrawn END_WITHDRAWN = 6,
        /// Its node is down or was started anew.
        NodeLost END_NODE_LOST = 7,
        /// It could not be created; the detail is the error.
        NotCreated END_NOT_CREATED = 8,
    }
    /// `ncopies` of `ss_put` beside positive numbers.
    Copies {
        /// Any number, kept in caches.
        Unlimited SS_UNLIMITED = 0,
        /// Any number, fetched each time.
        DontCache SS_DONTCACHE = -1,
    }
}

/// Stands for a port in calls where there need be none.
pub const NO_PORT: u32 = limits::NO_PORT;
/// The longest label or name in bytes, without the null that ends it in C.
pub const LABEL_MAX: usize = limits::LABEL_MAX as usize;
/// Bytes of a message's header.
pub const HEADER_BYTES: usize = 32;
/// inc_asinvoke calls that may be incomplete on a stream that says nothing else.
pub const BUFFER_LIMIT_DEFAULT: u32 = 4;

/// Declares flags and numbers without an enum, each group a module, and the list of all.
macro_rules! numbers {
    ($($(#[doc = $mod_doc:literal])+ $module:ident {
        $($(#[doc = $doc:literal])+ $name:ident $c_name:ident = $value:expr,)+
    })+) => {
        $($(#[doc = $mod_doc])+
        pub mod $module {
            pub(super) const SUBJECT: &str = concat!($($mod_doc),+);

            $($(#[doc = $doc])+ pub const $name: u32 = $value;)+
        })+

        /// Flags and numbers without an enum, for `equus.h`.
        const NUMBERS: &[Constant] = &[$($(
            Constant {
                subject: $module::SUBJECT,
                name: stringify!($c_name),
                value: $module::$name as i32,
                doc: concat!($($doc),+),
            },
        )+)+];
    };
}

numbers! {
    /// Rights on an incarnation, in `rd_flags` of its handle (§7.1, C1 to C7).
    inc_rights {
        /// To destroy it.
        DESTROY INC_DESTROY = 1 << 0,
        /// To freeze and unfreeze it.
        FREEZE INC_FREEZE = 1 << 1,
        /// To migrate it.
        MIGRATE INC_MIGRATE = 1 << 2,
        /// To see its events.
        EVENTS INC_EVENTS = 1 << 3,
        /// To make it dependent.
        DEPEND INC_DEPEND = 1 << 4,
        /// To ask for its state.
        STATUS INC_STATUS = 1 << 5,
        /// To create others from it while it is INCHOATE.
        COPY INC_COPY = 1 << 6,
        /// To send to its auxiliary port.
        INTERRUPT INC_INTERRUPT = 1 << 7,
        /// Everything.
        ALL INC_ALL = (1 << 8) - 1,
    }
    /// Rights on a buffer, in `rd_flags` (§4.6).
    buffer_rights {
        /// To read it.
        READ BUF_READ = 1 << 0,
        /// To write it.
        WRITE BUF_WRITE = 1 << 1,
    }
    /// How a port is propagated, in `rd_flags` (§6.2.4).
    port_flags {
        /// The receiver gets the messages that have arrived.
        MOVE_QUEUE PT_MOVEQUEUE = 1 << 0,
        /// Messages wait at their senders until the receiver has the port, instead of
        /// arriving at the old one meanwhile.
        HOLD PT_HOLD = 1 << 1,
    }
    /// Limits, and what stands for nothing.
    limits {
        /// Stands for a port in calls where there need be none.
        NO_PORT NO_PORT = 0,
        /// The longest label or name in bytes, without the null that ends it.
        LABEL_MAX LABEL_MAX = 19,
    }
}

/// All constants of `equus.h`.
pub const CONSTANTS: [Constant; MEMBERS.len() + NUMBERS.len()] = {
    const NONE: Constant = Constant { subject: "", name: "", value: 0, doc: "" };
    let mut all = [NONE; MEMBERS.len() + NUMBERS.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] =
            if index < MEMBERS.len() { MEMBERS[index] } else { NUMBERS[index - MEMBERS.len()] };
        index += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_constants() {
        let mut names = CONSTANTS.map(|constant| constant.name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn members_are_found_by_their_values() {
        assert_eq!(RefType::from_value(2), Some(RefType::Stream));
        assert_eq!(RefType::from_value(99), None);
        assert_eq!(Copies::from_value(-1), Some(Copies::DontCache));
    }
}
