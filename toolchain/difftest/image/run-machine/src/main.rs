//! Runs on a 680x0 what has no equal on the host: inline assembly, routines in
//! assembly that call Rust and are called by it, exceptions, what the linker
//! places, and raw memory. The output must be `expected.txt`.

#![no_std]
#![no_main]
#![cfg_attr(target_arch = "m68k", feature(asm_experimental_arch))]

mod control;
mod exceptions;
#[cfg(target_arch = "m68k")]
mod inline_assembly;
mod layout;
mod raw;
mod routines;

use core::fmt::{self, Write};
use core::panic::PanicInfo;

use runtime::Console;

/// What is run, and the name that stands above its output.
type Case = (&'static str, fn(&mut dyn Write) -> fmt::Result);

/// The cases; the last one ends with a panic. On the host, where they are only
/// type-checked, there is no assembly.
const GROUPS: &[&[Case]] = &[
    #[cfg(target_arch = "m68k")]
    inline_assembly::CASES,
    routines::CASES,
    exceptions::CASES,
    layout::CASES,
    raw::CASES,
    control::CASES,
];

// SAFETY: start.S calls it so, and nothing else has its name.
#[unsafe(no_mangle)]
extern "C" fn image_main() -> ! {
    for (name, run) in GROUPS.iter().copied().flatten() {
        // The console takes it all.
        let _ = writeln!(Console, "== {name}");
        let _ = run(&mut Console);
    }
    runtime::halt()
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Console, "panicked: {}", info.message());
    runtime::halt()
}
