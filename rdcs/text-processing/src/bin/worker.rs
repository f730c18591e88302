//! A worker: formats one document after the other and sends them to its printer, which may be
//! another one from time to time. It does not notice.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::{AsyncStream, CallError, Message, Stream};
use text_processing::format::{Layout, format};
use text_processing::links;
use text_processing::print::{Label, printed};
use text_processing::protocol::{DOCUMENT_MAX, NO_DOCUMENT, Sheets, Task, ToScheduler, Wish, list};

/// Documents that may be on their way to the printer.
const ON_THEIR_WAY: usize = 3;
/// Bytes of a path at most.
const PATH_MAX: usize = 1024;

#[rdc::main]
fn main() -> Result<(), CallError> {
    let worker = rdc::parameters().first_chunk().copied().map_or(0, u32::from_be_bytes);
    let scheduler = links::stream()?;
    let printer = links::stream()?;
    let mut printing = Printing::to(&printer, worker)?;
    let mut given_back = Vec::new();
    loop {
        let Some((document, path)) = ask(&scheduler, worker, &given_back)? else {
            // There is nothing more to do when everything has arrived.
            given_back = printing.finish();
            if given_back.is_empty() {
                return Ok(());
            }
            continue;
        };
        given_back = printing.send(document, Formatted::of(document, &path));
    }
}

/// Asks for a document and gives some back: answers its number and path; none at the end.
fn ask(
    scheduler: &Stream,
    worker: u32,
    given_back: &[u32],
) -> Result<Option<(u32, String)>, CallError> {
    let wish = Wish { kind: (ToScheduler::Next as u32).into(), worker: worker.into() };
    let mut buffer = list(given_back.iter().copied());
    let send = buffer.len();
    buffer.resize(send.max(PATH_MAX), 0);
    let mut message = Message::with_head(&wish).buffer(&mut buffer, send);
    scheduler.invoke(&mut message)?;
    let document = message.head::<Task>().document.get();
    let path = String::from_utf8_lossy(message.extra()).into_owned();
    Ok((document != NO_DOCUMENT).then_some((document, path)))
}

/// A document as it is to be printed.
struct Formatted {
    /// 0 if it could not be formatted: then the text says why.
    pages: u32,
    text: String,
}

impl Formatted {
    fn of(document: u32, path: &str) -> Formatted {
        Formatted::try_of(document, path)
            .unwrap_or_else(|reason| Formatted { pages: 0, text: reason })
    }

    fn try_of(document: u32, path: &str) -> Result<Formatted, String> {
        let text = rdc::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let pages = format(name, &text, Layout::PRINTER);
        let sheets = pages.concat();
        let text = printed(&Label::of(document, name, &sheets), &sheets);
        if text.len() > DOCUMENT_MAX {
            return Err("It is too long for the printer.".into());
        }
        Ok(Formatted { pages: pages.len() as u32, text })
    }
}

/// Documents on their way to the printer.
struct Printing<'s> {
    stream: AsyncStream<'s>,
    worker: u32,
    /// Those that may not have been received, the oldest first.
    sent: VecDeque<u32>,
}

impl<'s> Printing<'s> {
    fn to(printer: &'s Stream, worker: u32) -> Result<Printing<'s>, CallError> {
        let stream = printer.asynchronous(ON_THEIR_WAY as u32)?;
        Ok(Printing { stream, worker, sent: VecDeque::new() })
    }

    /// Sends a document. Answers documents that nobody may have received, because the printer's
    /// node is lost.
    fn send(&mut self, document: u32, formatted: Formatted) -> Vec<u32> {
        let sheets = Sheets {
            document: document.into(),
            worker: self.worker.into(),
            pages: formatted.pages.into(),
        };
        self.sent.push_back(document);
        match self.stream.invoke(&mut Message::with_head(&sheets), formatted.text.into_bytes()) {
            Ok(_) => {
                // No more than these are incomplete, and they are completed in their order.
                if self.sent.len() > ON_THEIR_WAY {
                    self.sent.pop_front();
                }
                Vec::new()
            }
            Err(_) => self.sent.drain(..).collect(),
        }
    }

    /// Waits until all have been received; answers those that may not have been.
    fn finish(&mut self) -> Vec<u32> {
        match self.stream.wait() {
            Ok(_) => Vec::new(),
            Err(_) => self.sent.drain(..).collect(),
        }
    }
}
