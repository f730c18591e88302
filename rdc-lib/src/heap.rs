//! The heap: `linked_list_allocator` over memory that `inc_brk` adds when it is needed.

#![allow(unsafe_code, reason = "an allocator hands out memory by address")]

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use abi::calls::args::{Bytes, Ptr};
use linked_list_allocator::Heap;
use spin::{Mutex, MutexGuard};

use crate::trap::Calls;

/// The least that is asked of the kernel at a time: calls are dearer than pages.
const GROWTH_MIN: usize = 64 << 10;
/// The heap grows to multiples of this.
const PAGE_BYTES: usize = abi::slice::PAGE_BYTES as usize;
/// What the allocator needs beside a block, at most, to split what it gets.
const OVERHEAD: usize = 64;

/// Blocks from this size on begin a line: two of them can be copied by whole lines.
const LINE_FROM: usize = 256;
const LINE_BYTES: usize = 16;
/// Blocks from this size on begin a page: the kernel copies them page by page.
const PAGE_FROM: usize = 4 * PAGE_BYTES;

/// What is asked of the allocator for a block of `layout`.
fn aligned(layout: Layout) -> Layout {
    let least = match layout.size() {
        PAGE_FROM.. => PAGE_BYTES,
        LINE_FROM.. => LINE_BYTES,
        _ => 1,
    };
    layout.align_to(least).unwrap_or(layout)
}

/// The heap of this incarnation. Its lock is never waited for: there is one thread, and
/// handlers of software interrupts do not allocate.
struct ModuleHeap(Mutex<Heap>);

impl ModuleHeap {
    fn lock(&self) -> MutexGuard<'_, Heap> {
        self.0.try_lock().expect("handlers of software interrupts do not allocate")
    }
}

#[cfg(target_arch = "m68k")]
#[global_allocator]
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
    // SAFETY: who calls keeps to `GlobalAlloc`: the layout has a size.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let layout = aligned(layout);
        let mut heap = self.lock();
        loop {
            if let Ok(block) = heap.allocate_first_fit(layout) {
                return block.as_ptr();
            }
            if !grow(&mut heap, layout) {
                return ptr::null_mut();
            }
        }
    }

    // SAFETY: as for `alloc`: the block came from it, with this layout, and is not used any more.
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the block came from `alloc` with this layout.
            unsafe { self.lock().deallocate(block, aligned(layout)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::calls::Call;

    use super::*;
    use crate::pretended::expect;

    /// Memory that stands for what the kernel gives.
    fn memory(bytes: usize) -> usize {
        let block: Vec<u64> = vec![0; bytes / size_of::<u64>()];
        Vec::leak(block).as_ptr().expose_provenance()
    }

    #[test]
    fn a_heap_that_may_not_grow_says_so() {
        expect(Call::Brk, |_| Ok(0x10_0000));
        expect(Call::Brk, |[to, ..]| {
            assert_eq!(to, 0x11_0000, "a large step first");
            Err(abi::error::CallError::NoMemory)
        });
        expect(Call::Brk, |_| Ok(0x10_0000));
        expect(Call::Brk, |[to, ..]| {
            assert_eq!(to, 0x10_1000, "then what is needed");
            Err(abi::error::CallError::NoMemory)
        });
        let heap = ModuleHeap(Mutex::new(Heap::empty()));
        // SAFETY: the layout has a size.
        let block = unsafe { heap.alloc(Layout::new::<u64>()) };
        assert!(block.is_null());
    }

    #[test]
    fn blocks_come_from_the_memory_that_was_added() {
        let begin = memory(0x3000).next_multiple_of(PAGE_BYTES);
        let mut heap = Heap::empty();
        // SAFETY: the memory is this test's for ever.
        unsafe { heap.init(ptr::with_exposed_provenance_mut(begin), 0x1000) };
        let heap = ModuleHeap(Mutex::new(heap));
        let layout = Layout::from_size_align(0x800, 4).unwrap();
        // SAFETY: the layout has a size, and each block is freed once.
        unsafe {
            let first = heap.alloc(layout);
            assert!((begin..begin + 0x1000).contains(&first.addr()));
            heap.dealloc(first, layout);
            assert_eq!(heap.alloc(layout), first, "it is used again");
        }
    }

    #[test]
    fn larger_blocks_begin_lines_and_pages() {
        let begin = memory(0x20000).next_multiple_of(PAGE_BYTES);
        let mut heap = Heap::empty();
        // SAFETY: the memory is this test's for ever.
        unsafe { heap.init(ptr::with_exposed_provenance_mut(begin), 0x1f000) };
        let heap = ModuleHeap(Mutex::new(heap));
        for (size, to) in [(24, 8), (256, LINE_BYTES), (0x4000, PAGE_BYTES), (0x4001, PAGE_BYTES)] {
            let layout = Layout::from_size_align(size, 8).unwrap();
            // SAFETY: the layout has a size.
            let block = unsafe { heap.alloc(layout) };
            assert!(!block.is_null() && block.addr().is_multiple_of(to), "{size} bytes");
        }
    }
}
