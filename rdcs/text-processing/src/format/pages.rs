//! From lines to pages.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Layout;
use super::lines::{Chunk, centred};

/// Pages with these bodies, which [`Filling`] has made.
pub fn pages(title: &str, bodies: Vec<String>, layout: Layout) -> Vec<String> {
    let count = bodies.len();
    let page = |(index, body): (usize, String)| page(title, index + 1, count, &body, layout);
    bodies.into_iter().enumerate().map(page).collect()
}

/// The bodies of pages, which are filled with chunks.
pub struct Filling {
    /// Lines that a page has room for.
    room: usize,
    full: Vec<String>,
    page: Vec<String>,
}

impl Filling {
    pub fn new(layout: Layout) -> Filling {
        let room = layout.lines - Layout::FURNITURE;
        Filling { room, full: Vec::new(), page: Vec::new() }
    }

    /// Adds a chunk: to this page if it has room for it, or else to the next one. A chunk that
    /// no page has room for is cut.
    pub fn add(&mut self, chunk: Chunk) {
        let gap = usize::from(chunk.apart && !self.page.is_empty());
        if self.page.len() + gap + chunk.lines.len() > self.room {
            self.turn();
        } else if gap == 1 {
            self.page.push(String::new());
        }
        for line in chunk.lines {
            if self.page.len() == self.room {
                self.turn();
            }
            if !(self.page.is_empty() && line.is_empty()) {
                self.page.push(line);
            }
        }
    }

    fn turn(&mut self) {
        if !self.page.is_empty() {
            self.page.resize(self.room, String::new());
            self.full.push(self.page.join("\n"));
            self.page.clear();
        }
    }

    /// All bodies, each of as many lines as there is room for: one at least.
    pub fn end(mut self) -> Vec<String> {
        self.turn();
        if self.full.is_empty() {
            self.full.push("\n".repeat(self.room - 1));
        }
        self.full
    }
}

/// A page: its head, its body, its foot, and a blank line between them.
fn page(title: &str, number: usize, of: usize, body: &str, layout: Layout) -> String {
    let head = head(title, number, layout.width);
    let foot = centred(&format!("{number} of {of}"), layout.width);
    format!("{head}\n\n{body}\n\n{foot}\n")
}

/// The head: the title, cut where the page's number needs the room.
fn head(title: &str, number: usize, width: usize) -> String {
    let number = format!("page {number}");
    let room = width.saturating_sub(number.chars().count() + 1);
    let title: String = title.chars().take(room).collect();
    let gap = width.saturating_sub(number.chars().count() + title.chars().count());
    format!("{title}{}{number}", " ".repeat(gap))
}
