//! A table, read in place: which function an address belongs to, which source
//! line, and how its frame is laid out there.

use core::fmt;

use crate::cursor::Cursor;
use crate::format::{
    Base, CallerFp, DISTANCE_SHIFT, FILE_BYTES, FP_MOVES, FUNCTION_BYTES, HEADER_BYTES, KIND_FP,
    KIND_MASK, KIND_OUTERMOST, KIND_SP, KIND_UNKNOWN, LINE_BITS, LOCATION_BYTES, MAGIC, MAX_LINE,
    Rule, VERSION, WORD_BYTES,
};

/// Why bytes are no table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableError {
    /// There are none: the image was linked without `--backtrace`.
    Empty,
    /// They begin with something else.
    NotATable,
    /// The layout is of another version, this one.
    Version(u32),
    /// They end before the table does.
    Truncated,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableError::Empty => f.write_str("the image was linked without --backtrace"),
            TableError::NotATable => f.write_str("the section .backtrace holds something else"),
            TableError::Version(version) => {
                write!(f, "the table has version {version}, this code reads {VERSION}")
            }
            TableError::Truncated => f.write_str("the table is cut off"),
        }
    }
}

impl core::error::Error for TableError {}

/// A function and a place in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// the function's name, demangled
    pub name: &'a str,
    /// bytes from its first instruction
    pub offset: u32,
}

/// A place in a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location<'a> {
    /// relative to the root of the workspace, or to the library it belongs to
    pub file: &'a str,
    /// from 1
    pub line: u32,
}

/// What ll2c wrote into the section `.backtrace` of the image that runs.
///
/// The bytes are not trusted: whatever they are, each question has an answer,
/// found in a time bounded by their number.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    functions: &'a [[u8; FUNCTION_BYTES]],
    locations: &'a [[u8; LOCATION_BYTES]],
    files: &'a [[u8; FILE_BYTES]],
    pool: &'a [u8],
}

/// An entry of the function table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    pub(crate) start: u32,
    size: u32,
    name: u32,
    frames: u32,
    lines: u32,
}

impl<'a> Table<'a> {
    /// Takes the bytes of the section `.backtrace`.
    pub fn new(bytes: &'a [u8]) -> Result<Table<'a>, TableError> {
        if bytes.is_empty() {
            return Err(TableError::Empty);
        }
        if !bytes.starts_with(&MAGIC) {
            return Err(TableError::NotATable);
        }
        let mut header = Cursor(&bytes[MAGIC.len()..]);
        let mut word = || header.word().ok_or(TableError::Truncated);
        let version = word()?;
        if version != VERSION {
            return Err(TableError::Version(version));
        }
        let [functions, locations, files, pool] = [word()?, word()?, word()?, word()?];
        let (functions, rest) = records(&bytes[HEADER_BYTES..], functions)?;
        let (locations, rest) = records(rest, locations)?;
        let (files, rest) = records(rest, files)?;
        let pool = rest.get(..pool as usize).ok_or(TableError::Truncated)?;
        Ok(Table { functions, locations, files, pool })
    }

    /// The function that `pc` lies in. A return address may lie behind the
    /// function that called: ask for the byte before it.
    pub fn lookup(&self, pc: u32) -> Option<Symbol<'a>> {
        let function = self.function(pc)?;
        Some(Symbol { name: self.string(function.name)?, offset: pc - function.start })
    }

    /// The source line that the instruction at `pc` comes from, of the innermost
    /// function if some were inlined. `None` if the table has no lines.
    pub fn location(&self, pc: u32) -> Option<Location<'a>> {
        let function = self.function(pc)?;
        let mut rows = Cursor::at(self.pool, function.lines)?;
        let (mut at, mut current) = (function.start, 0);
        for _ in 0..rows.number()? {
            at = at.wrapping_add(rows.number()?.wrapping_mul(WORD_BYTES));
            if at > pc {
                break;
            }
            current = rows.number()?;
        }
        // Zero stands for code without a line.
        let entry = self.locations.get((current as usize).checked_sub(1)?)?;
        let packed = u32::from_be_bytes(*entry);
        let file = self.files.get((packed >> LINE_BITS) as usize)?;
        Some(Location { file: self.string(u32::from_be_bytes(*file))?, line: packed & MAX_LINE })
    }

    /// The entry of the function that `pc` lies in.
    pub(crate) fn function(&self, pc: u32) -> Option<Function> {
        let behind = self
            .functions
            .partition_point(|entry| Cursor(entry).word().is_some_and(|start| start <= pc));
        let mut entry = Cursor(self.functions.get(behind.checked_sub(1)?)?);
        let function = Function {
            start: entry.word()?,
            size: entry.word()?,
            name: entry.word()?,
            frames: entry.word()?,
            lines: entry.word()?,
        };
        // A table that is not sorted may have led astray: then pc is before it.
        let offset = pc.checked_sub(function.start)?;
        (offset < function.size).then_some(function)
    }

    /// How the frame of `function` is laid out when the processor is at `pc`.
    pub(crate) fn rule(&self, function: &Function, pc: u32) -> Rule {
        self.find_rule(function, pc).unwrap_or(Rule::Unknown)
    }

    fn find_rule(&self, function: &Function, pc: u32) -> Option<Rule> {
        let mut rows = Cursor::at(self.pool, function.frames)?;
        let (mut at, mut rule) = (function.start, Rule::ENTRY);
        let mut fp = CallerFp::InRegister;
        for _ in 0..rows.number()? {
            at = at.wrapping_add(rows.number()?.wrapping_mul(WORD_BYTES));
            if at > pc {
                break;
            }
            rule = next_rule(&mut rows, &mut fp)?;
        }
        Some(rule)
    }

    fn string(&self, offset: u32) -> Option<&'a str> {
        Cursor::at(self.pool, offset)?.string()
    }
}

/// The rule of a row; `fp` is where the rows before left the caller's FP.
fn next_rule(rows: &mut Cursor<'_>, fp: &mut CallerFp) -> Option<Rule> {
    let word = rows.number()?;
    if word & FP_MOVES != 0 {
        *fp = match rows.number()? {
            0 => CallerFp::InRegister,
            words => CallerFp::Saved(words.wrapping_mul(WORD_BYTES)),
        };
    }
    let base = match word & KIND_MASK {
        KIND_SP => Base::Sp,
        KIND_FP => Base::Fp,
        KIND_OUTERMOST => return Some(Rule::Outermost),
        KIND_UNKNOWN.. => return Some(Rule::Unknown),
    };
    Some(Rule::Frame { base, distance: (word >> DISTANCE_SHIFT) * WORD_BYTES, fp: *fp })
}

/// The first `count` records of `N` bytes, and what follows them.
fn records<const N: usize>(bytes: &[u8], count: u32) -> Result<(&[[u8; N]], &[u8]), TableError> {
    let length = (count as usize).checked_mul(N).ok_or(TableError::Truncated)?;
    let (records, rest) = bytes.split_at_checked(length).ok_or(TableError::Truncated)?;
    Ok((records.as_chunks().0, rest))
}
