//! The incarnations of the configuration, as the manager knows them.

use alloc::vec::Vec;

use rdc::space::Fetched;
use rdc::{CallError, Child, Interface, Message, Module, NodeId, Stream, StreamHandle};
use text_processing::labels;
use text_processing::printer::Printer;
use text_processing::protocol::{ToScheduler, Wish, list};

/// Somebody's place in the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Scheduler,
    /// By number.
    Worker(u32),
    /// The spooler of this printer.
    Spooler(u32),
}

/// The scheduler.
pub struct Scheduler {
    pub child: Child,
    pub node: NodeId,
    /// To the channel where workers ask.
    pub stream: Fetched<Stream>,
}

impl Scheduler {
    pub fn make(node: NodeId) -> Result<Scheduler, CallError> {
        let interfaces = [Interface::port(labels::SCHEDULER)];
        let child = Module::named("scheduler")?.create_with(node, &[], &interfaces)?;
        let stream = labels::get(&child, labels::SCHEDULER)?;
        Ok(Scheduler { child, node, stream })
    }

    /// Tells it something, with extra data; it has understood when this returns.
    pub fn tell(&self, kind: ToScheduler, worker: u32, data: &[u8]) -> Result<(), CallError> {
        let wish = Wish { kind: (kind as u32).into(), worker: worker.into() };
        self.stream.invoke(&mut Message::with_head(&wish).data(data))
    }

    /// The same, with documents.
    pub fn tell_of(
        &self,
        kind: ToScheduler,
        worker: u32,
        documents: impl IntoIterator<Item = u32>,
    ) -> Result<(), CallError> {
        self.tell(kind, worker, &list(documents))
    }
}

/// A worker.
pub struct Worker {
    pub number: u32,
    pub child: Child,
    pub node: NodeId,
    /// Its stream to a printer.
    pub printing: Fetched<StreamHandle>,
    /// The printer that it leads to.
    pub printer: u32,
    /// How many documents of it were printed.
    pub documents: u32,
}

impl Worker {
    /// Makes a worker that prints on `printer`.
    pub fn make(number: u32, node: NodeId, printer: u32) -> Result<Worker, CallError> {
        let (channel, handle) = (labels::printer(printer), labels::worker_handle(number));
        let interfaces =
            [Interface::stream(labels::SCHEDULER), Interface::stream(&channel).handle(&handle)];
        let parameters = number.to_be_bytes();
        let child = Module::named("worker")?.create_with(node, &parameters, &interfaces)?;
        let printing = labels::get(&child, &handle)?;
        Ok(Worker { number, child, node, printing, printer, documents: 0 })
    }
}

/// Whoever is there.
pub struct Crew {
    pub scheduler: Option<Scheduler>,
    pub workers: Vec<Worker>,
    pub printers: Vec<Printer>,
}

impl Crew {
    /// All of it, each with its handle.
    pub fn everybody(&self) -> impl Iterator<Item = (Who, &Child)> {
        let scheduler = self.scheduler.iter().map(|scheduler| (Who::Scheduler, &scheduler.child));
        let workers = self.workers.iter().map(|worker| (Who::Worker(worker.number), &worker.child));
        let printers = self.printers.iter();
        let spoolers = printers.map(|printer| (Who::Spooler(printer.number), &printer.child));
        scheduler.chain(workers).chain(spoolers)
    }

    /// The worker of a number, if it is there.
    pub fn worker(&mut self, number: u32) -> Option<&mut Worker> {
        self.workers.iter_mut().find(|worker| worker.number == number)
    }

    /// Takes a worker out, if it is there.
    pub fn remove_worker(&mut self, number: u32) -> Option<Worker> {
        let at = self.workers.iter().position(|worker| worker.number == number)?;
        Some(self.workers.remove(at))
    }

    /// Takes a printer out, if it is there.
    pub fn remove_printer(&mut self, number: u32) -> Option<Printer> {
        let at = self.printers.iter().position(|printer| printer.number == number)?;
        Some(self.printers.remove(at))
    }

    /// The printer of a number, if it is there.
    pub fn printer(&self, number: u32) -> Option<&Printer> {
        self.printers.iter().find(|printer| printer.number == number)
    }
}
