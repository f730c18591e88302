//! Texts for programs to work on.
//!
//! [`grow()`] makes as many files as wanted out of a few pages that were written for this
//! project: their sentences in another order, drawn by a seed. [`count()`] counts their words
//! with nothing but the standard library, and prints what `rdcs/wordcount` prints: so the two
//! can be compared. [`prints()`] reads what printers have printed of such texts, as
//! `rdcs/text-processing` does, and looks whether all of them are there.

mod count;
mod grow;
mod prints;

pub use count::{Count, count};
pub use grow::{Plan, grow};
pub use prints::{Prints, prints};
