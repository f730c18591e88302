//! What a client's program calls (§5.4: details of propagation are hidden behind a stub).

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use rdc::{CallError, Domain, Message, Received, Stream, names};
use text_processing::print::Label;

use crate::protocol::{
    Admission, DOCUMENT_MAX, NAME, Outcome, PIECE_MAX, Part, Receipt, Sheet, ToServer, Wish,
};

/// How often a document is sent before its client is told that it cannot be printed.
const ATTEMPTS: u32 = 8;
/// How long a client waits before it sends a document for the second time, and twice as long
/// each time after.
const PAUSE: Duration = Duration::from_millis(20);
/// Messages that may be on their way to the spooler.
const ON_THEIR_WAY: u32 = 3;

/// A connection to the printer server. Dropped, it is ended, which the server notices.
#[derive(Debug)]
pub struct Printer {
    client: u32,
    stream: Stream,
    /// How many documents were sent.
    documents: u32,
}

/// A document was not printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotPrinted {
    /// The server does not answer.
    Lost(CallError),
    /// Again and again, not all of it came to the spooler, or it had no room for it.
    Incomplete,
    /// It has more than [`DOCUMENT_MAX`] bytes.
    TooLong,
}

impl fmt::Display for NotPrinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotPrinted::Lost(error) => write!(f, "The printer does not answer: {error}"),
            NotPrinted::Incomplete => f.write_str("The printer has never got all of it."),
            NotPrinted::TooLong => {
                write!(f, "Formatted, it is longer than {} KB.", DOCUMENT_MAX >> 10)
            }
        }
    }
}

impl core::error::Error for NotPrinted {}

impl Printer {
    /// Connects to the server of this pool. [`CallError::NoSuchLabel`] if there is none,
    /// [`CallError::Busy`] if it serves as many clients as it can.
    pub fn connect() -> Result<Printer, CallError> {
        let manager = names::look_up(NAME)?;
        let hello = ToServer { kind: (Wish::Connect as u32).into(), client: 0.into() };
        let mut message = Message::with_head(&hello);
        manager.invoke(&mut message)?;
        let client = message.head::<Admission>().client.get();
        if client == 0 {
            return Err(CallError::Busy);
        }
        let Some(Received::Stream(stream)) = message.take_reference() else {
            return Err(CallError::WrongReferenceType);
        };
        let follow = ToServer { kind: (Wish::Follow as u32).into(), client: client.into() };
        let handle = stream.handle()?;
        manager.invoke(&mut Message::with_head(&follow).give(handle, Domain::Any))?;
        Ok(Printer { client, stream, documents: 0 })
    }

    /// The number by which the server knows this client.
    pub fn client(&self) -> u32 {
        self.client
    }

    /// Prints a document, whose lines all end with `\n`, and waits until it is on paper.
    pub fn print(&mut self, name: &str, document: &str) -> Result<(), NotPrinted> {
        if document.len() > DOCUMENT_MAX {
            return Err(NotPrinted::TooLong);
        }
        self.documents += 1;
        let mut pause = PAUSE;
        let mut last = NotPrinted::Incomplete;
        for _ in 0..ATTEMPTS {
            match self.send(name, document) {
                Ok(Some(Outcome::Printed)) => return Ok(()),
                Ok(_) => last = NotPrinted::Incomplete,
                // A spooler is lost: the server leads this stream to another. If the document was
                // printed before, it is not printed twice.
                Err(error) => last = NotPrinted::Lost(error),
            }
            rdc::sleep(pause).map_err(NotPrinted::Lost)?;
            pause *= 2;
        }
        Err(last)
    }

    /// Sends a document: its name, its pieces, its end.
    fn send(&self, name: &str, document: &str) -> Result<Option<Outcome>, CallError> {
        let mut sending = self.stream.asynchronous(ON_THEIR_WAY)?;
        let begin = self.sheet(Part::Begin);
        sending.invoke(&mut Message::with_head(&begin), name.as_bytes().to_vec())?;
        for piece in pieces(document) {
            let sheet = self.sheet(Part::Piece);
            sending.invoke(&mut Message::with_head(&sheet), piece)?;
        }
        let Label { lines, checksum, .. } = Label::of(self.documents, name, document);
        let end = Sheet { lines: lines.into(), checksum: checksum.into(), ..self.sheet(Part::End) };
        let mut message = Message::with_head(&end);
        self.stream.invoke(&mut message)?;
        // What was sent before has been received.
        sending.wait()?;
        Ok(Outcome::from_number(message.head::<Receipt>().outcome))
    }

    fn sheet(&self, part: Part) -> Sheet {
        Sheet {
            part: (part as u32).into(),
            client: self.client.into(),
            document: self.documents.into(),
            lines: 0.into(),
            checksum: 0.into(),
        }
    }
}

/// A document in pieces, which need not end with lines.
fn pieces(document: &str) -> impl Iterator<Item = Vec<u8>> {
    document.as_bytes().chunks(PIECE_MAX).map(<[u8]>::to_vec)
}
