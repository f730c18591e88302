//! Addresses of the two kinds, which no code may mix up.

use core::fmt;

/// Bytes of a page; the same on both MMUs.
pub const PAGE_BYTES: u32 = 4096;

/// Where the kernel's own slice of physical memory appears: virtual =
/// `KERNEL_BASE` + (physical - slice). As in linker/kernel.ld and asm/start.S.
pub const KERNEL_BASE: VirtAddr = VirtAddr(0xC000_0000);

/// An address as the bus sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PhysAddr(pub u32);

/// An address as a program sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct VirtAddr(pub u32);

impl PhysAddr {
    /// The address `bytes` further on, modulo 2^32 as the bus counts.
    #[must_use]
    pub fn offset(self, bytes: u32) -> PhysAddr {
        PhysAddr(self.0.wrapping_add(bytes))
    }
}

impl VirtAddr {
    /// The address `bytes` further on, modulo 2^32.
    #[must_use]
    pub fn offset(self, bytes: u32) -> VirtAddr {
        VirtAddr(self.0.wrapping_add(bytes))
    }

    /// The start of the page that the address lies in.
    #[must_use]
    pub fn page(self) -> VirtAddr {
        VirtAddr(self.0 & !(PAGE_BYTES - 1))
    }

    /// Where a pointer points, for pointers of the 32-bit target.
    pub fn of<T: ?Sized>(pointer: *const T) -> VirtAddr {
        VirtAddr(pointer.cast::<u8>().addr() as u32)
    }

    /// As a pointer. Making one is harmless; using it is not.
    pub fn pointer<T>(self) -> *mut T {
        core::ptr::with_exposed_provenance_mut(self.0 as usize)
    }
}

impl fmt::Display for PhysAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Display for VirtAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
