//! Waits in stream space, and says what that has come to.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

use rdc::Stream;
use rdc::space;

#[rdc::main]
fn main() {
    let place = core::str::from_utf8(rdc::parameters()).unwrap_or_default();
    match space::get::<Stream>("copy") {
        Ok(copy) => {
            rdc::println!("outcome {place} got it");
            // It dies with its copy.
            core::mem::forget(copy);
        }
        Err(error) => rdc::println!("outcome {place} {error:?}"),
    }
}
