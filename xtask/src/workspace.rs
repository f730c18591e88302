//! Where things are, and the builds that every job shares.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use cross::{Build, Image, Toolchain};
use miette::{Result, miette};
use rdc_build::{Builder, Package, Rdc};

use crate::command;
use crate::progress::{Step, say};

/// Every folder that is a workspace of its own.
pub const WORKSPACES: &[&str] = &["", "boards", "rdcs", "toolchain/difftest/image"];

/// The kernel's image for QEMU.
pub const KERNEL: &str = "qemu-virt";

/// The packages of the host's programs. They are selected together whichever of them is
/// wanted: the features of what they share depend on the selection, and with the same
/// features as in the tests of the whole tree nothing is compiled twice.
pub const HOST_PROGRAMS: &[&str] = &["--package=launch", "--package=ll2c", "--package=xtask"];

/// What a workspace is called in the titles of steps.
pub fn title(name: &str) -> &str {
    if name.is_empty() { "tree" } else { name }
}

/// The folder of the whole tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root")
}

/// Where everything that is built goes.
pub fn target() -> PathBuf {
    root().join("target")
}

/// Where kernels and programs for the 680x0 are built: in one folder they share core.
pub fn m68k() -> PathBuf {
    target().join("m68k")
}

/// How images are built.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Profile {
    /// quick to build: little optimisation, overflow checks
    Dev,
    /// quick to run: the whole program optimised at once
    Release,
}

impl Profile {
    /// Its name for cargo.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Dev => "dev",
            Profile::Release => "release",
        }
    }
}

/// The user's own cargo, for what runs on the host.
pub fn host_cargo(folder: &Path, args: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args).current_dir(folder);
    cargo
}

/// The user's own cargo for all packages of a workspace, into the folder of the whole tree:
/// what several workspaces use is compiled once.
pub fn workspace_cargo(folder: &Path, verb: &str) -> Command {
    let mut cargo = host_cargo(folder, &[verb, "--workspace", "--target-dir"]);
    cargo.arg(target());
    cargo
}

/// Builds ll2c and returns its path.
pub fn ll2c() -> Result<PathBuf> {
    program("ll2c")
}

/// Builds the command `equus` and returns its path.
pub fn equus() -> Result<PathBuf> {
    program("equus")
}

fn program(name: &str) -> Result<PathBuf> {
    let mut cargo = host_cargo(root(), &["build"]);
    cargo.args(HOST_PROGRAMS).arg(format!("--bin={name}")).arg("--target-dir").arg(target());
    command::run(name, &mut cargo, |_| String::new())?;
    Ok(target().join("debug").join(name))
}

/// Builds a program of the folder `rdcs`; one with modules in C needs the C library's folder.
pub fn rdc(toolchain: &Toolchain, ll2c: &Path, c: Option<&Path>, name: &str) -> Result<Rdc> {
    let step = Step::start(format!("rdcs/{name}"));
    let folder = root().join("rdcs").join(name);
    let package = if Package::is_c(&folder) {
        Package::read_c(&folder)?
    } else {
        Package::read(&toolchain.cargo, &folder)?
    };
    let builder = Builder::new(ll2c, m68k()).rust(toolchain);
    let builder = c.map_or(builder.clone(), |library| builder.c(library));
    match builder.build(&package, |line| step.note(line)) {
        Ok(rdc) => {
            step.done("");
            say_if_any(&rdc.warnings);
            Ok(rdc)
        }
        Err(error) => {
            step.failed("failed");
            say_if_any(error.output());
            Err(error.into())
        }
    }
}

/// Shows what a compiler has said.
fn say_if_any(output: &str) {
    if !output.is_empty() {
        say(output.trim_end());
    }
}

/// Builds the archive of the C library.
pub fn c_archive(toolchain: &Toolchain, ll2c: &Path) -> Result<PathBuf> {
    let step = Step::start("the C library");
    let build = Build::new(toolchain, ll2c, root().join("rdcs"), m68k());
    match build.arg("--package=rdc-c").run(|line| step.note(line)) {
        Ok(images) => {
            step.done("");
            image(&images, "libequus")
        }
        Err(error) => {
            step.failed("failed");
            Err(error.into())
        }
    }
}

/// Builds the kernel images: all of them, or those that `args` tell cargo.
pub fn boards(
    toolchain: &Toolchain,
    ll2c: &Path,
    profile: Profile,
    args: &[&str],
) -> Result<Vec<Image>> {
    let step = Step::start(format!("kernel images, {}", profile.name()));
    let boards = Build::new(toolchain, ll2c, root().join("boards"), m68k());
    let build = args.iter().fold(boards, |build, arg| build.arg(*arg));
    let build = build.profile(profile.name());
    match build.run(|line| step.note(line)) {
        Ok(images) => {
            let names: Vec<_> = images.iter().map(|image| image.name.as_str()).collect();
            step.done(&names.join(", "));
            Ok(images)
        }
        Err(error) => {
            step.failed("failed");
            Err(error.into())
        }
    }
}

/// The image of that name.
pub fn image(images: &[Image], name: &str) -> Result<PathBuf> {
    let image = images.iter().find(|image| image.name == name);
    image
        .map(|image| image.path.clone())
        .ok_or_else(|| miette!("the workspace has no binary {name}"))
}
