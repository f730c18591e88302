//! The devices of QEMU's `virt`, and where they are. All their registers are
//! big-endian longs. Source: QEMU, hw/m68k/virt.c and the devices' own files.

pub mod control;
pub mod pic;
pub mod rtc;
pub mod tty;
pub mod virtio;

use crate::bootinfo::{BootInfo, Device};
use core::fmt;
use core::ptr::NonNull;
use m68k::address::VirtAddr;
use m68k::mmu::control::Window;
use volatile::VolatilePtr;

/// The window that all devices lie in.
pub const WINDOW: Window = Window { base: 0xFF, mask: 0 };

/// The interrupt controllers, one for each level from 1 to 6.
pub const PIC: Device = Device { base: 0xFF00_0000, irq: 1 };
/// The two clocks.
pub const RTC: Device = Device { base: 0xFF00_6000, irq: 168 };
/// The console.
pub const TTY: Device = Device { base: 0xFF00_8000, irq: 39 };
/// The controller of the machine itself.
pub const CONTROL: Device = Device { base: 0xFF00_9000, irq: 0 };

/// The virtio transports, of which the first holds the doorbell.
pub const VIRTIO: Device = Device { base: 0xFF01_0000, irq: 40 };

/// Bytes from one device of an array to the next.
const STRIDE_BYTES: u32 = 0x1000;

/// A device that boot reports elsewhere than this image looks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elsewhere {
    name: &'static str,
    expected: u32,
    reported: u32,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Elsewhere { name, expected, reported } = self;
        write!(f, "the {name} is at {reported:08x}, not at {expected:08x}: is this QEMU's virt?")
    }
}

/// Checks that the devices are where this image reaches for them.
pub fn check(info: &BootInfo) -> Result<(), Elsewhere> {
    let devices = [
        ("interrupt controller", PIC, info.pic),
        ("clock", RTC, info.rtc),
        ("console", TTY, info.tty),
        ("machine controller", CONTROL, info.control),
        ("virtio transport", VIRTIO, info.virtio),
    ];
    for (name, expected, reported) in devices {
        if expected.base != reported.base {
            return Err(Elsewhere { name, expected: expected.base, reported: reported.base });
        }
    }
    Ok(())
}

/// The registers of a device.
///
/// # Safety
/// `T` must be the layout of the registers at `base`, in the device window.
unsafe fn registers<T>(base: u32) -> VolatilePtr<'static, T> {
    let place = NonNull::new(VirtAddr(base).pointer::<T>()).expect("no device lies at 0");
    // SAFETY: the caller's promise; device registers exist for ever.
    unsafe { VolatilePtr::new(place) }
}
