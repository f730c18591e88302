//! `cargo xtask ci`: everything that must hold before a change is taken.

use miette::Result;

use crate::lanes::both;
use crate::test::Selection;
use crate::workspace::{self, WORKSPACES, workspace_cargo};
use crate::{command, fmt, setup, test};

/// Formatting, lints, documentation, and the README's test command.
///
/// The lints of the tree come first, while what is missing is installed: they keep all
/// processors busy, and hold the lock on what ll2c is built from.
pub fn ci() -> Result<()> {
    let format_and_lints = || {
        fmt::fmt(fmt::Mode::Check)?;
        lints(WORKSPACES[0])
    };
    let (toolchain, ()) = both(|| setup::setup(&[setup::QEMU]), format_and_lints)?;
    let everything = Selection::everything();
    let small = || {
        WORKSPACES[1..].iter().try_for_each(|name| lints(name))?;
        test::small(&toolchain, everything)
    };
    let large = || test::large(&toolchain, everything);
    let (small, large) = both(small, large)?;
    test::conclude(small + large)
}

/// Clippy and rustdoc of a workspace, where a warning is an error.
fn lints(name: &str) -> Result<()> {
    let folder = workspace::root().join(name);
    let name = workspace::title(name);
    let mut clippy = workspace_cargo(&folder, "clippy");
    clippy.args(["--all-targets", "--", "--deny=warnings"]);
    command::run(&format!("clippy, {name}"), &mut clippy, |_| String::new())?;
    let mut doc = workspace_cargo(&folder, "doc");
    doc.arg("--no-deps").env("RUSTDOCFLAGS", "--deny=warnings");
    command::run(&format!("rustdoc, {name}"), &mut doc, |_| String::new())?;
    Ok(())
}
