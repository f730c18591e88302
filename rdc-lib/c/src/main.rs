//! The half of the C library that is Rust: the calls, stream space and names, the beginning and
//! the end of a module, memory, files, and the digits of floating-point numbers. The other half,
//! in `lib/`, is what C programs see of them; `include/` has the headers.
//!
//! Both halves are one archive, `libequus.a`, against which modules in C are linked. What Rust
//! gives C begins with two underscores, takes and returns scalars and addresses only, and
//! stands in `lib/rust.h`; only calls have their own names.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

mod calls;
mod ending;
mod errno;
mod files;
mod heap;
mod numbers;
mod space;
#[cfg(target_arch = "m68k")]
mod start;

/// On the host this crate is type-checked only.
#[cfg(not(target_arch = "m68k"))]
fn main() {}
