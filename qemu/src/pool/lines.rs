//! Cuts what a node prints into lines. Output arrives in pieces that end anywhere; a line
//! ends where the node ends it, or between two characters when it is long.

/// The longest line in bytes; a longer one is cut into several.
const LINE_MAX: usize = 1024;

/// The line that a console is at.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Adds what has come; whole lines go to `tell`.
    pub(super) fn push(&mut self, piece: &[u8], mut tell: impl FnMut(String)) {
        for &byte in piece {
            let ends = byte == b'\n';
            if ends || self.is_full_before(byte) {
                tell(self.take());
            }
            if !ends {
                self.line.push(byte);
            }
        }
    }

    /// Nothing more comes: tells of a last line without an end.
    pub(super) fn end(&mut self, mut tell: impl FnMut(String)) {
        if !self.line.is_empty() {
            tell(self.take());
        }
    }

    /// The character that begins with a byte does not fit. Within a character every byte does.
    fn is_full_before(&self, byte: u8) -> bool {
        let length = match byte {
            0xf0.. => 4,
            0xe0.. => 3,
            0xc0.. => 2,
            _ => 1,
        };
        self.line.len() + length > LINE_MAX
    }

    fn take(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.line).trim_end_matches('\r').to_owned();
        self.line.clear();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_MAX, Lines};

    /// The lines of a text that comes in pieces of so many bytes.
    fn lines(text: &str, length: usize) -> Vec<String> {
        let (mut lines, mut told) = (Lines::default(), Vec::new());
        text.as_bytes().chunks(length).for_each(|piece| lines.push(piece, |line| told.push(line)));
        lines.end(|line| told.push(line));
        told
    }

    #[test]
    fn pieces_may_end_within_a_character() {
        for length in 1..=20 {
            assert_eq!(lines("ä €\r\n\n😀\nend é", length), ["ä €", "", "😀", "end é"], "{length}");
        }
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        for character in ["x", "ä", "€", "😀"] {
            let text = format!("{}\n", character.repeat(LINE_MAX));
            let found = lines(&text, 100);
            assert_eq!(found.concat(), text.trim_end(), "{character}");
            assert_eq!(found.len(), character.len() + usize::from(character == "€"));
            assert!(found.iter().all(|line| line.len() <= LINE_MAX), "{character}");
        }
    }
}
