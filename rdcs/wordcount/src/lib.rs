//! What the modules of `wordcount` share: how words are counted, and what a worker and the
//! primary incarnation say to each other.
//!
//! The primary incarnation makes a worker on every node. A worker asks for a file, counts its
//! words, and asks for the next with what it has found. A file is done when that has arrived:
//! so the files of a worker that is lost are handed to others, and none is counted twice.
#![cfg_attr(target_arch = "m68k", no_std)]

extern crate alloc;

pub mod protocol;
pub mod tally;
