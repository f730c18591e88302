//! The server's reconfigurations (§2.4.2, aspects 4 and 5).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use printer_server::protocol::{Answer, Directive, ToSpooler};
use rdc::reconfigure::{Arrived, attach, replace};
use rdc::{CallError, Domain, EndReason, Message, NodeId};
use text_processing::console::{are, counted};
use text_processing::papers;
use text_processing::printer::{Printer, describe_end};

use crate::Failure;
use crate::books::Document;
use crate::server::{Server, is_gone, say};

/// Clients that are worth a second printer.
const BUSY: usize = 3;

/// The number of a document on paper.
fn on_paper((client, document): Document) -> u32 {
    client << 16 | document & 0xffff
}

fn direct(directive: Directive, client: u32) -> ToSpooler {
    ToSpooler { kind: (directive as u32).into(), client: client.into() }
}

impl Server {
    /// Makes a printer, the next one by number.
    pub(crate) fn add_printer(&mut self, node: NodeId) -> Result<u32, CallError> {
        self.last_printer += 1;
        let number = self.last_printer;
        let path = papers::path(&self.out, number);
        let printer = Printer::make(number, node, &path)?;
        self.console.detail(&format!("printer {number} on node {}: {path}", node.0));
        self.printers.push(printer);
        Ok(number)
    }

    /// Uses as many printers as there are clients for, and ends when there are none any more.
    pub(crate) fn adapt(&mut self) -> Result<(), Failure> {
        if self.is_closing {
            return Ok(());
        }
        let is_busy = self.clients.connected.len() >= BUSY;
        match (self.printers.len(), is_busy, self.leaving) {
            _ if self.is_over() => {
                self.is_closing = true;
                self.printers.iter().for_each(ask_to_leave);
            }
            (1, true, None) if self.printers_max > 1 => self.use_second()?,
            (2, false, None) => self.give_up_second(),
            _ => {}
        }
        Ok(())
    }

    /// Aspect 4: every other client is to go to a second printer. Its spooler first completes
    /// what has begun.
    fn use_second(&mut self) -> Result<(), Failure> {
        let count = self.clients.connected.len();
        self.console.headline(&format!("4  {}: one more spooler", counted(count, "client")));
        let nodes = rdc::nodes().map_err(say)?;
        let first = &self.printers[0];
        let free = nodes.iter().rev().find(|node| node.id != first.node);
        let node = free.map_or(first.node, |node| node.id);
        let second = match self.add_printer(node) {
            Ok(second) => second,
            Err(error) => {
                self.console.trouble(&format!("node {} takes no spooler: {error}", node.0));
                self.printers_max = 1;
                return Ok(());
            }
        };
        let first = &self.printers[0];
        for client in self.clients.connected.iter_mut().skip(count.div_ceil(2)) {
            client.wanted = Some(second);
            let directive = direct(Directive::Settle, client.number);
            let mut message = Message::with_head(&directive).reference(&client.handle, Domain::Rdc);
            // If it is gone, its end, which is an event, says so.
            let _ = first.child.stream.send(&mut message);
        }
        Ok(())
    }

    /// A spooler is server-quiescent with respect to a client: now it can be led elsewhere, with
    /// the messages that wait.
    pub(crate) fn lead(&mut self, number: u32, waiting: usize) -> Result<Answer, Failure> {
        let Some(client) = self.clients.find(number) else { return Ok(Answer::GoOn) };
        let printer_of =
            |number| self.printers.iter().find(|printer: &&Printer| printer.number == number);
        let to = client.wanted.take().filter(|to| Some(*to) != self.leaving).and_then(printer_of);
        let (Some(to), Some(from)) = (to, printer_of(client.printer)) else {
            return Ok(Answer::GoOn);
        };
        match client.handle.rebind_with(&to.stream, &*from.port) {
            Ok(()) => client.printer = to.number,
            Err(error) if is_gone(error) => return Ok(Answer::GoOn),
            Err(error) => return Err(say(error)),
        }
        self.console.detail(&format!(
            "client {number} is led to printer {}, with {} that waited (inc_rebindStream)",
            to.number,
            counted(waiting, "message"),
        ));
        Ok(Answer::GoOn)
    }

    fn give_up_second(&mut self) {
        let clients = counted(self.clients.connected.len(), "client");
        self.console.headline(&format!("5  {clients}: one spooler is enough"));
        self.leaving = Some(self.printers[1].number);
        ask_to_leave(&self.printers[1]);
    }

    /// A spooler is server-quiescent with respect to all clients: another takes its place.
    pub(crate) fn release(&mut self, printer: u32, waiting: usize) -> Result<Answer, Failure> {
        if self.is_closing {
            return Ok(Answer::Leave);
        }
        let leaving = self.printers.iter().find(|it| it.number == printer);
        let other = self.printers.iter().find(|it| it.number != printer);
        let (Some(leaving), Some(other)) = (leaving, other) else {
            self.leaving = None;
            return Ok(Answer::GoOn);
        };
        match replace(&*leaving.port, &*other.port, &leaving.stream, Arrived::Move) {
            Ok(()) => {}
            // The other one is lost; its end, which is an event, says so.
            Err(error) if is_gone(error) => {
                self.leaving = None;
                return Ok(Answer::GoOn);
            }
            Err(error) => return Err(say(error)),
        }
        let mut led = Vec::new();
        for client in self.clients.of_printer(printer) {
            client.printer = other.number;
            led.push(client.number);
        }
        self.console.detail(&format!(
            "printer {printer} leaves: {} led to printer {}, with {} that waited (inc_attachPort)",
            are("client", &led),
            other.number,
            counted(waiting, "message"),
        ));
        Ok(Answer::Leave)
    }

    /// A spooler has ended: because it was told to, or because it is lost. Then its clients are
    /// led to another; whatever they had begun to send there they send once more.
    pub(crate) fn printer_ended(
        &mut self,
        number: u32,
        end: Option<(EndReason, i32)>,
    ) -> Result<(), Failure> {
        let Some(at) = self.printers.iter().position(|printer| printer.number == number) else {
            return Ok(());
        };
        let printer = self.printers.remove(at);
        self.leaving = self.leaving.filter(|leaving| *leaving != number);
        if end == Some((EndReason::Exited, 0)) {
            return Ok(());
        }
        let reason = describe_end(end);
        self.console
            .trouble(&format!("printer {number} on node {} is lost: {reason}", printer.node.0));
        let whole = papers::tear_off(&papers::path(&self.out, number))?;
        self.books.lost(number, |document| whole.contains(&on_paper(document)));
        if self.is_closing {
            return Ok(());
        }
        if self.printers.is_empty() {
            self.add_printer(rdc::node()).map_err(say)?;
        }
        let other = self.printers[0].number;
        let mut led = 0;
        for client in self.clients.of_printer(number) {
            client.printer = other;
            client.wanted = None;
            led += 1;
        }
        self.lead_all()?;
        let clients = counted(led, "client");
        self.console.trouble(&format!("{clients} of it go to printer {other}"));
        Ok(())
    }

    /// Has every client's stream lead to its printer, and every printer's channel to its spooler.
    /// A change that a lost printer had a part in may be half done.
    fn lead_all(&self) -> Result<(), Failure> {
        let lead = |result: Result<(), CallError>| match result {
            Err(error) if !is_gone(error) => Err(say(error)),
            _ => Ok(()),
        };
        for printer in &self.printers {
            lead(attach(&*printer.port, &printer.stream))?;
        }
        for client in &self.clients.connected {
            let printer = self.printers.iter().find(|it| it.number == client.printer);
            if let Some(printer) = printer {
                lead(client.handle.rebind(&printer.stream))?;
            }
        }
        Ok(())
    }

    /// Looks whether all documents are on paper, once, and whole.
    pub(crate) fn verify(&self) -> Result<(), Failure> {
        let mut found = BTreeMap::new();
        for printer in 1..=self.last_printer {
            let path = papers::path(&self.out, printer);
            let paper = papers::read(&path)?;
            if let Some(torn) = paper.torn {
                return Err(format!("in {path}: {torn}"));
            }
            for label in paper.whole {
                if found.insert(label.number, printer).is_some() {
                    return Err(format!("{} was printed twice", label.name));
                }
            }
        }
        let expected =
            self.books.printers().map(|(document, printer)| (on_paper(document), printer));
        if found != expected.collect() {
            return Err("what is on paper is not what the books say".into());
        }
        self.console.success(&format!(
            "{} of {}, each printed once, whole, on one printer",
            counted(self.books.count(), "document"),
            counted(self.clients.ever, "client"),
        ));
        Ok(())
    }
}

fn ask_to_leave(printer: &Printer) {
    let directive = direct(Directive::Leave, 0);
    // If it is gone, its end, which is an event, says so.
    let _ = printer.child.stream.send(&mut Message::with_head(&directive));
}
