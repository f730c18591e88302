//! Reading an RDC file where it lies in memory.

use zerocopy::FromBytes;

use super::error::{Expected, Fields, FileError, Place};
use super::{ABI, ALIGNMENT, Header, MAGIC, MODULES_MAX, ModuleEntry, VERSION, hash, hash_on};
use crate::ids::ModuleId;

/// A file of which everything has been checked.
#[derive(Clone, Copy, Debug)]
pub struct RdcFile<'f> {
    bytes: &'f [u8],
    header: &'f Header,
    table: &'f [ModuleEntry],
}

/// A module of such a file.
#[derive(Clone, Copy, Debug)]
pub struct Module<'f> {
    /// Its place in the file.
    pub id: ModuleId,
    /// Its entry in the table.
    pub entry: &'f ModuleEntry,
    /// Its text.
    pub text: &'f [u8],
    /// Its initialised data.
    pub data: &'f [u8],
}

impl<'f> RdcFile<'f> {
    /// The file that is these bytes, if they are one in every respect.
    pub fn read(bytes: &'f [u8]) -> Result<RdcFile<'f>, FileError> {
        let fields = Fields(Place::Header);
        let at_least = |length: usize| {
            let expected = Expected::Behind(length as u64);
            fields.check(bytes.len() >= length, "file length", bytes.len() as u64, expected)
        };
        at_least(size_of::<Header>())?;
        let (header, rest) = Header::ref_from_prefix(bytes).expect("the length was checked");
        check_header(header, bytes)?;
        let modules = usize::from(header.modules.get());
        let table_end = size_of::<Header>() + modules * size_of::<ModuleEntry>();
        at_least(table_end)?;
        let (table, _) = <[ModuleEntry]>::ref_from_prefix_with_elems(rest, modules)
            .expect("the length was checked");
        check_table(table, table_end, bytes)?;
        // Last, so that whoever builds a file by hand learns what is wrong first.
        fields.exactly("checksum", header.checksum.get(), checksum(header, bytes))?;
        Ok(RdcFile { bytes, header, table })
    }

    /// The header.
    pub fn header(&self) -> &'f Header {
        self.header
    }

    /// The whole file.
    pub fn bytes(&self) -> &'f [u8] {
        self.bytes
    }

    /// All modules in order.
    pub fn modules(&self) -> impl Iterator<Item = Module<'f>> + use<'f> {
        let file = *self;
        (0..file.table.len() as u16).filter_map(move |id| file.module(ModuleId(id)))
    }

    /// The module of this number, if there is one.
    pub fn module(&self, id: ModuleId) -> Option<Module<'f>> {
        let entry = self.table.get(usize::from(id.0))?;
        let section = |offset: u32, length: u32| {
            let begin = offset as usize;
            &self.bytes[begin..begin + length as usize]
        };
        let text = section(entry.text_offset.get(), entry.text_bytes.get());
        let data = section(entry.data_offset.get(), entry.data_bytes.get());
        Some(Module { id, entry, text, data })
    }

    /// The module of this name, if there is one.
    pub fn find(&self, name: &str) -> Option<Module<'f>> {
        self.modules().find(|module| module.entry.name() == name)
    }
}

fn check_header(header: &Header, bytes: &[u8]) -> Result<(), FileError> {
    let fields = Fields(Place::Header);
    fields.exactly("magic", header.magic.get(), MAGIC)?;
    fields.exactly("version", header.version.get(), VERSION)?;
    fields.exactly("abi", header.abi.get(), ABI)?;
    fields.exactly("length", header.length.get(), bytes.len() as u64)?;
    fields.exactly("alignment", header.alignment.get(), ALIGNMENT)?;
    fields.range("modules", header.modules.get().into(), 1, MODULES_MAX as u32)?;
    fields.check(header.reserved == [0; 20], "reserved", 0u32, Expected::Zero)
}

/// Checks all entries, and that their sections fill the file without gap or overlap.
fn check_table(table: &[ModuleEntry], table_end: usize, bytes: &[u8]) -> Result<(), FileError> {
    let mut end = table_end as u64;
    for (index, entry) in table.iter().enumerate() {
        let module = index as u16;
        let fields = Fields(Place::Module(module));
        entry.check(module)?;
        let earlier = table[..index].iter().position(|other| other.name == entry.name);
        if let Some(earlier) = earlier {
            fields.check(false, "name", 0u32, Expected::OtherNameThan(earlier as u16))?;
        }
        let text = entry.text_offset.get();
        fields.exactly("text_offset", text, next_section(end))?;
        end = u64::from(text) + u64::from(entry.text_bytes.get());
        fields.exactly("data_offset", entry.data_offset.get(), next_section(end))?;
        end = u64::from(entry.data_offset.get()) + u64::from(entry.data_bytes.get());
        let last = bytes.len() as u64;
        fields.check(end <= last, "end of data", end, Expected::Range(0, last))?;
        let text_end = text as usize + entry.text_bytes.get() as usize;
        let text_id = hash(&bytes[text as usize..text_end]);
        fields.exactly("text_id", entry.text_id.get(), text_id)?;
    }
    Fields(Place::Header).exactly("length", bytes.len() as u64, end)
}

/// Where a section begins that follows something that ends at `end`.
pub(super) fn next_section(end: u64) -> u64 {
    end.next_multiple_of(ALIGNMENT.into())
}

/// What the header's checksum must be.
pub(super) fn checksum(header: &Header, bytes: &[u8]) -> u64 {
    use zerocopy::IntoBytes;
    let blank = Header { checksum: 0.into(), ..*header };
    hash_on(hash(blank.as_bytes()), &bytes[size_of::<Header>()..])
}
