//! Writing an RDC file, for host tools.

use alloc::vec::Vec;

use zerocopy::{FromZeros, IntoBytes};

use super::error::{Expected, Fields, FileError, Place};
use super::read::{RdcFile, checksum, next_section};
use super::{ABI, ALIGNMENT, Header, MAGIC, MODULES_MAX, ModuleEntry, VERSION, hash};
use crate::structs::Label;

/// A module to be put into a file. Sizes in bytes; see [`ModuleEntry`].
#[derive(Clone, Debug)]
pub struct ModuleSource<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its text.
    pub text: &'s [u8],
    /// Its initialised data.
    pub data: &'s [u8],
    /// Size of its zeroed data.
    pub bss_bytes: u32,
    /// How far its stack may grow.
    pub stack_bytes: u32,
    /// How far its heap may grow.
    pub heap_bytes: u32,
    /// Where its text is linked.
    pub text_address: u32,
    /// Where its data is linked.
    pub data_address: u32,
    /// Where execution begins.
    pub entry: u32,
}

/// The file with these modules. Refuses what [`RdcFile::read`] would refuse.
pub fn write(build_id: [u8; 16], modules: &[ModuleSource<'_>]) -> Result<Vec<u8>, FileError> {
    let fields = Fields(Place::Header);
    let count = modules.len() as u64;
    let expected = Expected::Range(1, MODULES_MAX as u64);
    fields.check(1 <= count && count <= MODULES_MAX as u64, "modules", count, expected)?;

    let table_end = size_of::<Header>() + modules.len() * size_of::<ModuleEntry>();
    let mut bytes = alloc::vec![0; table_end];
    let mut table = Vec::with_capacity(modules.len());
    for (index, module) in modules.iter().enumerate() {
        table.push(append(&mut bytes, index as u16, module)?);
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut header = Header {
        magic: MAGIC.into(),
        version: VERSION.into(),
        modules: (modules.len() as u16).into(),
        length: length.into(),
        alignment: ALIGNMENT.into(),
        build_id,
        abi: ABI.into(),
        ..Header::new_zeroed()
    };
    let (head, _) = bytes.split_at_mut(table_end);
    head[size_of::<Header>()..].copy_from_slice(table.as_bytes());
    header.checksum = checksum(&header, &bytes).into();
    bytes[..size_of::<Header>()].copy_from_slice(header.as_bytes());
    RdcFile::read(&bytes)?;
    Ok(bytes)
}

/// Appends the sections of a module; returns its entry.
fn append(
    bytes: &mut Vec<u8>,
    index: u16,
    module: &ModuleSource<'_>,
) -> Result<ModuleEntry, FileError> {
    let fields = Fields(Place::Module(index));
    let name = Label::new(module.name.as_bytes());
    fields.check(name.is_some(), "name", module.name.len() as u64, Expected::Name)?;
    let mut section = |contents: &[u8]| {
        bytes.resize(next_section(bytes.len() as u64) as usize, 0);
        let offset = bytes.len() as u32;
        bytes.extend_from_slice(contents);
        offset.into()
    };
    Ok(ModuleEntry {
        name: name.unwrap_or(Label::EMPTY),
        text_offset: section(module.text),
        text_bytes: (module.text.len() as u32).into(),
        data_offset: section(module.data),
        data_bytes: (module.data.len() as u32).into(),
        bss_bytes: module.bss_bytes.into(),
        stack_bytes: module.stack_bytes.into(),
        heap_bytes: module.heap_bytes.into(),
        text_address: module.text_address.into(),
        data_address: module.data_address.into(),
        entry: module.entry.into(),
        text_id: hash(module.text).into(),
    })
}
