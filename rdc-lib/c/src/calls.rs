//! The calls of appendix B as functions of C, made from their table; `include/equus/calls.h`
//! declares them, made from the same table.

#![allow(unsafe_code, reason = "C hands over addresses")]
#![allow(non_snake_case, reason = "calls keep the dissertation's names")]

use rdc::abi::error::CallError;
use rdc::raw;

macro_rules! define_c_functions {
    ($($(#[doc = $doc:literal])+ $number:literal $call:ident $name:ident
        ($($argument:ident: $type:ty),*) -> $result:ty, fails [$($error:ident)*];)+) => {
        // SAFETY: the name is the call's, which nothing else in a module has. What a call does with
        // its arguments is as for [`raw::call`].
        $(#[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: u32),*) -> u32 {
            // SAFETY: the caller answers for the arguments.
            unsafe { raw::call($number, [$($argument),*]) }
        })+
    };
}
rdc::abi::equus_calls!(define_c_functions);

/// The standard port of this incarnation.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __standard_port() -> u32 {
    raw::start_block().sb_port.get()
}

/// Its auxiliary port.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __auxiliary_port() -> u32 {
    raw::start_block().sb_aux.get()
}

/// The stream to the launch endpoint of this RDC.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __launch_stream() -> u32 {
    raw::start_block().sb_launch.get()
}

/// What an error of a call says, as so many bytes of UTF-8 that lie at the address in `text`;
/// 0 if there is no such error.
///
/// # Safety
/// `text` is the address of a variable.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __call_error(code: i32, text: *mut *const u8) -> usize {
    let Some(error) = CallError::from_code(code) else { return 0 };
    // SAFETY: the caller's variable.
    unsafe { text.write(error.text().as_ptr()) };
    error.text().len()
}
