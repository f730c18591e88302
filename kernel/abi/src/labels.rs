//! What stream space (§5.5) and the name service (§5.4) are asked: both keep references under
//! labels. A request is an `inc_invoke` with a [`Request`] in its header and, where one is
//! deposited, the reference; the reply has a [`Response`] and, where one is wanted, a copy.
//!
//! A name service has one port for each RDC, which its launch endpoint gives it by
//! [`Operation::Arrive`] and [`Operation::Door`]: that is how it knows whose a request is.

use zerocopy::big_endian::{I32, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::structs::Label;

/// The head of a request: 32 bytes, an `m_head`.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Request {
    /// An [`Operation`].
    pub operation: U32,
    /// As the operation says.
    pub number: I32,
    /// Of `Put` and `Register`: where a copy that is taken out may be propagated to, a
    /// [`Domain`](crate::constants::Domain).
    pub domain: U32,
    /// The label or name.
    pub label: Label,
}

/// The head of a response: 32 bytes, an `m_head`.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Response {
    /// A negative [`CallError`](crate::error::CallError), or 0; of `List`, the entries in the
    /// data.
    pub result: I32,
    /// Of `Get`: in how many copies the reference is had, as `ss_put` was told.
    pub copies: I32,
    /// Of `List`: the last of the entries in the data.
    pub label: Label,
    /// Of `Get`: by which number one of a limited number of copies is returned; else 0.
    pub claim: U32,
}

const _: () = assert!(size_of::<Request>() == crate::constants::HEADER_BYTES);
const _: () = assert!(size_of::<Response>() == crate::constants::HEADER_BYTES);

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Operation {
    /// Of stream space: keep the reference in the message. `number`: how many copies may be
    /// taken out, as of `ss_put`.
    Put = 1,
    /// Of stream space: a copy. `number`: for how many milliseconds it is waited for; negative
    /// for ever. One of a limited number of copies is for those who send a handle to themselves,
    /// with the right to events: whoever dies has it no longer. Others are told `copies` only,
    /// and get no reference.
    Get = 2,
    /// Of stream space: the copy with the claim `number` is free again; a port comes back in the
    /// message.
    Return = 3,
    /// Of stream space: keep the reference no longer.
    Delete = 4,
    /// Of stream space: the entries behind `label`, a line of text each, as many as the reply has
    /// room for.
    List = 5,
    /// Of the name service: others shall find the stream in the message under this name.
    Register = 6,
    /// Of the name service: a stream to whoever has registered this name.
    LookUp = 7,
    /// Of the name service: nobody shall find the name any more.
    Withdraw = 8,
    /// To the name service, at its standard port: an RDC, whose number is `number` and whose
    /// launch endpoint is the handle in the message. Its end is the end of its names.
    Arrive = 9,
    /// To the name service, at its standard port: the port in the message is that of RDC
    /// `number`, which has arrived.
    Door = 10,
}

impl Operation {
    /// The one of this number, if there is one.
    pub const fn from_number(number: u32) -> Option<Operation> {
        Some(match number {
            1 => Operation::Put,
            2 => Operation::Get,
            3 => Operation::Return,
            4 => Operation::Delete,
            5 => Operation::List,
            6 => Operation::Register,
            7 => Operation::LookUp,
            8 => Operation::Withdraw,
            9 => Operation::Arrive,
            10 => Operation::Door,
            _ => return None,
        })
    }
}

impl Request {
    /// A request about a label.
    pub const fn new(operation: Operation, label: Label) -> Request {
        Request {
            operation: U32::new(operation as u32),
            number: I32::ZERO,
            domain: U32::ZERO,
            label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_their_numbers() {
        let known = (0..20).filter_map(Operation::from_number);
        assert!(known.map(|operation| operation as u32).eq(1..=10));
    }
}
