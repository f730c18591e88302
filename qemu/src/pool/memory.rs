//! The memory of a crate as a file without a name, which the daemon maps and its QEMU
//! processes inherit: nobody else can open it, and it is gone with the last of them.
#![allow(unsafe_code, reason = "shared memory is handed to who keeps its rules")]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use abi::slice::SliceLayout;
use bus::backplane::Backplane;
use memmap2::MmapOptions;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use crate::Error;

/// Bytes of a node's slice.
pub const SLICE_BYTES: u32 = 16 << 20;

/// The memory of a crate.
#[derive(Debug)]
pub(crate) struct CrateMemory {
    file: OwnedFd,
    backplane: Arc<Backplane>,
}

impl CrateMemory {
    /// Memory for `nodes` nodes, the host included, all zero.
    pub(crate) fn new(nodes: usize) -> Result<CrateMemory, Error> {
        let layout = SliceLayout::new(nodes, SLICE_BYTES).map_err(Error::Layout)?;
        let failed = |source: rustix::io::Errno| Error::Memory { nodes, source: source.into() };
        let file = memfd_create("equus crate", MemfdFlags::CLOEXEC).map_err(failed)?;
        let bytes = u64::from(SLICE_BYTES) * nodes as u64;
        ftruncate(&file, bytes).map_err(failed)?;
        let mapping =
            MmapOptions::new().map_raw(&file).map_err(|source| Error::Memory { nodes, source })?;
        let base = NonNull::new(mapping.as_mut_ptr()).expect("a mapping has an address");
        // SAFETY: 1. all slices are mapped, at a page, as long as the mapping lives. 2. It
        // was made here and is kept private; other processes that inherit the file are
        // nodes.
        let backplane = unsafe { Backplane::over(layout, base, Box::new(mapping)) };
        Ok(CrateMemory { file, backplane })
    }

    /// The memory as nodes of this process see it.
    pub(crate) fn backplane(&self) -> &Arc<Backplane> {
        &self.backplane
    }

    /// The file, for QEMU.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Megabytes of all slices.
    pub(crate) fn megabytes(&self) -> u64 {
        let layout = self.backplane.layout();
        (layout.nodes() as u64 * u64::from(layout.slice_bytes())) >> 20
    }
}
