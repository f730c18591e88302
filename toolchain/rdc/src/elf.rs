//! Reading a module from its ELF file, with all that must hold of one.

use std::path::Path;

use abi::rdc_file::USER_BEGIN;
use abi::space::SpaceLayout;
use object::BigEndian;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

use crate::error::{Error, Result};
use crate::package::Sizes;

type Header = elf::FileHeader32<BigEndian>;

/// What an RDC file needs of a module. Sizes are bytes; addresses are those of user memory.
#[derive(Debug)]
pub(crate) struct Image<'f> {
    pub text: &'f [u8],
    pub data: &'f [u8],
    pub bss_bytes: u32,
    pub data_address: u32,
    pub entry: u32,
}

/// A part of the file that is loaded.
struct Segment<'f> {
    contents: &'f [u8],
    address: u32,
    memory_bytes: u32,
    is_writable: bool,
}

/// Reads the module in the contents of the file at `path`.
pub(crate) fn read<'f>(path: &Path, contents: &'f [u8], sizes: Sizes) -> Result<Image<'f>> {
    let no_elf = |source| Error::NoElf { path: path.to_owned(), source };
    let no_module = |reason: String| Error::NoModule { path: path.to_owned(), reason };
    let header = Header::parse(contents).map_err(no_elf)?;
    check_header(header).map_err(no_module)?;
    let sections = header.section_headers(BigEndian, contents).map_err(no_elf)?;
    if sections.iter().any(is_relocation) {
        return Err(no_module("it has relocations; link it statically".to_owned()));
    }
    let headers = header.program_headers(BigEndian, contents).map_err(no_elf)?;
    let segments = segments(headers, contents).map_err(no_module)?;
    image(&segments, header.e_entry.get(BigEndian), sizes).map_err(no_module)
}

fn check_header(header: &Header) -> std::result::Result<(), String> {
    if header.e_ident.data != elf::ELFDATA2MSB || header.e_machine.get(BigEndian) != elf::EM_68K {
        return Err("it is not for the 680x0".to_owned());
    }
    if header.e_type.get(BigEndian) != elf::ET_EXEC {
        return Err("it is not linked to be executed at fixed addresses".to_owned());
    }
    Ok(())
}

/// Relocations that somebody would have to apply when the module is loaded.
fn is_relocation(section: &elf::SectionHeader32<BigEndian>) -> bool {
    let kind = section.sh_type(BigEndian);
    let is_loaded = section.sh_flags(BigEndian).0 & elf::SHF_ALLOC.0 != 0;
    is_loaded && [elf::SHT_REL, elf::SHT_RELA, elf::SHT_DYNAMIC].contains(&kind)
}

fn segments<'f>(
    headers: &[elf::ProgramHeader32<BigEndian>],
    contents: &'f [u8],
) -> std::result::Result<Vec<Segment<'f>>, String> {
    let is_loaded = |header: &&elf::ProgramHeader32<BigEndian>| {
        header.p_type(BigEndian) == elf::PT_LOAD && header.p_memsz(BigEndian) > 0
    };
    let segment = |header: &elf::ProgramHeader32<BigEndian>| {
        let part = header.data(BigEndian, contents);
        Ok(Segment {
            contents: part.map_err(|()| "a segment reaches past the end of the file")?,
            address: header.p_vaddr(BigEndian),
            memory_bytes: header.p_memsz(BigEndian),
            is_writable: header.p_flags(BigEndian).0 & elf::PF_W.0 != 0,
        })
    };
    headers.iter().filter(is_loaded).map(segment).collect()
}

/// The module of these segments: a text that is not written, and perhaps data, each where
/// `abi::space` says.
fn image<'f>(
    segments: &[Segment<'f>],
    entry: u32,
    sizes: Sizes,
) -> std::result::Result<Image<'f>, String> {
    let (text, data) = match segments {
        [text] if !text.is_writable => (text, None),
        [text, data] if !text.is_writable && data.is_writable => (text, Some(data)),
        _ => return Err("it must have a read-only segment and at most one writable one".into()),
    };
    let text_bytes = text.memory_bytes;
    if text.contents.len() as u32 != text_bytes {
        return Err("its text has a part that is not in the file".to_owned());
    }
    if text.address != USER_BEGIN {
        return Err(format!("its text is at {:#x}; it must be at {USER_BEGIN:#x}", text.address));
    }
    let (initialised, memory_bytes): (&[u8], u32) =
        data.map_or((&[], 0), |data| (data.contents, data.memory_bytes));
    let data_bytes = initialised.len() as u32;
    let bss_bytes = memory_bytes
        .checked_sub(data_bytes)
        .ok_or("its data is larger in the file than in memory")?;
    let layout = SpaceLayout::new(text_bytes, data_bytes, bss_bytes, sizes.heap, sizes.stack)
        .ok_or("its text, data, heap and stack are more than user memory holds")?;
    if let Some(data) = data.filter(|data| data.address != layout.data) {
        let wanted = layout.data;
        return Err(format!("its data is at {:#x}; it must be at {wanted:#x}", data.address));
    }
    let text_range = USER_BEGIN..USER_BEGIN + text_bytes;
    if !entry.is_multiple_of(2) || !text_range.contains(&entry) {
        return Err(format!(
            "its entry {entry:#x} is no even address in its text {text_range:#x?}"
        ));
    }
    Ok(Image {
        text: text.contents,
        data: initialised,
        bss_bytes,
        data_address: layout.data,
        entry,
    })
}
