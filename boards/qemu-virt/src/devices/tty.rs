//! The goldfish console. Blocks of bytes go by physical address.
//! Source: QEMU, `hw/char/goldfish_tty.c`.

use super::{TTY, registers};
use m68k::address::PhysAddr;
use volatile::access::{ReadOnly, WriteOnly};
use volatile::{VolatileFieldAccess, VolatilePtr};

#[repr(C)]
#[derive(VolatileFieldAccess)]
struct Registers {
    #[access(WriteOnly)]
    put_byte: u32,
    #[access(ReadOnly)]
    bytes_ready: u32,
    #[access(WriteOnly)]
    command: u32,
    #[access(WriteOnly)]
    _unused: u32,
    #[access(WriteOnly)]
    data: u32,
    #[access(WriteOnly)]
    length: u32,
}

/// What the console can be told to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Command {
    DisableInterrupt = 0,
    EnableInterrupt = 1,
    Write = 2,
    Read = 3,
}

/// Whether the console asks for an interrupt while it has input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputInterrupt {
    /// It does.
    Enabled,
    /// It does not.
    Disabled,
}

/// Bytes of input that it holds; with so many it stops its source.
pub const CAPACITY: usize = 128;

/// Its bit in the masks of the interrupt controller of level 1.
pub const LINE: u32 = 1 << 31;

fn device() -> VolatilePtr<'static, Registers> {
    // SAFETY: goldfish_tty.c lays them out so, at this place in virt.c.
    unsafe { registers(TTY.base) }
}

fn block(command: Command, data: PhysAddr, bytes: usize) {
    let registers = device();
    registers.data().write(data.0);
    registers.length().write(bytes as u32);
    registers.command().write(command as u32);
}

/// Puts one byte out.
pub fn put(byte: u8) {
    device().put_byte().write(u32::from(byte));
}

/// Puts out the bytes at a physical address.
pub fn write(data: PhysAddr, bytes: usize) {
    block(Command::Write, data, bytes);
}

/// How many bytes of input there are.
pub fn bytes_ready() -> usize {
    device().bytes_ready().read() as usize
}

/// Moves input to a physical address.
///
/// # Safety
/// So many bytes there must be the caller's, and at most [`bytes_ready`].
pub unsafe fn read(data: PhysAddr, bytes: usize) {
    block(Command::Read, data, bytes);
}

/// Says whether input shall interrupt.
pub fn set_interrupt(interrupt: InputInterrupt) {
    let command = match interrupt {
        InputInterrupt::Enabled => Command::EnableInterrupt,
        InputInterrupt::Disabled => Command::DisableInterrupt,
    };
    device().command().write(command as u32);
}
