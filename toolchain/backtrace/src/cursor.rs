//! Reading numbers from a table that may be garbage.

/// What is left of a byte stream. Reading beyond its end gives `None`.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    /// The rest of `bytes` from `offset`.
    pub(crate) fn at(bytes: &'a [u8], offset: u32) -> Option<Cursor<'a>> {
        bytes.get(offset as usize..).map(Cursor)
    }

    /// A big-endian word.
    pub(crate) fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }

    /// An unsigned number in LEB128, the form that DWARF uses too: seven bits a
    /// byte, the lowest first, the top bit set in all but the last.
    pub(crate) fn number(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in (0..u32::BITS).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A string behind its length in bytes.
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        core::str::from_utf8(self.0.get(..length as usize)?).ok()
    }
}
