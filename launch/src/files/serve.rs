//! One request after the other.

use cap_std::fs::FileExt as _;
use std::io;

use abi::service::{Operation, Request, Response, ServiceError, TRANSFER_MAX, kind, open};
use cap_std::fs::{FileType, Metadata, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;
use zerocopy::FromZeros;

use super::folders::Folders;
use super::open_files::{Access, OpenFiles, service_error};

/// An answer: its head, and what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The head.
    pub head: Response,
    /// Bytes read, or entries of a folder.
    pub data: Vec<u8>,
}

impl Reply {
    /// A number and nothing else.
    pub fn number(result: i32) -> Self {
        let mut head = Response::new_zeroed();
        head.result = result.into();
        Self { head, data: Vec::new() }
    }

    /// Bytes, which the result counts.
    pub fn bytes(data: Vec<u8>) -> Self {
        let count = Self::number(data.len() as i32);
        Self { data, ..count }
    }

    fn of_kind(mut self, kind: u32, size: u64) -> Self {
        self.head.kind = kind.into();
        self.head.size = size.into();
        self
    }
}

impl From<ServiceError> for Reply {
    fn from(error: ServiceError) -> Self {
        Self::number(error.code())
    }
}

/// The files of one RDC.
#[derive(Debug)]
pub struct FileService {
    folders: Folders,
    files: OpenFiles,
}

type Served = Result<Reply, ServiceError>;

impl FileService {
    /// The service for an RDC that was given these folders.
    pub fn new(folders: Folders) -> Self {
        Self { folders, files: OpenFiles::default() }
    }

    /// Serves a request on files; `BadRequest` for any other.
    pub fn serve(&mut self, operation: Operation, request: &Request, data: &[u8]) -> Reply {
        let offset = request.offset.get();
        let descriptor = request.descriptor.get();
        let length = request.length.get();
        let served = match operation {
            Operation::Open => self.open(data, request.flags.get()),
            Operation::Close => self.files.remove(descriptor).map(|()| Reply::number(0)),
            Operation::Read => self.read(descriptor, offset, length),
            Operation::Write => self.write(descriptor, offset, data),
            Operation::Status => self.status(descriptor),
            Operation::Look => self.look(data),
            Operation::List => self.list(data, offset, length),
            Operation::MakeFolder => self.make_folder(data),
            Operation::Remove => self.remove(data),
            Operation::Rename => self.rename(data),
            Operation::Resize => self.resize(descriptor, offset),
            Operation::Arguments | Operation::Environment | Operation::Report | Operation::Time => {
                Err(ServiceError::BadRequest)
            }
        };
        served.unwrap_or_else(Reply::from)
    }

    fn open(&mut self, path: &[u8], flags: u32) -> Served {
        const KNOWN: u32 =
            open::READ | open::WRITE | open::APPEND | open::CREATE | open::NEW | open::TRUNCATE;
        let has = |flag| flags & flag != 0;
        let changes = flags & !open::READ != 0;
        if flags & !KNOWN != 0 || !has(open::READ | open::WRITE | open::APPEND) {
            return Err(ServiceError::BadRequest);
        }
        self.files.has_room()?;
        let place =
            if changes { self.folders.find_writable(path)? } else { self.folders.find(path)? };
        let access = Access {
            reads: has(open::READ),
            writes: has(open::WRITE | open::APPEND),
            appends: has(open::APPEND),
        };
        let mut options = OpenOptions::new();
        options.read(access.reads).write(has(open::WRITE)).append(access.appends);
        options.create(has(open::CREATE)).create_new(has(open::NEW)).truncate(has(open::TRUNCATE));
        // Who opens a pipe must not wait for its other end.
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = place.dir.open_with(&place.path, &options).map_err(|e| service_error(&e))?;
        let metadata = file.metadata().map_err(|e| service_error(&e))?;
        if !metadata.is_file() {
            return Err(ServiceError::WrongKind);
        }
        let descriptor = self.files.insert(file, access)?;
        Ok(described(Reply::number(descriptor as i32), &metadata))
    }

    fn read(&self, descriptor: u32, offset: u64, length: u32) -> Served {
        let (file, access) = self.files.get(descriptor)?;
        if !access.reads {
            return Err(ServiceError::BadDescriptor);
        }
        let mut bytes = vec![0; length.min(TRANSFER_MAX) as usize];
        let read = retried(|| file.read_at(&mut bytes, offset))?;
        bytes.truncate(read);
        Ok(Reply::bytes(bytes))
    }

    fn write(&self, descriptor: u32, offset: u64, data: &[u8]) -> Served {
        let (file, access) = self.files.get(descriptor)?;
        if !access.writes {
            return Err(ServiceError::BadDescriptor);
        }
        // A file that was opened to append puts it at its end, whatever the offset.
        let written = retried(|| file.write_at(data, offset))?;
        Ok(Reply::number(written as i32))
    }

    fn status(&self, descriptor: u32) -> Served {
        let (file, _) = self.files.get(descriptor)?;
        let metadata = file.metadata().map_err(|e| service_error(&e))?;
        Ok(described(Reply::number(0), &metadata))
    }

    fn look(&self, path: &[u8]) -> Served {
        let place = self.folders.find(path)?;
        let metadata = place.dir.metadata(&place.path).map_err(|e| service_error(&e))?;
        Ok(described(Reply::number(0), &metadata))
    }

    /// Entries from number `skip` on, by name so that they keep their numbers.
    fn list(&self, path: &[u8], skip: u64, length: u32) -> Served {
        let place = self.folders.find(path)?;
        let mut entries = Vec::new();
        for entry in place.dir.read_dir(&place.path).map_err(|e| service_error(&e))? {
            let entry = entry.map_err(|e| service_error(&e))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let file_type = entry.file_type().map_err(|e| service_error(&e))?;
            entries.push((name, kind_of(file_type)));
        }
        entries.sort();
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let mut data = Vec::new();
        let mut count = 0;
        for (name, kind) in entries.into_iter().skip(skip) {
            if data.len() + name.len() + 2 > length.min(TRANSFER_MAX) as usize {
                break;
            }
            data.push(kind as u8);
            data.extend(name.as_bytes());
            data.push(0);
            count += 1;
        }
        Ok(Reply { data, ..Reply::number(count) })
    }

    fn make_folder(&self, path: &[u8]) -> Served {
        let place = self.folders.find_writable(path)?;
        place.dir.create_dir(&place.path).map_err(|e| service_error(&e))?;
        Ok(Reply::number(0))
    }

    fn remove(&self, path: &[u8]) -> Served {
        let place = self.folders.find_writable(path)?;
        let metadata = place.dir.symlink_metadata(&place.path).map_err(|e| service_error(&e))?;
        let removed = if metadata.is_dir() {
            place.dir.remove_dir(&place.path)
        } else {
            place.dir.remove_file(&place.path)
        };
        removed.map_err(|e| service_error(&e))?;
        Ok(Reply::number(0))
    }

    fn rename(&self, paths: &[u8]) -> Served {
        let end = paths.iter().position(|byte| *byte == 0).ok_or(ServiceError::BadPath)?;
        let from = self.folders.find_writable(&paths[..end])?;
        let to = self.folders.find_writable(&paths[end + 1..])?;
        from.dir.rename(&from.path, to.dir, &to.path).map_err(|e| service_error(&e))?;
        Ok(Reply::number(0))
    }

    fn resize(&self, descriptor: u32, size: u64) -> Served {
        let (file, access) = self.files.get(descriptor)?;
        if !access.writes {
            return Err(ServiceError::BadDescriptor);
        }
        file.set_len(size).map_err(|e| service_error(&e))?;
        Ok(Reply::number(0))
    }
}

/// Does it again if a signal came in between.
fn retried(mut act: impl FnMut() -> io::Result<usize>) -> Result<usize, ServiceError> {
    loop {
        match act() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done.map_err(|error| service_error(&error)),
        }
    }
}

fn described(reply: Reply, metadata: &Metadata) -> Reply {
    reply.of_kind(kind_of(metadata.file_type()), metadata.len())
}

fn kind_of(file_type: FileType) -> u32 {
    if file_type.is_dir() {
        kind::FOLDER
    } else if file_type.is_file() {
        kind::FILE
    } else {
        kind::STREAM
    }
}
