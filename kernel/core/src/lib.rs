//! The portable kernel of a node (dissertation, chapter 8): incarnations and their
//! references, delivery of messages, ghosts, loader and time daemon, over any [`platform`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod platform;
