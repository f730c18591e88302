//! What the modules of `selftest` say to each other: the primary incarnation runs the cases, a
//! partner, near or far, does what it is told.
#![cfg_attr(target_arch = "m68k", no_std)]

pub mod crimes;

use rdc::CallError;
use zerocopy::big_endian::{I32, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A message to a partner.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Command {
    /// A [`Task`].
    pub task: U32,
    /// What it means depends on the task.
    pub value: U32,
}

/// What a partner replies.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Answer {
    /// 0, or the code of the error that the partner met.
    pub result: I32,
    /// What it means depends on the task.
    pub value: U32,
    /// Where the partner is.
    pub node: U32,
}

macro_rules! tasks {
    ($($number:literal $task:ident $doc:literal;)+) => {
        /// What a partner can be told to do.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum Task { $(#[doc = $doc] $task = $number,)+ }

        impl Task {
            /// The task of this number, if there is one.
            pub const fn from_number(number: u32) -> Option<Task> {
                match number { $($number => Some(Task::$task),)+ _ => None }
            }
        }
    };
}

tasks! {
    1 Echo "Replies with the same value and data.";
    2 Note "Writes the value down, and a checksum of the data. No reply is expected.";
    3 Tell "Replies with how many notes there are as value, and with them as data.";
    4 Keep "Keeps the reference that comes with the message; the value is its type.";
    5 Return "Replies with the reference that was kept, and keeps it.";
    6 Reverse "Turns the contents of the buffer that was kept round.";
    7 Forward "Passes the message on by the stream that was kept, with the task Echo.";
    8 Drop "Gives up the right to reply.";
    9 LetGo "Lets the invokers of the next `value` messages go on without a reply.";
    10 Sleep "Replies after `value` milliseconds.";
    11 Exit "Ends with the status `value`.";
    12 Fault "Uses up its stack.";
    13 Panic "Panics.";
    14 State "Asks for the state of the incarnation that was kept, as value.";
    15 Destroy "Destroys the incarnation that was kept.";
    16 Parameters "Replies with its parameters.";
    17 Grow "Takes `value` bytes of heap, writes to all of them, and frees them.";
    18 Send "Sends a note with this value by the stream that was kept.";
    19 Receive "Receives a note at the port that was kept; the value is that of the note.";
    20 Handle "Replies with a handle to the stream or port that was kept.";
    21 Auxiliary "Replies with the first note that is at its auxiliary port, as value.";
    22 Depend "Makes the incarnation that was kept depend on itself in the way `value`.";
    23 Fetch "Gets the stream whose label is the data, and sends a note with this value by it.";
    24 Deposit "Deposits the reference that was kept, in `value` copies, under the label in the data.";
    25 Borrow "Gets what is under the label in the data, waiting `value` milliseconds, and holds it.";
    26 Release "Returns what it holds.";
    27 Find "Looks up the name in the data, and sends a note with this value by the stream.";
    28 Via "Sends a note with this value by the stream that was declared for it first.";
    29 At "Receives a note at the port that was declared for it second; the value is that of the note.";
}

impl Command {
    /// A message with a task.
    pub fn new(task: Task, value: u32) -> Command {
        Command { task: (task as u32).into(), value: value.into() }
    }
}

impl Answer {
    /// An answer with what a call came to.
    pub fn of(result: Result<u32, CallError>) -> Answer {
        Answer {
            result: result.map_or_else(CallError::code, |_| 0).into(),
            value: result.unwrap_or_default().into(),
            node: u32::from(rdc::node().0).into(),
        }
    }

    /// The value, or the error that the partner met.
    pub fn value(&self) -> Result<u32, CallError> {
        match self.result.get() {
            0 => Ok(self.value.get()),
            code => Err(CallError::from_code(code).unwrap_or(CallError::NoSuchCall)),
        }
    }
}

/// A checksum in which every byte and its place counts.
pub fn checksum(data: &[u8]) -> u32 {
    data.iter().fold(1, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}
