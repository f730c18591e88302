//! From a package of modules to an RDC file.
//!
//! A package has one binary for each module of the RDC. [`Package::read`] finds them,
//! [`Builder::build`] builds each for the 680x0 and packs them with [`pack()`], which can also
//! be had alone, for ELF files of another origin. What an RDC file is says
//! `abi::rdc_file`; where a module lies in memory, `abi::space`.

mod build;
mod elf;
mod error;
mod pack;
mod package;

pub use build::{Builder, Rdc};
pub use error::{Error, Result};
pub use pack::{ModuleFile, pack};
pub use package::{Module, Package, Sizes};
