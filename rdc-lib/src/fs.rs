//! Files of the host, as far as the launch program was told to serve them.
//!
//! A [`File`] keeps its position itself: every request says where, so a request that was
//! repeated, or an incarnation that has moved, changes nothing.

use alloc::string::String;
use alloc::vec::Vec;

use abi::service::{Operation, Request, ServiceError, TRANSFER_MAX, kind, open};
use embedded_io::{ErrorType, Read, Seek, SeekFrom, Write};

use crate::io::{read_at, write_at};
use crate::pool::launch;
use crate::service::{Outcome, get, put, request};

pub use crate::service::Error;

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file of bytes.
    File,
    /// A folder.
    Folder,
    /// A terminal, pipe or other stream, which has no positions.
    Stream,
}

impl Kind {
    fn of(number: u32) -> Result<Kind, Error> {
        match number {
            kind::FILE => Ok(Kind::File),
            kind::FOLDER => Ok(Kind::Folder),
            kind::STREAM => Ok(Kind::Stream),
            _ => Err(Error::Refused(ServiceError::WrongKind)),
        }
    }
}

/// What is known of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
}

impl Metadata {
    fn of(outcome: &Outcome) -> Result<Metadata, Error> {
        Ok(Metadata { kind: Kind::of(outcome.kind)?, size: outcome.size })
    }
}

/// How to open a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OpenOptions(u32);

impl OpenOptions {
    /// Neither to read nor to write.
    pub fn new() -> OpenOptions {
        OpenOptions(0)
    }

    /// To read.
    #[must_use]
    pub fn read(self) -> OpenOptions {
        OpenOptions(self.0 | open::READ)
    }

    /// To write.
    #[must_use]
    pub fn write(self) -> OpenOptions {
        OpenOptions(self.0 | open::WRITE)
    }

    /// To write at the end, wherever that is by then.
    #[must_use]
    pub fn append(self) -> OpenOptions {
        OpenOptions(self.0 | open::WRITE | open::APPEND)
    }

    /// To make it, if it is not there.
    #[must_use]
    pub fn create(self) -> OpenOptions {
        OpenOptions(self.0 | open::CREATE)
    }

    /// To make it; fails if it is there.
    #[must_use]
    pub fn create_new(self) -> OpenOptions {
        OpenOptions(self.0 | open::CREATE | open::NEW)
    }

    /// To empty it.
    #[must_use]
    pub fn truncate(self) -> OpenOptions {
        OpenOptions(self.0 | open::TRUNCATE)
    }

    /// Opens the file at `path`.
    pub fn open(self, path: &str) -> Result<File, Error> {
        let mut request = request(Operation::Open);
        request.flags = self.0.into();
        let opened = put(launch(), &request, path.as_bytes())?;
        let descriptor = opened.result;
        Ok(File { descriptor, position: 0 })
    }
}

/// An open file: closed when it is dropped.
#[derive(Debug)]
pub struct File {
    descriptor: u32,
    position: u64,
}

impl File {
    /// Opens a file to read it.
    pub fn open(path: &str) -> Result<File, Error> {
        OpenOptions::new().read().open(path)
    }

    /// Opens a file to write it, empty.
    pub fn create(path: &str) -> Result<File, Error> {
        OpenOptions::new().write().create().truncate().open(path)
    }

    /// What is known of it.
    pub fn metadata(&self) -> Result<Metadata, Error> {
        Metadata::of(&put(launch(), &self.request(Operation::Status), &[])?)
    }

    /// Cuts or extends it to `size` bytes. Positions stay.
    pub fn set_size(&self, size: u64) -> Result<(), Error> {
        let mut request = self.request(Operation::Resize);
        request.offset = size.into();
        put(launch(), &request, &[]).map(drop)
    }

    /// Reads everything from the position to the end.
    pub fn read_to_end(&mut self) -> Result<Vec<u8>, Error> {
        let size = self.metadata()?.size.saturating_sub(self.position);
        let mut all = Vec::new();
        // One byte more than there should be, so that the end is met without another round.
        let mut room = usize::try_from(size).map_err(|_| Error::Refused(ServiceError::NoSpace))?;
        loop {
            let begin = all.len();
            all.resize(begin + room.clamp(1, TRANSFER_MAX as usize), 0);
            let length = self.read(&mut all[begin..])?;
            all.truncate(begin + length);
            room = room.saturating_sub(length);
            if length == 0 {
                return Ok(all);
            }
        }
    }

    /// Reads everything from the position to the end, which is text.
    pub fn read_to_string(&mut self) -> Result<String, Error> {
        String::from_utf8(self.read_to_end()?).map_err(|_| Error::NotText)
    }

    fn request(&self, operation: Operation) -> Request {
        Request { descriptor: self.descriptor.into(), ..request(operation) }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // The descriptor ends with the RDC at the latest.
        let _ = put(launch(), &self.request(Operation::Close), &[]);
    }
}

impl ErrorType for File {
    type Error = Error;
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let length = read_at(launch(), self.descriptor, self.position, buffer)?;
        self.position += length as u64;
        Ok(length)
    }
}

impl Write for File {
    fn write(&mut self, data: &[u8]) -> Result<usize, Error> {
        let length = write_at(launch(), self.descriptor, self.position, data)?;
        self.position += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Error> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.metadata()?.size.checked_add_signed(offset),
        };
        self.position = position.ok_or(Error::Refused(ServiceError::BadRequest))?;
        Ok(self.position)
    }
}

/// An entry of a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// Reads a file of text.
pub fn read_to_string(path: &str) -> Result<String, Error> {
    File::open(path)?.read_to_string()
}

/// What is known of what lies at `path`.
pub fn metadata(path: &str) -> Result<Metadata, Error> {
    Metadata::of(&put(launch(), &request(Operation::Look), path.as_bytes())?)
}

/// The entries of a folder, in the order of the host.
pub fn read_dir(path: &str) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut buffer = alloc::vec![0; 4096.max(path.len())];
    loop {
        let mut request = request(Operation::List);
        request.offset = (entries.len() as u64).into();
        request.length = (buffer.len() as u32).into();
        let (listed, data) = get(launch(), &request, path.as_bytes(), &mut buffer)?;
        if listed.result == 0 {
            return Ok(entries);
        }
        for entry in data.split_inclusive(|byte| *byte == 0) {
            entries.push(read_entry(entry)?);
        }
    }
}

/// An entry as it is listed: a byte of kind, the name, a null.
fn read_entry(entry: &[u8]) -> Result<Entry, Error> {
    let (number, name) = entry.split_first().ok_or(Error::EndOfData)?;
    let name = name.strip_suffix(&[0]).ok_or(Error::EndOfData)?;
    let name = String::from_utf8(name.to_vec()).map_err(|_| Error::NotText)?;
    Ok(Entry { name, kind: Kind::of(u32::from(*number))? })
}

/// Makes a folder.
pub fn create_dir(path: &str) -> Result<(), Error> {
    put(launch(), &request(Operation::MakeFolder), path.as_bytes()).map(drop)
}

/// Removes a file or an empty folder.
pub fn remove(path: &str) -> Result<(), Error> {
    put(launch(), &request(Operation::Remove), path.as_bytes()).map(drop)
}

/// Renames a file or folder.
pub fn rename(from: &str, to: &str) -> Result<(), Error> {
    let both = [from.as_bytes(), &[0], to.as_bytes()].concat();
    put(launch(), &request(Operation::Rename), &both).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pretended::{host, start};

    #[test]
    fn a_file_is_written_and_read_in_pieces() {
        start();
        host(|host| host.piece = Some(7));
        let text = "many words\n".repeat(5);
        let mut file = File::create("new").unwrap();
        file.write_all(text.as_bytes()).unwrap();
        drop(file);
        assert_eq!(host(|host| host.files["new"].clone()), text.as_bytes());
        assert_eq!(read_to_string("new").unwrap(), text);
        assert_eq!(host(|host| host.open.clone()), [None, None], "both were closed");
    }

    #[test]
    fn positions_are_the_files_own() {
        start();
        host(|host| host.files.insert("f".into(), b"0123456789".into()));
        let (mut one, mut other) = (File::open("f").unwrap(), File::open("f").unwrap());
        let mut three = [0; 3];
        one.read_exact(&mut three).unwrap();
        assert_eq!(other.seek(SeekFrom::End(-2)).unwrap(), 8);
        assert_eq!(other.read_to_end().unwrap(), b"89");
        assert_eq!(one.seek(SeekFrom::Current(1)).unwrap(), 4);
        assert_eq!(one.read_to_end().unwrap(), b"456789");
        let before = one.seek(SeekFrom::Start(0)).and_then(|_| one.seek(SeekFrom::Current(-1)));
        assert_eq!(before, Err(Error::Refused(ServiceError::BadRequest)));
    }

    #[test]
    fn a_refusal_has_its_reason() {
        start();
        let error = File::open("none").unwrap_err();
        assert_eq!(error, Error::Refused(ServiceError::NotFound));
        host(|host| host.files.insert("latin".into(), vec![0xe9]));
        assert_eq!(read_to_string("latin"), Err(Error::NotText));
    }

    #[test]
    fn a_folder_is_listed_in_pieces() {
        start();
        host(|host| {
            host.piece = Some(2);
            host.files = ["a", "b", "c", "d", "e"].map(|name| (name.into(), vec![])).into();
        });
        let names: Vec<_> = read_dir(".").unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
        assert_eq!(host(|host| host.requests), 4, "three with entries, and an empty one");
    }
}
