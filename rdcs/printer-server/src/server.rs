//! What happens to the server: clients connect and go, spoolers report and end.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use printer_server::protocol::{Admission, Answer, NAME, News, Order, Report, ToServer, Wish};
use rdc::event::{self, Event};
use rdc::{
    CallError, ChannelType, Domain, EndReason, Message, Port, Received, ReplyHandle, Stream,
    StreamHandle, Timeout, channel, names, space,
};
use text_processing::console::{Console, counted};
use text_processing::labels;
use text_processing::printer::Printer;

use crate::Failure;
use crate::books::Books;
use crate::clients::Clients;

/// Printers that are used at a time.
const PRINTERS_MAX: usize = 2;

pub struct Server {
    pub(crate) console: Console,
    pub(crate) books: Books,
    pub(crate) clients: Clients,
    pub(crate) printers: Vec<Printer>,
    /// The number of the last one that was made.
    pub(crate) last_printer: u32,
    /// How many printers can be used at a time.
    pub(crate) printers_max: usize,
    /// A printer that was asked to leave.
    pub(crate) leaving: Option<u32>,
    /// The folder of papers.
    pub(crate) out: String,
    /// Where spoolers report.
    reports: Port,
    /// Where clients connect.
    service: Port,
    /// After how many clients the server ends.
    clients_max: Option<usize>,
    pub(crate) is_closing: bool,
}

/// What happened next.
enum Happened {
    /// A client asks.
    Wish,
    /// A spooler reports.
    Report,
    /// A client is gone.
    Gone(u32),
    /// The spooler of a printer has ended.
    End(u32, Option<(EndReason, i32)>),
}

/// An error in words.
pub(crate) fn say(error: CallError) -> Failure {
    error.to_string()
}

/// Whether an error says that somebody is gone, of which there is an event.
pub(crate) fn is_gone(error: CallError) -> bool {
    use CallError::{NoSuchReference, OutcomeUnknown, PeerLost, Unreachable};
    matches!(error, PeerLost | OutcomeUnknown | Unreachable | NoSuchReference)
}

impl Server {
    /// Makes a printer, and tells the name service.
    pub fn open(
        out: &str,
        clients_max: Option<usize>,
        console: Console,
    ) -> Result<Server, Failure> {
        let report = space::channel(labels::REPORT, ChannelType::Unicast);
        let (_, reports) = report.map_err(say)?;
        let (to_service, service) = channel(ChannelType::Unicast).map_err(say)?;
        let mut server = Server {
            console,
            books: Books::default(),
            clients: Clients::default(),
            printers: Vec::new(),
            last_printer: 0,
            printers_max: PRINTERS_MAX,
            leaving: None,
            out: out.into(),
            reports,
            service,
            clients_max,
            is_closing: false,
        };
        server.console.headline("printer server");
        server.add_printer(rdc::node()).map_err(say)?;
        names::register(NAME, &to_service, Domain::NoFurther)
            .map_err(|error| format!("cannot be found as {NAME:?}: {error}"))?;
        server.console.detail(&format!("found by the name {NAME:?}"));
        Ok(server)
    }

    /// Serves until everything has ended.
    pub fn run(mut self) -> Result<(), Failure> {
        while !self.printers.is_empty() {
            match self.wait().map_err(say)? {
                Happened::Wish => self.admit()?,
                Happened::Report => self.hear()?,
                Happened::Gone(client) => self.gone(client),
                Happened::End(printer, end) => self.printer_ended(printer, end)?,
            }
            self.adapt()?;
        }
        self.verify()
    }

    fn wait(&self) -> Result<Happened, CallError> {
        let ports = [Event::message_at(&self.service), Event::message_at(&self.reports)];
        let ends = self.printers.iter().map(|printer| Event::dead(&printer.child.incarnation));
        let handles = self.clients.connected.iter().map(|client| &client.handle);
        let mut events: Vec<Event<'_>> =
            ports.into_iter().chain(ends).chain(handles.map(Event::closed)).collect();
        let event = event::wait(&mut events, Timeout::Forever)?[0];
        let printer =
            self.printers.iter().find(|printer| event.is_about(&printer.child.incarnation));
        let client = self.clients.connected.iter().find(|client| event.is_about(&client.handle));
        Ok(match (printer, client) {
            (Some(printer), _) => Happened::End(printer.number, event.end()),
            (None, Some(client)) => Happened::Gone(client.number),
            (None, None) if event.is_about(&self.service) => Happened::Wish,
            (None, None) => Happened::Report,
        })
    }

    /// Answers a client.
    fn admit(&mut self) -> Result<(), Failure> {
        let mut message = Message::new();
        let reply = self.service.receive(&mut message).map_err(say)?;
        let ToServer { kind, client } = message.head();
        let (Some(reply), Some(wish)) = (reply, Wish::from_number(kind)) else { return Ok(()) };
        match (wish, message.take_reference()) {
            (Wish::Connect, _) => self.connect(reply),
            (Wish::Follow, Some(Received::StreamHandle(handle))) => {
                self.follow(client.get(), handle)?;
                // If it is gone, its stream is closed, which is an event.
                let _ = reply.reply(&mut Message::new());
            }
            (Wish::Follow, _) => {}
        }
        Ok(())
    }

    /// A client is given a stream to a spooler.
    fn connect(&mut self, reply: ReplyHandle) {
        let printer = self.least_used();
        let client = self.clients.admit(self.printers[printer].number);
        let admission = Admission { client: client.unwrap_or(0).into() };
        let mut answer = Message::with_head(&admission);
        if client.is_some() {
            let stream: &Stream = &self.printers[printer].stream;
            // The client cannot give it to others, who could not be led elsewhere.
            answer = answer.reference(stream, Domain::NoFurther);
        }
        // If it is gone, it does not come back.
        let _ = reply.reply(&mut answer);
    }

    /// A client that has a stream can be led elsewhere from now on. It is, if its printer has
    /// gone since.
    fn follow(&mut self, number: u32, handle: StreamHandle) -> Result<(), Failure> {
        let best = self.least_used();
        let is_there = |number| self.printers.iter().any(|printer| printer.number == number);
        let Some(client) = self.clients.connect(number, handle) else { return Ok(()) };
        if !is_there(client.printer) {
            let best = &self.printers[best];
            client.printer = best.number;
            match client.handle.rebind(&best.stream) {
                Err(error) if !is_gone(error) => return Err(say(error)),
                _ => {}
            }
        }
        self.console.detail(&format!("client {number} comes to printer {}", client.printer));
        Ok(())
    }

    /// Where a new client is best served: an index.
    fn least_used(&mut self) -> usize {
        let mut clients = |number| self.clients.of_printer(number).count();
        let staying = self.printers.iter().enumerate();
        let staying = staying.filter(|(_, printer)| Some(printer.number) != self.leaving);
        let least = staying.min_by_key(|(_, printer)| clients(printer.number));
        least.map_or(0, |(index, _)| index)
    }

    /// Receives a report and answers it. Its spooler does nothing meanwhile.
    fn hear(&mut self) -> Result<(), Failure> {
        let mut message = Message::new();
        let reply = self.reports.receive(&mut message).map_err(say)?;
        let report: Report = message.head();
        let (Some(reply), Some(news)) = (reply, News::from_number(report.kind)) else {
            return Ok(());
        };
        if self.printers.iter().all(|printer| printer.number != report.printer.get()) {
            // It is lost, and this is what it has said last.
            return Ok(());
        }
        let answer = self.answer(news, &report)?;
        let order = Order { kind: (answer as u32).into() };
        let client = self.clients.find(report.client.get());
        let mut message = Message::with_head(&order);
        if let (News::Whose, Some(client)) = (news, client) {
            message = message.reference(&client.handle, Domain::Rdc);
        }
        // If it is gone, its end, which is an event, says so.
        let _ = reply.reply(&mut message);
        Ok(())
    }

    fn answer(&mut self, news: News, report: &Report) -> Result<Answer, Failure> {
        let (client, printer) = (report.client.get(), report.printer.get());
        let document = (client, report.document.get());
        let waiting = report.waiting.get() as usize;
        Ok(match news {
            News::Come if self.books.come(document, printer) => Answer::GoOn,
            News::Come => Answer::Skip,
            News::Printed => {
                self.books.printed(document, printer);
                if let Some(client) = self.clients.find(client) {
                    client.documents += 1;
                }
                self.console.printed(printer, client, self.books.count().to_string());
                Answer::GoOn
            }
            News::Settled => self.lead(client, waiting)?,
            News::Whose => Answer::GoOn,
            News::Ready => self.release(printer, waiting)?,
        })
    }

    fn gone(&mut self, number: u32) {
        if let Some(client) = self.clients.remove(number) {
            let documents = counted(client.documents, "document");
            self.console.detail(&format!("client {number} goes after {documents}"));
            if self.clients_max.is_none() {
                self.books.forget(number);
            }
        }
    }

    /// Whether the last client has come and gone.
    pub(crate) fn is_over(&self) -> bool {
        self.clients.connected.is_empty()
            && self.clients_max.is_some_and(|max| self.clients.ever >= max)
    }
}
