//! What a text consists of.

use alloc::vec::Vec;

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
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut paragraph = Vec::new();
    for line in text.lines() {
        let heading = heading(line);
        if heading.is_some() || line.trim().is_empty() {
            end(&mut blocks, &mut paragraph);
        }
        match heading {
            Some(heading) => blocks.push(heading),
            None => paragraph.extend(line.split_whitespace()),
        }
    }
    end(&mut blocks, &mut paragraph);
    blocks
}

fn end<'t>(blocks: &mut Vec<Block<'t>>, paragraph: &mut Vec<&'t str>) {
    if !paragraph.is_empty() {
        let words = core::mem::take(paragraph);
        blocks.push(Block { kind: Kind::Paragraph, words });
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
