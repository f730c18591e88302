//! `cargo xtask monitor`: one machine, on this terminal.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Result, bail};
use qemu::{Config, Exit, attach};

use crate::workspace::{self, KERNEL, Profile};
use crate::{progress, setup};

/// Who looks at the kernel while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Debugger {
    /// nobody
    None,
    /// gdb, from the first instruction on
    Gdb,
}

/// Boots the kernel on this terminal, to its end.
pub fn monitor(profile: Profile, debugger: Debugger) -> Result<()> {
    let programs: &[_] = match debugger {
        Debugger::None => &[setup::QEMU],
        Debugger::Gdb => &[setup::QEMU, setup::GDB],
    };
    let toolchain = setup::setup(programs)?;
    let ll2c = workspace::ll2c()?;
    let only = format!("--bin={KERNEL}");
    let images = workspace::boards(&toolchain, &ll2c, profile, &[&only])?;
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
    match attach(&config)? {
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
