//! The kernel image: until there are pools, the board's monitor.
#![cfg_attr(target_arch = "m68k", no_std)]
#![no_main]

use m68k::address::PhysAddr;
use m68k::monitor;
use qemu_virt::virt;

/// Called by m68k/asm/start.S with the start of the slice that the image is in.
#[unsafe(no_mangle)]
extern "C" fn kernel_main(slice: u32) -> ! {
    // SAFETY: this is the first code in Rust, and the only call.
    let board = unsafe { virt::start(PhysAddr(slice)) };
    monitor::run(board)
}
