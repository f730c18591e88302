//! What a lone program needs in QEMU's machine `virt`: a console, a heap, the
//! command line, and ways out.
//!
//! A program defines `image_main`, which `start.S` calls, and a panic handler.
//! Exceptions of the processor panic. Device addresses and registers are those
//! of QEMU's goldfish devices (`hw/m68k/virt.c`, `hw/char/goldfish_tty.c`).

#![no_std]

mod boot_info;
mod exception;

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, Ordering};

use linked_list_allocator::LockedHeap;

pub use boot_info::command_line;

/// The goldfish tty's register that prints a character.
const TTY_PUT_CHAR: *mut u32 = 0xff00_8000 as *mut u32;
/// The command register of QEMU's `virt-ctrl`.
const CONTROL_COMMAND: *mut u32 = 0xff00_9004 as *mut u32;
/// The command that ends QEMU.
const HALT: u32 = 2;

#[global_allocator]
static HEAP: LockedHeap = LockedHeap::empty();
static HEAP_IS_READY: AtomicBool = AtomicBool::new(false);

// SAFETY: the linker script defines the heap, of which only the addresses are used; start.S has
// the routine, which never comes back to what it takes the stack from.
unsafe extern "C" {
    static mut heap_start: u8;
    static heap_end: u8;
    safe fn run_on_empty_stack(function: extern "C" fn() -> !) -> !;
}

/// The machine's only serial line.
#[derive(Clone, Copy, Debug)]
pub struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the register is there in every machine `virt`, and a
            // write to it prints and does nothing else.
            unsafe { TTY_PUT_CHAR.write_volatile(u32::from(byte)) };
        }
        Ok(())
    }
}

/// Gives the heap its memory. Only the first call does so.
pub fn start_heap() {
    if HEAP_IS_READY.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the linker script sets this range apart for the heap, and it is
    // handed out once.
    unsafe {
        let start = &raw mut heap_start;
        let size = (&raw const heap_end).addr() - start.addr();
        HEAP.lock().init(start, size);
    }
}

/// Ends QEMU.
pub fn halt() -> ! {
    // SAFETY: the register is there in every machine `virt`; nothing runs on.
    unsafe { CONTROL_COMMAND.write_volatile(HALT) };
    loop {
        core::hint::spin_loop();
    }
}

/// Gives up all that is running and goes on with `function`. What the stack
/// held is never dropped.
pub fn go_on_with(function: extern "C" fn() -> !) -> ! {
    run_on_empty_stack(function)
}
