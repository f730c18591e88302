//! A printer's spooler: receives documents and prints them one by one, whole. The printer is a
//! file of the host.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::abi::constants::HEADER_BYTES;
use rdc::event::{self, Event};
use rdc::fs::File;
use rdc::io::Write;
use rdc::{Arrival, CallError, Invoker, Message, Port, Receive, Stream, Timeout, interface};
use text_processing::labels;
use text_processing::print::Paper;
use text_processing::protocol::{
    Answer, DOCUMENT_MAX, NO_DOCUMENT, Order, Report, Sheets, ToManager, list,
};
use zerocopy::FromBytes;

/// Messages whose senders are told in a report.
const QUEUE_MAX: usize = 64;

#[rdc::main]
fn main() {
    // Documents that it has received and not printed would be lost if it just ended: whoever
    // launched the program is to know.
    if let Err(failure) = run() {
        rdc::eprintln!("error: a spooler on node {}: {failure}", rdc::node().0);
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    }
}

fn run() -> Result<(), String> {
    let (number, path) = parameters()?;
    let say = |error: CallError| error.to_string();
    let port = interface::port(labels::spooler::PORT).map_err(say)?;
    let manager = interface::stream(labels::spooler::REPORT).map_err(say)?;
    let paper = File::create(&path).map_err(|error| format!("cannot make {path}: {error}"))?;
    let mut buffer = alloc::vec![0; DOCUMENT_MAX];
    let mut spooler = Spooler { number, port, manager, path, paper };
    while spooler.serve(&mut buffer)? != Answer::Leave {}
    Ok(())
}

/// The printer's number and the path of its paper.
fn parameters() -> Result<(u32, String), String> {
    let (number, path) = rdc::parameters().split_first_chunk().ok_or("It has no parameters.")?;
    Ok((u32::from_be_bytes(*number), String::from_utf8_lossy(path).into_owned()))
}

struct Spooler {
    number: u32,
    port: &'static Port,
    manager: &'static Stream,
    path: String,
    paper: File,
}

/// What there is to do.
enum Work {
    Document,
    /// The manager wants it to leave.
    Leave,
}

impl Spooler {
    /// Prints a document, or says that it is ready to leave. Between two calls it is
    /// server-quiescent with respect to all workers (§6.3.3): a document comes in one message,
    /// and none is received before the one before is printed.
    fn serve(&mut self, buffer: &mut [u8]) -> Result<Answer, String> {
        match self.wait().map_err(|error| error.to_string())? {
            Work::Document => self.print(buffer),
            Work::Leave => self.report(ToManager::Ready, None, &self.queue()),
        }
    }

    fn wait(&self) -> Result<Work, CallError> {
        let mut events = [Event::message_at(rdc::port()), Event::message_at(self.port)];
        let occurred = event::wait(&mut events, Timeout::Forever)?;
        if occurred.iter().any(|event| event.is_about(rdc::port())) {
            rdc::port().receive(&mut Message::new())?;
            return Ok(Work::Leave);
        }
        Ok(Work::Document)
    }

    fn print(&mut self, buffer: &mut [u8]) -> Result<Answer, String> {
        let mut message = Message::new().buffer(buffer, 0);
        let how =
            Receive { invoker: Invoker::GoesOn, timeout: Timeout::Poll, ..Receive::default() };
        let Ok(Arrival::Message | Arrival::Invocation(_)) =
            self.port.receive_with(&mut message, &how)
        else {
            // It was led elsewhere, or whoever had it is gone and it is done once more.
            return Ok(Answer::GoOn);
        };
        let sheets: Sheets = message.head();
        if sheets.pages.get() == 0 {
            return self.report(ToManager::Failed, Some(&sheets), message.extra());
        }
        match self.report(ToManager::Come, Some(&sheets), &[])? {
            Answer::GoOn => {}
            other => return Ok(other),
        }
        if let Some(torn) = Paper::read(message.extra()).torn {
            return Err(format!("What came to be printed is damaged: {torn}"));
        }
        let printed = self.paper.write_all(message.extra());
        printed.map_err(|error| format!("cannot print on {}: {error}", self.path))?;
        self.report(ToManager::Printed, Some(&sheets), &self.queue())
    }

    /// The workers whose documents wait here.
    fn queue(&self) -> Vec<u8> {
        let mut headers = alloc::vec![[0; HEADER_BYTES]; QUEUE_MAX];
        let waiting = self.port.survey(&mut headers, &mut []).unwrap_or_default() as usize;
        let sheets = headers.iter().take(waiting).map(|head| Sheets::read_from_prefix(head));
        list(sheets.flatten().map(|(sheets, _)| sheets.worker.get()))
    }

    /// Reports, and waits for the manager's answer.
    fn report(
        &self,
        kind: ToManager,
        sheets: Option<&Sheets>,
        data: &[u8],
    ) -> Result<Answer, String> {
        let report = Report {
            kind: (kind as u32).into(),
            printer: self.number.into(),
            document: sheets.map_or(NO_DOCUMENT.into(), |sheets| sheets.document),
            worker: sheets.map_or(0.into(), |sheets| sheets.worker),
            pages: sheets.map_or(0.into(), |sheets| sheets.pages),
        };
        let mut message = Message::with_head(&report).data(data);
        let invoked = self.manager.invoke(&mut message);
        invoked.map_err(|error| format!("The manager does not answer: {error}"))?;
        let order: Order = message.head();
        Answer::from_number(order.kind).ok_or_else(|| "The manager answers nonsense.".into())
    }
}
