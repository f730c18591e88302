//! What a text consists of.

use alloc::vec::Vec;
use core::str::Lines;

/// A paragraph or a heading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block<'t> {
    pub kind: Kind,
    /// At least one.
    pub words: Vec<&'t str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The heading of everything.
    Title,
    /// A heading of what follows.
    Heading,
    Paragraph,
}

impl Block<'_> {
    pub fn is_title(&self) -> bool {
        self.kind == Kind::Title
    }
}

/// The blocks of a text, in their order.
pub fn blocks(text: &str) -> Blocks<'_> {
    Blocks { lines: text.lines(), heading: None }
}

/// See [`blocks`]. There is only one at a time, for a long text has many.
pub struct Blocks<'t> {
    lines: Lines<'t>,
    /// It has ended a paragraph, and comes next.
    heading: Option<Block<'t>>,
}

impl<'t> Iterator for Blocks<'t> {
    type Item = Block<'t>;

    fn next(&mut self) -> Option<Block<'t>> {
        if let Some(heading) = self.heading.take() {
            return Some(heading);
        }
        let mut words = Vec::new();
        for line in &mut self.lines {
            self.heading = heading(line);
            if self.heading.is_some() || (line.trim().is_empty() && !words.is_empty()) {
                break;
            }
            words.extend(line.split_whitespace());
        }
        if words.is_empty() {
            return self.heading.take();
        }
        Some(Block { kind: Kind::Paragraph, words })
    }
}

/// A line of `#` signs, a space, and something: a heading.
fn heading(line: &str) -> Option<Block<'_>> {
    let text = line.trim_start_matches('#');
    let kind = match line.len() - text.len() {
        0 => return None,
        1 => Kind::Title,
        _ => Kind::Heading,
    };
    let words: Vec<&str> = text.strip_prefix(' ')?.split_whitespace().collect();
    (!words.is_empty()).then_some(Block { kind, words })
}
