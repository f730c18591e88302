//! The kernel image: a node of a pool if the command line says so, else the board's
//! monitor.
#![cfg_attr(target_arch = "m68k", no_std)]
#![no_main]

use m68k::address::PhysAddr;
use m68k::board::{Board, Nanoseconds};
use m68k::monitor;
use qemu_virt::pool::{self, Membership};
use qemu_virt::virt;

/// Called by m68k/asm/start.S with the clock as the first instruction has found it, and the
/// start of the slice that the image is in.
// SAFETY: no other function has this name, and asm/start.S calls it with these arguments.
#[unsafe(no_mangle)]
extern "C" fn kernel_main(started_ns: u64, slice: u32) -> ! {
    // SAFETY: this is the first code in Rust, and the only call.
    let board = unsafe { virt::start(Nanoseconds(started_ns), PhysAddr(slice)) };
    match Membership::parse(board.command_line()) {
        Some(member) => pool::run(member),
        None => monitor::run(board),
    }
}
