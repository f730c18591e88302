//! Runs the cases on a 680x0: all of them, or those on whose names the command
//! line is found. A case that panics ends there; the next one gets a new stack.

#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicUsize, Ordering};

use runtime::Console;

/// The number of the case that is running.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

// SAFETY: start.S calls it so, and nothing else has its name.
#[unsafe(no_mangle)]
extern "C" fn image_main() -> ! {
    runtime::start_heap();
    run_from(0)
}

fn run_from(first: usize) -> ! {
    let filter = runtime::command_line();
    let note = |number| RUNNING.store(number, Ordering::Relaxed);
    let _ = difftest_cases::run(&mut Console, filter, first, note);
    runtime::halt()
}

extern "C" fn run_the_rest() -> ! {
    run_from(RUNNING.load(Ordering::Relaxed) + 1)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let location = info.location().expect("every panic has a location");
    let _ = difftest_cases::report_panic(&mut Console, location, &info.message());
    runtime::go_on_with(run_the_rest)
}
