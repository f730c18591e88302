//! Buffers that other incarnations read and write (§4.6): by a handle that came in a message,
//! they copy without the owner's doing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::sync::atomic::{AtomicU8, Ordering};

use abi::constants::buffer_rights;
use abi::error::CallError;

use crate::reference::BufferHandle;
use crate::trap::Calls;
use crate::window::{lent, lent_mut};

/// The right to read a buffer.
pub const READ: u32 = buffer_rights::READ;
/// The right to write a buffer.
pub const WRITE: u32 = buffer_rights::WRITE;

/// Memory to be shared by handles: `message.reference(&buffer, domain)` sends one.
///
/// A handle lasts as long as this incarnation. Memory whose handle was ever put into a message
/// is therefore never used for anything else, even after the buffer was dropped.
#[derive(Debug)]
pub struct Buffer {
    bytes: Box<[AtomicU8]>,
    /// Whether a handle may exist.
    is_lent: Cell<bool>,
}

impl Buffer {
    /// A buffer of so many bytes, all zero.
    pub fn new(length: usize) -> Buffer {
        Buffer::from(alloc::vec![0; length].as_slice())
    }

    /// Its size in bytes.
    pub fn length(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Copies what is there from `offset` on, as much as there is room for. Another
    /// incarnation may be writing meanwhile.
    ///
    /// # Panics
    /// If it reaches past the end.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        let from = &self.bytes[offset..offset + into.len()];
        for (byte, from) in into.iter_mut().zip(from) {
            *byte = from.load(Ordering::Relaxed);
        }
    }

    /// Overwrites what is there from `offset` on.
    ///
    /// # Panics
    /// If it reaches past the end.
    pub fn write(&self, offset: usize, from: &[u8]) {
        let into = &self.bytes[offset..offset + from.len()];
        for (byte, into) in from.iter().zip(into) {
            into.store(*byte, Ordering::Relaxed);
        }
    }

    /// Its address, for the kernel; from now on a handle may exist.
    pub(crate) fn base(&self) -> u32 {
        self.is_lent.set(true);
        self.bytes.as_ptr().expose_provenance() as u32
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Buffer {
        let bytes: Vec<AtomicU8> = bytes.iter().copied().map(AtomicU8::new).collect();
        Buffer { bytes: bytes.into_boxed_slice(), is_lent: Cell::new(false) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.is_lent.get() {
            Box::leak(core::mem::take(&mut self.bytes));
        }
    }
}

impl BufferHandle {
    /// Copies `data` into the buffer, from `offset` on (`inc_copyto`).
    pub fn copy_to(&self, offset: u32, data: &[u8]) -> Result<(), CallError> {
        let length = data.len() as u32;
        Calls::inc_copyto(self.0.argument(), offset, lent(data), length)
    }

    /// Copies from the buffer, from `offset` on, as much as fits into `data`
    /// (`inc_copyfrom`). After an error `data` may hold a part.
    pub fn copy_from(&self, offset: u32, data: &mut [u8]) -> Result<(), CallError> {
        let length = data.len() as u32;
        Calls::inc_copyfrom(self.0.argument(), offset, lent_mut(data), length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_keeps_what_is_written() {
        let buffer = Buffer::from(&b"0123456789"[..]);
        buffer.write(3, b"abc");
        let mut all = [0; 10];
        buffer.read(0, &mut all);
        assert_eq!(&all, b"012abc6789");
        assert_eq!(Buffer::new(7).length(), 7);
    }
}
