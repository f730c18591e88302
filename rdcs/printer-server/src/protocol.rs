//! What is said between clients, the server's manager, and its spoolers.

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The name by which the server is found.
pub const NAME: &str = "printer";

/// Clients that are served at the same time.
pub const CLIENTS_MAX: usize = 16;

/// Bytes of a document at most.
pub const DOCUMENT_MAX: usize = 256 << 10;
/// Bytes of one of its messages at most.
pub const PIECE_MAX: usize = 16 << 10;

/// Declares a structure that fits into a header.
macro_rules! head {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
        #[repr(C)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: U32,)+
        }
    };
}

/// Declares kinds of messages.
macro_rules! kinds {
    ($(#[doc = $doc:literal])+ $name:ident: $($(#[doc = $kind_doc:literal])+ $kind:ident = $number:literal,)+) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum $name {
            $($(#[doc = $kind_doc])+ $kind = $number,)+
        }

        impl $name {
            /// The kind of this number, if there is one.
            pub fn from_number(number: U32) -> Option<$name> {
                match number.get() {
                    $($number => Some($name::$kind),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// What a client asks the server's manager.
    Wish:
    /// To be served. The answer is an [`Admission`], and with it a stream to a spooler.
    Connect = 1,
    /// From now on, to be led elsewhere when that is better: the message has a handle to the
    /// client's stream.
    Follow = 2,
}

head! {
    /// A message of a client to the manager.
    ToServer {
        /// A [`Wish`].
        kind,
        /// The client's number; 0 if it has none yet.
        client,
    }
}

head! {
    /// The manager's answer to a client.
    Admission {
        /// Its number; 0 if there are too many clients.
        client,
    }
}

kinds! {
    /// The parts of a document.
    Part:
    /// Its name is the data.
    Begin = 1,
    /// The data is a piece of its text.
    Piece = 2,
    /// It is complete. The client waits for an [`Outcome`].
    End = 3,
}

head! {
    /// A message of a client to a spooler.
    Sheet {
        /// A [`Part`].
        part,
        /// Whose it is.
        client,
        /// The document, by a number that the client has not used before.
        document,
        /// Of [`Part::End`]: the lines of the whole document.
        lines,
        /// Of [`Part::End`]: the CRC-32 of the whole document.
        checksum,
    }
}

kinds! {
    /// What became of a document.
    Outcome:
    /// It is on paper.
    Printed = 1,
    /// Not all of it has come: it is to be sent once more.
    Incomplete = 2,
}

head! {
    /// A spooler's answer to a client.
    Receipt {
        /// An [`Outcome`].
        outcome,
    }
}

kinds! {
    /// What a spooler is told without having asked, at its standard port.
    Directive:
    /// To complete the client's document, and to report; the message has a handle to the
    /// client's stream.
    Settle = 1,
    /// To do the same with all clients.
    Leave = 2,
}

head! {
    /// A directive.
    ToSpooler {
        /// A [`Directive`].
        kind,
        /// The client; 0 if all are meant.
        client,
    }
}

kinds! {
    /// What a spooler reports to the manager.
    News:
    /// A document is complete. The answer says whether it is to be printed.
    Come = 1,
    /// It is printed.
    Printed = 2,
    /// It is server-quiescent with respect to the client, and stays so until it is answered.
    Settled = 3,
    /// It has the beginning of a document of the client and is to leave: the answer has a handle
    /// to the client's stream.
    Whose = 4,
    /// It is server-quiescent with respect to all clients.
    Ready = 5,
}

head! {
    /// A report of a spooler.
    Report {
        /// Its [`News`].
        kind,
        /// Which spooler.
        printer,
        /// The client that is meant.
        client,
        /// The document.
        document,
        /// Messages that wait at the spooler's port: those of the client, if one is meant.
        waiting,
    }
}

kinds! {
    /// What the manager answers a spooler.
    Answer:
    /// To go on.
    GoOn = 1,
    /// Not to print: it is printed already.
    Skip = 2,
    /// To end.
    Leave = 3,
}

head! {
    /// The manager's answer.
    Order {
        /// An [`Answer`].
        kind,
    }
}
