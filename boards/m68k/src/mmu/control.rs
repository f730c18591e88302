//! The registers of the 68040's MMU, and what it says about an address.
//!
//! Transparent translation bypasses the tables: it serves devices and the
//! windows on other slices of a pool, never the kernel's own memory.

use crate::address::{PhysAddr, VirtAddr};
use bitflags::bitflags;

mod routine {
    // SAFETY: asm/cpu.S has these routines. Those that are safe look addresses up or forget what
    // was looked up; the others have the conditions of the functions below that call them.
    unsafe extern "C" {
        pub unsafe fn mmu_set_dtt0(value: u32);
        pub unsafe fn mmu_set_dtt1(value: u32);
        pub unsafe fn mmu_set_urp(root: u32);
        pub unsafe fn mmu_set_srp(root: u32);
        pub safe fn mmu_translation_control() -> u32;
        pub safe fn mmu_flush_page(address: u32);
        pub safe fn mmu_flush_user_page(address: u32);
        pub safe fn mmu_test_read(address: u32, function_code: u32) -> u32;
        pub safe fn mmu_test_write(address: u32, function_code: u32) -> u32;
    }
}

/// A region that the supervisor's data accesses reach untranslated and uncached,
/// one by one and in order: for devices, and for memory that others write.
/// MC68040 User's Manual, 3.1.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The upper 8 bits of its addresses.
    pub base: u8,
    /// Which of these 8 bits do not matter.
    pub mask: u8,
}

impl Window {
    /// The smallest window from address 0 that covers a number of bytes.
    pub fn covering(bytes: u32) -> Window {
        let last = (bytes.max(1) - 1) >> 24;
        let mask = (last + 1).next_power_of_two() - 1;
        Window { base: 0, mask: mask as u8 }
    }

    /// The value of a transparent translation register.
    pub fn register(self) -> u32 {
        const ENABLED_SUPERVISOR_SERIALIZED: u32 = 0xA040;
        u32::from(self.base) << 24 | u32::from(self.mask) << 16 | ENABLED_SUPERVISOR_SERIALIZED
    }
}

/// Opens the window on the devices.
///
/// # Safety
/// The window must hide no memory that the kernel reaches through its tables.
pub unsafe fn open_devices(window: Window) {
    // SAFETY: the caller's promise.
    unsafe { routine::mmu_set_dtt0(window.register()) }
}

/// Opens the window on the slices of a pool.
///
/// # Safety
/// As for [`open_devices`].
pub unsafe fn open_slices(window: Window) {
    // SAFETY: the caller's promise.
    unsafe { routine::mmu_set_dtt1(window.register()) }
}

/// Closes the window on the slices.
///
/// # Safety
/// Nobody uses an address in it any more.
pub unsafe fn close_slices() {
    // SAFETY: the caller's promise.
    unsafe { routine::mmu_set_dtt1(0) }
}

/// Translates supervisor accesses by other tables, from now on.
///
/// # Safety
/// The tables must map the running code, its data and its stack as they are.
pub unsafe fn set_supervisor_root(root: PhysAddr) {
    // SAFETY: the caller's promise.
    unsafe { routine::mmu_set_srp(root.0) }
}

/// Translates user accesses by other tables, from now on.
///
/// # Safety
/// The tables must stay in place and give the user nothing that is not its own.
pub unsafe fn set_user_root(root: PhysAddr) {
    // SAFETY: the caller's promise.
    unsafe { routine::mmu_set_urp(root.0) }
}

/// Whether translation is on.
pub fn enabled() -> bool {
    routine::mmu_translation_control() & 0x8000 != 0
}

/// Forgets what the MMU remembers about a page.
pub fn flush_page(page: VirtAddr) {
    routine::mmu_flush_page(page.0);
}

/// Forgets what the MMU remembers about a page of the user's space.
pub fn flush_user_page(page: VirtAddr) {
    routine::mmu_flush_user_page(page.0);
}

/// In whose name an address is tested.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// User data, function code 1.
    User,
    /// Supervisor data, function code 5.
    Supervisor,
}

bitflags! {
    /// The MMU status register: MC68040 User's Manual, 3.1.4.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct MmuStatus: u32 {
        /// The address is mapped.
        const RESIDENT = 1 << 0;
        /// It lies in a window.
        const TRANSPARENT = 1 << 1;
        /// Writes would fault.
        const WRITE_PROTECTED = 1 << 2;
        /// The page was written to.
        const MODIFIED = 1 << 4;
        /// User accesses would fault.
        const SUPERVISOR = 1 << 7;
        /// The tables could not be read.
        const BUS_ERROR = 1 << 11;
    }
}

impl MmuStatus {
    /// The physical page, if the address is mapped by tables.
    pub fn page(self) -> PhysAddr {
        PhysAddr(self.bits() & 0xFFFF_F000)
    }
}

fn function_code(space: Space) -> u32 {
    match space {
        Space::User => 1,
        Space::Supervisor => 5,
    }
}

/// What a read of the address would meet (PTESTR).
pub fn test_read(address: VirtAddr, space: Space) -> MmuStatus {
    MmuStatus::from_bits_retain(routine::mmu_test_read(address.0, function_code(space)))
}

/// What a write to the address would meet (PTESTW).
pub fn test_write(address: VirtAddr, space: Space) -> MmuStatus {
    MmuStatus::from_bits_retain(routine::mmu_test_write(address.0, function_code(space)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_as_registers() {
        assert_eq!(Window { base: 0xFF, mask: 0 }.register(), 0xFF00_A040);
        let covering = |bytes| Window::covering(bytes).register();
        assert_eq!(covering(16 << 20), 0x0000_A040);
        assert_eq!(covering(256 << 20), 0x000F_A040);
        assert_eq!(covering(3 * (16 << 20)), 0x0003_A040);
    }
}
