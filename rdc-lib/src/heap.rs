//! The heap: `linked_list_allocator` over memory that `inc_brk` adds when it is needed.

#![allow(unsafe_code, reason = "an allocator hands out memory by address")]

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use abi::calls::args::{Bytes, Ptr};
use linked_list_allocator::Heap;
use spin::Mutex;

use crate::trap::Calls;

/// The least that is asked of the kernel at a time: calls are dearer than pages.
const GROWTH_MIN: usize = 64 << 10;
/// The heap grows to multiples of this.
const PAGE_BYTES: usize = abi::slice::PAGE_BYTES as usize;
/// What the allocator needs beside a block, at most, to split what it gets.
const OVERHEAD: usize = 64;

/// The heap of this incarnation. Its lock is never waited for: there is one thread, and
/// handlers of software interrupts do not allocate.
struct ModuleHeap(Mutex<Heap>);

#[cfg_attr(target_arch = "m68k", global_allocator)]
static HEAP: ModuleHeap = ModuleHeap(Mutex::new(Heap::empty()));

/// Makes room for `layout`. False if the module's heap may not grow so far, or the node has no
/// memory.
fn grow(heap: &mut Heap, layout: Layout) -> bool {
    let needed = layout.size().saturating_add(layout.align()).saturating_add(OVERHEAD);
    extend(heap, needed.max(GROWTH_MIN)) || extend(heap, needed)
}

fn extend(heap: &mut Heap, by: usize) -> bool {
    let Ok(begin) = Calls::inc_brk(Ptr::new(0)) else { return false };
    let begin = begin as usize;
    // From one page boundary to another, so that it is all the allocator's.
    let Some(end) = begin.checked_add(by).and_then(|end| end.checked_next_multiple_of(PAGE_BYTES))
    else {
        return false;
    };
    if Calls::inc_brk(Ptr::<Bytes>::new(end as u32)).is_err() {
        return false;
    }
    if heap.size() == 0 {
        let begin = begin.next_multiple_of(align_of::<u64>());
        // SAFETY: the kernel has just made these bytes this incarnation's, writable, for as
        // long as it lives, and nothing else here moves the break.
        unsafe { heap.init(ptr::with_exposed_provenance_mut(begin), end - begin) };
    } else {
        // SAFETY: as above; they follow those that the heap has.
        unsafe { heap.extend(end - begin) };
    }
    true
}

// SAFETY: `Heap` hands out disjoint blocks of the layout asked for; the lock makes each call
// whole.
unsafe impl GlobalAlloc for ModuleHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut heap = self.0.lock();
        loop {
            if let Ok(block) = heap.allocate_first_fit(layout) {
                return block.as_ptr();
            }
            if !grow(&mut heap, layout) {
                return ptr::null_mut();
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the block came from `alloc` with this layout.
            unsafe { self.0.lock().deallocate(block, layout) }
        }
    }
}
