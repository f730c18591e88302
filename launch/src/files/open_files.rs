//! The files that an RDC has open: its descriptors.

use std::collections::BTreeMap;
use std::io;

use abi::service::{STDERR, ServiceError};
use cap_std::fs::File;

/// Files that an RDC may have open at a time.
const FILES_MAX: usize = 512;

/// What a file was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub reads: bool,
    pub writes: bool,
    pub appends: bool,
}

/// The open files. A descriptor is not used a second time, so that one that was closed is
/// never mistaken for another file's.
#[derive(Debug)]
pub struct OpenFiles {
    files: BTreeMap<u32, (File, Access)>,
    next: u32,
}

impl Default for OpenFiles {
    fn default() -> Self {
        Self { files: BTreeMap::new(), next: STDERR + 1 }
    }
}

impl OpenFiles {
    /// Whether one more can be opened.
    pub fn has_room(&self) -> Result<(), ServiceError> {
        if self.files.len() < FILES_MAX { Ok(()) } else { Err(ServiceError::TooManyFiles) }
    }

    /// Enters a file; answers its descriptor.
    pub fn insert(&mut self, file: File, access: Access) -> Result<u32, ServiceError> {
        self.has_room()?;
        let descriptor = self.next;
        self.next = self.next.checked_add(1).ok_or(ServiceError::TooManyFiles)?;
        self.files.insert(descriptor, (file, access));
        Ok(descriptor)
    }

    /// Closes a file.
    pub fn remove(&mut self, descriptor: u32) -> Result<(), ServiceError> {
        self.files.remove(&descriptor).map(drop).ok_or(ServiceError::BadDescriptor)
    }

    /// An open file.
    pub fn get(&self, descriptor: u32) -> Result<&(File, Access), ServiceError> {
        self.files.get(&descriptor).ok_or(ServiceError::BadDescriptor)
    }
}

/// What an RDC is told of the host's error.
pub fn service_error(error: &io::Error) -> ServiceError {
    match error.kind() {
        io::ErrorKind::NotFound => ServiceError::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ServiceError::Denied,
        io::ErrorKind::AlreadyExists => ServiceError::Exists,
        io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => ServiceError::WrongKind,
        io::ErrorKind::DirectoryNotEmpty => ServiceError::NotEmpty,
        io::ErrorKind::InvalidFilename => ServiceError::BadPath,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ServiceError::NoSpace
        }
        _ => ServiceError::Failed,
    }
}
