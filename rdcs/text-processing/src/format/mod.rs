//! The formatter: from a text as people write it to pages as a line printer prints them.
//!
//! In the text, blank lines part paragraphs, and a paragraph that begins with `#` signs is a
//! heading: one sign for a title, more for what is below it. On paper, paragraphs are
//! justified, all pages have the same number of lines, and each says at its head what it
//! belongs to and at its foot which one it is. A page ends neither below a heading nor beside a
//! single line of a paragraph of several.

mod lines;
mod pages;
mod text;

use alloc::string::String;
use alloc::vec::Vec;

use pages::Filling;

/// The form of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Characters of a line, at least 16.
    pub width: usize,
    /// Lines of a page with its head and its foot, at least [`Layout::LINES_MIN`].
    pub lines: usize,
}

impl Layout {
    /// What line printers take.
    pub const PRINTER: Layout = Layout { width: 72, lines: 60 };
    /// Lines of head and foot, with the blank ones between them and the text.
    pub const FURNITURE: usize = 4;
    /// With fewer lines a page has no room for two lines of text.
    pub const LINES_MIN: usize = Layout::FURNITURE + 2;
}

/// Formats a text: pages, each of exactly `layout.lines` lines that end with `\n`. The first
/// title, or else `name`, stands at the heads. An empty text takes one page.
pub fn format(name: &str, text: &str, layout: Layout) -> Vec<String> {
    let title = text::blocks(text).find(text::Block::is_title);
    let title = title.map_or_else(|| String::from(name), |block| block.words.join(" "));
    let mut filling = Filling::new(layout);
    lines::chunks(text::blocks(text), layout.width, |chunk| filling.add(chunk));
    pages::pages(&title, filling.end(), layout)
}

#[cfg(test)]
mod tests;
