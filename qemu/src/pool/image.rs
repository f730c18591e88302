//! The kernel image of each node: one ELF file, whose load addresses (`p_paddr`) are
//! moved into the node's slice and nothing else. The files have no names.

use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use abi::ids::NodeId;
use object::BigEndian;
use object::elf::{FileHeader32, PT_LOAD, ProgramHeader32};
use object::pod;
use object::read::elf::FileHeader;
use rustix::fs::{MemfdFlags, memfd_create};

use super::memory::SLICE_BYTES;
use crate::Error;

/// A kernel image as it was built.
#[derive(Debug)]
pub(crate) struct Image {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Where the program headers lie in the file, and how many there are.
    headers: (usize, usize),
}

impl Image {
    /// Reads an image, and refuses what is no big-endian ELF file of 32 bits.
    pub(crate) fn read(path: &Path) -> Result<Image, Error> {
        if !path.exists() {
            return Err(Error::NoImage(path.to_owned()));
        }
        let bytes = fs::read(path).map_err(Error::io("read the kernel image"))?;
        let headers = program_headers(&bytes)
            .map_err(|reason| Error::BadImage { path: path.to_owned(), reason })?;
        Ok(Image { path: path.to_owned(), bytes, headers })
    }

    /// The image of one node, as a file to be inherited.
    pub(crate) fn for_node(&self, node: NodeId) -> Result<OwnedFd, Error> {
        let mut bytes = self.bytes.clone();
        self.place(&mut bytes, node)
            .map_err(|reason| Error::BadImage { path: self.path.clone(), reason })?;
        let file = memfd_create("equus kernel", MemfdFlags::CLOEXEC)
            .map_err(|error| Error::io("make a file for a node's kernel")(error.into()))?;
        let mut file = fs::File::from(file);
        file.write_all(&bytes).map_err(Error::io("write a node's kernel"))?;
        Ok(file.into())
    }

    /// Moves all segments into the slice of `node`.
    fn place(&self, bytes: &mut [u8], node: NodeId) -> Result<(), String> {
        let (offset, count) = self.headers;
        let (headers, _) =
            pod::slice_from_bytes_mut::<ProgramHeader32<BigEndian>>(&mut bytes[offset..], count)
                .map_err(|()| "its program headers are cut off".to_owned())?;
        for header in headers.iter_mut().filter(|header| header.p_type.get(BigEndian) == PT_LOAD) {
            let (begin, size) = (header.p_paddr.get(BigEndian), header.p_memsz.get(BigEndian));
            let end = begin.checked_add(size).filter(|end| *end <= SLICE_BYTES);
            if end.is_none() {
                return Err(format!(
                    "a segment of {size:#x} bytes at {begin:#x} is not in the first slice"
                ));
            }
            header.p_paddr.set(BigEndian, begin + u32::from(node.0) * SLICE_BYTES);
        }
        Ok(())
    }
}

/// Where the program headers lie, and how many there are.
fn program_headers(bytes: &[u8]) -> Result<(usize, usize), String> {
    let header =
        FileHeader32::<BigEndian>::parse(bytes).map_err(|error| format!("no ELF file: {error}"))?;
    let headers = header
        .program_headers(BigEndian, bytes)
        .map_err(|error| format!("its program headers are bad: {error}"))?;
    if headers.is_empty() {
        return Err("it has no program headers: is it linked?".to_owned());
    }
    Ok((header.e_phoff(BigEndian) as usize, headers.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    /// An ELF file with one segment of 16 bytes at this physical address.
    fn elf(physical: u32) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0".to_vec();
        for half in [2u16, 4] {
            bytes.extend(half.to_be_bytes());
        }
        for word in [1u32, 0xc000_1000, 52, 0, 0] {
            bytes.extend(word.to_be_bytes());
        }
        for half in [52u16, 32, 1, 40, 0, 0] {
            bytes.extend(half.to_be_bytes());
        }
        for word in [1u32, 84, 0xc000_1000, physical, 0, 16, 5, 4096] {
            bytes.extend(word.to_be_bytes());
        }
        bytes
    }

    fn image(bytes: &[u8]) -> Result<Image, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        Image::read(file.path())
    }

    #[test]
    fn only_the_physical_address_moves() {
        use std::io::Seek;
        let original = elf(0x1000);
        let placed = image(&original).unwrap().for_node(NodeId(3)).unwrap();
        let (mut file, mut bytes) = (fs::File::from(placed), Vec::new());
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, elf(0x0300_1000));
    }

    #[test]
    fn what_is_no_image_is_refused_with_the_reason() {
        let refused = |bytes: &[u8]| image(bytes).unwrap_err().to_string();
        assert!(refused(b"#!/bin/sh").contains("no ELF file"), "{}", refused(b"#!/bin/sh"));
        assert!(refused(&elf(0)[..80]).contains("program headers"));
        let outside = image(&elf(0x0100_0000)).unwrap().for_node(NodeId(1)).unwrap_err();
        assert!(outside.to_string().contains("not in the first slice"), "{outside}");
    }
}
