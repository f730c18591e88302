//! From a package of modules to an RDC file.
//!
//! A package has one binary, or one program in C, for each module of the RDC. [`Package::read`]
//! and [`Package::read_c`] find them, [`Builder::build`] builds each for the 680x0 and packs them with [`pack()`], which can also
//! be had alone, for ELF files of another origin. What an RDC file is says
//! `abi::rdc_file`; where a module lies in memory, `abi::space`.

mod build;
mod c_build;
mod c_sources;
mod elf;
mod error;
mod pack;
mod package;

pub use build::{Builder, Rdc};
pub use error::{Error, Result};
pub use pack::{ModuleFile, pack};
pub use package::{Language, Module, Package, Sizes};
