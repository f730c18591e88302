//! The manager's books: what has become of each document.

use alloc::string::String;
use alloc::vec::Vec;

/// A document in the books.
pub struct Entry {
    pub name: String,
    pub state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It has not come to a printer.
    Open,
    /// The spooler of this printer has it.
    Printing(u32),
    /// It is on the paper of this printer.
    Printed(u32),
    /// It could not be formatted.
    Failed,
}

/// All documents, by their numbers.
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    pub fn of(names: impl Iterator<Item = String>) -> Ledger {
        Ledger { entries: names.map(|name| Entry { name, state: State::Open }).collect() }
    }

    /// All documents.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// How many nothing remains to be done for.
    pub fn done(&self) -> usize {
        let is_done = |entry: &&Entry| matches!(entry.state, State::Printed(_) | State::Failed);
        self.entries.iter().filter(is_done).count()
    }

    /// Whether nothing remains to be done.
    pub fn is_complete(&self) -> bool {
        self.done() == self.count()
    }

    /// The name of a document.
    pub fn name(&self, document: u32) -> &str {
        self.entries.get(document as usize).map_or("?", |entry| &entry.name)
    }

    /// A document has come to a printer: whether it is to be printed there. One that has come
    /// before is not.
    pub fn come(&mut self, document: u32, printer: u32) -> bool {
        self.change(document, State::Open, State::Printing(printer))
    }

    /// A document is printed.
    pub fn printed(&mut self, document: u32, printer: u32) {
        self.change(document, State::Printing(printer), State::Printed(printer));
    }

    /// A document could not be formatted: whether that is new.
    pub fn failed(&mut self, document: u32) -> bool {
        self.change(document, State::Open, State::Failed)
    }

    /// The printer with this paper is lost: what it was printing is printed, if it is on the
    /// paper, and otherwise open again.
    pub fn lost(&mut self, printer: u32, on_paper: &[u32]) {
        for (document, entry) in (0..).zip(&mut self.entries) {
            if entry.state == State::Printing(printer) {
                let is_printed = on_paper.contains(&document);
                entry.state = if is_printed { State::Printed(printer) } else { State::Open };
            }
        }
    }

    /// Documents that have come to a printer, or never will.
    pub fn not_open(&self) -> impl Iterator<Item = u32> {
        let all = (0..).zip(&self.entries);
        all.filter(|(_, entry)| entry.state != State::Open).map(|(document, _)| document)
    }

    /// The names of documents that could not be formatted.
    pub fn failures(&self) -> Vec<&str> {
        let failed = self.entries.iter().filter(|entry| entry.state == State::Failed);
        failed.map(|entry| entry.name.as_str()).collect()
    }

    fn change(&mut self, document: u32, from: State, to: State) -> bool {
        match self.entries.get_mut(document as usize) {
            Some(entry) if entry.state == from => {
                entry.state = to;
                true
            }
            _ => false,
        }
    }
}
