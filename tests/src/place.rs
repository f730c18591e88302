//! Where the things are that tests run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The path in a variable that `cargo xtask test` sets.
///
/// # Panics
/// If nobody has set it.
pub fn variable(name: &str) -> PathBuf {
    let value = std::env::var_os(name);
    value.unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask test --pool`")).into()
}

/// An RDC file.
pub fn rdc(name: &str) -> PathBuf {
    variable("RDC_FOLDER").join(format!("{name}.rdc"))
}

/// The command, which looks for its pool in this folder.
pub fn equus(folder: &Path) -> Command {
    let mut command = Command::new(variable("EQUUS"));
    command.env("EQUUS_SOCKET", folder.join("socket/pool.sock"));
    command.env("EQUUS_IMAGE", variable("KERNEL_IMAGE"));
    command.stdin(Stdio::null());
    command
}
