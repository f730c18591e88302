//! The controller of the machine itself. Source: QEMU, `hw/misc/virt_ctrl.c`.

use super::{CONTROL, registers};
use m68k::board::Ending;
use m68k::cpu;
use volatile::access::{ReadOnly, WriteOnly};
use volatile::{VolatileFieldAccess, VolatilePtr};

#[repr(C)]
#[derive(VolatileFieldAccess)]
struct Registers {
    #[access(ReadOnly)]
    features: u32,
    #[access(WriteOnly)]
    command: u32,
}

#[derive(Clone, Copy)]
enum Command {
    Halt = 2,
    /// QEMU ends with status 1 if it runs with `-action panic=exit-failure`.
    Panic = 3,
}

/// Ends the machine.
pub fn end(ending: Ending) -> ! {
    let command = match ending {
        Ending::Success => Command::Halt,
        Ending::Failure => Command::Panic,
    };
    // SAFETY: virt_ctrl.c lays them out so, at this place in virt.c.
    let device: VolatilePtr<'static, Registers> = unsafe { registers(CONTROL.base) };
    device.command().write(command as u32);
    // QEMU stops the processor soon, not at once.
    loop {
        cpu::mask_interrupts();
        core::hint::spin_loop();
    }
}
