//! The first virtio transport: registers of a little-endian device of version 2.
//! Source: Virtual I/O Device (VIRTIO) 1.2, 4.2.2; QEMU, `hw/virtio/virtio-mmio.c`.

use super::{VIRTIO, registers};
use m68k::address::PhysAddr;
use volatile::access::{ReadOnly, ReadWrite, WriteOnly};
use volatile::{VolatileFieldAccess, VolatilePtr};

#[repr(C)]
#[derive(VolatileFieldAccess)]
struct Registers {
    #[access(ReadOnly)]
    magic: u32,
    #[access(ReadOnly)]
    version: u32,
    /// 0 if nothing is connected to the transport.
    #[access(ReadOnly)]
    device_id: u32,
    #[access(ReadOnly)]
    vendor_id: u32,
    #[access(ReadOnly)]
    device_features: u32,
    #[access(WriteOnly)]
    device_features_select: u32,
    unused_18: [u32; 2],
    #[access(WriteOnly)]
    driver_features: u32,
    #[access(WriteOnly)]
    driver_features_select: u32,
    unused_28: [u32; 2],
    #[access(WriteOnly)]
    queue_select: u32,
    #[access(ReadOnly)]
    queue_size_max: u32,
    #[access(WriteOnly)]
    queue_size: u32,
    unused_3c: [u32; 2],
    #[access(ReadWrite)]
    queue_ready: u32,
    unused_48: [u32; 2],
    #[access(WriteOnly)]
    queue_notify: u32,
    unused_54: [u32; 3],
    #[access(ReadOnly)]
    interrupt_status: u32,
    #[access(WriteOnly)]
    interrupt_acknowledge: u32,
    unused_68: [u32; 2],
    #[access(ReadWrite)]
    status: u32,
    unused_74: [u32; 3],
    #[access(WriteOnly)]
    queue_descriptors: [u32; 2],
    unused_88: [u32; 2],
    #[access(WriteOnly)]
    queue_driver: [u32; 2],
    unused_98: [u32; 2],
    #[access(WriteOnly)]
    queue_device: [u32; 2],
}

const MAGIC: u32 = 0x7472_6976;
const VERSION: u32 = 2;
const ENTROPY_SOURCE: u32 = 4;
/// `VIRTIO_F_VERSION_1` in the upper half of the features.
const VERSION_1: u32 = 1;

mod status {
    pub const ACKNOWLEDGE: u32 = 1;
    pub const DRIVER: u32 = 2;
    pub const DRIVER_OK: u32 = 4;
    pub const FEATURES_OK: u32 = 8;
}

/// Where the parts of a queue lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Entries.
    pub size: u32,
    /// The descriptors, aligned to 16.
    pub descriptors: PhysAddr,
    /// What the driver offers, aligned to 2.
    pub driver: PhysAddr,
    /// What the device has used, aligned to 4.
    pub device: PhysAddr,
}

/// Why there is no device to use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// Nothing is connected.
    NotConnected,
    /// Something else is.
    OtherDevice(u32),
    /// It refuses what this driver can do.
    Refused,
}

fn device() -> VolatilePtr<'static, Registers> {
    // SAFETY: virtio-mmio.c lays them out so, at this place in virt.c.
    unsafe { registers(VIRTIO.base) }
}

/// Sets the entropy source on the first transport up with one queue.
pub fn set_up(queue: &Queue) -> Result<(), Absent> {
    let device = device();
    let identity = (device.magic().read().swap_bytes(), device.version().read().swap_bytes());
    match device.device_id().read().swap_bytes() {
        _ if identity != (MAGIC, VERSION) => return Err(Absent::NotConnected),
        0 => return Err(Absent::NotConnected),
        ENTROPY_SOURCE => {}
        other => return Err(Absent::OtherDevice(other)),
    }
    let mut reached = 0;
    let mut advance = |bit: u32| {
        reached |= bit;
        device.status().write(reached.swap_bytes());
    };
    device.status().write(0);
    advance(status::ACKNOWLEDGE);
    advance(status::DRIVER);
    for (half, features) in [(0_u32, 0_u32), (1, VERSION_1)] {
        device.driver_features_select().write(half.swap_bytes());
        device.driver_features().write(features.swap_bytes());
    }
    advance(status::FEATURES_OK);
    if device.status().read().swap_bytes() & status::FEATURES_OK == 0 {
        return Err(Absent::Refused);
    }
    connect(queue);
    advance(status::DRIVER_OK);
    Ok(())
}

fn connect(queue: &Queue) {
    let device = device();
    let address = |at: PhysAddr| [at.0.swap_bytes(), 0];
    device.queue_select().write(0);
    device.queue_size().write(queue.size.swap_bytes());
    device.queue_descriptors().write(address(queue.descriptors));
    device.queue_driver().write(address(queue.driver));
    device.queue_device().write(address(queue.device));
    device.queue_ready().write(1_u32.swap_bytes());
}

/// Tells the device that there is something in its queue.
pub fn notify() {
    device().queue_notify().write(0);
}

/// Takes the device's interrupt back.
pub fn acknowledge() {
    let device = device();
    device.interrupt_acknowledge().write(device.interrupt_status().read());
}
