//! From the start code of `rdc` to `main` of C.

#![allow(unsafe_code, reason = "C is called, and given addresses")]

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::ptr;

use rdc::ExitCode;
use rdc::abi::structs::IncParams;
use rdc::fs::Error;

// SAFETY: module.c and lib/start.c have them. The lists end with a null address, as their texts
// do with a null, and stay for ever.
unsafe extern "C" {
    /// The name of the module, from `module.c`, which is compiled with each.
    static __module_name: c_char;

    /// Calls `main` and then `exit`: in `lib/start.c`.
    fn __start_c(
        argc: usize,
        argv: *const *const u8,
        envp: *const *const u8,
        myparams: *const IncParams,
    ) -> i32;
}

fn module_name() -> &'static str {
    // SAFETY: it is a text that ends with a null.
    unsafe { CStr::from_ptr(&raw const __module_name) }.to_str().unwrap_or_default()
}

// SAFETY: the start code of `rdc` calls it so, and nothing else in a module of C has its name.
#[unsafe(no_mangle)]
extern "C" fn rdc_main() -> i32 {
    rdc::start::run(module_name(), main)
}

fn main() -> Result<ExitCode, Error> {
    let name = [String::from(module_name())];
    let arguments = texts(name.into_iter().chain(rdc::try_args()?));
    let pairs = rdc::vars()?.into_iter();
    let environment = texts(pairs.map(|(name, value)| format!("{name}={value}")));
    let parameters = realised(&rdc::raw::start_block().sb_params);
    // SAFETY: both lists end with a null address, and all of it stays for ever.
    let code = unsafe {
        __start_c(arguments.len() - 1, arguments.as_ptr(), environment.as_ptr(), parameters)
    };
    Ok(ExitCode(code))
}

/// The parameters as `main` has them: in each interface stands what has been made for it.
fn realised(given: &IncParams) -> &'static IncParams {
    let made = rdc::interface::realised();
    let addressed =
        IncParams { ip_ifaces: (made.as_ptr().expose_provenance() as u32).into(), ..*given };
    Box::leak(Box::new(addressed))
}

/// A list of texts as C has it: each ends with a null, and the list with a null address.
fn texts(texts: impl Iterator<Item = String>) -> &'static [*const u8] {
    let ended = |mut text: String| {
        text.push('\0');
        text.leak().as_ptr()
    };
    texts.map(ended).chain([ptr::null()]).collect::<Vec<_>>().leak()
}
