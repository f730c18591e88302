//! The source lines of code, from DWARF's line programs (`.debug_line`).

use std::collections::HashMap;
use std::path::PathBuf;

use gimli::{BigEndian, Dwarf, EndianSlice, IncompleteLineProgram, Unit};
use object::{File, Object, ObjectSection};

use super::sources::Sources;
use super::spans::Spans;
use super::symbols;

type Slice<'a> = EndianSlice<'a, BigEndian>;

/// File and line of each address of an image's code.
pub(super) fn lines(file: &File<'_>) -> gimli::Result<Spans<(String, u32)>> {
    let dwarf = Dwarf::load(|id| {
        let section = file.section_by_name(id.name());
        let data = section.and_then(|section| section.data().ok()).unwrap_or_default();
        gimli::Result::Ok(Slice::new(data, BigEndian))
    })?;
    let sources = Sources::here();
    let mut spans = Vec::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        if let Some(program) = unit.line_program.clone() {
            let name = |index| file_name(&dwarf, &unit, index).map(|path| sources.short(&path));
            unit_lines(file, program, name, &mut spans)?;
        }
    }
    Ok(Spans::new(spans))
}

/// Appends the lines of one compilation unit.
fn unit_lines(
    file: &File<'_>,
    program: IncompleteLineProgram<Slice<'_>>,
    name: impl Fn(u64) -> gimli::Result<String>,
    spans: &mut Vec<(u32, u32, (String, u32))>,
) -> gimli::Result<()> {
    let mut names: HashMap<u64, String> = HashMap::new();
    let (program, sequences) = program.sequences()?;
    // Those of functions that the linker dropped are at address 0.
    for sequence in sequences.iter().filter(|sequence| symbols::is_code(file, sequence.start)) {
        let mut rows = program.resume_from(sequence);
        // A row holds up to the address of the next.
        let mut current = None;
        while let Some((_, row)) = rows.next_row()? {
            let address = row.address() as u32;
            if let Some((start, location)) = current.take() {
                spans.push((start, address, location));
            }
            let Some(line) = row.line().filter(|_| !row.end_sequence()) else { continue };
            let index = row.file_index();
            let name = match names.get(&index) {
                Some(name) => name.clone(),
                None => names.entry(index).or_insert(name(index)?).clone(),
            };
            current = Some((address, (name, line.get() as u32)));
        }
    }
    Ok(())
}

/// The path of a unit's file, absolute if its parts say so.
fn file_name(
    dwarf: &Dwarf<Slice<'_>>,
    unit: &Unit<Slice<'_>>,
    index: u64,
) -> gimli::Result<PathBuf> {
    let header = unit.line_program.as_ref().map(IncompleteLineProgram::header);
    let entry = header.and_then(|header| Some((header, header.file(index)?)));
    let (header, entry) = entry.ok_or(gimli::Error::MissingFileEntryFormatPath)?;
    let text = |attribute| -> gimli::Result<PathBuf> {
        Ok(dwarf.attr_string(unit, attribute)?.to_string_lossy().as_ref().into())
    };
    let mut path = match unit.comp_dir {
        Some(directory) => PathBuf::from(directory.to_string_lossy().as_ref()),
        None => PathBuf::new(),
    };
    if let Some(directory) = entry.directory(header) {
        path.push(text(directory)?);
    }
    path.push(text(entry.path_name())?);
    Ok(path)
}
