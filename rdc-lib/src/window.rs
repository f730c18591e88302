//! Addresses of the caller's memory, as the kernel wants them in registers and structures.
//!
//! Whoever asks for an address keeps the memory borrowed until the call has returned: then
//! nothing that the kernel writes is written behind Rust's back.

use abi::calls::args::Ptr;

/// A pointer to bytes that the kernel reads as a `C`.
#[inline]
pub(crate) fn lent<C>(bytes: &[u8]) -> Ptr<C> {
    Ptr::new(address(bytes.as_ptr().expose_provenance(), bytes.len(), Access::Read))
}

/// A pointer to bytes that the kernel may overwrite with a `C`.
#[inline]
pub(crate) fn lent_mut<C>(bytes: &mut [u8]) -> Ptr<C> {
    Ptr::new(address(bytes.as_mut_ptr().expose_provenance(), bytes.len(), Access::Write))
}

/// What the kernel may do with memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

/// On the 680x0 an address has 32 bits.
#[cfg(not(test))]
#[inline]
fn address(at: usize, _: usize, _: Access) -> u32 {
    at as u32
}

/// The pretended kernel of a test finds the memory again by a number of its own.
#[cfg(test)]
fn address(at: usize, length: usize, access: Access) -> u32 {
    crate::pretended::lend(at, length, access)
}
