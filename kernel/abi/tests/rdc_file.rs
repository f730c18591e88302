//! RDC files: what is written is read again, and what is damaged, by chance or on
//! purpose, is refused with the field that is wrong.

use abi::rdc_file::{
    Expected, FileError, Header, ModuleEntry, ModuleSource, Place, RdcFile, USER_END, hash, write,
};
use proptest::prelude::*;
use zerocopy::{FromBytes, IntoBytes};

const BUILD_ID: [u8; 16] = *b"0123456789abcdef";

fn source<'s>(name: &'s str, text: &'s [u8], data: &'s [u8]) -> ModuleSource<'s> {
    ModuleSource {
        name,
        text,
        data,
        bss_bytes: 100,
        stack_bytes: 8192,
        heap_bytes: 1 << 20,
        text_address: 0x10000,
        data_address: 0x10000 + (text.len() as u32).next_multiple_of(4096),
        entry: 0x10000,
    }
}

fn sample() -> Vec<u8> {
    let modules = [
        source("manager", &[0x4e, 0x71, 0x4e, 0x75], b"greetings"),
        source("worker", &[0x4e, 0x75], b""),
    ];
    write(BUILD_ID, &modules).unwrap()
}

/// Changes a field of the table and makes the checksum right again.
fn forge(change: impl FnOnce(&mut ModuleEntry)) -> Result<(), FileError> {
    let mut bytes = sample();
    let (_, rest) = bytes.split_at_mut(size_of::<Header>());
    let (entry, _) = ModuleEntry::mut_from_prefix(rest).unwrap();
    change(entry);
    sign(&mut bytes);
    RdcFile::read(&bytes).map(|_| ())
}

fn sign(bytes: &mut [u8]) {
    let (header, _) = Header::mut_from_prefix(bytes).unwrap();
    header.checksum = 0.into();
    let checksum = hash(bytes);
    let (header, _) = Header::mut_from_prefix(bytes).unwrap();
    header.checksum = checksum.into();
}

fn refused(result: Result<(), FileError>, field: &str, text: &str) {
    let error = result.expect_err(field);
    assert_eq!(error.field, field);
    assert_eq!(error.place, Place::Module(0));
    assert_eq!(error.to_string(), text);
}

#[test]
fn modules_are_found_by_number_and_name() {
    let bytes = sample();
    let file = RdcFile::read(&bytes).unwrap();
    assert_eq!(file.header().build_id, BUILD_ID);
    assert_eq!(file.modules().count(), 2);
    let worker = file.find("worker").unwrap();
    assert_eq!((worker.id.0, worker.text, worker.data), (1, &[0x4e, 0x75][..], &b""[..]));
    assert_eq!(file.modules().next().unwrap().data, b"greetings");
    assert!(file.find("nobody").is_none());
}

#[test]
fn forged_entries_are_refused_by_name() {
    refused(
        forge(|entry| entry.entry = 0x10004.into()),
        "entry",
        "module 0: entry is 0x10004; it must be from 0x10000 to 0x10002",
    );
    refused(
        forge(|entry| entry.entry = 0x10001.into()),
        "entry",
        "module 0: entry is 0x10001; it must be a multiple of 0x2",
    );
    refused(
        forge(|entry| entry.text_offset = 0x2000.into()),
        "text_offset",
        "module 0: text_offset is 0x2000; it must be 0x1000",
    );
    refused(
        forge(|entry| entry.data_offset = 0xffff_f000.into()),
        "data_offset",
        "module 0: data_offset is 0xfffff000; it must be 0x2000",
    );
    refused(
        forge(|entry| entry.data_bytes = 0x3000.into()),
        "end of data",
        "module 0: end of data is 0x5000; it must be from 0x0 to 0x4000",
    );
}

#[test]
fn addresses_outside_user_memory_are_refused() {
    for (change, field) in [
        ((|entry| entry.text_address = 0.into()) as fn(&mut ModuleEntry), "text_address"),
        (|entry| entry.text_address = 0xffff_f000.into(), "text_address"),
        (|entry| entry.data_address = 0x10000.into(), "data_address"),
        (|entry| entry.data_address = 0xffff_f000.into(), "data_address"),
        (|entry| entry.data_address = (USER_END - 0x1000).into(), "end of the stack"),
        (|entry| entry.stack_bytes = 0.into(), "stack_bytes"),
        (|entry| entry.heap_bytes = u32::MAX.into(), "heap_bytes"),
        (|entry| entry.text_bytes = 0.into(), "text_bytes"),
        (|entry| entry.text_id = 0.into(), "text_id"),
    ] {
        assert_eq!(forge(change).expect_err(field).field, field);
    }
}

#[test]
fn names_are_checked() {
    let twice = [source("a", &[0, 0], b""), source("a", &[0, 0], b"")];
    let error = write(BUILD_ID, &twice).unwrap_err();
    assert_eq!(error.expected, Expected::OtherNameThan(0));
    assert_eq!(error.to_string(), "module 1: name must be another name than module 0 has");
    for name in ["", "a b", "ä", "../x", "a_name_of_20_letters"] {
        let error = write(BUILD_ID, &[source(name, &[0, 0], b"")]).unwrap_err();
        assert_eq!(error.expected, Expected::Name, "{name:?}");
    }
    assert_eq!(write(BUILD_ID, &[]).unwrap_err().field, "modules");
}

#[test]
fn other_files_are_told_apart() {
    let mut bytes = sample();
    assert_eq!(RdcFile::read(b"\x7fELF").unwrap_err().field, "file length");
    assert_eq!(RdcFile::read(&[0x7f; 100]).unwrap_err().field, "magic");
    bytes[5] = 2;
    let error = RdcFile::read(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "the header's version is 0x2; it must be 0x1");
}

/// What every file that is accepted keeps to, computed anew.
fn check_invariants(file: &RdcFile<'_>) {
    let mut end = 0;
    let mut names = Vec::new();
    for module in file.modules() {
        let entry = module.entry;
        for (offset, contents) in
            [(entry.text_offset, module.text), (entry.data_offset, module.data)]
        {
            let offset = offset.get() as usize;
            assert!(offset.is_multiple_of(4096) && offset >= end);
            end = offset + contents.len();
            assert!(end <= file.bytes().len());
        }
        let text = u64::from(entry.text_address.get());
        let text_end = text + module.text.len() as u64;
        let start = u64::from(entry.entry.get());
        assert!(text <= start && start + 2 <= text_end && start.is_multiple_of(2));
        assert!(u64::from(entry.data_address.get()) >= text_end);
        assert!(!entry.name().is_empty() && !names.contains(&entry.name()));
        names.push(entry.name());
    }
}

fn modules() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    let bytes = |least| prop::collection::vec(any::<u8>(), least..6000);
    prop::collection::vec((bytes(2), bytes(0)), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(contents in modules()) {
        let names: Vec<String> = (0..contents.len()).map(|index| format!("m{index}")).collect();
        let sources: Vec<_> =
            contents.iter().zip(&names).map(|((text, data), name)| source(name, text, data)).collect();
        let bytes = write(BUILD_ID, &sources).unwrap();
        let file = RdcFile::read(&bytes).unwrap();
        check_invariants(&file);
        for (module, source) in file.modules().zip(&sources) {
            prop_assert_eq!((module.text, module.data), (source.text, source.data));
            prop_assert_eq!(module.entry.name(), source.name);
        }
    }

    #[test]
    fn damaged_files_are_refused(index in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = sample();
        let at = index.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(RdcFile::read(&bytes).is_err(), "byte {at:#x}");
    }

    #[test]
    fn cut_files_are_refused(index in any::<prop::sample::Index>()) {
        let bytes = sample();
        prop_assert!(RdcFile::read(&bytes[..index.index(bytes.len())]).is_err());
    }

    /// Words of the header and the table are replaced, and the checksum made right.
    #[test]
    fn hostile_files_are_refused_or_right(
        changes in prop::collection::vec(
            (0usize..50, prop_oneof![any::<u32>(), 0u32..0x20000, Just(u32::MAX)]), 1..4,
        ),
    ) {
        let mut bytes = sample();
        for (word, value) in changes {
            bytes[word * 4..word * 4 + 4].copy_from_slice(value.as_bytes());
        }
        sign(&mut bytes);
        if let Ok(file) = RdcFile::read(&bytes) {
            check_invariants(&file);
        }
    }

    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(RdcFile::read(&bytes).is_err());
    }
}
