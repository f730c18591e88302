//! The manager: establishes the configuration, keeps the books, and changes the configuration
//! while the others work. It makes good for whoever is lost, but for the scheduler and itself.

mod changes;
mod losses;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::event::{self, Event};
use rdc::{CallError, ChannelType, Child, EndReason, Message, NodeId, Port, Timeout, space};
use text_processing::console::{Console, counted, listed};
use text_processing::labels;
use text_processing::papers;
use text_processing::printer::Printer;
use text_processing::protocol::{Answer, Order, Report, ToManager, ToScheduler, numbers};
use text_processing::texts;

use crate::Failure;
use crate::crew::{Crew, Scheduler, Who, Worker};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::verify::verify;

/// Bytes of a report's data at most.
const REPORT_MAX: usize = 1024;

pub struct Manager {
    console: Console,
    ledger: Ledger,
    plan: Plan,
    crew: Crew,
    /// The node that comes and goes.
    extra: NodeId,
    /// Where spoolers report.
    reports: Port,
    /// The folder of papers.
    out: String,
    /// The numbers of the last worker and the last printer.
    workers: u32,
    printers: u32,
    phase: Phase,
    /// Who was asked to leave before the end.
    withdrawn: Vec<Who>,
    pages: u32,
}

/// How far everything is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// There are documents to be done.
    Working,
    /// All are done; the workers end.
    Finishing,
    /// The workers have ended; the others end.
    Closing,
}

/// What happened next.
enum Happened {
    /// A spooler reports.
    Report,
    /// Somebody has ended.
    End(Who, Option<(EndReason, i32)>),
}

fn say(error: CallError) -> Failure {
    error.to_string()
}

/// Asks a spooler to make itself ready to leave; a report says when it is.
fn ask_to_leave(printer: &Printer) -> Result<(), CallError> {
    printer.child.stream.send(&mut Message::new())
}

/// The nodes that are there from the beginning, and the one that comes later.
fn nodes() -> Result<(Vec<NodeId>, NodeId), CallError> {
    let mut nodes: Vec<NodeId> = rdc::nodes()?.iter().map(|node| node.id).collect();
    // This incarnation is not to lose its node.
    nodes.sort_by_key(|node| (*node != rdc::node(), node.0));
    match nodes.split_last() {
        Some((extra, rest)) if !rest.is_empty() => Ok((rest.to_vec(), *extra)),
        _ => Ok((Vec::from([rdc::node()]), rdc::node())),
    }
}

impl Manager {
    /// Makes everybody: how many depends on the nodes that there are, and on the documents.
    pub fn establish(paths: &[String], out: &str, console: Console) -> Result<Manager, Failure> {
        let (nodes, extra) = nodes().map_err(say)?;
        let names = paths.iter().map(|path| texts::name(path).to_string());
        let (_, reports) = space::channel(labels::REPORT, ChannelType::Unicast).map_err(say)?;
        let crew = Crew { scheduler: None, workers: Vec::new(), printers: Vec::new() };
        let mut manager = Manager {
            console,
            ledger: Ledger::of(names),
            plan: Plan::of(paths.len()),
            crew,
            extra,
            reports,
            out: out.into(),
            workers: 0,
            printers: 0,
            phase: Phase::Working,
            withdrawn: Vec::new(),
            pages: 0,
        };
        manager.make_crew(&nodes, paths)?;
        Ok(manager)
    }

    fn make_crew(&mut self, nodes: &[NodeId], paths: &[String]) -> Result<(), Failure> {
        // More workers than documents would have nothing to do.
        let workers = nodes.len().min(paths.len());
        self.console.headline(&format!(
            "1  configuration: {} for {} on {}",
            counted(paths.len(), "document"),
            counted(workers, "worker"),
            counted(nodes.len(), "node"),
        ));
        let scheduler = Scheduler::make(nodes[0]).map_err(say)?;
        let all: String = paths.iter().flat_map(|path| [path.as_str(), "\0"]).collect();
        scheduler.tell(ToScheduler::Documents, 0, all.as_bytes()).map_err(say)?;
        self.console.detail(&format!("scheduler on node {}", scheduler.node.0));
        self.crew.scheduler = Some(scheduler);
        self.add_printer(nodes[1 % nodes.len()]).map_err(say)?;
        for node in &nodes[..workers] {
            if let Err(error) = self.add_worker(*node) {
                self.console.trouble(&format!("node {} takes no worker: {error}", node.0));
            }
        }
        Ok(())
    }

    /// Makes a printer, the next one by number.
    fn add_printer(&mut self, node: NodeId) -> Result<u32, CallError> {
        self.printers += 1;
        let number = self.printers;
        let path = papers::path(&self.out, number);
        let printer = Printer::make(number, node, &path)?;
        self.console.detail(&format!("printer {number} on node {}: {path}", node.0));
        self.crew.printers.push(printer);
        Ok(number)
    }

    /// Makes a worker, the next one by number, that uses the first printer.
    fn add_worker(&mut self, node: NodeId) -> Result<(), CallError> {
        let printer = self.crew.printers.first().ok_or(CallError::NotAttached)?;
        self.workers += 1;
        let number = self.workers;
        let worker = Worker::make(number, node, printer.number)?;
        self.console.detail(&format!("worker {number} on node {}", node.0));
        self.crew.workers.push(worker);
        Ok(())
    }

    /// Works until everything is printed and everybody has ended, and looks whether all is well.
    pub fn run(mut self) -> Result<(), Failure> {
        while self.crew.everybody().next().is_some() {
            match self.wait().map_err(say)? {
                Happened::Report => self.serve()?,
                Happened::End(who, end) => self.ended(who, end)?,
            }
            self.proceed()?;
        }
        self.verify()
    }

    fn wait(&self) -> Result<Happened, CallError> {
        let report = Event::message_at(&self.reports);
        let ends = self.crew.everybody().map(|(_, child)| Event::dead(&child.incarnation));
        let mut events: Vec<Event<'_>> = [report].into_iter().chain(ends).collect();
        let event = event::wait(&mut events, Timeout::Forever)?[0];
        let about = |(_, child): &(Who, &Child)| event.is_about(&child.incarnation);
        Ok(match self.crew.everybody().find(about) {
            Some((who, _)) => Happened::End(who, event.end()),
            None => Happened::Report,
        })
    }

    /// Receives a report and answers it. Its spooler does nothing meanwhile.
    fn serve(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; REPORT_MAX];
        let mut message = Message::new().buffer(&mut buffer, 0);
        let reply = self.reports.receive(&mut message).map_err(say)?;
        let report: Report = message.head();
        let printer = report.printer.get();
        let (Some(reply), Some(kind)) = (reply, ToManager::from_number(report.kind)) else {
            return Ok(());
        };
        if self.crew.printer(printer).is_none() {
            // It is lost, and this is what it has said last.
            return Ok(());
        }
        let answer = self.answer(kind, &report, message.extra())?;
        let order = Order { kind: (answer as u32).into() };
        // If it is gone, its end, which is an event, says so.
        let _ = reply.reply(&mut Message::with_head(&order));
        Ok(())
    }

    fn answer(&mut self, kind: ToManager, report: &Report, data: &[u8]) -> Result<Answer, Failure> {
        let (printer, document) = (report.printer.get(), report.document.get());
        Ok(match kind {
            ToManager::Come if self.ledger.come(document, printer) => Answer::GoOn,
            ToManager::Come => Answer::Skip,
            ToManager::Failed => {
                if self.ledger.failed(document) {
                    let (name, reason) =
                        (self.ledger.name(document), String::from_utf8_lossy(data));
                    self.console.trouble(&format!("{name} cannot be printed: {reason}"));
                }
                Answer::Skip
            }
            ToManager::Printed => {
                self.printed(report);
                self.change(printer, &numbers(data))?;
                Answer::GoOn
            }
            ToManager::Ready => self.release(printer, &numbers(data))?,
        })
    }

    fn printed(&mut self, report: &Report) {
        let (printer, worker) = (report.printer.get(), report.worker.get());
        self.ledger.printed(report.document.get(), printer);
        self.pages += report.pages.get();
        if let Some(worker) = self.crew.worker(worker) {
            worker.documents += 1;
        }
        let progress = format!("{}/{}", self.ledger.done(), self.ledger.count());
        self.console.printed(printer, worker, progress);
    }

    /// Goes on to the next phase, if this one is over: first the workers end, who are clients,
    /// then their servers.
    fn proceed(&mut self) -> Result<(), Failure> {
        if self.phase == Phase::Working && self.ledger.is_complete() {
            self.phase = Phase::Finishing;
            self.tell_scheduler(ToScheduler::Finish, 0, [])?;
        }
        if self.phase == Phase::Finishing && self.crew.workers.is_empty() {
            self.phase = Phase::Closing;
            self.tell_scheduler(ToScheduler::Close, 0, [])?;
            for printer in &self.crew.printers {
                // If it is gone, its end, which is an event, says so.
                let _ = ask_to_leave(printer);
            }
        }
        Ok(())
    }

    fn tell_scheduler(
        &self,
        kind: ToScheduler,
        worker: u32,
        documents: impl IntoIterator<Item = u32>,
    ) -> Result<(), Failure> {
        let scheduler = self.crew.scheduler.as_ref().ok_or("There is no scheduler.")?;
        let told = scheduler.tell_of(kind, worker, documents);
        told.map_err(|error| format!("the scheduler on node {}: {error}", scheduler.node.0))
    }

    fn verify(&self) -> Result<(), Failure> {
        let papers = verify(&self.ledger, &self.out, 1..=self.printers)?;
        let used = papers.iter().filter(|(_, documents, _)| *documents > 0);
        let each = used.map(|(printer, documents, lines)| {
            format!("printer {printer}: {}, {lines} lines", counted(*documents, "document"))
        });
        self.console.headline("read again");
        each.for_each(|line| self.console.detail(&line));
        let failed = self.ledger.failures();
        if !failed.is_empty() {
            return Err(format!("{} could not be printed", listed(failed)));
        }
        self.console.success(&format!(
            "{} ({}), each printed once, whole, on one printer",
            counted(self.ledger.count(), "document"),
            counted(self.pages as usize, "page"),
        ));
        Ok(())
    }
}
