//! Where everything stands in an IR file: one pass over its lines.

use std::collections::HashMap;
use std::ops::Range;

use crate::lexer::{Lexer, Token};

/// A line of the file, or the part of it that matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// bytes of the text
    pub text: Range<usize>,
    /// its number, from 1
    pub number: u32,
}

/// A function, variable or alias.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// its line
    pub line: Line,
    /// the lines between the braces, for a function with a body
    pub body: Option<Range<usize>>,
}

/// The lines of a file by what they are.
#[derive(Default, Debug)]
pub struct Index {
    /// `define`, `declare`, `@name = …`, in the order of the text
    pub globals: Vec<Global>,
    /// `%name = type …`
    pub named_types: Vec<Line>,
    /// what is between the braces of `attributes #N = { … }`, by N as written
    pub groups: HashMap<Box<str>, Line>,
    /// `target datalayout = …`
    pub data_layout: Option<Line>,
    /// `module asm …`
    pub assembly: Vec<Line>,
    /// where the line `!N = …` begins, by N; `usize::MAX` if there is none
    pub metadata: Vec<usize>,
    /// there is `!llvm.dbg.cu`: debug information
    pub has_debug_info: bool,
}

/// No file has more metadata nodes; a larger number is a broken line, for which
/// no table shall be made.
const MAX_METADATA: usize = 1 << 26;

impl Index {
    /// Finds all lines of `text`.
    pub fn of(text: &str) -> Index {
        let mut index = Index::default();
        let mut lines = Lines { text, position: 0, number: 1 };
        while let Some(line) = lines.next() {
            index.add(line, &mut lines);
        }
        index
    }

    fn add(&mut self, line: Line, lines: &mut Lines<'_>) {
        let content = &lines.text[line.text.clone()];
        match content.as_bytes().first() {
            Some(b'!') => self.add_metadata(content, line.text.start),
            Some(b'@') => self.globals.push(Global { line, body: None }),
            Some(b'%') => self.named_types.push(line),
            Some(b'd') if content.starts_with("define ") => {
                let body = Some(lines.skip_body());
                self.globals.push(Global { line, body });
            }
            Some(b'd') if content.starts_with("declare ") => {
                self.globals.push(Global { line, body: None });
            }
            Some(b'a') if content.starts_with("attributes #") => self.add_group(content, &line),
            Some(b't') if content.starts_with("target datalayout ") => {
                self.data_layout = Some(line);
            }
            Some(b'm') if content.starts_with("module asm ") => self.assembly.push(line),
            _ => (),
        }
    }

    /// `!12 = …`; of the named ones (`!llvm.module.flags`) only one tells something.
    fn add_metadata(&mut self, content: &str, start: usize) {
        let Some((name, _)) = content[1..].split_once(' ') else { return };
        self.has_debug_info |= name == "llvm.dbg.cu";
        let Ok(number) = name.parse::<usize>() else { return };
        if number >= MAX_METADATA {
            return;
        }
        if number >= self.metadata.len() {
            self.metadata.resize(number + 1, usize::MAX);
        }
        self.metadata[number] = start;
    }

    fn add_group(&mut self, content: &str, line: &Line) {
        let mut lexer = Lexer::new(content, line.number);
        lexer.next();
        let Token::Group(number) = lexer.next() else { return };
        let (Some(open), Some(close)) = (content.find('{'), content.rfind('}')) else { return };
        if open < close {
            let text = line.text.start + open + 1..line.text.start + close;
            self.groups.insert(number.into(), Line { text, number: line.number });
        }
    }
}

/// Walks over the lines of a text.
struct Lines<'a> {
    text: &'a str,
    position: usize,
    number: u32,
}

impl Lines<'_> {
    fn next(&mut self) -> Option<Line> {
        let rest = self.text.as_bytes().get(self.position..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = Line { text: self.position..self.position + length, number: self.number };
        self.position += length + 1;
        self.number += 1;
        Some(line)
    }

    /// Goes behind the brace that ends a function; the answer is what it skipped.
    fn skip_body(&mut self) -> Range<usize> {
        let start = self.position.min(self.text.len());
        let rest = &self.text.as_bytes()[start..];
        // The newline before belongs to the search, so that an empty body ends too.
        let end = if rest.starts_with(b"}") {
            0
        } else {
            memchr::memmem::find(rest, b"\n}").map_or(rest.len(), |end| end + 1)
        };
        self.number += memchr::memchr_iter(b'\n', &rest[..end]).count() as u32;
        self.position = start + end;
        start..start + end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "\
%T = type { i32 }
@x = global i32 0
define void @f() {
start:
  ret void
}
declare void @g()
attributes #3 = { cold \"a\"=\"}\" }
module asm \"nop\"
!llvm.flags = !{!2}
!2 = !{}
";

    #[test]
    fn each_line_is_found_where_it_stands() {
        let index = Index::of(TEXT);
        let text = |line: &Line| &TEXT[line.text.clone()];
        let heads: Vec<_> =
            index.globals.iter().map(|global| (text(&global.line), global.line.number)).collect();
        assert_eq!(
            heads,
            [("@x = global i32 0", 2), ("define void @f() {", 3), ("declare void @g()", 7)]
        );
        assert_eq!(&TEXT[index.globals[1].body.clone().unwrap()], "start:\n  ret void\n");
        assert_eq!(text(&index.named_types[0]), "%T = type { i32 }");
        assert_eq!(text(&index.groups["3"]), " cold \"a\"=\"}\" ");
        assert_eq!(index.groups["3"].number, 8);
        assert_eq!(text(&index.assembly[0]), "module asm \"nop\"");
        assert_eq!(index.metadata.len(), 3);
        assert!(TEXT[index.metadata[2]..].starts_with("!2 = !{}"));
    }

    proptest! {
        #[test]
        fn every_text_has_an_index(text in "[a-z@!%{}\n 0-9=\"]{0,200}") {
            let index = Index::of(&text);
            for global in &index.globals {
                prop_assert!(text.get(global.line.text.clone()).is_some());
                prop_assert!(global.body.clone().is_none_or(|body| text.get(body).is_some()));
            }
        }
    }
}
