//! CPU support for kernels on the 68030 and 68040, and the tools to bring up a
//! board with: exceptions, MMU, caches, heap, reports, monitor, test harness.
//!
//! Unsafe code is at home here and in the boards, nowhere above. Instructions
//! that no compiler emits are routines in `asm/*.S` behind `extern "C"`, so that
//! everything type-checks on the host and the portable parts are tested there.
#![cfg_attr(target_arch = "m68k", no_std)]

extern crate alloc;

pub mod address;
pub mod backtrace;
pub mod board;
pub mod cache;
pub mod calendar;
pub mod console;
pub mod context;
pub mod copy_loops;
pub mod cpu;
pub mod exception;
pub mod fpu;
pub mod frames;
pub mod heap;
pub mod interrupt;
pub mod mmu;
pub mod monitor;
pub mod node;
pub mod own_memory;
pub mod processor;
pub mod report;
pub mod space;
pub mod stack;
pub mod testing;
pub mod windows;
