//! The tests of whole pools: real kernels in QEMU, real programs, the command `equus`.

use std::process::Command;

use miette::Result;

use crate::command;
use crate::system::System;
use crate::test::{Count, passed_in};
use crate::workspace::{HOST_PROGRAMS, KERNEL, Profile, host_cargo, root};

/// The programs that these tests launch.
const PROGRAMS: &[&str] = &[
    "hello",
    "echo",
    "echo-c",
    "wordcount",
    "selftest",
    "selftest-c",
    "dialogue",
    "hostile",
    "survivor",
    "rendezvous",
    "text-processing",
    "printer-server",
    "printer-client",
];
/// Random calls when somebody asks for all of them.
const MANY_CALLS: &str = "10000000";

/// Runs the tests of the pool and of the command.
pub fn test() -> Result<Count> {
    run("tests of pools", cargo(&["--package=pool-tests", "--test=commands", "--test=pools"])?)
}

/// Runs the test with random calls at its full length.
pub fn hostile() -> Result<Count> {
    let mut cargo = cargo(&["--package=pool-tests", "--test=pools", "hostile"])?;
    cargo.env("HOSTILE_CALLS", MANY_CALLS);
    run("ten million random calls", cargo)
}

/// Cargo for ignored tests, which it tells where everything is that they run.
fn cargo(args: &[&str]) -> Result<Command> {
    let system = System::build(Profile::Release, PROGRAMS)?;
    let mut cargo = host_cargo(root(), &["test"]);
    cargo.args(HOST_PROGRAMS).args(args).args(["--", "--ignored"]);
    cargo.env("KERNEL_IMAGE", system.path(KERNEL));
    cargo.env("EQUUS", system.path("equus"));
    cargo.env("RDC_FOLDER", system.path(""));
    Ok(cargo)
}

fn run(title: &str, mut cargo: Command) -> Result<Count> {
    let output = command::run(title, &mut cargo, |output| passed_in(output).summary())?;
    Ok(passed_in(&output))
}
