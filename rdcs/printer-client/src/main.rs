//! A client of the printer server: `equus launch printer-client.rdc --dir TEXTS -- TEXTS SHARE OF`
//! formats every `OF`th text of a folder, from number `SHARE` on, and has it printed. It does
//! not know on which printer, nor that this may change.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};

use printer_server::Printer;
use text_processing::console::{Console, counted};
use text_processing::format::{Layout, format as lay_out};
use text_processing::texts;

/// A sentence for the user.
type Failure = String;

#[rdc::main]
fn main() {
    if let Err(failure) = run() {
        rdc::eprintln!("error: {failure}");
        rdc::exit(rdc::ExitCode::FAILURE);
    }
}

fn run() -> Result<(), Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let usage = "say which folder to print, and which share of it: TEXTS SHARE OF";
    let [folder, share, of] = &arguments[..] else { return Err(usage.into()) };
    let number = |text: &String| text.parse().ok().filter(|number| *number > 0);
    let (Some(share), Some(of)) = (number(share), number(of)) else { return Err(usage.into()) };
    let paths = texts::list(folder)?;
    let console = Console::of_launch("client").map_err(|error| error.to_string())?;
    let printer = Printer::connect();
    let mut printer = printer.map_err(|error| format!("cannot find the printer: {error}"))?;
    let mut documents = 0;
    for path in paths.iter().skip(share - 1).step_by(of) {
        let text = texts::read(path).map_err(|error| format!("{path}: {error}"))?;
        let name = texts::name(path);
        let pages: String = lay_out(name, &text, Layout::PRINTER).concat();
        printer.print(name, &pages).map_err(|error| format!("{path}: {error}"))?;
        documents += 1;
    }
    let client = printer.client();
    console.detail(&format!(
        "client {client} on node {}: all {} printed",
        rdc::node().0,
        counted(documents, "document")
    ));
    Ok(())
}
