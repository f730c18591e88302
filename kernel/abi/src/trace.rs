//! Records of a node's trace ring, and their text.
//!
//! A record is 32 bytes in the node's own memory, so that the host reads what a
//! node did without its help, also after a crash. The ring holds the last
//! [`crate::slice::TRACE_RECORDS`] records; a word counts all ever written.

use core::fmt;

use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::calls::Call;
use crate::error::CallError;

/// Bytes of a record.
pub const RECORD_BYTES: u32 = 32;

/// One event on one node.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Record {
    /// Nanoseconds of the node's clock; clocks of two nodes are not comparable.
    pub time_ns: U64,
    /// A [`TraceEvent`]; other numbers are shown as such.
    pub event: U16,
    /// Lower half of the count of records, to tell an old record from a new one.
    pub sequence: U16,
    /// What the event says of them.
    pub values: [U32; 5],
}

const _: () = assert!(size_of::<Record>() == RECORD_BYTES as usize);

/// How a value of a record is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shown {
    Decimal,
    Hex,
    Call,
    Result,
}

/// Declares the events: number, name, and the values with how they are shown.
macro_rules! trace_events {
    ($($(#[doc = $doc:literal])+ $number:literal $event:ident
        ($($value:ident: $shown:ident),*);)+) => {
        /// What a trace record is about.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum TraceEvent { $($(#[doc = $doc])+ $event = $number,)+ }

        impl TraceEvent {
            /// All events.
            pub const ALL: &[TraceEvent] = &[$(TraceEvent::$event),+];

            /// The event of this number, if there is one.
            pub const fn from_number(number: u16) -> Option<TraceEvent> {
                match number { $($number => Some(TraceEvent::$event),)+ _ => None }
            }

            fn values(self) -> &'static [(&'static str, Shown)] {
                match self {
                    $(TraceEvent::$event => &[$((stringify!($value), Shown::$shown)),*],)+
                }
            }
        }
    };
}

trace_events! {
    /// The kernel runs.
    1 Boot(epoch: Decimal, pages: Decimal);
    /// An incarnation has made a call.
    2 Called(inc: Decimal, call: Call, first: Hex, second: Hex, third: Hex);
    /// A call has returned.
    3 Returned(inc: Decimal, call: Call, result: Result);
    /// A call waits.
    4 Blocked(inc: Decimal, call: Call, on: Hex);
    /// The incarnation runs on.
    5 Resumed(inc: Decimal, call: Call);
    /// An incarnation exists.
    6 IncMade(inc: Decimal, rdc: Decimal, module: Decimal);
    /// An incarnation is gone.
    7 IncEnded(inc: Decimal, rdc: Decimal, reason: Decimal, status: Decimal);
    /// User code has faulted.
    8 UserFault(inc: Decimal, vector: Decimal, pc: Hex, address: Hex);
    /// A kernel message was handed to the bus.
    9 Sent(peer: Decimal, kind: Decimal, sequence: Decimal, to: Hex);
    /// A kernel message was taken from the bus.
    10 Received(peer: Decimal, kind: Decimal, sequence: Decimal, to: Hex);
    /// A kernel message is sent again.
    11 Retried(peer: Decimal, kind: Decimal, sequence: Decimal, attempt: Decimal);
    /// A kernel message had no receiver, came twice, or came from a gone boot.
    12 Dropped(peer: Decimal, kind: Decimal, sequence: Decimal, reason: Decimal);
    /// A kernel message was forwarded to where its port is now.
    13 Redirected(peer: Decimal, kind: Decimal, sequence: Decimal, next: Decimal);
    /// A link carries data.
    14 PeerUp(peer: Decimal, epoch: Decimal);
    /// A link carries no data any more.
    15 PeerDown(peer: Decimal, epoch: Decimal);
    /// A table or pool was full.
    16 Full(what: Decimal, bound: Decimal);
    /// An integrity check has failed, or the kernel panics.
    17 Broken(check: Decimal, first: Hex, second: Hex);
    /// A handler of a software interrupt runs next.
    18 Interrupted(inc: Decimal, event: Decimal, reference: Hex, handler: Hex, priority: Decimal);
}

impl Record {
    /// The record of an event; missing values are zero.
    pub fn new(time_ns: u64, sequence: u32, event: TraceEvent, values: &[u32]) -> Record {
        let mut record = Record {
            time_ns: U64::new(time_ns),
            event: U16::new(event as u16),
            sequence: U16::new(sequence as u16),
            values: [U32::ZERO; 5],
        };
        for (place, value) in record.values.iter_mut().zip(values) {
            *place = U32::new(*value);
        }
        record
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time_us = self.time_ns.get() / 1000;
        write!(f, "{:6}.{:06} ", time_us / 1_000_000, time_us % 1_000_000)?;
        let Some(event) = TraceEvent::from_number(self.event.get()) else {
            return write!(f, "event {} {:x?}", self.event, self.values.map(U32::get));
        };
        write!(f, "{event:?}")?;
        for ((name, shown), value) in event.values().iter().zip(self.values) {
            write!(f, " {name}=")?;
            show(f, *shown, value.get())?;
        }
        Ok(())
    }
}

fn show(f: &mut fmt::Formatter<'_>, shown: Shown, value: u32) -> fmt::Result {
    match shown {
        Shown::Decimal => write!(f, "{value}"),
        Shown::Hex => write!(f, "{value:#x}"),
        Shown::Call => match Call::try_from(value) {
            Ok(call) => write!(f, "{}", call.name()),
            Err(_) => write!(f, "call {value}"),
        },
        Shown::Result => match CallError::from_code(value as i32) {
            Some(error) => write!(f, "{error:?}"),
            None => write!(f, "{value}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_as_a_line() {
        let result = CallError::PeerLost.code() as u32;
        let record =
            Record::new(1_234_567_890, 7, TraceEvent::Returned, &[3, Call::Invoke as u32, result]);
        assert_eq!(
            record.to_string(),
            "     1.234567 Returned inc=3 call=inc_invoke result=PeerLost"
        );
    }

    #[test]
    fn unknown_numbers_are_shown_and_not_guessed() {
        let mut record = Record::new(0, 0, TraceEvent::Called, &[1, 9999, 0xff]);
        assert!(record.to_string().ends_with("call=call 9999 first=0xff second=0x0 third=0x0"));
        record.event = U16::new(999);
        assert!(record.to_string().contains("event 999 [1, 270f, ff, 0, 0]"), "{record}");
    }

    #[test]
    fn events_have_at_most_five_values() {
        for event in TraceEvent::ALL {
            assert!(event.values().len() <= 5, "{event:?}");
            assert_eq!(TraceEvent::from_number(*event as u16), Some(*event));
        }
    }

    #[test]
    fn a_record_survives_memory() {
        let record = Record::new(u64::MAX, 1 << 16 | 9, TraceEvent::Boot, &[1, 2, 3, 4, 5, 6]);
        let copy = Record::read_from_bytes(record.as_bytes()).unwrap();
        assert_eq!(copy, record);
        assert_eq!(copy.sequence.get(), 9);
        assert_eq!(copy.values[4].get(), 5);
    }
}
