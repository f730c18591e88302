//! Formats the texts of a folder on all nodes and prints them, while it is reconfigured:
//! `equus launch text-processing.rdc --dir TEXTS --dir OUT -- TEXTS OUT` leaves the paper of
//! each printer in `OUT`, and has then read it again: every document is there once, whole.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod crew;
mod ledger;
mod manager;
mod plan;
mod verify;

use alloc::format;
use alloc::string::{String, ToString};

use manager::Manager;
use text_processing::console::Console;
use text_processing::texts;

/// A sentence for the user.
type Failure = String;

#[rdc::main]
fn main() {
    if let Err(failure) = run() {
        rdc::eprintln!("error: {failure}");
        // The others would wait for ever.
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
}

fn run() -> Result<(), Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let [folder, out] = &arguments[..] else {
        return Err("say which folder to print, and to which folder: TEXTS OUT".into());
    };
    let console = Console::of_launch("worker").map_err(|error| error.to_string())?;
    let documents = texts::list(folder)?;
    if documents.is_empty() {
        return Err(format!("there is nothing to print in {folder}"));
    }
    Manager::establish(&documents, out, console)?.run()
}
