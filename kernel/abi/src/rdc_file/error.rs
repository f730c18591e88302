//! What is wrong with an RDC file: where, what was found, what was expected.

use core::fmt;

/// Where in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the header.
    Header,
    /// In the entry of this module.
    Module(u16),
}

/// What a field must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// This number.
    Exactly(u64),
    /// A number from the first to the last.
    Range(u64, u64),
    /// A multiple of this number.
    MultipleOf(u64),
    /// At least this number, which is where something else ends.
    Behind(u64),
    /// 1 to 19 letters, digits, `_`, `-` or `.`, and then nulls.
    Name,
    /// A name that no earlier module has.
    OtherNameThan(u16),
    /// Zeroes.
    Zero,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Exactly(number) => write!(f, "{number:#x}"),
            Expected::Range(first, last) => write!(f, "from {first:#x} to {last:#x}"),
            Expected::MultipleOf(number) => write!(f, "a multiple of {number:#x}"),
            Expected::Behind(number) => write!(f, "at least {number:#x}"),
            Expected::Name => write!(f, "1 to 19 letters, digits, '_', '-' or '.', then nulls"),
            Expected::OtherNameThan(module) => write!(f, "another name than module {module} has"),
            Expected::Zero => write!(f, "zero"),
        }
    }
}

/// Why a file is no RDC file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileError {
    /// Where it is wrong.
    pub place: Place,
    /// The field that is wrong.
    pub field: &'static str,
    /// What it says; the length or 0 for fields that are no numbers.
    pub found: u64,
    /// What it must say.
    pub expected: Expected,
}

impl FileError {
    /// Whether the file is an RDC file of another version of the system.
    pub fn is_of_other_version(&self) -> bool {
        self.place == Place::Header && matches!(self.field, "version" | "abi")
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Header => write!(f, "the header's ")?,
            Place::Module(module) => write!(f, "module {module}: ")?,
        }
        write!(f, "{} ", self.field)?;
        match self.expected {
            Expected::Name | Expected::OtherNameThan(_) => write!(f, "must be {}", self.expected),
            _ => write!(f, "is {:#x}; it must be {}", self.found, self.expected),
        }
    }
}

impl core::error::Error for FileError {}

/// The fields of one place, checked one by one.
#[derive(Clone, Copy)]
pub(super) struct Fields(pub Place);

impl Fields {
    /// The field is right, or else is named with what was expected.
    pub fn check(
        self,
        is_right: bool,
        field: &'static str,
        found: impl Into<u64>,
        expected: Expected,
    ) -> Result<(), FileError> {
        if is_right {
            return Ok(());
        }
        Err(FileError { place: self.0, field, found: found.into(), expected })
    }

    pub fn exactly(
        self,
        field: &'static str,
        found: impl Into<u64>,
        expected: impl Into<u64>,
    ) -> Result<(), FileError> {
        let (found, expected) = (found.into(), expected.into());
        self.check(found == expected, field, found, Expected::Exactly(expected))
    }

    pub fn range(
        self,
        field: &'static str,
        found: u32,
        first: u32,
        last: u32,
    ) -> Result<(), FileError> {
        let expected = Expected::Range(first.into(), last.into());
        self.check(first <= found && found <= last, field, found, expected)
    }

    pub fn multiple(self, field: &'static str, found: u32, of: u32) -> Result<(), FileError> {
        self.check(found.is_multiple_of(of), field, found, Expected::MultipleOf(of.into()))
    }
}
