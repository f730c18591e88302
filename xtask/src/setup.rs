//! `cargo xtask setup`: finds what a build needs, and installs what is missing
//! where it may.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use cross::{DEBIAN_PACKAGES, Error, Toolchain};
use miette::{Diagnostic, IntoDiagnostic, Result};
use thiserror::Error as ThisError;

use crate::command;
use crate::progress::Step;

/// A program that a job needs beside the toolchain.
#[derive(Clone, Copy)]
pub struct Program {
    name: &'static str,
    package: &'static str,
}

/// Runs the images.
pub const QEMU: Program = Program { name: "qemu-system-m68k", package: "qemu-system-misc" };
/// Debugs them.
pub const GDB: Program = Program { name: "gdb-multiarch", package: "gdb-multiarch" };

/// Something is missing that this program may not install.
#[derive(Debug, ThisError, Diagnostic)]
#[error("{} is missing", missing.join(" and "))]
#[diagnostic(help("{how}"))]
struct Missing {
    missing: Vec<String>,
    how: String,
}

/// Makes sure that the toolchain and these programs are there, and says what
/// was chosen and why.
pub fn setup(programs: &[Program]) -> Result<Toolchain> {
    require(programs)?;
    let toolchain = Toolchain::find()?;
    Step::start("toolchain").done(&toolchain.to_string());
    Ok(toolchain)
}

/// Makes sure that the toolchain and these programs are there.
pub fn require(programs: &[Program]) -> Result<()> {
    let (packages, missing) = missing(programs);
    if packages.is_empty() {
        return Ok(());
    }
    if !may_install() {
        return Err(Missing { missing, how: advice(&packages) }.into());
    }
    install(&packages)
}

/// The Debian packages to install, and what they are needed for.
fn missing(programs: &[Program]) -> (BTreeSet<&'static str>, Vec<String>) {
    let mut packages = BTreeSet::new();
    let mut missing = Vec::new();
    match Toolchain::find() {
        Ok(_) => {}
        Err(Error::NoProgram { program, .. }) => {
            packages.extend(["gcc-m68k-linux-gnu", "binutils-m68k-linux-gnu"]);
            missing.push(program.to_owned());
        }
        Err(error) => {
            packages.extend(DEBIAN_PACKAGES);
            missing.push(error.to_string());
        }
    }
    for program in programs {
        if !answers(program.name) {
            packages.insert(program.package);
            missing.push(program.name.to_owned());
        }
    }
    (packages, missing)
}

fn answers(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// As root on Debian: nothing to ask for.
fn may_install() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/etc/debian_version").exists()
}

fn advice(packages: &BTreeSet<&str>) -> String {
    let packages: Vec<_> = packages.iter().copied().collect();
    format!(
        "on Debian: sudo apt-get install --no-install-recommends {}\n\
         elsewhere: GCC and binutils for m68k-linux-gnu, qemu-system-m68k, gdb, and\n\
         rustup toolchain install nightly --component rust-src",
        packages.join(" ")
    )
}

fn install(packages: &BTreeSet<&str>) -> Result<()> {
    let names: Vec<_> = packages.iter().copied().collect();
    let title = format!("installing {}", names.join(" "));
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        command
    };
    command::run("apt-get update", &mut apt(&["update"]), |_| String::new())?;
    let mut install = apt(&["install", "-y", "--no-install-recommends"]);
    command::run(&title, install.args(packages), |_| String::new())?;
    Toolchain::find().into_diagnostic().map(drop)
}
