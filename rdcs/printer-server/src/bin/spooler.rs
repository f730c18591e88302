//! A spooler of the server: collates the parts of documents, which come mixed from all of its
//! clients, and prints each when it is complete.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use printer_server::protocol::{
    Answer, DOCUMENT_MAX, Directive, News, Order, Outcome, PIECE_MAX, Part, Receipt, Report, Sheet,
    ToSpooler,
};
use rdc::event::{self, Event};
use rdc::fs::File;
use rdc::io::Write;
use rdc::{
    Arrival, CallError, Invoker, Message, Port, Receive, Received, ReplyHandle, Selected, Stream,
    StreamHandle, Timeout, interface,
};
use text_processing::labels;
use text_processing::print::{Label, printed};

/// Bytes of all documents at most that have begun. What has no room is incomplete in the end, and
/// its client sends it once more.
const BEGUN_MAX: usize = 2 * DOCUMENT_MAX;
/// How long a client may pause in the middle of a document that is to be completed. Then it is
/// given up, and the client has to send it once more.
const PATIENCE: Timeout = Timeout::WithinMs(2000);

#[rdc::main]
fn main() {
    if let Err(failure) = run() {
        rdc::eprintln!("error: a spooler on node {}: {failure}", rdc::node().0);
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
}

fn run() -> Result<(), String> {
    let (number, path) = rdc::parameters().split_first_chunk().ok_or("It has no parameters.")?;
    let path = String::from_utf8_lossy(path).into_owned();
    let port = interface::port(labels::spooler::PORT).map_err(|error| error.to_string())?;
    let manager = interface::stream(labels::spooler::REPORT).map_err(|error| error.to_string())?;
    let paper = File::create(&path).map_err(|error| format!("cannot make {path}: {error}"))?;
    let number = u32::from_be_bytes(*number);
    let mut spooler =
        Spooler { number, port, manager, path, paper, begun: BTreeMap::new(), buffer: Vec::new() };
    spooler.buffer.resize(PIECE_MAX, 0);
    while spooler.serve()? == Answer::GoOn {}
    Ok(())
}

struct Spooler {
    number: u32,
    port: &'static Port,
    manager: &'static Stream,
    path: String,
    paper: File,
    /// Documents of which not all parts have come, by client.
    begun: BTreeMap<u32, Begun>,
    buffer: Vec<u8>,
}

/// The beginning of a document.
struct Begun {
    document: u32,
    name: String,
    text: Vec<u8>,
}

/// The manager's answer, with which a handle may come.
type Answered = (Answer, Option<StreamHandle>);

/// What there is to do.
enum Work {
    Message,
    Directive(Directive, u32, Option<StreamHandle>),
}

impl Spooler {
    fn serve(&mut self) -> Result<Answer, String> {
        match self.wait().map_err(|error| error.to_string())? {
            Work::Message => self.receive(None).map(|_| Answer::GoOn),
            Work::Directive(Directive::Settle, client, handle) => {
                self.settle(client, handle).map(|(answer, _)| answer)
            }
            Work::Directive(Directive::Leave, ..) => self.leave(),
        }
    }

    fn wait(&self) -> Result<Work, CallError> {
        let mut events = [Event::message_at(rdc::port()), Event::message_at(self.port)];
        let occurred = event::wait(&mut events, Timeout::Forever)?;
        if !occurred.iter().any(|event| event.is_about(rdc::port())) {
            return Ok(Work::Message);
        }
        let mut message = Message::new();
        rdc::port().receive(&mut message)?;
        let ToSpooler { kind, client } = message.head();
        let handle = match message.take_reference() {
            Some(Received::StreamHandle(handle)) => Some(handle),
            _ => None,
        };
        let kind = Directive::from_number(kind).ok_or(CallError::BadArgument)?;
        Ok(Work::Directive(kind, client.get(), handle))
    }

    /// Becomes server-quiescent with respect to a client, and waits until it has been led
    /// elsewhere.
    fn settle(&mut self, client: u32, handle: Option<StreamHandle>) -> Result<Answered, String> {
        let mut waiting = 0;
        if let Some(handle) = handle {
            self.complete(client, &handle)?;
            let mut its = [Selected::new(&handle)];
            // If it is gone, it has no messages here.
            if self.port.survey(&mut [], &mut its).is_ok() {
                waiting = its[0].count();
            }
        }
        let client = client.into();
        self.report(Report { client, waiting: waiting.into(), ..self.news(News::Settled) })
    }

    /// Becomes server-quiescent with respect to all clients, by completing what has begun.
    fn leave(&mut self) -> Result<Answer, String> {
        while let Some(client) = self.begun.keys().next().copied() {
            match self.report(Report { client: client.into(), ..self.news(News::Whose) })? {
                (_, Some(handle)) => self.complete(client, &handle)?,
                // It is gone.
                _ => drop(self.begun.remove(&client)),
            }
        }
        let waiting = self.port.waiting().unwrap_or_default().into();
        self.report(Report { waiting, ..self.news(News::Ready) }).map(|(answer, _)| answer)
    }

    /// Completes the document of a client, if it has begun, by receiving nothing but its
    /// messages. What it sends then stays at the port: so this spooler becomes server-quiescent
    /// with respect to the client, whatever that is about to do (§6.3.3).
    fn complete(&mut self, client: u32, handle: &StreamHandle) -> Result<(), String> {
        while self.begun.contains_key(&client) {
            if !self.receive(Some(handle))? {
                self.begun.remove(&client);
            }
        }
        Ok(())
    }

    /// Receives a message: from everybody if one is there, or else from one stream, for which it
    /// waits. Answers whether there was one.
    fn receive(&mut self, from: Option<&StreamHandle>) -> Result<bool, String> {
        let timeout = if from.is_some() { PATIENCE } else { Timeout::Poll };
        let how = Receive { invoker: Invoker::Waits, from, timeout };
        let mut buffer = core::mem::take(&mut self.buffer);
        let mut message = Message::new().buffer(&mut buffer, 0);
        let reply = match self.port.receive_with(&mut message, &how) {
            Ok(Arrival::Message) => Some(None),
            Ok(Arrival::Invocation(reply)) => Some(Some(reply)),
            // Whoever had it may be gone.
            Ok(Arrival::None) | Err(_) => None,
        };
        let done = match reply {
            Some(reply) => {
                let sheet: Sheet = message.head();
                self.take(&sheet, message.extra(), reply).map(|()| true)
            }
            None => Ok(false),
        };
        drop(message);
        self.buffer = buffer;
        done
    }

    /// Takes a part of a document.
    fn take(
        &mut self,
        sheet: &Sheet,
        data: &[u8],
        reply: Option<ReplyHandle>,
    ) -> Result<(), String> {
        let client = sheet.client.get();
        match Part::from_number(sheet.part) {
            Some(Part::Begin) => {
                let name = String::from_utf8_lossy(data).into_owned();
                let document = sheet.document.get();
                // If another has begun, its end will not come any more.
                self.begun.insert(client, Begun { document, name, text: Vec::new() });
            }
            Some(Part::Piece) => {
                let all: usize = self.begun.values().map(|begun| begun.text.len()).sum();
                if let Some(begun) = self.begun.get_mut(&client) {
                    let room = (DOCUMENT_MAX - begun.text.len()).min(BEGUN_MAX - all);
                    begun.text.extend_from_slice(&data[..data.len().min(room)]);
                }
            }
            Some(Part::End) => {
                let begun = self.begun.remove(&client);
                let begun = begun.filter(|begun| begun.document == sheet.document.get());
                let outcome = self.end(sheet, begun)?;
                if let Some(reply) = reply {
                    let receipt = Receipt { outcome: (outcome as u32).into() };
                    // If it is gone, it does not matter.
                    let _ = reply.reply(&mut Message::with_head(&receipt));
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Prints a document, if all of it is there.
    fn end(&mut self, sheet: &Sheet, begun: Option<Begun>) -> Result<Outcome, String> {
        let Some(begun) = begun else { return Ok(Outcome::Incomplete) };
        let Ok(text) = String::from_utf8(begun.text) else { return Ok(Outcome::Incomplete) };
        // Documents of different clients may have one number.
        let number = sheet.client.get() << 16 | begun.document & 0xffff;
        let label = Label::of(number, &begun.name, &text);
        let expected = (sheet.lines.get(), sheet.checksum.get());
        if (label.lines, label.checksum) != expected || !text.ends_with('\n') {
            return Ok(Outcome::Incomplete);
        }
        let (client, document) = (sheet.client, sheet.document);
        let come = Report { client, document, ..self.news(News::Come) };
        if let (Answer::GoOn, _) = self.report(come)? {
            let sheets = printed(&label, &text);
            let written = self.paper.write_all(sheets.as_bytes());
            written.map_err(|error| format!("cannot print on {}: {error}", self.path))?;
            self.report(Report { client, document, ..self.news(News::Printed) })?;
        }
        Ok(Outcome::Printed)
    }

    /// A report without details.
    fn news(&self, kind: News) -> Report {
        Report {
            kind: (kind as u32).into(),
            printer: self.number.into(),
            client: 0.into(),
            document: 0.into(),
            waiting: 0.into(),
        }
    }

    /// Reports, and waits for the manager's answer.
    fn report(&self, report: Report) -> Result<Answered, String> {
        let mut message = Message::with_head(&report);
        let invoked = self.manager.invoke(&mut message);
        invoked.map_err(|error| format!("The manager does not answer: {error}"))?;
        let order: Order = message.head();
        let answer = Answer::from_number(order.kind).ok_or("The manager answers nonsense.")?;
        match message.take_reference() {
            Some(Received::StreamHandle(handle)) => Ok((answer, Some(handle))),
            _ => Ok((answer, None)),
        }
    }
}
