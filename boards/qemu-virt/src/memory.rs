//! The map of a node's memory. From the bottom of its slice:
//!
//! | what | extent |
//! |---|---|
//! | a free page | so that offset 0 is no address of anything |
//! | the image | text, data, guard page, stack: linker/kernel.ld |
//! | boot records | written by QEMU |
//! | page tables | 4 bytes a page, and spare ones |
//! | the heap | a quarter of the slice, at most 3 MB |
//! | free memory | the rest |

use crate::bootinfo::{self, BootInfo};
use m68k::address::{KERNEL_BASE, PhysAddr, VirtAddr};
use m68k::board::option;
use m68k::heap;
use m68k::mmu::control::{self, Window};
use m68k::mmu::kernel::{self, BOOT_WINDOW_BYTES, Slice};
use spin::Once;

/// The length of a slice where several nodes share the memory.
pub const SLICE_BYTES: u32 = 16 << 20;

/// Enough for the kernel's tables with all incarnations that they have places for.
const MAX_HEAP_BYTES: u32 = 3 << 20;

/// Where everything lies.
#[derive(Clone, Copy, Debug)]
pub struct Map {
    /// The node's own memory.
    pub slice: Slice,
    /// The first address behind the boot records.
    pub tables: VirtAddr,
    /// The first address of the heap.
    pub heap: VirtAddr,
    /// The first free address.
    pub free: VirtAddr,
}

impl Map {
    /// The end of the slice as the kernel sees it.
    pub fn end(&self) -> VirtAddr {
        KERNEL_BASE.offset(self.slice.bytes)
    }
}

static MAP: Once<Map> = Once::new();

/// The map, once there is one.
pub fn map() -> Option<&'static Map> {
    MAP.get()
}

/// The node's own memory, once it is known.
pub fn slice() -> Option<Slice> {
    MAP.get().map(|map| map.slice)
}

/// Reads the records that QEMU left behind the image.
pub fn boot_records() -> BootInfo<'static> {
    let start = VirtAddr(kernel::image_end().0.next_multiple_of(2));
    let bytes = KERNEL_BASE.0 + BOOT_WINDOW_BYTES - start.0;
    // SAFETY: the boot tables map this much of the slice; nobody writes it
    // before the heap exists, which lies behind the records.
    let window = unsafe { core::slice::from_raw_parts(start.pointer::<u8>(), bytes as usize) };
    bootinfo::parse(window).unwrap_or_else(|error| panic!("boot: {error}"))
}

/// Which memory is this node's. With `node=N` on the command line it is slice N
/// of a pool; without, the board is alone and all memory is its own.
pub fn own_slice(info: &BootInfo, loaded_at: PhysAddr) -> Slice {
    let slice = match option(info.command_line, "node") {
        None => Slice { start: PhysAddr(info.memory.start), bytes: info.memory.bytes },
        Some(text) => {
            let node: u32 = text
                .parse()
                .unwrap_or_else(|_| panic!("boot: `node={text}` is not the number of a node"));
            Slice { start: PhysAddr(node * SLICE_BYTES), bytes: SLICE_BYTES }
        }
    };
    assert!(
        slice.start == loaded_at,
        "boot: the image is loaded at {loaded_at}, its slice is at {}",
        slice.start
    );
    slice
}

/// Whether the machine's memory holds more slices than the node's own.
fn shares_memory(info: &BootInfo, slice: Slice) -> bool {
    slice.bytes < info.memory.bytes
}

/// Builds the final tables, opens the windows, and makes the heap.
///
/// # Safety
/// Once, at boot, on the boot tables, with the slice that the image runs in.
pub unsafe fn init(info: &BootInfo, slice: Slice) {
    let image_end = VirtAddr(kernel::image_end().0.next_multiple_of(2));
    let tables = image_end.offset(info.bytes as u32);
    // SAFETY: behind the records nothing is in use yet.
    let heap_start = unsafe { kernel::build(slice, tables) }
        .unwrap_or_else(|error| panic!("boot: the memory cannot be mapped: {error}"));
    let heap_bytes = MAX_HEAP_BYTES.min(slice.bytes / 4);
    let free = heap_start.offset(heap_bytes);
    MAP.call_once(|| Map { slice, tables, heap: heap_start, free });
    // SAFETY: the heap lies in the slice, behind the tables, mapped writable.
    unsafe { heap::init(heap_start.pointer::<u8>(), heap_bytes as usize) };
    if shares_memory(info, slice) || option(info.command_line, "nodes").is_some() {
        let window = Window::covering(info.memory.start + info.memory.bytes);
        // SAFETY: physical memory lies below 0xC0000000, where the kernel maps
        // nothing by tables.
        unsafe { control::open_slices(window) };
    }
}
