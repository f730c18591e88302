//! Everything of Equus that crosses a boundary: between user code and kernel,
//! between nodes, between nodes and the host. Definitions only, no logic.
//!
//! | module | boundary |
//! |---|---|
//! | [`calls`], [`error`], [`structs`], [`constants`], [`interrupt`] | user code and its kernel |
//! | [`ids`] | all of them |
//! | [`mod@slice`], [`ring`], [`grant`] | memory that nodes share |
//! | [`status`], [`trace`] | what a node shows to the others and to the host |
//! | [`rdc_file`], [`space`] | the file that a program is launched from, and user memory |
//! | [`service`] | a launch endpoint and the incarnations of its RDC |
//! | [`labels`] | stream space, the name service, and whoever asks them |
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![allow(clippy::doc_markdown, reason = "the texts of calls and errors go into equus.h too")]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod calls;
pub mod constants;
pub mod error;
pub mod grant;
pub mod ids;
pub mod interrupt;
pub mod labels;
pub mod message;
pub mod rdc_file;
pub mod ring;
pub mod service;
pub mod slice;
pub mod space;
pub mod start;
pub mod status;
pub mod structs;
pub mod trace;
