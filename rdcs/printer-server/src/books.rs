//! The server's books: which documents have come to which printer.

use alloc::collections::BTreeMap;

/// A document: its client, and its number there.
pub type Document = (u32, u32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The spooler of this printer prints it.
    Printing(u32),
    /// It is on the paper of this printer.
    Printed(u32),
}

/// Documents that were printed, or are being printed.
#[derive(Default)]
pub struct Books(BTreeMap<Document, State>);

impl Books {
    /// A document is complete at a printer: whether it is to be printed there. One that was sent
    /// twice is not printed twice.
    pub fn come(&mut self, document: Document, printer: u32) -> bool {
        let is_new = !self.0.contains_key(&document);
        if is_new {
            self.0.insert(document, State::Printing(printer));
        }
        is_new
    }

    /// A document is printed.
    pub fn printed(&mut self, document: Document, printer: u32) {
        self.0.insert(document, State::Printed(printer));
    }

    /// A printer is lost: what it was printing counts as printed if it is on its paper.
    pub fn lost(&mut self, printer: u32, is_on_paper: impl Fn(Document) -> bool) {
        self.0.retain(|document, state| {
            if *state != State::Printing(printer) {
                return true;
            }
            *state = State::Printed(printer);
            is_on_paper(*document)
        });
    }

    /// Nothing of this client comes any more, and nobody will look at the papers.
    pub fn forget(&mut self, client: u32) {
        self.0.retain(|(of, _), _| *of != client);
    }

    /// How many documents are printed.
    pub fn count(&self) -> usize {
        self.printers().count()
    }

    /// The printer of each document that is printed.
    pub fn printers(&self) -> impl Iterator<Item = (Document, u32)> {
        self.0.iter().filter_map(|(document, state)| match state {
            State::Printing(_) => None,
            State::Printed(printer) => Some((*document, *printer)),
        })
    }
}
