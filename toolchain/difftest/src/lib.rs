//! The differential test of ll2c: the same Rust programs run on the host and
//! on a 680x0 in QEMU, and must print the same.
//!
//! There are three programs, all in the workspace `image/`: the **cases** of
//! `cases/`, which go through the language and its libraries; **random**
//! programs from [`fuzz::generate`]; and **machine**, which does what has no
//! equal on the host (inline assembly, exceptions, linker symbols) and is
//! compared with a text. Each is built by several levels of rustc and by two
//! settings of GCC: see [`Configuration`].
//!
//! The host's side is built by the same rustc with the same library, so that
//! the words of a panic inside that library are the same, too.

mod build;
mod compare;
mod configuration;
mod error;
pub mod fuzz;
mod machine;
mod random;

use std::path::{Path, PathBuf};

use cross::Toolchain;

pub use compare::{Failure, Report};
pub use configuration::{Configuration, Extent, Gcc, Rustc};
pub use error::{Error, Result};

use build::Program;
use compare::Sections;
use configuration::Matrix;

/// What a differential test works with.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    toolchain: &'a Toolchain,
    ll2c: &'a Path,
    work: &'a Path,
    kernels: &'a Path,
    progress: &'a (dyn Fn(&str) + Sync),
}

impl<'a> Bench<'a> {
    /// Builds with `toolchain` and the linker at `ll2c`, into the folder `work`,
    /// where later runs find what they need not build again. What is built as
    /// releases are goes into `kernels`, where these are built: they share core.
    /// `progress` is told in a line what is being done; several threads call it.
    pub fn new(
        toolchain: &'a Toolchain,
        ll2c: &'a Path,
        work: &'a Path,
        kernels: &'a Path,
        progress: &'a (dyn Fn(&str) + Sync),
    ) -> Bench<'a> {
        Bench { toolchain, ll2c, work, kernels, progress }
    }

    /// Runs the cases on whose names (`group::case`) `filter` is found.
    pub fn cases(&self, filter: &str, extent: Extent) -> Result<Report> {
        let expected = self.on_host(&build::EXPECTED_CASES, filter)?;
        self.compare(&build::CASES, &Matrix::of(extent), filter, &expected)
    }

    /// Runs the program that tests what only a 680x0 can do, in every configuration.
    pub fn machine(&self) -> Result<Report> {
        let expected = include_str!("../image/run-machine/expected.txt");
        self.compare(&build::MACHINE, &Matrix::of(Extent::Whole), "", expected)
    }

    fn compare(
        &self,
        program: &Program,
        matrix: &Matrix,
        command_line: &str,
        expected: &str,
    ) -> Result<Report> {
        let expected = Sections::of_cases(expected);
        if let Some(name) = expected.name_of_two() {
            return Err(Error::TwoCases { name: name.to_owned() });
        }
        let found = self.in_all(matrix, |bench, configuration| {
            let image = bench.image(program, configuration)?;
            machine::run(&image, configuration.gcc, command_line, machine::CASES_LIMIT)
        })?;
        let mut report = Report::default();
        for (configuration, run) in found {
            report.compare(configuration, &expected, &Sections::of_cases(&run.output), run.ending);
        }
        Ok(report)
    }

    /// The folder where failing random programs are kept.
    pub fn failures(&self) -> PathBuf {
        self.work.join("failures")
    }
}
