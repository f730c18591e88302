//! The section `.backtrace`: what an image needs to print its own backtraces
//! (the crate `backtrace` reads it there and documents it).
//!
//! An image is linked twice. The first link, without the section, shows where
//! every function lies; from it the table is made, as an object file with one
//! section; the second link takes that too. The table must know final addresses
//! of code only, so the section may have any size as long as it lies behind all
//! code: then nothing needs to be reserved or guessed, and that no function
//! moved is checked.

mod frames;
mod lines;
mod sources;
mod spans;
mod symbols;

use std::path::{Path, PathBuf};

use backtrace::build::{FrameRow, FunctionInfo, LineRow, build};
use backtrace::{Rule, TableError};
use object::write::{Object as ObjectWriter, SectionKind};
use object::{Architecture, BinaryFormat, Endianness, File, Object, ObjectSection};

use crate::error::{Error, Result};
use spans::Spans;
use symbols::Function;

/// What GCC must be told so that there is something to gather: it then writes
/// `.debug_frame` and `.debug_line`, and the code stays the same.
pub const CC_FLAG: &str = "-g1";

/// The section's name.
const SECTION: &str = ".backtrace";

/// What a frame of a backtrace shall show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// the function
    Names,
    /// the function and the source line
    Lines,
}

/// Links an image with its table in it. `link` links into `image`, with one more
/// object file when it is told one.
pub fn link(
    image: &Path,
    detail: Detail,
    mut link: impl FnMut(Option<&Path>) -> Result<()>,
) -> Result<()> {
    link(None)?;
    let first = Image::read(image)?;
    let table = first.table(detail)?;
    let object = image.with_added_extension("backtrace.o");
    write(&object, &object_file(&table))?;
    let linked = link(Some(&object));
    remove(&object)?;
    linked?;
    Image::read(image)?.check(&first, &table)
}

/// A linked ELF file.
#[derive(Debug)]
pub struct Image {
    path: PathBuf,
    data: Vec<u8>,
}

impl Image {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Image> {
        let data = std::fs::read(path).map_err(|source| Error::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        Ok(Image { path: path.to_owned(), data })
    }

    /// The table of its functions.
    pub fn table(&self, detail: Detail) -> Result<Vec<u8>> {
        let file = self.parse()?;
        let frames = frames::frames(&file).map_err(|error| self.error(error.to_string()))?;
        let lines = match detail {
            Detail::Names => Spans::default(),
            Detail::Lines => lines::lines(&file).map_err(|error| self.error(error.to_string()))?,
        };
        let functions: Vec<FunctionInfo> = symbols::functions(&file)
            .into_iter()
            .map(|function| describe(function, &frames, &lines))
            .collect();
        Ok(build(&functions))
    }

    /// This image, linked with `table`, has its code where the table says that it
    /// is, as in `first`, and the table is in it.
    fn check(&self, first: &Image, table: &[u8]) -> Result<()> {
        let file = self.parse()?;
        let before = symbols::functions(&first.parse()?);
        let after = symbols::functions(&file);
        // No code refers to the table's size, so only addresses can differ.
        if let Some((old, new)) = before.iter().zip(&after).find(|(old, new)| old != new) {
            return Err(self.error(format!(
                "the section {SECTION} moved code: {} from {:#x} to {:#x}",
                old.name, old.start, new.start
            )));
        }
        let section = file.section_by_name(SECTION);
        let data = section.and_then(|section| section.data().ok()).unwrap_or_default();
        if data == table {
            return Ok(());
        }
        Err(self.error(match backtrace::Table::new(data) {
            Err(TableError::Empty) => format!("the linker script keeps no section {SECTION}"),
            _ => format!("the section {SECTION} holds something else too"),
        }))
    }

    fn parse(&self) -> Result<File<'_>> {
        File::parse(&*self.data).map_err(|error| self.error(error.to_string()))
    }

    fn error(&self, reason: impl Into<String>) -> Error {
        Error::Backtrace { image: self.path.clone(), reason: reason.into() }
    }
}

fn describe(
    function: Function,
    frames: &Spans<Rule>,
    lines: &Spans<(String, u32)>,
) -> FunctionInfo {
    let Function { start, end, name } = function;
    let frames = frames
        .within(start, end)
        .map(|(offset, rule)| FrameRow { offset, rule: rule.copied().unwrap_or(Rule::Unknown) })
        .collect();
    let lines = lines
        .within(start, end)
        .map(|(offset, location)| LineRow { offset, location: location.cloned() })
        .collect();
    FunctionInfo { start, size: end - start, name, frames, lines }
}

/// An object file whose only section is `.backtrace` with this content.
fn object_file(table: &[u8]) -> Vec<u8> {
    let mut object = ObjectWriter::new(BinaryFormat::Elf, Architecture::M68k, Endianness::Big);
    let section = object.add_section(Vec::new(), SECTION.into(), SectionKind::ReadOnlyData);
    object.set_section_data(section, table, 1);
    object.write().expect("an object without symbols and relocations can be written")
}

fn write(path: &Path, data: &[u8]) -> Result<()> {
    std::fs::write(path, data).map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|source| Error::File {
        action: "remove",
        path: path.to_owned(),
        source,
    })
}
