//! Packing: what is taken, and what each wrong ELF file is told.

use std::path::Path;

use abi::rdc_file::{RdcFile, USER_BEGIN};
use proptest::prelude::*;
use rdc_build::{Error, ModuleFile, Sizes, pack};

/// A segment of a made-up ELF file.
#[derive(Clone)]
struct Segment {
    address: u32,
    contents: Vec<u8>,
    memory_bytes: u32,
    flags: u32,
}

/// A made-up ELF file.
#[derive(Clone)]
struct Elf {
    machine: u16,
    kind: u16,
    entry: u32,
    segments: Vec<Segment>,
    /// The type of a section that is loaded, beside the one that every table begins with.
    section: Option<u32>,
}

const READ_EXECUTE: u32 = 5;
const READ_WRITE: u32 = 6;
const HEADER_BYTES: u32 = 52;
const SEGMENT_BYTES: u32 = 32;

impl Elf {
    /// A module with a page and a bit of text, and data.
    fn module() -> Elf {
        let text = vec![0x4e; 0x1002];
        let data = Segment {
            address: USER_BEGIN + 0x2000,
            contents: vec![7; 10],
            memory_bytes: 30,
            flags: READ_WRITE,
        };
        let text = Segment {
            address: USER_BEGIN,
            memory_bytes: text.len() as u32,
            contents: text,
            flags: READ_EXECUTE,
        };
        let entry = USER_BEGIN + 0x1000;
        Elf { machine: 4, kind: 2, entry, segments: vec![text, data], section: None }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x7f, b'E', b'L', b'F', 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let half = |bytes: &mut Vec<u8>, value: u16| bytes.extend(value.to_be_bytes());
        let words = |bytes: &mut Vec<u8>, values: &[u32]| {
            bytes.extend(values.iter().flat_map(|value| value.to_be_bytes()));
        };
        half(&mut bytes, self.kind);
        half(&mut bytes, self.machine);
        let count = self.segments.len() as u32;
        let sections = HEADER_BYTES + count * SEGMENT_BYTES;
        let section_count: u16 = if self.section.is_some() { 2 } else { 0 };
        let section_table = if self.section.is_some() { sections } else { 0 };
        words(&mut bytes, &[1, self.entry, HEADER_BYTES, section_table, 0]);
        for value in [52, 32, count as u16, 40, section_count, 0] {
            half(&mut bytes, value);
        }
        let mut offset = sections + u32::from(section_count) * 40;
        for segment in &self.segments {
            let length = segment.contents.len() as u32;
            let address = segment.address;
            let sizes = [length, segment.memory_bytes, segment.flags, 2];
            words(&mut bytes, &[1, offset, address, address]);
            words(&mut bytes, &sizes);
            offset += length;
        }
        if let Some(kind) = self.section {
            words(&mut bytes, &[0; 10]);
            words(&mut bytes, &[0, kind, 2, 0, 0, 0, 0, 0, 0, 0]);
        }
        bytes.extend(self.segments.iter().flat_map(|segment| segment.contents.clone()));
        bytes
    }

    fn pack(&self) -> Result<Vec<u8>, Error> {
        pack_bytes(&self.bytes())
    }
}

fn pack_bytes(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("module");
    std::fs::write(&path, bytes).unwrap();
    pack(&[module("module", &path)])
}

fn module(name: &str, path: &Path) -> ModuleFile {
    ModuleFile { name: name.into(), elf: path.into(), sizes: Sizes::default() }
}

#[test]
fn a_module_is_packed() {
    let packed = Elf::module().pack().unwrap();
    let file = RdcFile::read(&packed).unwrap();
    let module = file.find("module").unwrap();
    assert_eq!(module.text, vec![0x4e; 0x1002]);
    assert_eq!(module.data, [7; 10]);
    assert_eq!(module.entry.bss_bytes.get(), 20);
    assert_eq!(module.entry.data_address.get(), USER_BEGIN + 0x2000);
    assert_eq!(module.entry.entry.get(), USER_BEGIN + 0x1000);
    assert_eq!(module.entry.stack_bytes.get(), Sizes::default().stack);
}

#[test]
fn a_module_needs_no_data() {
    let mut elf = Elf::module();
    elf.segments.pop();
    let packed = elf.pack().unwrap();
    let file = RdcFile::read(&packed).unwrap();
    assert!(file.find("module").unwrap().data.is_empty());
}

#[test]
fn equal_modules_make_equal_files() {
    assert_eq!(Elf::module().pack().unwrap(), Elf::module().pack().unwrap());
    let mut other = Elf::module();
    other.segments[0].contents[9] = 0;
    let ids = [Elf::module(), other].map(|elf| {
        let packed = elf.pack().unwrap();
        RdcFile::read(&packed).unwrap().header().build_id
    });
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn what_is_no_module_is_told_why() {
    let refused = |change: fn(&mut Elf), expected: &str| {
        let mut elf = Elf::module();
        change(&mut elf);
        let error = elf.pack().unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    };
    refused(|elf| elf.machine = 62, "not for the 680x0");
    refused(|elf| elf.kind = 1, "not linked to be executed");
    refused(|elf| elf.section = Some(4), "relocations");
    refused(|elf| elf.section = Some(6), "relocations");
    refused(|elf| elf.segments[0].address += 0x1000, "its text is at 0x11000");
    refused(
        |elf| elf.segments[1].address += 0x1000,
        "its data is at 0x13000; it must be at 0x12000",
    );
    refused(|elf| elf.segments[0].flags = READ_WRITE, "a read-only segment");
    refused(|elf| elf.segments[0].memory_bytes += 2, "a part that is not in the file");
    refused(|elf| elf.segments[1].memory_bytes = 9, "larger in the file than in memory");
    refused(|elf| elf.segments[1].memory_bytes = 0x7fff_0000, "more than user memory holds");
    refused(|elf| elf.entry += 1, "its entry 0x11001");
    refused(|elf| elf.entry += 2, "its entry 0x11002");
    refused(|elf| elf.entry = 0, "its entry 0x0");
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    let error = pack(&[module("text", &path)]).unwrap_err().to_string();
    assert!(error.starts_with("cannot read") && error.ends_with("text"), "{error}");
    std::fs::write(&path, "no ELF file").unwrap();
    let error = pack(&[module("text", &path)]).unwrap_err().to_string();
    assert!(error.ends_with("text is no ELF file"), "{error}");
    std::fs::write(&path, Elf::module().bytes()).unwrap();
    let twice = [module("one", &path), module("one", &path)];
    assert!(matches!(pack(&twice), Err(Error::Rdc(_))), "two modules of one name");
    assert!(matches!(pack(&[]), Err(Error::Rdc(_))), "no module at all");
}

proptest! {
    /// The headers are the first 116 bytes: every field of them is damaged in turn.
    #[test]
    fn a_damaged_file_is_refused_or_is_a_module(
        damage in prop::collection::vec((0usize..130, any::<u8>()), 1..4),
        length in 0usize..5000,
    ) {
        let mut bytes = Elf::module().bytes();
        for (place, byte) in damage {
            bytes[place] = byte;
        }
        for contents in [&bytes[..], &bytes[..length.min(bytes.len())]] {
            if let Ok(packed) = pack_bytes(contents) {
                prop_assert!(RdcFile::read(&packed).is_ok());
            }
        }
    }
}
