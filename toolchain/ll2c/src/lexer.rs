//! The tokens of LLVM's assembly language.
//!
//! Comments and `#dbg_…` records are skipped. Text in quotes keeps its escapes:
//! most names are only compared, few are ever unescaped.

use std::borrow::Cow;

/// A token. Names and strings are without sigil and quotes, escapes still in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token<'a> {
    /// a keyword, type or attribute
    Word(&'a str),
    /// `12`, `-3`, `1.5e+00`, `0x3FF8…`
    Number(&'a str),
    /// `%name`
    Local(&'a str),
    /// `@name`
    Global(&'a str),
    /// `$name`
    Comdat(&'a str),
    /// `!name`, `!12`, or `!` alone
    Meta(&'a str),
    /// `#12`
    Group(&'a str),
    /// `"…"`
    Str(&'a str),
    /// `c"…"`
    Bytes(&'a str),
    /// one of `()[]{}<>,=*|:;`
    Punct(char),
    /// `...`
    Ellipsis,
    /// a character that begins no token
    Invalid(char),
    /// nothing is left
    End,
}

/// Splits a text into tokens.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    position: usize,
    line: u32,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`, which is line `line` of its file.
    pub fn new(text: &'a str, line: u32) -> Lexer<'a> {
        Lexer { text, position: 0, line }
    }

    /// The line on which the last token ended, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The byte behind the last token.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The text between two positions.
    pub fn slice(&self, start: usize, end: usize) -> &'a str {
        &self.text[start..end]
    }

    /// Skips what is left of this line and those lines below it that are
    /// indented deeper than an instruction: the rest of one that is not understood.
    pub fn skip_instruction(&mut self) {
        self.skip_line();
        while self.text[self.position..].starts_with("\n    ") {
            self.position += 1;
            self.line += 1;
            self.skip_line();
        }
    }

    /// The next token.
    pub fn next(&mut self) -> Token<'a> {
        self.skip_blanks();
        let Some(first) = self.byte(0) else { return Token::End };
        match first {
            b'%' => self.sigil(Token::Local),
            b'@' => self.sigil(Token::Global),
            b'$' => self.sigil(Token::Comdat),
            b'!' => self.metadata(),
            b'#' => self.sigil(Token::Group),
            b'"' => Token::Str(self.quoted()),
            b'c' if self.byte(1) == Some(b'"') => {
                self.position += 1;
                Token::Bytes(self.quoted())
            }
            b'0'..=b'9' | b'-' | b'+' => self.number(),
            b'.' if self.text[self.position..].starts_with("...") => {
                self.position += 3;
                Token::Ellipsis
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' => Token::Word(self.name()),
            _ => self.punctuation(),
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.position + ahead).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.byte(0) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.position += 1;
                }
                b' ' | b'\t' | b'\r' => self.position += 1,
                b';' => self.skip_line(),
                b'#' if self.byte(1).is_some_and(|next| next.is_ascii_alphabetic()) => {
                    self.skip_line();
                }
                _ => return,
            }
        }
    }

    /// Stops before the line's end.
    fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.position..];
        self.position += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn sigil(&mut self, token: impl Fn(&'a str) -> Token<'a>) -> Token<'a> {
        self.position += 1;
        match self.byte(0) {
            Some(b'"') => token(self.quoted()),
            _ => token(self.name()),
        }
    }

    /// `!name` may hold escapes, `!"…"` is a `!` and a string.
    fn metadata(&mut self) -> Token<'a> {
        self.position += 1;
        let start = self.position;
        while self.byte(0).is_some_and(|byte| is_name(byte) || byte == b'\\') {
            self.position += 1;
        }
        Token::Meta(&self.text[start..self.position])
    }

    /// Unquoted; may be empty.
    fn name(&mut self) -> &'a str {
        let start = self.position;
        while self.byte(0).is_some_and(is_name) {
            self.position += 1;
        }
        &self.text[start..self.position]
    }

    /// What stands between two quotes. LLVM writes a quote within as `\22`.
    /// Without a closing quote, all that is left.
    fn quoted(&mut self) -> &'a str {
        let start = self.position + 1;
        let rest = &self.text.as_bytes()[start..];
        let length = memchr::memchr(b'"', rest).unwrap_or(rest.len());
        self.position = (start + length + 1).min(self.text.len());
        let inside = &self.text[start..start + length];
        self.line += memchr::memchr_iter(b'\n', inside.as_bytes()).count() as u32;
        inside
    }

    fn number(&mut self) -> Token<'a> {
        let start = self.position;
        self.position += 1;
        while let Some(byte) = self.byte(0) {
            let exponent_sign = byte == b'+' && self.text.as_bytes()[self.position - 1] == b'e';
            if !is_name(byte) && !exponent_sign {
                break;
            }
            self.position += 1;
        }
        Token::Number(&self.text[start..self.position])
    }

    fn punctuation(&mut self) -> Token<'a> {
        let Some(character) = self.text[self.position..].chars().next() else {
            return Token::End;
        };
        self.position += character.len_utf8();
        if "()[]{}<>,=*|:".contains(character) {
            Token::Punct(character)
        } else {
            Token::Invalid(character)
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'$' | b'.' | b'_')
}

/// The bytes that a quoted text stands for: `\\` is a backslash, `\XX` a byte in
/// hexadecimal.
pub fn unescape(raw: &str) -> Cow<'_, [u8]> {
    let bytes = raw.as_bytes();
    if memchr::memchr(b'\\', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, length) = match (first, tail) {
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (first, 1),
            },
            _ => (first, 1),
        };
        result.push(byte);
        rest = &rest[length..];
    }
    Cow::Owned(result)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text, 1);
        std::iter::from_fn(|| Some(lexer.next()).filter(|&token| token != Token::End)).collect()
    }

    #[test]
    fn an_instruction_falls_into_its_tokens() {
        use Token::{Global, Group, Local, Meta, Number, Punct, Word};
        assert_eq!(
            tokens("  %\"a b\" = call i32 @f.1(i32 -5) #3, !dbg !12 ; comment"),
            [
                Local("a b"),
                Punct('='),
                Word("call"),
                Word("i32"),
                Global("f.1"),
                Punct('('),
                Word("i32"),
                Number("-5"),
                Punct(')'),
                Group("3"),
                Punct(','),
                Meta("dbg"),
                Meta("12"),
            ]
        );
    }

    #[test]
    fn numbers_keep_their_spelling() {
        for number in ["1.000000e+00", "-2.5e-03", "0x7FF8000000000000", "0xH3C00", "-170141183460"]
        {
            assert_eq!(tokens(number), [Token::Number(number)]);
        }
    }

    #[test]
    fn debug_records_are_skipped_and_lines_counted() {
        let mut lexer = Lexer::new("  #dbg_value(i32 %x, !1)\n; x\n  ret void", 7);
        assert_eq!(lexer.next(), Token::Word("ret"));
        assert_eq!(lexer.line(), 9);
    }

    #[test]
    fn escapes_are_bytes() {
        assert_eq!(&*unescape(r"a\00\5C\\\22\FF"), b"a\0\\\\\"\xff");
        assert_eq!(&*unescape(r"\zz\1"), br"\zz\1");
    }

    proptest! {
        #[test]
        fn every_text_ends(text in any::<String>()) {
            prop_assert!(tokens(&text).len() <= text.len());
        }
    }
}
