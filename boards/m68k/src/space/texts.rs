//! Program texts, shared by all spaces of one text id. A text that nobody uses
//! stays while memory allows: the next incarnation of its module need not fetch it.

use crate::address::{PAGE_BYTES, PhysAddr};
use crate::frames::Frames;
use alloc::vec::Vec;

/// A text by its place in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextIndex(usize);

/// Whether a text can be shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Content {
    /// Its one user's loader is writing it.
    Incomplete,
    /// Complete; spaces of its id share it.
    Shared,
    /// Complete, but another of its id came first: it ends with its user.
    Private,
}

#[derive(Debug)]
struct Text {
    id: u64,
    bytes: u32,
    frames: Vec<PhysAddr>,
    users: u16,
    content: Content,
    /// When its last user left, in departures.
    left: u32,
}

/// The texts of a node.
#[derive(Default, Debug)]
pub struct Texts {
    entries: Vec<Option<Text>>,
    departures: u32,
}

impl Texts {
    /// A table without texts.
    pub fn new() -> Texts {
        Texts::default()
    }

    /// One more user for the text of this id and size, if it is here complete.
    pub fn join(&mut self, id: u64, bytes: u32) -> Option<TextIndex> {
        let is_it =
            |text: &Text| text.content == Content::Shared && text.id == id && text.bytes == bytes;
        let index = self.entries.iter().position(|entry| entry.as_ref().is_some_and(is_it))?;
        self.text_mut(TextIndex(index)).users += 1;
        Some(TextIndex(index))
    }

    /// A new text in these frames, for its first user's loader to write.
    pub fn add(&mut self, id: u64, bytes: u32, frames: Vec<PhysAddr>) -> TextIndex {
        let content = Content::Incomplete;
        let text = Text { id, bytes, frames, users: 1, content, left: 0 };
        if let Some(index) = self.entries.iter().position(Option::is_none) {
            self.entries[index] = Some(text);
            return TextIndex(index);
        }
        self.entries.push(Some(text));
        TextIndex(self.entries.len() - 1)
    }

    /// The text has been written.
    pub fn complete(&mut self, index: TextIndex) {
        let id = self.text(index).id;
        let mut others = self.entries.iter().flatten();
        let is_here = others.any(|text| text.id == id && text.content == Content::Shared);
        let text = self.text_mut(index);
        if text.content == Content::Incomplete {
            text.content = if is_here { Content::Private } else { Content::Shared };
        }
    }

    /// Whether the text is still being written.
    pub fn is_incomplete(&self, index: TextIndex) -> bool {
        self.text(index).content == Content::Incomplete
    }

    /// Its frames, in order.
    pub fn frames(&self, index: TextIndex) -> &[PhysAddr] {
        &self.text(index).frames
    }

    /// One user less. Only a shared text outlives its last one.
    pub fn leave(&mut self, index: TextIndex, frames: &mut Frames) {
        self.departures = self.departures.wrapping_add(1);
        let departures = self.departures;
        let text = self.text_mut(index);
        text.users -= 1;
        text.left = departures;
        if text.users == 0 && text.content != Content::Shared {
            self.drop_text(index.0, frames);
        }
    }

    /// Drops texts that nobody uses, the one left longest ago first, until
    /// `wanted` frames are available or there is none left.
    pub fn make_room(&mut self, wanted: u32, frames: &mut Frames) {
        while frames.available() < wanted {
            let now = self.departures;
            let unused = self.entries.iter().enumerate().filter_map(|(index, entry)| {
                let text = entry.as_ref().filter(|text| text.users == 0)?;
                Some((now.wrapping_sub(text.left), index))
            });
            let Some((_, index)) = unused.max() else { return };
            self.drop_text(index, frames);
        }
    }

    /// Frames that [`Texts::make_room`] could free.
    pub fn unused_pages(&self) -> u32 {
        let unused = self.entries.iter().flatten().filter(|text| text.users == 0);
        unused.map(|text| text.bytes.div_ceil(PAGE_BYTES)).sum()
    }

    fn drop_text(&mut self, index: usize, frames: &mut Frames) {
        if let Some(text) = self.entries[index].take() {
            text.frames.into_iter().rev().for_each(|frame| frames.release(frame));
        }
    }

    fn text(&self, index: TextIndex) -> &Text {
        self.entries[index.0].as_ref().expect("a text that somebody uses")
    }

    fn text_mut(&mut self, index: TextIndex) -> &mut Text {
        self.entries[index.0].as_mut().expect("a text that somebody uses")
    }
}
