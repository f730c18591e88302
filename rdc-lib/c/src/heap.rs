//! Blocks of memory whose size C does not say again when it frees them: it stands in front of
//! each.

#![allow(unsafe_code, reason = "an allocator hands out memory by address")]

use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::ptr;

/// Blocks from this size on begin a line of the caches, as Rust's do.
const LINE_FROM: usize = 256;
const LINE_BYTES: usize = 16;
/// The alignment of all others: what C's widest types need.
const ALIGN: usize = 8;
/// Where the size stands before the block.
const SIZE_BYTES: usize = size_of::<usize>();

/// What is asked of the heap for a block of `size` bytes, and where the block begins in it.
fn layout(size: usize) -> Option<(Layout, usize)> {
    let before = if size < LINE_FROM { ALIGN } else { LINE_BYTES };
    let layout = Layout::from_size_align(size.checked_add(before)?, before).ok()?;
    Some((layout, before))
}

/// The size of a block.
///
/// # Safety
/// [`__allocate`] has answered its address.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __block_size(block: usize) -> usize {
    // SAFETY: it has put the size there.
    unsafe { ptr::with_exposed_provenance::<usize>(block - SIZE_BYTES).read() }
}

/// The address of a new block of so many bytes; 0 if there is no room.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
extern "C" fn __allocate(size: usize) -> usize {
    let Some((layout, before)) = layout(size) else { return 0 };
    // SAFETY: the layout has at least the bytes in front.
    let begin = unsafe { alloc(layout) };
    if begin.is_null() {
        return 0;
    }
    let block = begin.expose_provenance() + before;
    // SAFETY: the size has room in front of the block, and a place that suits it.
    unsafe { ptr::with_exposed_provenance_mut::<usize>(block - SIZE_BYTES).write(size) };
    block
}

/// Gives a block back.
///
/// # Safety
/// [`__allocate`] has answered its address, and nobody uses it any more.
// SAFETY: the name is reserved for the library, whose lib/rust.h declares it so.
#[unsafe(no_mangle)]
unsafe extern "C" fn __release(block: usize) {
    // SAFETY: the caller's word.
    let Some((layout, before)) = layout(unsafe { __block_size(block) }) else { return };
    // SAFETY: the block was allocated so.
    unsafe { dealloc(ptr::with_exposed_provenance_mut(block - before), layout) }
}
