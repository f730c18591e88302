//! The address space that the kernel runs in: its own slice of memory at
//! [`KERNEL_BASE`], page by page, text read-only, a hole below the stack.

use super::m68040::PageTables;
use super::{Access, MapError, Owner, Protection, TableMemory, Walk, control};
use crate::address::{KERNEL_BASE, PAGE_BYTES, PhysAddr, VirtAddr};
use crate::stack;
use spin::{Mutex, Once};

// SAFETY: linker/kernel.ld defines them; only their addresses are used.
unsafe extern "C" {
    static __image_start: u8;
    static __readonly_end: u8;
    static __image_end: u8;
}

/// What asm/start.S maps before there are these tables: 4 MB.
pub const BOOT_WINDOW_BYTES: u32 = 4 << 20;

/// Memory for tables beyond those of the slice itself: user space, and tests.
const SPARE_TABLE_BYTES: u32 = 64 << 10;

/// A node's own memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Its first byte.
    pub start: PhysAddr,
    /// Its length in bytes.
    pub bytes: u32,
}

impl Slice {
    /// Where the kernel sees an address of its slice.
    pub fn virt(&self, phys: PhysAddr) -> VirtAddr {
        KERNEL_BASE.offset(phys.0.wrapping_sub(self.start.0))
    }

    /// Which memory the kernel sees at an address of its range.
    pub fn phys(&self, virt: VirtAddr) -> PhysAddr {
        self.start.offset(virt.0.wrapping_sub(KERNEL_BASE.0))
    }
}

/// The first address behind the image: its text, data and stack.
pub fn image_end() -> VirtAddr {
    VirtAddr::of(&raw const __image_end)
}

/// The image's read-only part: from its first page to the first writable one.
pub fn read_only() -> core::ops::Range<VirtAddr> {
    VirtAddr::of(&raw const __image_start)..VirtAddr::of(&raw const __readonly_end)
}

/// Memory from which tables are taken, front to back.
#[derive(Debug)]
pub struct Arena {
    slice: Slice,
    next: PhysAddr,
    end: PhysAddr,
}

impl Arena {
    fn take(&mut self, bytes: u32) -> Option<PhysAddr> {
        let start = PhysAddr(self.next.0.next_multiple_of(bytes));
        (start.offset(bytes) <= self.end).then(|| {
            self.next = start.offset(bytes);
            start
        })
    }
}

/// Tables in the kernel's arena.
#[derive(Debug)]
pub struct ArenaMemory;

static ARENA: Mutex<Option<Arena>> = Mutex::new(None);
static SPACE: Mutex<Option<PageTables<ArenaMemory>>> = Mutex::new(None);

fn with_arena<R>(use_it: impl FnOnce(&mut Arena) -> R) -> R {
    use_it(ARENA.lock().as_mut().expect("`build` makes the arena before any table"))
}

impl TableMemory for ArenaMemory {
    fn read(&self, at: PhysAddr) -> u32 {
        let place = with_arena(|arena| arena.slice.virt(at)).pointer::<u32>();
        // SAFETY: tables lie in the arena, which is mapped and nobody else's.
        unsafe { place.read_volatile() }
    }

    fn write(&mut self, at: PhysAddr, descriptor: u32) {
        let place = with_arena(|arena| arena.slice.virt(at)).pointer::<u32>();
        // SAFETY: as in `read`; all writers go through this value.
        unsafe { place.write_volatile(descriptor) }
    }

    fn allocate(&mut self, bytes: u32) -> Option<PhysAddr> {
        let (start, place) = with_arena(|arena| {
            let start = arena.take(bytes)?;
            Some((start, arena.slice.virt(start).pointer::<u8>()))
        })?;
        // SAFETY: the arena hands each byte out once.
        unsafe { place.write_bytes(0, bytes as usize) };
        Some(start)
    }
}

/// The root of user tables that map nothing.
static NO_USER: Once<PhysAddr> = Once::new();

/// User tables that map nothing, for when no space is active.
pub fn no_user_root() -> Option<PhysAddr> {
    NO_USER.get().copied()
}

/// Builds the kernel's tables behind `free`, the first unused address of the
/// slice, and switches to them. Returns the first unused address after that.
///
/// # Safety
/// Once, at boot, while asm/start.S's tables are active; the slice must be the
/// one that the kernel runs in, and unused from `free` on.
pub unsafe fn build(slice: Slice, free: VirtAddr) -> Result<VirtAddr, MapError> {
    let start = slice.phys(free);
    let bytes = table_bytes(slice) + SPARE_TABLE_BYTES;
    let end = PhysAddr(start.offset(bytes).0.next_multiple_of(PAGE_BYTES));
    if slice.virt(end).0 - KERNEL_BASE.0 > BOOT_WINDOW_BYTES.min(slice.bytes) {
        return Err(MapError::NoTableMemory);
    }
    *ARENA.lock() = Some(Arena { slice, next: start, end });
    let mut tables = PageTables::new(ArenaMemory)?;
    map_slice(&mut tables, slice)?;
    let user = PageTables::new(ArenaMemory)?;
    // SAFETY: the tables map the image as the boot tables did, less what it must
    // not touch; the user's map nothing.
    unsafe {
        control::set_supervisor_root(tables.root());
        control::set_user_root(user.root());
    }
    NO_USER.call_once(|| user.root());
    *SPACE.lock() = Some(tables);
    Ok(slice.virt(end))
}

/// Bytes of the tables that map a slice: 4 for each page, 256 at least, and a
/// pointer table for each 32 MB; the root.
fn table_bytes(slice: Slice) -> u32 {
    let pages = slice.bytes / PAGE_BYTES;
    pages.next_multiple_of(64) * 4 + (slice.bytes / (32 << 20) + 1) * 512 + 2 * 512
}

fn map_slice(tables: &mut PageTables<ArenaMemory>, slice: Slice) -> Result<(), MapError> {
    let read_only = read_only();
    let guard = stack::extent().guard;
    for offset in (0..slice.bytes).step_by(PAGE_BYTES as usize) {
        let virt = KERNEL_BASE.offset(offset);
        if virt == guard {
            continue;
        }
        let access = if read_only.contains(&virt) { Access::ReadOnly } else { Access::ReadWrite };
        let protection = Protection { access, owner: Owner::Supervisor };
        tables.map(virt, slice.phys(virt), protection)?;
    }
    Ok(())
}

/// Follows the kernel's tables.
pub fn walk(address: VirtAddr) -> Walk {
    SPACE.lock().as_ref().map_or_else(Walk::default, |tables| tables.walk(address))
}

/// Changes the kernel's tables, and makes the MMU forget the page.
///
/// # Safety
/// The change must take nothing away that the kernel uses, and must give no
/// memory a second name that somebody relies on having one.
pub unsafe fn change<R>(
    page: VirtAddr,
    change: impl FnOnce(&mut PageTables<ArenaMemory>) -> Result<R, MapError>,
) -> Result<R, MapError> {
    let mut space = SPACE.lock();
    let tables = space.as_mut().ok_or(MapError::NotMapped(page))?;
    let result = change(tables);
    control::flush_page(page);
    result
}
