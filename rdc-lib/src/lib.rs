//! What the modules of an RDC are written with: the Equus calls in Rust, files and streams of
//! the host, printing, a heap, and reports of panics.
//!
//! ```no_run
//! #![cfg_attr(target_arch = "m68k", no_std, no_main)]
//!
//! #[rdc::main]
//! fn main() -> Result<(), rdc::fs::Error> {
//!     let text = rdc::fs::read_to_string("poem.txt")?;
//!     rdc::println!("node {}: {} words", rdc::node().0, text.split_whitespace().count());
//!     Ok(())
//! }
//! ```
//!
//! | here | the dissertation |
//! |---|---|
//! | [`Module::create`], [`fork()`], [`Incarnation`] | making incarnations, control (B.2, B.7) |
//! | [`channel`], [`Stream`], [`Port`], [`ReplyHandle`], [`Message`] | communications (B.4, B.5) |
//! | [`reconfigure`] | reconfiguring communications (B.6) |
//! | [`Buffer`], [`BufferHandle`] | data copying (B.4.2) |
//! | [`space`], [`Interface`], [`interface`] | stream space (B.3), declared configuration (§5.2) |
//! | [`names`] | the name service (§5.4) |
//! | [`event`], [`interrupt`] | events, software interrupts (B.9) |
//! | [`node`], [`nodes`], [`myself`], [`rdc_id`], [`parameters`] | identification (B.8), parameters |
//! | [`allocate_node`], [`withdraw_node`] | nodes of RDCs, for system RDCs (§7.2.2, B.7) |
//! | [`fs`], [`io`], [`args`], [`vars`], [`time`] | what the launch program serves (§3.3) |
//!
//! References are values: dropped, they are closed. A call answers
//! [`CallError`] when it has not done what it was asked.
//!
//! On the host this crate is type-checked and tested; there its calls answer `NotSupported`.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(target_arch = "m68k", feature(asm_experimental_arch))]

extern crate alloc;
// The tests of this crate expand its macros, too.
extern crate self as rdc;

mod args;
pub mod buffer;
pub mod event;
mod fork;
pub mod fs;
#[cfg(any(target_arch = "m68k", test))]
mod heap;
mod incarnation;
pub mod interface;
pub mod interrupt;
pub mod io;
mod labelled;
mod message;
pub mod names;
mod pool;
mod port;
pub mod raw;
pub mod reconfigure;
mod reference;
mod report;
mod service;
pub mod space;
pub mod start;
mod stream;
pub mod time;
mod trap;
mod window;

#[cfg(test)]
mod pretended;

/// The listings of the book and the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/src/modules.md")]
#[doc = include_str!("../../docs/src/reconfiguration.md")]
#[doc = include_str!("../../README.md")]
struct Listings;

pub use abi;
pub use abi::calls::args::Timeout;
pub use abi::constants::{ChannelType, Dependency, Domain, EndReason, EventType, InitialState};
pub use abi::error::CallError;
pub use abi::ids::{NodeId, Priority, RdcId};
pub use rdc_macros::main;

pub use args::{args, try_args, var, vars};
pub use buffer::Buffer;
pub use fork::{Attached, Forked, fork};
pub use incarnation::{Child, Module, Status};
pub use interface::Interface;
pub use message::{Message, Propagate};
pub use pool::{
    Node, Residents, allocate_node, auxiliary_port, launch, myself, node, nodes, parameters, port,
    rdc_id, withdraw_node,
};
pub use port::{Arrival, Invoker, NotReplied, Receive, Selected};
pub use reference::{
    BufferHandle, Incarnation, Port, PortHandle, Received, Reference, ReplyHandle, Stream,
    StreamHandle, Typed, test,
};
pub use start::{ExitCode, Termination, exit, exit_rdc, module_name};
pub use stream::{AsyncStream, channel};
pub use time::sleep;
