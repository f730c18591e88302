//! From lines to pages.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Layout;
use super::lines::{Chunk, centred};

/// Fills pages with chunks.
pub fn pages(title: &str, chunks: Vec<Chunk>, layout: Layout) -> Vec<String> {
    let mut filling = Filling::new(layout.lines - Layout::FURNITURE);
    for chunk in chunks {
        filling.add(chunk);
    }
    let bodies = filling.end();
    let count = bodies.len();
    let page = |(index, body)| page(title, index + 1, count, body, layout);
    bodies.into_iter().enumerate().map(page).collect()
}

/// Pages that are being filled.
struct Filling {
    /// Lines that a page has room for.
    room: usize,
    full: Vec<Vec<String>>,
    page: Vec<String>,
}

impl Filling {
    fn new(room: usize) -> Filling {
        Filling { room, full: Vec::new(), page: Vec::new() }
    }

    /// Adds a chunk: to this page if it has room for it, or else to the next one. A chunk that
    /// no page has room for is cut.
    fn add(&mut self, chunk: Chunk) {
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
            self.full.push(core::mem::take(&mut self.page));
        }
    }

    /// All pages: one at least.
    fn end(mut self) -> Vec<Vec<String>> {
        if !self.page.is_empty() || self.full.is_empty() {
            self.full.push(self.page);
        }
        self.full
    }
}

/// A page: its head, its lines, its foot, and the blank lines between them.
fn page(title: &str, number: usize, of: usize, body: Vec<String>, layout: Layout) -> String {
    let mut lines = Vec::with_capacity(layout.lines);
    lines.push(head(title, number, layout.width));
    lines.push(String::new());
    lines.extend(body);
    lines.resize(layout.lines - 1, String::new());
    lines.push(centred(&format!("{number} of {of}"), layout.width));
    lines.push(String::new());
    lines.join("\n")
}

/// The head: the title, cut where the page's number needs the room.
fn head(title: &str, number: usize, width: usize) -> String {
    let number = format!("page {number}");
    let room = width.saturating_sub(number.chars().count() + 1);
    let title: String = title.chars().take(room).collect();
    let gap = width.saturating_sub(number.chars().count() + title.chars().count());
    format!("{title}{}{number}", " ".repeat(gap))
}
