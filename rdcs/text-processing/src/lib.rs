//! What the modules of `text-processing` share: the formatter, the form of what is printed, and
//! what manager, scheduler, workers and spoolers say to each other.
//!
//! The example is the dissertation's (§2.4.2, §5.2, §6.4). The scheduler knows which documents
//! are to be done. Workers ask it for one after the other, format them, and send them to a
//! printer without waiting. The spooler there prints them one by one. Before it prints one, it
//! asks the manager, who keeps the books: so a document that comes twice, because somebody was
//! lost meanwhile, is printed once. After each it reports, and may be told something else than
//! to go on. The manager alone knows of reconfigurations.
#![cfg_attr(target_arch = "m68k", no_std)]

extern crate alloc;

pub mod assignments;
pub mod console;
pub mod format;
pub mod labels;
pub mod papers;
pub mod print;
pub mod printer;
pub mod protocol;
pub mod texts;
