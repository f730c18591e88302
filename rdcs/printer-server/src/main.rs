//! The printer server's manager: `equus launch printer-server.rdc --dir OUT -- OUT [CLIENTS]`
//! serves clients until so many have come and gone, or for ever. With few clients it uses one
//! printer; with more, two: then some are led to the second one, and back when it is given up.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod books;
mod clients;
mod server;
mod spoolers;

use alloc::string::{String, ToString};

use server::Server;
use text_processing::console::Console;

/// A sentence for the user.
type Failure = String;

#[rdc::main]
fn main() {
    if let Err(failure) = run() {
        rdc::eprintln!("error: {failure}");
        // Spoolers would wait for ever.
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
}

fn run() -> Result<(), Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let usage = "say where to print, and perhaps after how many clients to end: OUT [CLIENTS]";
    let (out, clients) = match &arguments[..] {
        [out] => (out, None),
        [out, clients] => (out, Some(clients.parse().map_err(|_| usage.to_string())?)),
        _ => return Err(usage.into()),
    };
    let console = Console::of_launch("client").map_err(|error| error.to_string())?;
    Server::open(out, clients, console)?.run()
}
