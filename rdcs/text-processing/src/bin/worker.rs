//! A worker: formats one document after the other and sends them to its printer, which may be
//! another one from time to time. It does not notice.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::string::String;

use rdc::{AsyncStream, CallError, Message, Stream, interface};
use text_processing::format::{Layout, format};
use text_processing::labels;
use text_processing::print::{Label, printed};
use text_processing::protocol::{DOCUMENT_MAX, NO_DOCUMENT, Sheets, Task, ToScheduler, Wish};
use text_processing::texts;

/// Documents that may be on their way to the printer.
const ON_THEIR_WAY: u32 = 3;
/// Bytes of a path at most.
const PATH_MAX: usize = 1024;

#[rdc::main]
fn main() -> Result<(), CallError> {
    let worker = rdc::parameters().first_chunk().copied().map_or(0, u32::from_be_bytes);
    let scheduler = interface::stream(labels::worker::SCHEDULER)?;
    let printer = interface::stream(labels::worker::PRINTER)?;
    let mut printing = printer.asynchronous(ON_THEIR_WAY)?;
    while let Some((document, path)) = ask(scheduler, worker)? {
        let formatted = Formatted::of(document, &path);
        let sheets = Sheets {
            document: document.into(),
            worker: worker.into(),
            pages: formatted.pages.into(),
        };
        let text = formatted.text.into_bytes();
        match printing.invoke(&mut Message::with_head(&sheets), text) {
            Err(error) if !is_loss(error) => return Err(error),
            _ => {}
        }
    }
    finish(&mut printing)
}

/// Whether an error says that a message is lost. What was on its way to a lost printer, others do
/// once more: the manager sees to it.
fn is_loss(error: CallError) -> bool {
    matches!(error, CallError::PeerLost | CallError::OutcomeUnknown | CallError::NotAttached)
}

/// Waits until everything has been received, or is lost.
fn finish(printing: &mut AsyncStream<'_>) -> Result<(), CallError> {
    // Each message may be lost by itself.
    for _ in 0..ON_THEIR_WAY {
        match printing.wait() {
            Err(error) if is_loss(error) => {}
            result => return result.map(drop),
        }
    }
    Ok(())
}

/// Asks for a document: answers its number and path; none at the end.
fn ask(scheduler: &Stream, worker: u32) -> Result<Option<(u32, String)>, CallError> {
    let wish = Wish { kind: (ToScheduler::Next as u32).into(), worker: worker.into() };
    let mut path = [0; PATH_MAX];
    let mut message = Message::with_head(&wish).buffer(&mut path, 0);
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
        let text = texts::read(path)?;
        let name = texts::name(path);
        let pages = format(name, &text, Layout::PRINTER);
        let sheets = pages.concat();
        let text = printed(&Label::of(document, name, &sheets), &sheets);
        if text.len() > DOCUMENT_MAX {
            return Err("It is too long for the printer.".into());
        }
        Ok(Formatted { pages: pages.len() as u32, text })
    }
}
