//! The ends of an incarnation.

#![allow(unsafe_code, reason = "C hands over texts by their addresses")]

use core::ffi::{CStr, c_char};

use rdc::{ExitCode, raw};

/// Ends this incarnation.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __leave(status: i32) -> ! {
    rdc::exit(ExitCode(status))
}

/// Reports that `abort` was called, and who called it.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __abort() -> ! {
    raw::abort(format_args!("abort() was called"))
}

/// Reports an assertion that did not hold.
///
/// # Safety
/// All are texts that end with a null.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __assertion_failed(
    expression: *const c_char,
    file: *const c_char,
    line: u32,
    function: *const c_char,
) -> ! {
    // SAFETY: `assert` hands over constants.
    let [expression, file, function] =
        [expression, file, function].map(|text| unsafe { CStr::from_ptr(text) });
    raw::abort(format_args!(
        "{}:{line}: {}: assertion failed: {}",
        file.to_string_lossy(),
        function.to_string_lossy(),
        expression.to_string_lossy()
    ))
}
