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
    pub whole_bytes: usize,
    /// What is behind them: what was to be there, and is not.
    pub torn: Option<String>,
}

impl Paper {
    /// Reads what was printed, until something is not as it should be.
    pub fn read(text: &str) -> Paper {
        let mut paper = Paper::default();
        while let Some(rest) = text.get(paper.whole_bytes..).filter(|rest| !rest.is_empty()) {
            match first(rest) {
                Ok((label, bytes)) => {
                    paper.whole_bytes += bytes;
                    paper.whole.push(label);
                }
                Err(torn) => {
                    paper.torn = Some(torn);
                    break;
                }
            }
        }
        paper
    }
}

/// The document at the beginning of a text, and the bytes that it takes; or what is wrong.
fn first(text: &str) -> Result<(Label, usize), String> {
    let mut lines = text.split_inclusive('\n');
    let head = lines.next().unwrap_or_default();
    let label: Label = head
        .trim_end_matches('\n')
        .parse()
        .map_err(|NoLabel| format!("{:?} is not the beginning of a document", head.trim_end()))?;
    let length: usize = lines.by_ref().take(label.lines as usize).map(str::len).sum();
    let document = &text[head.len()..][..length];
    let end = lines.next().unwrap_or_default();
    if end != format!("{ENDS}{}\n", label.number) {
        return Err(format!("{} has no end", label.name));
    }
    if crc32fast::hash(document.as_bytes()) != label.checksum {
        return Err(format!("{} has other text than was to be printed", label.name));
    }
    Ok((label, head.len() + length + end.len()))
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
        let paper = Paper::read(&(one.clone() + &other));
        let found: Vec<_> = paper.whole.iter().map(|label| (label.number, &*label.name)).collect();
        assert_eq!(found, [(7, "a text"), (8, "line·break")]);
        assert_eq!((paper.whole_bytes, paper.torn), (one.len() + other.len(), None));
        assert_eq!(Paper::read(""), Paper::default());
    }

    #[test]
    fn what_is_torn_is_noticed() {
        let (one, other) = two();
        for length in (1..other.len()).filter(|length| other.is_char_boundary(*length)) {
            let paper = Paper::read(&(one.clone() + &other[..length]));
            assert_eq!((paper.whole.len(), paper.whole_bytes), (1, one.len()), "{length}");
            assert!(paper.torn.is_some(), "{length}");
        }
    }

    #[test]
    fn what_has_changed_is_noticed() {
        let (one, other) = two();
        let paper = Paper::read(&(one.replace("two", "too") + &other));
        let torn = "a text has other text than was to be printed";
        assert_eq!((paper.whole_bytes, paper.torn.as_deref()), (0, Some(torn)));
    }
}
