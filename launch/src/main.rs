//! The command `equus`: see `equus help`.

use std::process::ExitCode;

use clap::Parser;
use launch::cli::Cli;
use launch::commands;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let code = failure.exit_code();
            eprintln!("{:?}", miette::Report::new(failure));
            ExitCode::from(code)
        }
    }
}
