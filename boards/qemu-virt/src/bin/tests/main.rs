//! The image that tests the kernel's foundations in QEMU; m68k/src/testing.rs
//! says how, and the crate `qemu` reads what it prints.
//!
//! Times in tests are instructions: the harness runs QEMU so that one takes one
//! nanosecond.
#![cfg_attr(target_arch = "m68k", no_std)]
#![no_main]

extern crate alloc;

mod boot;
mod copy;
mod exceptions;
mod heap;
mod interrupts;
mod machine_code;
mod mmu;
mod node;
mod reports;
mod stack;
mod timer;
mod user;

use m68k::address::PhysAddr;
use m68k::board::Nanoseconds;
use m68k::testing;
use qemu_virt::virt;

/// Called by m68k/asm/start.S with the clock as the first instruction has found it, and the
/// start of the slice that the image is in.
// SAFETY: no other function has this name, and asm/start.S calls it with these arguments.
#[unsafe(no_mangle)]
extern "C" fn kernel_main(started_ns: u64, slice: u32) -> ! {
    // SAFETY: this is the first code in Rust, and the only call.
    let board = unsafe { virt::start(Nanoseconds(started_ns), PhysAddr(slice)) };
    testing::run(board)
}
