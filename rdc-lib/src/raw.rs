//! What lies below the types of this library: calls by number, with any arguments, and what
//! an incarnation was started with. The C library stands on it, and tests of the kernel, which
//! has to bear all arguments. Everything else is done by the types of this library.

#![allow(unsafe_code, reason = "the kernel writes wherever an argument points to")]

use core::fmt;

use abi::calls::ARGUMENTS_MAX;
use abi::calls::stubs::Trap;
use abi::start::StartBlock;

use crate::trap::Kernel;

/// Makes the call `number`; answers what the kernel leaves in d0: an error as its negative
/// code. Arguments that are not given are whatever their registers hold.
///
/// # Safety
/// What the call does, it does to this incarnation: it may overwrite memory whose address is
/// among the arguments, and close or send references that values of this library stand for.
#[inline]
pub unsafe fn call<const N: usize>(number: u32, arguments: [u32; N]) -> u32 {
    const { assert!(N <= ARGUMENTS_MAX) };
    match arguments[..] {
        [] => Kernel::trap0(number),
        [first] => Kernel::trap1(number, first),
        [first, second] => Kernel::trap2(number, first, second),
        [first, second, third] => Kernel::trap3(number, first, second, third),
        [first, second, third, fourth] => Kernel::trap4(number, first, second, third, fourth),
        [first, second, third, fourth, fifth, ..] => {
            Kernel::trap5(number, first, second, third, fourth, fifth)
        }
    }
}

/// What the kernel has handed over to this incarnation.
///
/// # Panics
/// If it was not started by a kernel of Equus.
pub fn start_block() -> &'static StartBlock {
    crate::start::start().block
}

/// Reports this message and who called whom, as of a panic, and ends this incarnation with
/// [`ExitCode::ABORT`](crate::ExitCode::ABORT).
pub fn abort(message: fmt::Arguments<'_>) -> ! {
    crate::report::end("abort", &message, None, crate::ExitCode::ABORT)
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;
    use abi::error::CallError;

    use super::*;
    use crate::pretended::expect;

    #[test]
    fn all_arguments_reach_the_kernel_in_their_order() {
        expect(Call::Receive, |arguments| {
            assert_eq!(arguments, [1, 2, 3, 4, 5]);
            Err(CallError::BadAddress)
        });
        // SAFETY: the pretended kernel writes nothing.
        let result = unsafe { call(Call::Receive as u32, [1, 2, 3, 4, 5]) };
        assert_eq!(result as i32, CallError::BadAddress.code());
    }

    #[test]
    fn a_call_may_have_fewer_arguments() {
        expect(Call::HanCreate, |arguments| {
            assert_eq!(arguments[0], 7);
            Ok(8)
        });
        // SAFETY: the pretended kernel writes nothing.
        assert_eq!(unsafe { call(Call::HanCreate as u32, [7]) }, 8);
    }
}
