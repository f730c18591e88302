//! The goldfish interrupt controllers: number n raises the processor's level n.
//! Source: QEMU, `hw/intc/goldfish_pic.c`.

use super::{PIC, STRIDE_BYTES, registers};
use volatile::access::{ReadOnly, WriteOnly};
use volatile::{VolatileFieldAccess, VolatilePtr};

/// How many there are.
pub const COUNT: u8 = 6;

#[repr(C)]
#[derive(VolatileFieldAccess)]
struct Registers {
    #[access(ReadOnly)]
    status: u32,
    #[access(ReadOnly)]
    pending: u32,
    #[access(WriteOnly)]
    disable_all: u32,
    #[access(WriteOnly)]
    disable: u32,
    #[access(WriteOnly)]
    enable: u32,
}

/// The controller of one level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pic {
    level: u8,
}

impl Pic {
    /// The controller of a level, 1 to [`COUNT`].
    pub const fn of_level(level: u8) -> Pic {
        assert!(level >= 1 && level <= COUNT, "there is one controller for each level to 6");
        Pic { level }
    }

    fn registers(self) -> VolatilePtr<'static, Registers> {
        let base = PIC.base + u32::from(self.level - 1) * STRIDE_BYTES;
        // SAFETY: goldfish_pic.c lays them out so, at this place in virt.c.
        unsafe { registers(base) }
    }

    /// The lines that ask for an interrupt and may, a bit each.
    pub fn pending(self) -> u32 {
        self.registers().pending().read()
    }

    /// Lets lines through.
    pub fn enable(self, lines: u32) {
        self.registers().enable().write(lines);
    }

    /// Holds all lines back.
    pub fn disable_all(self) {
        self.registers().disable_all().write(0);
    }
}
