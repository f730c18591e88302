//! The way into the kernel: `trap #0` on the 680x0, whose arguments and result are registers
//! (`asm/trap.S`). Elsewhere there is no kernel; the tests of this crate play one.
//!
//! The stubs are private to this crate because a call that is handed an address can overwrite
//! memory. What modules see are types that hold that memory borrowed for as long.

#![allow(unsafe_code, reason = "this is where user code leaves Rust")]

use abi::calls::stubs::{Stubs, Trap};

/// The system calls, under the dissertation's names.
pub(crate) type Calls = Stubs<Kernel>;

/// The kernel below this incarnation.
pub(crate) struct Kernel;

#[cfg(target_arch = "m68k")]
mod stubs {
    unsafe extern "C" {
        pub fn rdc_trap0(number: u32) -> u32;
        pub fn rdc_trap1(number: u32, first: u32) -> u32;
        pub fn rdc_trap2(number: u32, first: u32, second: u32) -> u32;
        pub fn rdc_trap3(number: u32, first: u32, second: u32, third: u32) -> u32;
        pub fn rdc_trap4(number: u32, first: u32, second: u32, third: u32, fourth: u32) -> u32;
        pub fn rdc_trap5(
            number: u32,
            first: u32,
            second: u32,
            third: u32,
            fourth: u32,
            fifth: u32,
        ) -> u32;
    }
}

// SAFETY (of each call): the routines follow the C ABI and change only what a function may.
// Memory whose address is among the arguments was lent by `window.rs` for this call.
#[cfg(target_arch = "m68k")]
impl Trap for Kernel {
    #[inline]
    fn trap0(number: u32) -> u32 {
        unsafe { stubs::rdc_trap0(number) }
    }

    #[inline]
    fn trap1(number: u32, first: u32) -> u32 {
        unsafe { stubs::rdc_trap1(number, first) }
    }

    #[inline]
    fn trap2(number: u32, first: u32, second: u32) -> u32 {
        unsafe { stubs::rdc_trap2(number, first, second) }
    }

    #[inline]
    fn trap3(number: u32, first: u32, second: u32, third: u32) -> u32 {
        unsafe { stubs::rdc_trap3(number, first, second, third) }
    }

    #[inline]
    fn trap4(number: u32, first: u32, second: u32, third: u32, fourth: u32) -> u32 {
        unsafe { stubs::rdc_trap4(number, first, second, third, fourth) }
    }

    #[inline]
    fn trap5(number: u32, first: u32, second: u32, third: u32, fourth: u32, fifth: u32) -> u32 {
        unsafe { stubs::rdc_trap5(number, first, second, third, fourth, fifth) }
    }
}

#[cfg(not(target_arch = "m68k"))]
impl Trap for Kernel {
    fn trap0(number: u32) -> u32 {
        elsewhere(number, [0; 5])
    }

    fn trap1(number: u32, first: u32) -> u32 {
        elsewhere(number, [first, 0, 0, 0, 0])
    }

    fn trap2(number: u32, first: u32, second: u32) -> u32 {
        elsewhere(number, [first, second, 0, 0, 0])
    }

    fn trap3(number: u32, first: u32, second: u32, third: u32) -> u32 {
        elsewhere(number, [first, second, third, 0, 0])
    }

    fn trap4(number: u32, first: u32, second: u32, third: u32, fourth: u32) -> u32 {
        elsewhere(number, [first, second, third, fourth, 0])
    }

    fn trap5(number: u32, first: u32, second: u32, third: u32, fourth: u32, fifth: u32) -> u32 {
        elsewhere(number, [first, second, third, fourth, fifth])
    }
}

/// A call where there is no kernel of Equus.
#[cfg(all(not(target_arch = "m68k"), not(test)))]
fn elsewhere(_: u32, _: [u32; 5]) -> u32 {
    abi::error::CallError::NotSupported.code() as u32
}

/// A call in a test: the pretended kernel of this thread answers.
#[cfg(test)]
fn elsewhere(number: u32, arguments: [u32; 5]) -> u32 {
    crate::pretended::call(number, arguments)
}
