//! Calls by number, with any arguments: for tests of the kernel, which has to bear all of
//! them. Everything else is done by the types of this library.

#![allow(unsafe_code, reason = "the kernel writes wherever an argument points to")]

use abi::calls::ARGUMENTS_MAX;
use abi::calls::stubs::Trap;

use crate::trap::Kernel;

/// Makes the call `number`; answers what the kernel leaves in d0: an error as its negative
/// code.
///
/// # Safety
/// What the call does, it does to this incarnation: it may overwrite memory whose address is
/// among the arguments, and close or send references that values of this library stand for.
pub unsafe fn call(number: u32, arguments: [u32; ARGUMENTS_MAX]) -> u32 {
    let [first, second, third, fourth, fifth] = arguments;
    Kernel::trap5(number, first, second, third, fourth, fifth)
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
}
