//! A line of input, edited as it is typed.

use core::fmt::{self, Write};
use heapless::String;

/// The most characters of a line.
pub const LINE_CHARS: usize = 128;

const INTERRUPT: u8 = 0x03;
const BACKSPACE: u8 = 0x08;
const KILL_LINE: u8 = 0x15;
const DELETE: u8 = 0x7F;

/// A line in the making.
#[derive(Default, Debug)]
pub struct LineEditor {
    line: String<LINE_CHARS>,
}

/// What a byte did.
#[derive(PartialEq, Eq, Debug)]
pub enum Typed {
    /// The line goes on.
    Unfinished,
    /// The line was given up with ^C.
    Abandoned,
    /// The line is finished.
    Line(String<LINE_CHARS>),
}

impl LineEditor {
    /// Takes a byte, echoes what it does to the line, and says what came of it.
    pub fn type_byte(&mut self, byte: u8, echo: &mut dyn Write) -> Result<Typed, fmt::Error> {
        match byte {
            b'\r' | b'\n' => {
                echo.write_str("\n")?;
                return Ok(Typed::Line(core::mem::take(&mut self.line)));
            }
            INTERRUPT => {
                echo.write_str("^C\n")?;
                self.line.clear();
                return Ok(Typed::Abandoned);
            }
            BACKSPACE | DELETE => self.erase(echo)?,
            KILL_LINE => {
                while !self.line.is_empty() {
                    self.erase(echo)?;
                }
            }
            b' '..DELETE if self.line.push(char::from(byte)).is_ok() => {
                echo.write_char(char::from(byte))?;
            }
            // Anything else is no text, or has no room.
            _ => {}
        }
        Ok(Typed::Unfinished)
    }

    fn erase(&mut self, echo: &mut dyn Write) -> fmt::Result {
        if self.line.pop().is_some() {
            echo.write_str("\x08 \x08")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types all bytes; returns the lines and the echo.
    fn typed(bytes: &[u8]) -> (Vec<std::string::String>, std::string::String) {
        let (mut editor, mut echo) = (LineEditor::default(), std::string::String::new());
        let mut lines = Vec::new();
        for &byte in bytes {
            match editor.type_byte(byte, &mut echo).unwrap() {
                Typed::Line(line) => lines.push(line.as_str().to_owned()),
                Typed::Abandoned => lines.push("^C".to_owned()),
                Typed::Unfinished => {}
            }
        }
        (lines, echo)
    }

    #[test]
    fn lines_are_echoed_and_returned() {
        let (lines, echo) = typed(b"help\rirq\n");
        assert_eq!(lines, ["help", "irq"]);
        assert_eq!(echo, "help\nirq\n");
    }

    #[test]
    fn backspace_and_delete_erase() {
        let (lines, echo) = typed(b"\x08ab\x08\x7f\x7fc\r");
        assert_eq!(lines, ["c"]);
        assert_eq!(echo, "ab\x08 \x08\x08 \x08c\n");
    }

    #[test]
    fn a_line_can_be_killed_or_abandoned() {
        assert_eq!(typed(b"wrong\x15right\r").0, ["right"]);
        assert_eq!(typed(b"wrong\x03right\r").0, ["^C", "right"]);
    }

    #[test]
    fn bytes_that_are_no_text_or_too_many_are_dropped() {
        assert_eq!(typed(b"\x00a\x1b\xffb\r").0, ["ab"]);
        let long = [b'x'; LINE_CHARS + 5];
        let mut bytes = long.to_vec();
        bytes.push(b'\r');
        assert_eq!(typed(&bytes).0[0].len(), LINE_CHARS);
    }
}
