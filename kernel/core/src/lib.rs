//! The portable kernel of a node (dissertation, chapter 8): incarnations and their
//! references, delivery of messages, ghosts, loader and time daemon, over any [`platform`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod backups;
mod calls;
pub mod config;
mod daemon;
mod delivery;
mod dependency;
mod ending;
mod events;
mod exchange;
mod executor;
mod fast;
mod finish;
mod forking;
mod ghost;
mod hosting;
mod incarnation;
mod integrity;
mod interrupts;
mod launch;
mod letter;
mod load;
mod loader;
mod moving;
mod node;
mod nodes;
mod operation;
mod outstanding;
pub mod platform;
mod pool;
mod port;
mod ports;
mod probes;
mod quota;
mod rdc;
mod reference;
mod sched;
pub mod shared_bus;
mod slab;
mod sources;
mod state;
mod stream;
mod ticks;
mod trace;
pub mod view;

pub use config::Config;
pub use fast::Made;
pub use launch::{LaunchSpec, Launched};
pub use node::{Left, NOBODY, Next, Node, User};
pub use rdc::{Image, Module, SystemRights};
