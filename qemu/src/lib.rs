//! QEMU machines for the host's tools: [`Config`] says what a machine is,
//! [`attach`] runs one on the user's terminal, [`Machine`] runs one whose console
//! a program reads, [`harness`] runs the tests inside an image, and [`Pool`] runs many
//! as the nodes of one crate, with shared memory and doorbells: the virtual bus.
//!
//! A machine never outlives who started it: it is killed when its value is
//! dropped, and by the operating system if the starting thread dies.

mod bells;
mod config;
mod console;
mod error;
pub mod harness;
mod machine;
mod pool;
mod process;
mod qmp;

pub use bells::Bells;
pub use config::{Config, Cpu, Time};
pub use error::Error;
pub use machine::{Machine, attach};
pub use pool::{Pool, PoolConfig, PoolEvent};
pub use process::Exit;
