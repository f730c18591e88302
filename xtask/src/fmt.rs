//! `cargo xtask fmt`: rustfmt over every workspace of the tree.

use miette::Result;

use crate::command;
use crate::workspace::{WORKSPACES, host_cargo, root, title};

/// Whether files are changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are.
    Write,
    /// They are not; a difference is an error.
    Check,
}

/// Formats the tree, or says where it is not formatted.
pub fn fmt(mode: Mode) -> Result<()> {
    for folder in WORKSPACES {
        let mut cargo = host_cargo(&root().join(folder), &["fmt", "--all"]);
        if mode == Mode::Check {
            cargo.arg("--check");
        }
        command::run(&format!("rustfmt, {}", title(folder)), &mut cargo, |_| String::new())?;
    }
    Ok(())
}
