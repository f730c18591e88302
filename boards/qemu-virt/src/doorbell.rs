//! The doorbell: a virtio device whose queue is never used. Notifying it makes the
//! host's router look for whom bells were counted; its interrupt is a bell for this
//! node. Where it is missing, the node is alone.

use crate::devices::rtc::Rtc;
use crate::devices::virtio::{self, Absent, Queue};
use crate::memory;
use abi::ids::NodeId;
use bus::Signals;
use m68k::address::VirtAddr;

/// Its bit in the masks of the controller of level 2.
pub const LINE: u32 = 1 << 0;

const QUEUE_SIZE: u32 = 4;
const DRIVER_OFFSET: u32 = 64;
const DEVICE_OFFSET: u32 = 128;

/// The queue's memory, which nobody ever looks at.
#[repr(align(256))]
struct QueueMemory(#[expect(dead_code, reason = "the device is told of it")] [u8; 256]);

static QUEUE: QueueMemory = QueueMemory([0; 256]);

/// The bell of this node.
#[derive(Debug)]
pub struct Doorbell {
    device: Result<(), Absent>,
}

impl Doorbell {
    /// Sets the device up, if there is one.
    ///
    /// # Panics
    /// Before boot has mapped the memory.
    pub fn new() -> Doorbell {
        let slice = memory::slice().expect("boot maps the slice");
        let start = slice.phys(VirtAddr::of(&raw const QUEUE));
        let queue = Queue {
            size: QUEUE_SIZE,
            descriptors: start,
            driver: start.offset(DRIVER_OFFSET),
            device: start.offset(DEVICE_OFFSET),
        };
        Doorbell { device: virtio::set_up(&queue) }
    }

    /// Whether bells can be rung, or why not.
    pub fn state(&self) -> Result<(), Absent> {
        self.device
    }
}

impl Default for Doorbell {
    fn default() -> Doorbell {
        Doorbell::new()
    }
}

impl Signals for Doorbell {
    fn fence_store_load(&self) {
        // Reading any register keeps QEMU's stores before its loads.
        let _ = Rtc::Timer.alarm_is_armed();
    }

    fn ring_bell(&self, _: NodeId) {
        if self.device.is_ok() {
            virtio::notify();
        }
    }
}

/// Serves the bell's interrupt. What it rang for is in the rings.
pub fn interrupted() {
    virtio::acknowledge();
}
