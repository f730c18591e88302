//! What a printer has on its paper: whole documents, each between a line that says what it is
//! and one that ends it. Paper can be read again, and then it shows whether each document is
//! there, and whole.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// What begins the line above a document.
const BEGINS: &str = "%%Document ";
/// Bytes of a line at most.
const LINE_MAX: usize = 4096;
/// What begins the line below it.
const ENDS: &str = "%%End ";

/// What the line above a document says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Its number; no two documents of a job have the same.
    pub number: u32,
    /// Its lines.
    pub lines: u32,
    /// The CRC-32 of its lines.
    pub checksum: u32,
    /// Its name, on one line.
    pub name: String,
}

impl Label {
    /// The label of a document.
    pub fn of(number: u32, name: &str, document: &str) -> Label {
        let name = name.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
        let lines = document.lines().count() as u32;
        Label { number, lines, checksum: crc32fast::hash(document.as_bytes()), name }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Label { number, lines, checksum, name } = self;
        write!(f, "{BEGINS}{number} lines={lines} crc={checksum:08x} {name}")
    }
}

/// A line is no label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoLabel;

impl FromStr for Label {
    type Err = NoLabel;

    fn from_str(line: &str) -> Result<Label, NoLabel> {
        let parsed = || {
            let mut parts = line.strip_prefix(BEGINS)?.splitn(4, ' ');
            let number = parts.next()?.parse().ok()?;
            let lines = parts.next()?.strip_prefix("lines=")?.parse().ok()?;
            let checksum = u32::from_str_radix(parts.next()?.strip_prefix("crc=")?, 16).ok()?;
            Some(Label { number, lines, checksum, name: parts.next()?.to_string() })
        };
        parsed().ok_or(NoLabel)
    }
}

/// What a printer prints for a document whose lines all end with `\n`.
pub fn printed(label: &Label, document: &str) -> String {
    format!("{label}\n{document}{ENDS}{}\n", label.number)
}

/// What can be read on a printer's paper.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Paper {
    /// The documents that are whole, in their order.
    pub whole: Vec<Label>,
    /// Bytes that they take.
    pub whole_bytes: u64,
    /// What is behind them: what was to be there, and is not.
    pub torn: Option<String>,
}

impl Paper {
    /// Reads what was printed, until something is not as it should be.
    pub fn read(text: &[u8]) -> Paper {
        let mut reader = Reader::default();
        reader.read(text);
        reader.end()
    }
}

/// Reads paper piece by piece.
#[derive(Debug, Default)]
pub struct Reader {
    paper: Paper,
    /// The document that has begun.
    document: Option<Document>,
    /// A line that has begun.
    line: Vec<u8>,
    /// Bytes of all lines before it.
    bytes: u64,
}

/// A document of which not everything is read.
#[derive(Debug)]
struct Document {
    label: Label,
    lines_left: u32,
    checksum: crc32fast::Hasher,
}

impl Reader {
    /// Reads the next piece.
    pub fn read(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.paper.torn.is_some() {
                return;
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.take_line();
            } else if self.line.len() > LINE_MAX {
                self.paper.torn = Some("a line has no end".into());
            }
        }
    }

    /// There is nothing more.
    pub fn end(mut self) -> Paper {
        if self.paper.torn.is_none() {
            self.paper.torn = match self.document {
                Some(document) => Some(format!("{} has no end", document.label.name)),
                None if self.line.is_empty() => None,
                None => Some("there is the beginning of a line".into()),
            };
        }
        self.paper
    }

    fn take_line(&mut self) {
        self.bytes += self.line.len() as u64;
        if let Err(torn) = self.understand() {
            self.paper.torn = Some(torn);
        }
        self.line.clear();
    }

    fn understand(&mut self) -> Result<(), String> {
        match &mut self.document {
            None => self.document = Some(begin(&self.line)?),
            Some(document) if document.lines_left > 0 => {
                document.checksum.update(&self.line);
                document.lines_left -= 1;
            }
            Some(_) => {
                if let Some(document) = self.document.take() {
                    self.paper.whole.push(end(document, &self.line)?);
                    self.paper.whole_bytes = self.bytes;
                }
            }
        }
        Ok(())
    }
}

fn begin(line: &[u8]) -> Result<Document, String> {
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches('\n');
    let label: Result<Label, NoLabel> = line.parse();
    let label = label.map_err(|NoLabel| format!("{line:?} begins no document"))?;
    let checksum = crc32fast::Hasher::new();
    Ok(Document { lines_left: label.lines, label, checksum })
}

fn end(document: Document, line: &[u8]) -> Result<Label, String> {
    let Document { label, checksum, .. } = document;
    if line != format!("{ENDS}{}\n", label.number).as_bytes() {
        return Err(format!("{} has no end", label.name));
    }
    if checksum.finalize() != label.checksum {
        return Err(format!("{} has other text than was to be printed", label.name));
    }
    Ok(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (String, String) {
        let print = |number, name: &str, text: &str| printed(&Label::of(number, name, text), text);
        (print(7, "a text", "one\ntwo\n%%End 7\n"), print(8, "line\nbreak", "three\n"))
    }

    #[test]
    fn paper_can_be_read_again() {
        let (one, other) = two();
        assert!(one.starts_with("%%Document 7 lines=3 crc="), "{one}");
        let paper = Paper::read((one.clone() + &other).as_bytes());
        let found: Vec<_> = paper.whole.iter().map(|label| (label.number, &*label.name)).collect();
        assert_eq!(found, [(7, "a text"), (8, "line·break")]);
        assert_eq!((paper.whole_bytes, paper.torn), ((one.len() + other.len()) as u64, None));
        assert_eq!(Paper::read(b""), Paper::default());
    }

    #[test]
    fn paper_can_be_read_in_pieces() {
        let both = two().0 + &two().1;
        for length in 1..both.len() {
            let mut reader = Reader::default();
            both.as_bytes().chunks(length).for_each(|piece| reader.read(piece));
            assert_eq!(reader.end(), Paper::read(both.as_bytes()), "pieces of {length}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut reader = Reader::default();
        (0..100).for_each(|_| reader.read(&[b'x'; 1000]));
        assert!(reader.line.len() <= LINE_MAX + 1000, "{}", reader.line.len());
        assert_eq!(reader.end().torn.as_deref(), Some("a line has no end"));
    }

    #[test]
    fn what_is_torn_is_noticed() {
        let (one, other) = two();
        for length in 1..other.len() {
            let paper = Paper::read(&(one.clone() + &other).as_bytes()[..one.len() + length]);
            assert_eq!((paper.whole.len(), paper.whole_bytes), (1, one.len() as u64), "{length}");
            assert!(paper.torn.is_some(), "{length}");
        }
    }

    #[test]
    fn what_has_changed_is_noticed() {
        let (one, other) = two();
        let paper = Paper::read((one.replace("two", "too") + &other).as_bytes());
        let torn = "a text has other text than was to be printed";
        assert_eq!((paper.whole_bytes, paper.torn.as_deref()), (0, Some(torn)));
    }
}
