//! What a node has to bear. `equus launch hostile.rdc -- MODE`:
//!
//! - `calls COUNT SEED`: guests make so many random calls with random arguments;
//! - `greed`: gluttons take all the memory, ports, references and messages that they can get,
//!   several times over: each time they get as much;
//! - `neighbour`: plays ping-pong with somebody on the same node and checks each byte, until
//!   it is ended. Launched beside the others, it shows that nobody else is harmed.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod calls;
mod greed;
mod neighbour;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::{CallError, ExitCode};

/// What was wrong.
type Failure = String;

#[rdc::main]
fn main() {
    let code = match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            rdc::eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    };
    rdc::exit_rdc(code);
}

fn run() -> Result<(), Failure> {
    let arguments = rdc::try_args().map_err(|error| error.to_string())?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse().map_err(|_| word.to_string() + " is no number");
    match words[..] {
        ["calls", count, seed] => calls::make(number(count)?, number(seed)?.into()),
        ["greed"] => greed::feed(),
        ["neighbour"] => neighbour::play(),
        _ => Err("say what to do: calls COUNT SEED, greed, or neighbour".to_string()),
    }
}

/// The call must have done what it was asked.
fn done<T>(what: &str, result: Result<T, CallError>) -> Result<T, Failure> {
    result.map_err(|error| alloc::format!("{what}: {error}"))
}
