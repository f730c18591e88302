//! `cargo xtask ci`: everything that must hold before a change is taken.

use miette::Result;

use crate::workspace::{self, WORKSPACES, host_cargo};
use crate::{command, fmt, setup, test};

/// Formatting, lints, documentation, and the README's test command.
pub fn ci() -> Result<()> {
    fmt::fmt(fmt::Mode::Check)?;
    for name in WORKSPACES {
        let folder = workspace::root().join(name);
        let name = if name.is_empty() { "tree" } else { name };
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny=warnings"];
        command::run(&format!("clippy, {name}"), &mut host_cargo(&folder, &clippy), |_| {
            String::new()
        })?;
        let mut doc = host_cargo(&folder, &["doc", "--workspace", "--no-deps"]);
        doc.env("RUSTDOCFLAGS", "--deny=warnings");
        command::run(&format!("rustdoc, {name}"), &mut doc, |_| String::new())?;
    }
    let toolchain = setup::setup(&[setup::QEMU])?;
    let ll2c = workspace::ll2c()?;
    test::test(&toolchain, &ll2c, test::Selection::everything())
}
