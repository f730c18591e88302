//! What a machine has printed: bytes come in, text goes out.
//!
//! QEMU's output arrives in pieces that end anywhere, within a character too: where they
//! end depends on what else the host does. So bytes are never made text piece by piece,
//! only where they are taken, and they are taken at the ends of characters.

/// The output of one machine.
#[derive(Debug, Default)]
pub(crate) struct Console {
    bytes: Vec<u8>,
    /// So many of the bytes were taken.
    taken: usize,
}

impl Console {
    /// Adds what has come.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// Takes the output up to the end of a text, if the text has come.
    pub(crate) fn take_through(&mut self, text: &str) -> Option<String> {
        let pending = self.pending();
        let begins = |at: &usize| pending[*at..].starts_with(text.as_bytes());
        let at = (0..pending.len()).find(begins)?;
        Some(self.take(at + text.len()))
    }

    /// Takes what is left, if anything is.
    pub(crate) fn take_rest(&mut self) -> Option<String> {
        let rest = self.pending().len();
        (rest > 0).then(|| self.take(rest))
    }

    /// All that has come, taken or not.
    pub(crate) fn all(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn pending(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    fn take(&mut self, length: usize) -> String {
        let text = String::from_utf8_lossy(&self.pending()[..length]).into_owned();
        self.taken += length;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Console;

    /// Characters of 1, 2, 3 and 4 bytes.
    const TEXT: &str = "a ä € 😀\r\nJürgen: ❤ 日本語\nend é";

    fn in_pieces_of(length: usize) -> Console {
        let mut console = Console::default();
        TEXT.as_bytes().chunks(length).for_each(|piece| console.push(piece));
        console
    }

    #[test]
    fn pieces_may_end_within_a_character() {
        for length in 1..=TEXT.len() {
            let mut console = in_pieces_of(length);
            assert_eq!(console.all(), TEXT, "pieces of {length} bytes");
            assert_eq!(console.take_through("❤").as_deref(), Some("a ä € 😀\r\nJürgen: ❤"));
            assert_eq!(console.take_through("\n").as_deref(), Some(" 日本語\n"));
            assert_eq!(console.take_rest().as_deref(), Some("end é"));
            assert_eq!(console.take_rest(), None);
            assert_eq!(console.all(), TEXT);
        }
    }

    #[test]
    fn half_a_character_waits_for_its_rest() {
        let mut console = Console::default();
        console.push(b"\xf0\x9f\x98");
        assert_eq!(console.take_through("😀"), None);
        console.push(b"\x80!");
        assert_eq!(console.take_through("😀").as_deref(), Some("😀"));
        assert_eq!(console.take_rest().as_deref(), Some("!"));
    }

    #[test]
    fn what_is_no_text_is_shown_as_such() {
        let mut console = Console::default();
        console.push(b"\xff\x00");
        console.push(b"\xc3\n");
        assert_eq!(console.take_through("\n").as_deref(), Some("\u{fffd}\0\u{fffd}\n"));
    }
}
