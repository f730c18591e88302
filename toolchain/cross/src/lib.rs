//! Finds what builds for the 680x0 and runs cargo with it.
//!
//! A build for the 680x0 takes a rustc that comes with the source of exactly
//! its own library, GCC's m68k back end, and ll2c in the linker's place.
//! [`Toolchain::find`] looks for the first two, [`Build`] runs cargo with all
//! three. Nothing here knows what is built.

mod build;
mod error;
mod toolchain;

pub use build::{Build, Image};
pub use error::{Error, Result};
pub use toolchain::{DEBIAN_PACKAGES, Origin, Toolchain, find_gcc, gcc_headers};
