//! `models`: checks one scene, within bounds of one's own.

use std::process::ExitCode;

use clap::Parser;
use models::check::check;
use models::scenario::Scenario;

/// Tries every order of events, and some faults, while the receiver of messages changes.
#[derive(Debug, Parser)]
#[command(name = "models")]
struct Options {
    #[command(flatten)]
    scenario: Scenario,
}

fn main() -> ExitCode {
    let outcome = check(Options::parse().scenario);
    println!("{outcome}");
    if outcome.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
