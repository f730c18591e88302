//! Runs a random program on a 680x0. No such program panics; if it does all the
//! same, the message is a difference in the output.

#![no_std]
#![no_main]

use core::fmt::Write;
use core::panic::PanicInfo;

use runtime::Console;

// SAFETY: start.S calls it so, and nothing else has its name.
#[unsafe(no_mangle)]
extern "C" fn image_main() -> ! {
    // The console takes it all.
    let _ = random_program::run(&mut Console);
    runtime::halt()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Console, "{info}");
    runtime::halt()
}
