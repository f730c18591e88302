//! The kernel's heap: `linked_list_allocator` under a spin lock. Interrupt
//! handlers never allocate, so the lock is never contended.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use linked_list_allocator::Heap;
use spin::Mutex;

struct KernelHeap(Mutex<Heap>);

#[cfg_attr(target_arch = "m68k", global_allocator)]
static HEAP: KernelHeap = KernelHeap(Mutex::new(Heap::empty()));

/// Use of the heap, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The whole heap.
    pub size_bytes: usize,
    /// What is allocated, the allocator's rounding included.
    pub used_bytes: usize,
}

/// Hands the heap its memory. Once, at boot.
///
/// # Safety
/// The memory must be mapped writable and be nobody else's, for ever.
pub unsafe fn init(start: *mut u8, size_bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { HEAP.0.lock().init(start, size_bytes) }
}

/// How much of the heap is in use.
pub fn usage() -> Usage {
    let heap = HEAP.0.lock();
    Usage { size_bytes: heap.size(), used_bytes: heap.used() }
}

// SAFETY: `Heap` hands out disjoint blocks of the layout asked for; the lock
// makes each call whole.
unsafe impl GlobalAlloc for KernelHeap {
    // SAFETY: who calls keeps to `GlobalAlloc`: the layout has a size.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().allocate_first_fit(layout).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    // SAFETY: as for `alloc`: the block came from it, with this layout, and is not used any more.
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the block came from `alloc` with this layout.
            unsafe { self.0.lock().deallocate(block, layout) }
        }
    }
}
