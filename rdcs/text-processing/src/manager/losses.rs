//! Ends, wanted and unwanted ones. Who is lost is made up for: its documents are done by others.

use alloc::format;

use rdc::reconfigure::attach;
use rdc::{CallError, EndReason, NodeId};
use text_processing::console::counted;
use text_processing::papers;
use text_processing::printer::{Printer, describe_end};
use text_processing::protocol::ToScheduler;

use super::{Manager, Phase, say};
use crate::Failure;
use crate::crew::{Who, Worker};

/// Whether an error says that somebody is gone. His end, which is an event, says why.
pub(super) fn is_gone(error: CallError) -> bool {
    use CallError::{NoSuchReference, OutcomeUnknown, PeerLost, Unreachable};
    matches!(error, PeerLost | OutcomeUnknown | Unreachable | NoSuchReference)
}

type End = Option<(EndReason, i32)>;

impl Manager {
    /// Somebody has ended.
    pub(super) fn ended(&mut self, who: Who, end: End) -> Result<(), Failure> {
        let is_well = end == Some((EndReason::Exited, 0));
        match who {
            Who::Scheduler => return self.scheduler_ended(end),
            Who::Worker(number) => {
                let Some(worker) = self.crew.remove_worker(number) else { return Ok(()) };
                if !is_well {
                    return self.worker_lost(&worker, end);
                }
                let documents = counted(worker.documents as usize, "document");
                self.left(who, &format!("worker {number}, with {documents} printed,"), worker.node);
            }
            Who::Spooler(number) => {
                let Some(printer) = self.crew.remove_printer(number) else { return Ok(()) };
                if !is_well {
                    return self.printer_lost(&printer, end);
                }
                self.left(who, &format!("printer {number}"), printer.node);
            }
        }
        Ok(())
    }

    /// Somebody has left. In the end all do, which is not worth a line.
    fn left(&self, who: Who, described: &str, node: NodeId) {
        if self.withdrawn.contains(&who) {
            self.console.detail(&format!("{described} has left node {}", node.0));
        }
    }

    /// Nobody else knows which documents are whose.
    fn scheduler_ended(&mut self, end: End) -> Result<(), Failure> {
        let scheduler = self.crew.scheduler.take();
        let node = scheduler.map_or(0, |scheduler| scheduler.node.0);
        match self.phase {
            Phase::Closing => Ok(()),
            Phase::Working | Phase::Finishing => {
                Err(format!("the scheduler on node {node} is lost: {}", describe_end(end)))
            }
        }
    }

    fn worker_lost(&mut self, worker: &Worker, end: End) -> Result<(), Failure> {
        let (number, node) = (worker.number, worker.node.0);
        self.console
            .trouble(&format!("worker {number} on node {node} is lost: {}", describe_end(end)));
        self.tell_scheduler(ToScheduler::WorkerLost, number, self.ledger.not_open())?;
        if self.crew.workers.is_empty() && self.phase == Phase::Working {
            let left = self.ledger.count() - self.ledger.done();
            return Err(format!("no worker is left for {}", counted(left, "document")));
        }
        Ok(())
    }

    /// What the printer has not printed whole is torn off; its workers are led to another, or to
    /// a new one here. Then what was on its way to it is done once more.
    fn printer_lost(&mut self, printer: &Printer, end: End) -> Result<(), Failure> {
        let (number, node) = (printer.number, printer.node.0);
        self.console
            .trouble(&format!("printer {number} on node {node} is lost: {}", describe_end(end)));
        let on_paper = papers::tear_off(&papers::path(&self.out, number))?;
        self.ledger.lost(number, &on_paper);
        if self.phase != Phase::Working {
            return Ok(());
        }
        if self.crew.printers.is_empty() {
            self.add_printer(rdc::node()).map_err(say)?;
        }
        let other = self.crew.printers[0].number;
        for worker in self.crew.workers.iter_mut().filter(|it| it.printer == number) {
            worker.printer = other;
        }
        self.lead_all()?;
        self.console
            .trouble(&format!("what was on its way there is done once more, on printer {other}"));
        self.tell_scheduler(ToScheduler::PrinterLost, 0, self.ledger.not_open())
    }

    /// Has every worker's stream lead to its printer, and every printer's channel to its spooler.
    /// A change that the lost printer had a part in may be half done.
    fn lead_all(&self) -> Result<(), Failure> {
        let lead = |result: Result<(), CallError>| match result {
            Err(error) if !is_gone(error) => Err(say(error)),
            _ => Ok(()),
        };
        for printer in &self.crew.printers {
            lead(attach(&*printer.port, &printer.stream))?;
        }
        for worker in &self.crew.workers {
            if let Some(printer) = self.crew.printer(worker.printer) {
                lead(worker.printing.rebind(&printer.stream))?;
            }
        }
        Ok(())
    }
}
