//! A culprit: commits the crime whose number it was given, at the first message.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]
#![allow(unsafe_code, reason = "it does what must not be done")]

extern crate alloc;

use rdc::{CallError, Message};
use selftest::crimes::CRIMES;

#[rdc::main]
fn main() -> Result<(), CallError> {
    let number = rdc::parameters().first().copied().unwrap_or_default();
    let crime = CRIMES.get(usize::from(number)).ok_or(CallError::BadArgument)?;
    rdc::port().receive(&mut Message::new())?;
    // SAFETY: the code ends in an exception: what it has done to this incarnation until then
    // is of no importance.
    let code = unsafe { core::mem::transmute::<*const u16, extern "C" fn()>(crime.code.as_ptr()) };
    code();
    Ok(())
}
