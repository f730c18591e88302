//! Checks the Equus calls from within: `equus launch selftest.rdc [-- CASE…]` runs the cases
//! whose names begin with one of the words, or all. The exit code is 0 if all have passed.
//!
//! Each case runs near, with a partner on the same node, and far, with one on another.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod bench;
mod cases;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bench::{Failure, Place};
use rdc::ExitCode;

#[rdc::main]
fn main() -> ExitCode {
    let outcome = places().and_then(|places| {
        let wanted = rdc::try_args().map_err(|error| error.to_string())?;
        Ok(run(&places, &wanted))
    });
    match outcome {
        Ok(failed) => {
            rdc::exit_rdc(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Err(failure) => {
            rdc::eprintln!("error: {failure}");
            rdc::exit_rdc(ExitCode::FAILURE)
        }
    }
}

/// Near, and far if there is another node.
fn places() -> Result<Vec<Place>, Failure> {
    let here = rdc::node();
    let mut places = alloc::vec![Place::new("near", here)?];
    match rdc::nodes().map_err(|error| error.to_string())?.iter().find(|node| node.id != here) {
        Some(other) => places.push(Place::new("far", other.id)?),
        None => rdc::eprintln!("there is one node only: nothing runs far"),
    }
    Ok(places)
}

/// Runs the cases that are wanted; answers how many have failed.
fn run(places: &[Place], wanted: &[String]) -> usize {
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.starts_with(word.as_str()));
    let (mut passed, mut failed) = (0, 0);
    for (name, case) in cases::all().filter(|(name, _)| is_wanted(name)) {
        for place in places {
            match case(place) {
                Ok(()) => {
                    rdc::println!("ok      {name} {}", place.name);
                    passed += 1;
                }
                Err(failure) => {
                    rdc::println!("FAILED  {name} {}: {failure}", place.name);
                    failed += 1;
                }
            }
        }
    }
    rdc::println!("{passed} passed, {failed} failed");
    if passed == 0 { failed + 1 } else { failed }
}
