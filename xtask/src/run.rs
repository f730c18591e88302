//! `cargo xtask build` and `cargo xtask run`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use cross::{Action, Image};
use miette::{IntoDiagnostic, Result, bail};
use qemu::{Config, Exit, attach};

use crate::workspace::{self, Profile};
use crate::{progress, setup};

/// The image that runs.
const KERNEL: &str = "qemu-virt";

/// Who looks at the kernel while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Debugger {
    /// nobody
    None,
    /// gdb, from the first instruction on
    Gdb,
}

/// Builds the kernel images: all of them, or those that `args` tell cargo.
pub fn build(profile: Profile, args: &[&str]) -> Result<Vec<Image>> {
    let toolchain = setup::setup(&[])?;
    let ll2c = workspace::ll2c()?;
    let images = workspace::boards(&toolchain, &ll2c, profile, Action::Build, args)?;
    for image in &images {
        progress::say(&format!("{}: {}", image.name, image.path.display()));
    }
    Ok(images)
}

/// Boots the kernel on this terminal, to its end.
pub fn run(profile: Profile, debugger: Debugger) -> Result<()> {
    let programs: &[_] = match debugger {
        Debugger::None => &[setup::QEMU],
        Debugger::Gdb => &[setup::QEMU, setup::GDB],
    };
    setup::require(programs)?;
    let images = build(profile, &[&format!("--bin={KERNEL}")])?;
    let kernel = workspace::image(&images, KERNEL)?;
    let mut config = Config::new(&kernel);
    if !std::io::stdin().is_terminal() {
        config = config.option("batch");
    }
    // Dropped at the end, and with it the socket.
    let folder = tempfile::tempdir().into_diagnostic()?;
    if debugger == Debugger::Gdb {
        let socket = folder.path().join("gdb");
        config = config.gdb(&socket);
        progress::say(&gdb_command(&kernel, &socket));
    }
    match attach(&config).into_diagnostic()? {
        Exit::Success => Ok(()),
        failure => bail!("the kernel ended: {failure}; its report stands above"),
    }
}

/// What to type in another terminal.
fn gdb_command(kernel: &Path, socket: &Path) -> String {
    let kernel: PathBuf = kernel.strip_prefix(workspace::root()).unwrap_or(kernel).into();
    format!(
        "The kernel waits for its debugger. In another terminal, in {}:\n  \
         gdb-multiarch {} -ex 'target remote {}'",
        workspace::root().display(),
        kernel.display(),
        socket.display()
    )
}
