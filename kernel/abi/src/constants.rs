//! The constants of the calls, in Rust enums and, from the same lines, for C.
//!
//! Source: appendix B and the chapters it refers to; values are ours, since the
//! dissertation gives none.

/// A constant of `equus.h`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Constant {
    /// Its name in C.
    pub name: &'static str,
    /// Its value.
    pub value: i32,
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
            /// The member of this value, if there is one.
            pub const fn from_value(value: i32) -> Option<$enum> {
                match value { $($value => Some($enum::$member),)+ _ => None }
            }
        })+

        /// Every member of every enum of this file, for `equus.h`.
        const MEMBERS: &[Constant] = &[$($(
            Constant { name: stringify!($c_name), value: $value },
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
pub const NO_PORT: u32 = 0;
/// The longest label or name in bytes, without the null that ends it in C.
pub const LABEL_MAX: usize = 19;
/// Bytes of a message's header.
pub const HEADER_BYTES: usize = 32;
/// inc_asinvoke calls that may be incomplete on a stream that says nothing else.
pub const BUFFER_LIMIT_DEFAULT: u32 = 4;

/// Rights on an incarnation, in `rd_flags` of its handle (§7.1, C1 to C7).
pub mod inc_rights {
    /// To destroy it.
    pub const DESTROY: u32 = 1 << 0;
    /// To freeze and unfreeze it.
    pub const FREEZE: u32 = 1 << 1;
    /// To migrate it.
    pub const MIGRATE: u32 = 1 << 2;
    /// To see its events.
    pub const EVENTS: u32 = 1 << 3;
    /// To make it dependent.
    pub const DEPEND: u32 = 1 << 4;
    /// To ask for its state.
    pub const STATUS: u32 = 1 << 5;
    /// To create others from it while it is INCHOATE.
    pub const COPY: u32 = 1 << 6;
    /// Everything.
    pub const ALL: u32 = (1 << 7) - 1;
}

/// Rights on a buffer, in `rd_flags` (§4.6).
pub mod buffer_rights {
    /// To read it.
    pub const READ: u32 = 1 << 0;
    /// To write it.
    pub const WRITE: u32 = 1 << 1;
}

/// How a port is propagated, in `rd_flags` (§6.2.4).
pub mod port_flags {
    /// The receiver gets the messages that have arrived.
    pub const MOVE_QUEUE: u32 = 1 << 0;
    /// Messages wait at their senders until the receiver has the port, instead of
    /// arriving at the old one meanwhile.
    pub const HOLD: u32 = 1 << 1;
}

/// Flags and numbers without an enum, for `equus.h`.
const NUMBERS: &[Constant] = &[
    Constant { name: "NO_PORT", value: NO_PORT as i32 },
    Constant { name: "LABEL_MAX", value: LABEL_MAX as i32 },
    Constant { name: "INC_DESTROY", value: inc_rights::DESTROY as i32 },
    Constant { name: "INC_FREEZE", value: inc_rights::FREEZE as i32 },
    Constant { name: "INC_MIGRATE", value: inc_rights::MIGRATE as i32 },
    Constant { name: "INC_EVENTS", value: inc_rights::EVENTS as i32 },
    Constant { name: "INC_DEPEND", value: inc_rights::DEPEND as i32 },
    Constant { name: "INC_STATUS", value: inc_rights::STATUS as i32 },
    Constant { name: "INC_COPY", value: inc_rights::COPY as i32 },
    Constant { name: "INC_ALL", value: inc_rights::ALL as i32 },
    Constant { name: "BUF_READ", value: buffer_rights::READ as i32 },
    Constant { name: "BUF_WRITE", value: buffer_rights::WRITE as i32 },
    Constant { name: "PT_MOVEQUEUE", value: port_flags::MOVE_QUEUE as i32 },
    Constant { name: "PT_HOLD", value: port_flags::HOLD as i32 },
];

/// All constants of `equus.h`.
pub const CONSTANTS: [Constant; MEMBERS.len() + NUMBERS.len()] = {
    let mut all = [Constant { name: "", value: 0 }; MEMBERS.len() + NUMBERS.len()];
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
