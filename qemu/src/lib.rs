//! QEMU machines for the host's tools: [`Config`] says what a machine is,
//! [`attach`] runs one on the user's terminal, [`Machine`] runs one whose console
//! a program reads, and [`harness`] runs the tests inside an image.
//!
//! A machine never outlives who started it: it is killed when its value is
//! dropped, and by the operating system if the starting thread dies.

mod config;
mod error;
pub mod harness;
mod machine;
mod qmp;

pub use config::{Config, Time};
pub use error::Error;
pub use machine::{Exit, Machine, attach};
