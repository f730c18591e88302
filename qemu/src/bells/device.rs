//! The doorbell device of one node, as QEMU's vhost-user sees it: a device of one
//! queue that never holds anything. All that matters are the two event descriptors:
//! the one that tells of the guest's writes to `QueueNotify` (*kick*), and the one that
//! interrupts the guest (*call*).

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use vhost::VhostUserMemoryRegionBase;
use vhost::vhost_user::message::{
    VhostTransferStateDirection, VhostTransferStatePhase, VhostUserConfigFlags, VhostUserInflight,
    VhostUserLog, VhostUserMemoryRegion, VhostUserProtocolFeatures, VhostUserShMemConfig,
    VhostUserSharedMsg, VhostUserSingleMemoryRegion, VhostUserVringAddrFlags, VhostUserVringState,
};
use vhost::vhost_user::{Error, GpuBackend, Result, VhostUserBackendReqHandlerMut};

/// `VIRTIO_F_VERSION_1`, and that protocol features may be asked for.
const FEATURES: u64 = 1 << 32 | 1 << 30;

/// What interrupts the guest; empty until it has set up its device.
pub(super) type Call = Arc<Mutex<Option<OwnedFd>>>;

/// What QEMU has said about the guest's kicks.
#[derive(Debug)]
pub(super) enum Kick {
    /// They come from here now.
    From(OwnedFd),
    /// There are none: the device is stopped.
    Stopped,
}

/// The state of a doorbell device.
#[derive(Debug)]
pub(super) struct Device {
    call: Call,
    kick: Option<Kick>,
}

impl Device {
    /// A device that the guest has not set up yet, and that will interrupt by `call`.
    pub(super) fn new(call: Call) -> Device {
        Device { call, kick: None }
    }

    /// What has changed about kicks since this was asked last.
    pub(super) fn take_kick(&mut self) -> Option<Kick> {
        self.kick.take()
    }

    fn set_call(&self, file: Option<File>) {
        *self.call.lock().expect("nobody panics with a bell in hand") = file.map(OwnedFd::from);
    }
}

/// The answer to what a device of one empty queue needs not be asked.
fn not_offered<T>() -> Result<T> {
    Err(Error::InvalidOperation("the doorbell offers no such feature"))
}

impl VhostUserBackendReqHandlerMut for Device {
    fn set_owner(&mut self) -> Result<()> {
        Ok(())
    }

    fn reset_owner(&mut self) -> Result<()> {
        Ok(())
    }

    fn reset_device(&mut self) -> Result<()> {
        Ok(())
    }

    fn get_features(&mut self) -> Result<u64> {
        Ok(FEATURES)
    }

    fn set_features(&mut self, _features: u64) -> Result<()> {
        Ok(())
    }

    fn get_protocol_features(&mut self) -> Result<VhostUserProtocolFeatures> {
        Ok(VhostUserProtocolFeatures::empty())
    }

    fn set_protocol_features(&mut self, _features: u64) -> Result<()> {
        Ok(())
    }

    // Where the queue lies is of no interest: nothing is ever in it.

    fn set_vring_num(&mut self, _index: u32, _num: u32) -> Result<()> {
        Ok(())
    }

    fn set_vring_addr(
        &mut self,
        _index: u32,
        _flags: VhostUserVringAddrFlags,
        _descriptor: u64,
        _used: u64,
        _available: u64,
        _log: u64,
    ) -> Result<()> {
        Ok(())
    }

    fn set_vring_base(&mut self, _index: u32, _base: u32) -> Result<()> {
        Ok(())
    }

    fn set_vring_enable(&mut self, _index: u32, _enable: bool) -> Result<()> {
        Ok(())
    }

    /// Stops the queue.
    fn get_vring_base(&mut self, index: u32) -> Result<VhostUserVringState> {
        self.kick = Some(Kick::Stopped);
        self.set_call(None);
        Ok(VhostUserVringState::new(index, 0))
    }

    fn set_vring_kick(&mut self, _index: u8, file: Option<File>) -> Result<()> {
        self.kick = Some(file.map_or(Kick::Stopped, |file| Kick::From(file.into())));
        Ok(())
    }

    fn set_vring_call(&mut self, _index: u8, file: Option<File>) -> Result<()> {
        self.set_call(file);
        Ok(())
    }

    fn set_vring_err(&mut self, _index: u8, _file: Option<File>) -> Result<()> {
        Ok(())
    }

    fn set_mem_table(
        &mut self,
        _regions: &[VhostUserMemoryRegion],
        _files: Vec<File>,
        _postcopy: Option<bool>,
    ) -> Result<Option<Vec<VhostUserMemoryRegionBase>>> {
        Ok(None)
    }

    fn get_queue_num(&mut self) -> Result<u64> {
        Ok(1)
    }

    // Features that are not offered.

    fn get_config(
        &mut self,
        _offset: u32,
        _size: u32,
        _flags: VhostUserConfigFlags,
    ) -> Result<Vec<u8>> {
        not_offered()
    }

    fn set_config(&mut self, _offset: u32, _bytes: &[u8], _: VhostUserConfigFlags) -> Result<()> {
        not_offered()
    }

    fn set_gpu_socket(&mut self, _gpu: GpuBackend) -> Result<()> {
        not_offered()
    }

    fn get_shared_object(&mut self, _uuid: VhostUserSharedMsg) -> Result<File> {
        not_offered()
    }

    fn get_inflight_fd(&mut self, _: &VhostUserInflight) -> Result<(VhostUserInflight, File)> {
        not_offered()
    }

    fn set_inflight_fd(&mut self, _inflight: &VhostUserInflight, _file: File) -> Result<()> {
        not_offered()
    }

    fn get_max_mem_slots(&mut self) -> Result<u64> {
        not_offered()
    }

    fn add_mem_region(
        &mut self,
        _region: &VhostUserSingleMemoryRegion,
        _file: File,
        _postcopy: Option<bool>,
    ) -> Result<Option<VhostUserMemoryRegionBase>> {
        not_offered()
    }

    fn remove_mem_region(&mut self, _region: &VhostUserSingleMemoryRegion) -> Result<()> {
        not_offered()
    }

    fn set_device_state_fd(
        &mut self,
        _direction: VhostTransferStateDirection,
        _phase: VhostTransferStatePhase,
        _file: File,
    ) -> Result<Option<File>> {
        not_offered()
    }

    fn check_device_state(&mut self) -> Result<()> {
        not_offered()
    }

    fn get_shmem_config(&mut self) -> Result<VhostUserShMemConfig> {
        not_offered()
    }

    fn set_log_base(&mut self, _log: &VhostUserLog, _file: File) -> Result<()> {
        not_offered()
    }
}
