//! The way into the kernel: `trap #0` on the 680x0. The number of the call goes in d0, its
//! arguments in d1, a0, a1, d2 and d3; the result comes in d0. Elsewhere there is no kernel; the
//! tests of this crate play one.
//!
//! It is the one instruction that stands in Rust and not in a file of its own: whoever makes a
//! call so has its arguments in their registers already.
//!
//! The stubs are private to this crate because a call that is handed an address can overwrite
//! memory. What modules see are types that hold that memory borrowed for as long.

#![allow(unsafe_code, reason = "this is where user code leaves Rust")]

use abi::calls::stubs::{Stubs, Trap};

/// The system calls, under the dissertation's names.
pub(crate) type Calls = Stubs<Kernel>;

/// The kernel below this incarnation.
pub(crate) struct Kernel;

/// The trap with the number of a call, and what becomes of the registers of its arguments. The
/// kernel keeps all but those that a function may change.
#[cfg(target_arch = "m68k")]
macro_rules! trap {
    ($number:ident, $($operands:tt)+) => {{
        let result: u32;
        // SAFETY: the operands name each register that may change, and the stack is left alone.
        // Memory whose address is among the arguments was lent by `window.rs` for this call,
        // and for all that the compiler knows the instruction reads and writes it.
        unsafe {
            core::arch::asm!("trap #0", inlateout("d0") $number => result, $($operands)+);
        }
        result
    }};
}

#[cfg(target_arch = "m68k")]
impl Trap for Kernel {
    #[inline(always)]
    fn trap0(number: u32) -> u32 {
        trap!(number, out("d1") _, out("a0") _, out("a1") _)
    }

    #[inline(always)]
    fn trap1(number: u32, first: u32) -> u32 {
        trap!(number, inlateout("d1") first => _, out("a0") _, out("a1") _)
    }

    #[inline(always)]
    fn trap2(number: u32, first: u32, second: u32) -> u32 {
        trap!(number, inlateout("d1") first => _, inlateout("a0") second => _, out("a1") _)
    }

    #[inline(always)]
    fn trap3(number: u32, first: u32, second: u32, third: u32) -> u32 {
        trap!(
            number,
            inlateout("d1") first => _,
            inlateout("a0") second => _,
            inlateout("a1") third => _,
        )
    }

    #[inline(always)]
    fn trap4(number: u32, first: u32, second: u32, third: u32, fourth: u32) -> u32 {
        trap!(
            number,
            inlateout("d1") first => _,
            inlateout("a0") second => _,
            inlateout("a1") third => _,
            in("d2") fourth,
        )
    }

    #[inline(always)]
    fn trap5(number: u32, first: u32, second: u32, third: u32, fourth: u32, fifth: u32) -> u32 {
        trap!(
            number,
            inlateout("d1") first => _,
            inlateout("a0") second => _,
            inlateout("a1") third => _,
            in("d2") fourth,
            in("d3") fifth,
        )
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
