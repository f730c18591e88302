//! `cargo xtask ci`: everything that must hold before a change is taken.

use miette::Result;

use crate::lanes::both;
use crate::test::Selection;
use crate::workspace::{self, WORKSPACES, host_cargo};
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
    let on_host = || {
        WORKSPACES[1..].iter().try_for_each(|name| lints(name))?;
        test::on_host(everything)
    };
    let on_target = || test::on_target(&toolchain, everything);
    let (host, target) = both(on_host, on_target)?;
    test::conclude(host + target)
}

/// Clippy and rustdoc of a workspace, where a warning is an error.
fn lints(name: &str) -> Result<()> {
    let folder = workspace::root().join(name);
    let name = if name.is_empty() { "tree" } else { name };
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny=warnings"];
    let mut clippy = host_cargo(&folder, &clippy);
    command::run(&format!("clippy, {name}"), &mut clippy, |_| String::new())?;
    let mut doc = host_cargo(&folder, &["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "--deny=warnings");
    command::run(&format!("rustdoc, {name}"), &mut doc, |_| String::new())?;
    Ok(())
}
