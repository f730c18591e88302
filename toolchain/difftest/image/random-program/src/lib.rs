//! A random program, as `difftest::fuzz` generates it: `run` calls each of its
//! functions and prints a line for each.

#![no_std]

mod program {
    #![allow(warnings, clippy::all, clippy::pedantic, reason = "nobody writes or reads this")]
    include!(concat!(env!("OUT_DIR"), "/program.rs"));
}

pub use program::run;
