//! Writing a table: what the linker does, so with the standard library.

use std::collections::HashMap;

use crate::format::{
    Base, CallerFp, DISTANCE_SHIFT, FP_MOVES, KIND_FP, KIND_OUTERMOST, KIND_SP, KIND_UNKNOWN,
    LINE_BITS, MAGIC, MAX_LINE, Rule, VERSION, WORD_BYTES,
};

/// A function of an image.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FunctionInfo {
    /// address of its first instruction, even
    pub start: u32,
    /// bytes, not zero
    pub size: u32,
    /// demangled
    pub name: String,
    /// Where the form of its frame changes, by ascending offsets; before the
    /// first of them it is [`Rule::ENTRY`].
    pub frames: Vec<FrameRow>,
    /// where the source line changes, by ascending offsets
    pub lines: Vec<LineRow>,
}

/// From here on the frame has this form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameRow {
    /// bytes from the function's start, even
    pub offset: u32,
    /// the form
    pub rule: Rule,
}

/// From here on the code comes from this source line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineRow {
    /// bytes from the function's start, even
    pub offset: u32,
    /// file and line, from 1; `None` for code that comes from no line
    pub location: Option<(String, u32)>,
}

/// Writes the table of an image with these functions. They may come in any
/// order but must not overlap. A location that the format cannot hold (more
/// than 4096 files, or a line beyond a million) counts as none.
#[must_use]
pub fn build(functions: &[FunctionInfo]) -> Vec<u8> {
    let mut sorted: Vec<&FunctionInfo> = functions.iter().collect();
    sorted.sort_by_key(|function| function.start);
    let mut writer = Writer::new(&sorted);
    let mut entries = Vec::new();
    for function in &sorted {
        let name = writer.string(&function.name);
        let frames = frame_rows(&function.frames);
        let lines = writer.line_rows(&function.lines);
        let (frames, lines) = (writer.blob(frames), writer.blob(lines));
        for word in [function.start, function.size, name, frames, lines] {
            entries.extend_from_slice(&word.to_be_bytes());
        }
    }
    writer.finish(sorted.len(), &entries)
}

/// The files that locations can name.
const MAX_FILES: u32 = 1 << (u32::BITS - LINE_BITS);

/// A location, packed.
type Packed = u32;

#[derive(Default)]
struct Writer {
    /// Each location's place in the location table, from 1.
    locations: HashMap<Packed, u32>,
    location_table: Vec<u8>,
    files: HashMap<String, u32>,
    file_table: Vec<u8>,
    /// Where in the pool a blob already lies: many functions have equal rows.
    blobs: HashMap<Vec<u8>, u32>,
    pool: Vec<u8>,
}

impl Writer {
    /// Numbers the locations of all functions: the frequent ones get the small
    /// numbers, which take one byte.
    fn new(functions: &[&FunctionInfo]) -> Writer {
        let mut writer = Writer::default();
        let mut uses: HashMap<Packed, u32> = HashMap::new();
        for row in functions.iter().flat_map(|function| &function.lines) {
            if let Some(packed) = writer.pack(row) {
                *uses.entry(packed).or_default() += 1;
            }
        }
        let mut by_use: Vec<(Packed, u32)> = uses.into_iter().collect();
        by_use.sort_by_key(|&(packed, uses)| (std::cmp::Reverse(uses), packed));
        for (number, (packed, _)) in (1..).zip(by_use) {
            writer.locations.insert(packed, number);
            writer.location_table.extend_from_slice(&packed.to_be_bytes());
        }
        writer
    }

    fn pack(&mut self, row: &LineRow) -> Option<Packed> {
        let (file, line) = row.location.as_ref()?;
        let file = self.file(file);
        (file < MAX_FILES && *line <= MAX_LINE).then_some(file << LINE_BITS | line)
    }

    fn file(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.files.get(name) {
            return number;
        }
        let number = self.files.len() as u32;
        let offset = self.string(name);
        self.files.insert(name.to_owned(), number);
        self.file_table.extend_from_slice(&offset.to_be_bytes());
        number
    }

    fn line_rows(&mut self, rows: &[LineRow]) -> Vec<u8> {
        let mut encoded = Rows::default();
        let mut current = 0;
        for row in rows {
            let number = self.pack(row).map_or(0, |packed| self.locations[&packed]);
            if number != current {
                encoded.begin(row.offset);
                encoded.number(number);
                current = number;
            }
        }
        encoded.finish()
    }

    fn string(&mut self, string: &str) -> u32 {
        let mut blob = Vec::new();
        push_number(&mut blob, string.len() as u32);
        blob.extend_from_slice(string.as_bytes());
        self.blob(blob)
    }

    /// Puts bytes into the pool once; their offset there.
    fn blob(&mut self, blob: Vec<u8>) -> u32 {
        let pool = &mut self.pool;
        *self.blobs.entry(blob).or_insert_with_key(|blob| {
            let offset = pool.len() as u32;
            pool.extend_from_slice(blob);
            offset
        })
    }

    fn finish(self, functions: usize, entries: &[u8]) -> Vec<u8> {
        let mut table = MAGIC.to_vec();
        let counts = [functions, self.locations.len(), self.files.len(), self.pool.len()];
        for word in std::iter::once(VERSION).chain(counts.map(|count| count as u32)) {
            table.extend_from_slice(&word.to_be_bytes());
        }
        for part in [entries, &self.location_table, &self.file_table, &self.pool] {
            table.extend_from_slice(part);
        }
        table
    }
}

/// The rows of a function, as they are encoded.
#[derive(Default)]
struct Rows {
    count: u32,
    offset: u32,
    bytes: Vec<u8>,
}

impl Rows {
    fn begin(&mut self, offset: u32) {
        self.count += 1;
        self.number((offset - self.offset) / WORD_BYTES);
        self.offset = offset;
    }

    fn number(&mut self, number: u32) {
        push_number(&mut self.bytes, number);
    }

    fn finish(self) -> Vec<u8> {
        let mut blob = Vec::new();
        push_number(&mut blob, self.count);
        blob.extend_from_slice(&self.bytes);
        blob
    }
}

fn frame_rows(rows: &[FrameRow]) -> Vec<u8> {
    let mut encoded = Rows::default();
    let (mut current, mut current_fp) = (Rule::ENTRY, CallerFp::InRegister);
    for row in rows {
        if row.rule == current {
            continue;
        }
        encoded.begin(row.offset);
        current = row.rule;
        let (base, distance, fp) = match row.rule {
            Rule::Frame { base: Base::Sp, distance, fp } => (KIND_SP, distance, fp),
            Rule::Frame { base: Base::Fp, distance, fp } => (KIND_FP, distance, fp),
            Rule::Outermost => (KIND_OUTERMOST, 0, current_fp),
            Rule::Unknown => (KIND_UNKNOWN, 0, current_fp),
        };
        let word = (distance / WORD_BYTES) << DISTANCE_SHIFT | base;
        if fp == current_fp {
            encoded.number(word);
            continue;
        }
        current_fp = fp;
        encoded.number(word | FP_MOVES);
        encoded.number(match fp {
            CallerFp::InRegister => 0,
            CallerFp::Saved(depth) => depth / WORD_BYTES,
        });
    }
    encoded.finish()
}

/// Appends a number in LEB128.
fn push_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
