//! The parser: from text to the model of [`ir`](crate::ir).
//!
//! A [`Cursor`] stands before a token and knows all that any part of the
//! language needs; each file of this folder teaches it one part.

mod attributes;
mod body;
mod calls;
mod constants;
mod globals;
mod instructions;
mod memory;
mod types;

use std::borrow::Cow;
use std::collections::HashMap;

pub use body::body;
pub use globals::head;

use crate::error::{Error, Result};
use crate::ir::{MetaId, Name, Ty};
use crate::lexer::{Lexer, Token, unescape};
use crate::source::Source;
use crate::types::Types;

/// The named types of a module: names as written, escapes and all.
pub type NamedTypes = HashMap<Box<str>, Ty>;

/// Types and constants may nest this deep. Real ones stay below 20; more would
/// be a broken file, and recursion has a stack to spare.
const DEPTH_LIMIT: u32 = 200;

/// What the parser needs to know besides the text at hand.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// the file
    pub source: &'a Source,
    /// its named types
    pub named: &'a NamedTypes,
    /// the function at hand, for error messages
    pub function: Option<&'a str>,
}

/// A place in a text, before a token.
#[derive(Debug)]
pub struct Cursor<'a> {
    context: Context<'a>,
    types: &'a mut Types,
    lexer: Lexer<'a>,
    token: Token<'a>,
    /// line of `token`, from 1
    line: u32,
    /// the line that an error is about: that of the last token taken
    error_line: u32,
    /// where the token before `token` ended
    previous_end: usize,
    depth: u32,
}

impl<'a> Cursor<'a> {
    /// Stands before the first token of `text`, which begins at line `line` of its file.
    pub fn new(context: Context<'a>, types: &'a mut Types, text: &'a str, line: u32) -> Cursor<'a> {
        let mut cursor = Cursor {
            context,
            types,
            lexer: Lexer::new(text, line),
            token: Token::End,
            line,
            error_line: line,
            previous_end: 0,
            depth: 0,
        };
        cursor.bump();
        cursor.error_line = cursor.line;
        cursor
    }

    /// Goes on at another text of the same file.
    fn jump(&mut self, text: &'a str, line: u32) {
        self.lexer = Lexer::new(text, line);
        self.bump();
    }

    /// Takes the token.
    fn bump(&mut self) -> Token<'a> {
        self.previous_end = self.lexer.position();
        self.error_line = self.line;
        let next = self.lexer.next();
        self.line = self.lexer.line();
        std::mem::replace(&mut self.token, next)
    }

    /// The token behind the next one.
    fn second(&self) -> Token<'a> {
        self.lexer.clone().next()
    }

    fn accept(&mut self, token: Token<'_>) -> bool {
        let found = self.token == token;
        if found {
            self.bump();
        }
        found
    }

    fn accept_punct(&mut self, punct: char) -> bool {
        self.accept(Token::Punct(punct))
    }

    fn accept_word(&mut self, word: &str) -> bool {
        self.accept(Token::Word(word))
    }

    /// Takes a comma, unless it only leads to `!dbg` and its like.
    fn accept_comma(&mut self) -> bool {
        self.token == Token::Punct(',')
            && !matches!(self.second(), Token::Meta(_))
            && self.accept_punct(',')
    }

    fn expect_punct(&mut self, punct: char) -> Result<()> {
        if self.accept_punct(punct) { Ok(()) } else { Err(self.expected(&format!("`{punct}`"))) }
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.accept_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    /// A decimal number without a sign.
    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T> {
        let parsed = match self.token {
            Token::Number(text) => text.parse().ok(),
            _ => None,
        };
        let number = parsed.ok_or_else(|| self.expected(what))?;
        self.bump();
        Ok(number)
    }

    fn string(&mut self, what: &str) -> Result<Box<str>> {
        let Token::Str(raw) = self.token else { return Err(self.expected(what)) };
        let text = self.unescaped(raw)?;
        self.bump();
        Ok(text)
    }

    /// `@name`
    fn global_name(&mut self) -> Result<Name> {
        let Token::Global(raw) = self.token else { return Err(self.expected("a global name")) };
        let name = self.unescaped(raw)?;
        self.bump();
        // A leading \01 tells LLVM to add no prefix; there are none on ELF.
        Ok(name.strip_prefix('\u{1}').map(Into::into).unwrap_or(name))
    }

    /// `!12`
    fn metadata_id(&mut self) -> Result<MetaId> {
        let parsed = match self.token {
            Token::Meta(text) => text.parse().ok(),
            _ => None,
        };
        let id = parsed.ok_or_else(|| self.expected("a metadata node"))?;
        self.bump();
        Ok(MetaId(id))
    }

    fn unescaped(&self, raw: &str) -> Result<Box<str>> {
        match unescape(raw) {
            Cow::Borrowed(_) => Ok(raw.into()),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(String::into_boxed_str)
                .map_err(|_| self.syntax(format!("\"{raw}\" is not UTF-8"))),
        }
    }

    /// Skips a parenthesis and what is in it, if one opens here.
    fn skip_group(&mut self) -> Result<()> {
        let mut depth = 0_u32;
        loop {
            match self.token {
                Token::Punct('(') => depth += 1,
                Token::Punct(')') if depth > 0 => depth -= 1,
                Token::End if depth > 0 => return Err(self.expected("`)`")),
                _ if depth == 0 => return Ok(()),
                _ => (),
            }
            self.bump();
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Guards a recursion.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == DEPTH_LIMIT {
            return Err(self.syntax("this is nested too deeply".into()));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// The error for a token that should have been something else.
    fn expected(&self, what: &str) -> Error {
        let found = match self.token {
            Token::End => "the end".to_owned(),
            Token::Word(text) | Token::Number(text) => format!("`{text}`"),
            Token::Local(text) => format!("`%{text}`"),
            Token::Global(text) => format!("`@{text}`"),
            Token::Comdat(text) => format!("`${text}`"),
            Token::Meta(text) => format!("`!{text}`"),
            Token::Group(text) => format!("`#{text}`"),
            Token::Str(text) => format!("`\"{text}\"`"),
            Token::Bytes(text) => format!("`c\"{text}\"`"),
            Token::Punct(character) | Token::Invalid(character) => format!("`{character}`"),
            Token::Ellipsis => "`...`".to_owned(),
        };
        self.syntax(format!("expected {what}, found {found}"))
    }

    fn syntax(&self, message: String) -> Error {
        Error::Syntax {
            message,
            at: self.context.source.place(self.error_line, self.context.function),
        }
    }

    fn unsupported(&self, construct: impl Into<String>) -> Error {
        Error::Unsupported {
            construct: construct.into(),
            at: self.context.source.place(self.error_line, self.context.function),
        }
    }
}
