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
use alloc::vec::Vec;

use manager::Manager;
use rdc::fs::Kind;
use text_processing::console::Console;

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
    let [texts, out] = &arguments[..] else {
        return Err("say which folder to print, and to which folder: TEXTS OUT".into());
    };
    let console = Console::of_launch().map_err(|error| error.to_string())?;
    let documents = documents(texts)?;
    if documents.is_empty() {
        return Err(format!("there is nothing to print in {texts}"));
    }
    Manager::establish(&documents, out, console)?.run()
}

/// The paths of the files of a folder, in the order of their names.
fn documents(folder: &str) -> Result<Vec<String>, Failure> {
    let entries =
        rdc::fs::read_dir(folder).map_err(|error| format!("cannot list {folder}: {error}"))?;
    let files = entries.into_iter().filter(|entry| entry.kind == Kind::File);
    let mut paths: Vec<String> = files.map(|entry| format!("{folder}/{}", entry.name)).collect();
    paths.sort();
    Ok(paths)
}
