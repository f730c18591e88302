//! From words to lines, and to the groups of lines that stay together on a page.

use alloc::string::String;
use alloc::vec::Vec;

use super::text::{Block, Kind};

/// Lines of a paragraph that neither begin nor end a page alone.
const TOGETHER: usize = 2;

/// Lines that stay together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Whether a blank line parts it from what is above it on a page.
    pub apart: bool,
    pub lines: Vec<String>,
}

/// Makes the lines of all blocks, and adds them chunk by chunk.
pub fn chunks<'t>(
    blocks: impl Iterator<Item = Block<'t>>,
    width: usize,
    mut add: impl FnMut(Chunk),
) {
    // Headings that wait for what they stand above.
    let mut above = Vec::new();
    for block in blocks {
        match block.kind {
            Kind::Title => push_apart(&mut above, title(&block.words, width)),
            Kind::Heading => push_apart(&mut above, heading(&block.words, width)),
            Kind::Paragraph => {
                let mut lines = justify(&block.words, width);
                let rest = lines.split_off(first_part(lines.len()));
                push_apart(&mut above, lines);
                add(Chunk { apart: true, lines: core::mem::take(&mut above) });
                parts(rest).for_each(&mut add);
            }
        }
    }
    if !above.is_empty() {
        add(Chunk { apart: true, lines: above });
    }
}

/// Adds lines below others, with a blank one between.
fn push_apart(above: &mut Vec<String>, lines: Vec<String>) {
    if !above.is_empty() {
        above.push(String::new());
    }
    above.extend(lines);
}

/// How many lines of a paragraph stay at its beginning.
fn first_part(lines: usize) -> usize {
    if lines < 2 * TOGETHER { lines } else { TOGETHER }
}

/// The rest of a paragraph: lines that may stand anywhere, and its end, which stays together.
fn parts(mut lines: Vec<String>) -> impl Iterator<Item = Chunk> {
    let end = lines.split_off(lines.len().saturating_sub(TOGETHER));
    let single = lines.into_iter().map(|line| Chunk { apart: false, lines: alloc::vec![line] });
    let end = (!end.is_empty()).then_some(Chunk { apart: false, lines: end });
    single.chain(end)
}

/// A title: centred and underlined.
fn title(words: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Lines::of(words, width).map(|line| line.words.join(" ")).collect();
    lines.push("=".repeat(longest(&lines)));
    lines.iter().map(|line| centred(line, width)).collect()
}

/// A heading: at the left, and underlined.
fn heading(words: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Lines::of(words, width).map(|line| line.words.join(" ")).collect();
    lines.push("-".repeat(longest(&lines)));
    lines
}

fn longest(lines: &[String]) -> usize {
    lines.iter().map(|line| line.chars().count()).max().unwrap_or_default()
}

/// A line with as much room at its left as at its right.
pub fn centred(line: &str, width: usize) -> String {
    let room = width.saturating_sub(line.chars().count());
    let mut centred = " ".repeat(room / 2);
    centred.push_str(line);
    centred
}

/// A paragraph: all lines but the last are as wide as the page, if they have two words.
fn justify(words: &[&str], width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut broken = Lines::of(words, width).peekable();
    while let Some(line) = broken.next() {
        let is_last = broken.peek().is_none();
        let room = if is_last { 0 } else { width - line.length };
        // Where the wider gaps are differs from line to line, or rivers would run down the page.
        let wider_at = if lines.len() % 2 == 0 { Side::Left } else { Side::Right };
        lines.push(spread(&line.words, room, wider_at));
    }
    lines
}

/// Where the wider gaps of a line are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Words with `room` more spaces between them than one at each gap.
fn spread(words: &[&str], room: usize, wider_at: Side) -> String {
    let gaps = words.len().saturating_sub(1);
    let Some(each) = room.checked_div(gaps) else { return words.concat() };
    let wider = room % gaps;
    let mut line = String::new();
    for (gap, word) in words.iter().enumerate() {
        line.push_str(word);
        let is_wider = match wider_at {
            Side::Left => gap < wider,
            Side::Right => gap >= gaps - wider,
        };
        if gap < gaps {
            line.extend(core::iter::repeat_n(' ', 1 + each + usize::from(is_wider)));
        }
    }
    line
}

/// The words of one line, and how many characters it has with one space at each gap.
struct Line<'t> {
    words: Vec<&'t str>,
    length: usize,
}

/// Breaks words into lines, each with as many as fit.
struct Lines<'t, 'w> {
    words: core::slice::Iter<'w, &'t str>,
    /// What is left of a word that is wider than a line.
    rest: Option<&'t str>,
    width: usize,
}

impl<'t, 'w> Lines<'t, 'w> {
    fn of(words: &'w [&'t str], width: usize) -> Lines<'t, 'w> {
        Lines { words: words.iter(), rest: None, width }
    }

    /// The next word; of one that is wider than a line, as much as a line has room for.
    fn word(&mut self) -> Option<(&'t str, usize)> {
        let word = self.rest.take().or_else(|| self.words.next().copied())?;
        let Some((cut, _)) = word.char_indices().nth(self.width) else {
            return Some((word, word.chars().count()));
        };
        let (part, rest) = word.split_at(cut);
        self.rest = Some(rest);
        Some((part, self.width))
    }
}

impl<'t> Iterator for Lines<'t, '_> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let (word, length) = self.word()?;
        let mut line = Line { words: alloc::vec![word], length };
        while self.rest.is_none() {
            let Some(word) = self.words.as_slice().first() else { break };
            let length = line.length + 1 + word.chars().count();
            if length > self.width {
                break;
            }
            self.words.next();
            line.words.push(word);
            line.length = length;
        }
        Some(line)
    }
}
