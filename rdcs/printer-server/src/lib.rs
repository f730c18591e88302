//! Printing by the printer server, whose clients are RDCs that it knows nothing of (§2.4.2,
//! figure 2.2). They find it by its name, and are given a stream to one of its spoolers; which
//! one that is may change at any time, and they do not notice.
//!
//! A document is sent in many messages: that is a transaction, and no client is led to another
//! spooler in the middle of one. [`Printer`] hides all of this from a client's program.
#![cfg_attr(target_arch = "m68k", no_std)]

extern crate alloc;

mod printer;
pub mod protocol;

pub use printer::{NotPrinted, Printer};
