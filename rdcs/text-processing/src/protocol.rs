//! What is said over the channels of the configuration: `scheduler`, `printer1`, `printer2`, …
//! and `report`. Documents, workers and printers have numbers; lists of numbers, paths and
//! texts are extra data.

use alloc::vec::Vec;

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Stands for "no document" where the number of one is expected.
pub const NO_DOCUMENT: u32 = u32::MAX;

/// Bytes of a formatted document at most.
pub const DOCUMENT_MAX: usize = 512 << 10;

/// Declares the kinds of messages on a channel.
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
    /// What the scheduler is told or asked.
    ToScheduler:
    /// By the manager: the documents, as paths that are ended by nulls.
    Documents = 1,
    /// By a worker: it wants a document. The answer is a [`Task`] with the path of one.
    Next = 2,
    /// By the manager: the worker gets no more documents.
    Dismiss = 3,
    /// By the manager: the worker is gone. Others do what it had, but for the documents whose
    /// numbers are the data.
    WorkerLost = 4,
    /// By the manager: a printer is gone, and what was on its way there. All that anybody was
    /// given is done once more, but for the documents whose numbers are the data.
    PrinterLost = 5,
    /// By the manager: everything is printed.
    Finish = 6,
    /// By the manager: nobody asks any more.
    Close = 7,
}

/// A message to the scheduler.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Wish {
    /// A kind of [`ToScheduler`].
    pub kind: U32,
    /// The worker that asks, or that is meant.
    pub worker: U32,
}

/// The scheduler's answer to a worker.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Task {
    /// The document, or [`NO_DOCUMENT`] if there is none for this worker any more.
    pub document: U32,
}

/// A formatted document on its way to a printer; the data is what is to be printed.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Sheets {
    /// Which.
    pub document: U32,
    /// Who has formatted it.
    pub worker: U32,
    /// Its pages; 0 if it could not be formatted: then the data says why.
    pub pages: U32,
}

kinds! {
    /// What a spooler tells the manager.
    ToManager:
    /// A document has come. The answer says whether it is to be printed.
    Come = 1,
    /// A document could not be formatted; the data says why.
    Failed = 2,
    /// A document is printed. The data is the workers whose documents wait here.
    Printed = 3,
    /// It was asked to leave, and does nothing for anybody. The data is as above.
    Ready = 4,
}

/// A report of a spooler, who waits for the answer: an [`Order`].
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Report {
    /// A kind of [`ToManager`].
    pub kind: U32,
    /// The printer.
    pub printer: U32,
    /// The document, or [`NO_DOCUMENT`].
    pub document: U32,
    /// Who has formatted it.
    pub worker: U32,
    /// Its pages.
    pub pages: U32,
}

kinds! {
    /// What the manager answers a spooler.
    Answer:
    /// To go on: to print the document that has come, or to receive the next one.
    GoOn = 1,
    /// Not to print the document that has come: it is printed already, or being printed.
    Skip = 2,
    /// To end.
    Leave = 3,
}

/// The manager's answer to a [`Report`].
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Order {
    /// A kind of [`Answer`].
    pub kind: U32,
}

/// A list of numbers, as data.
pub fn list(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_be_bytes).collect()
}

/// The numbers of a list.
pub fn numbers(data: &[u8]) -> Vec<u32> {
    data.chunks_exact(4)
        .map(|number| u32::from_be_bytes([number[0], number[1], number[2], number[3]]))
        .collect()
}
