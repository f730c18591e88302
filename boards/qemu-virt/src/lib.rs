//! QEMU's machine `virt` with a 68040: its devices, its memory map, its start.
//! The images are `main.rs`, the kernel, and `bin/tests`, which tests it.
#![cfg_attr(target_arch = "m68k", no_std)]

pub mod bootinfo;
pub mod console;
mod describe;
pub mod devices;
pub mod doorbell;
pub mod interrupts;
pub mod memory;
pub mod pool;
pub mod timer;
pub mod virt;
