//! Reconfigurations that are wanted (§2.4.2, aspects 2, 3 and 5).

use alloc::format;
use alloc::vec::Vec;

use rdc::reconfigure::{Arrived, replace};
use text_processing::console::{are, counted};
use text_processing::protocol::{Answer, ToScheduler};

use super::losses::is_gone;
use super::{Manager, Phase, ask_to_leave, say};
use crate::Failure;
use crate::crew::Who;
use crate::plan::Step;

impl Manager {
    /// Makes the changes that are due. The spooler of `printer` waits meanwhile, with documents
    /// of these workers at its port.
    pub(super) fn change(&mut self, printer: u32, queue: &[u32]) -> Result<(), Failure> {
        while let Some(step) = self.plan.due(self.ledger.done()) {
            if self.ledger.is_complete() {
                return Ok(());
            }
            match step {
                Step::AddWorker => self.use_extra_node(),
                Step::AddPrinter => self.use_extra_printer(),
                // What has arrived at the first printer is moved while its spooler waits.
                Step::ShareLoad if !self.is_first(printer) => return Ok(()),
                Step::ShareLoad => self.share_load(queue)?,
                Step::Withdraw => self.withdraw_extra_node()?,
            }
            self.plan.done();
        }
        Ok(())
    }

    fn is_first(&self, printer: u32) -> bool {
        self.crew.printers.first().is_some_and(|first| first.number == printer)
    }

    /// Aspect 2. Nobody but the scheduler will know of the new worker, and that only when it asks.
    fn use_extra_node(&mut self) {
        self.console.headline(&format!("2  node {} is there: one more worker", self.extra.0));
        if let Err(error) = self.add_worker(self.extra) {
            self.console.trouble(&format!("node {} takes no worker: {error}", self.extra.0));
        }
    }

    /// Aspect 3, the first half: a printer that nobody uses yet.
    fn use_extra_printer(&mut self) {
        self.console.headline(&format!("3  node {} has a printer: one more spooler", self.extra.0));
        if let Err(error) = self.add_printer(self.extra) {
            self.console.trouble(&format!("node {} takes no spooler: {error}", self.extra.0));
        }
    }

    /// Aspect 3, the second half: every other worker is led to the second printer, with what it
    /// has sent to the first one (figure 6.4).
    fn share_load(&mut self, queue: &[u32]) -> Result<(), Failure> {
        let [first, second, ..] = &self.crew.printers[..] else { return Ok(()) };
        let count = self.crew.workers.len();
        let mut led = Vec::new();
        for worker in self.crew.workers.iter_mut().skip(count.div_ceil(2)) {
            match worker.printing.rebind_with(&second.stream, &*first.port) {
                Ok(()) => {
                    worker.printer = second.number;
                    led.push(worker.number);
                }
                Err(error) if is_gone(error) => {}
                Err(error) => return Err(say(error)),
            }
        }
        let moved = queue.iter().filter(|worker| led.contains(worker)).count();
        self.console.detail(&format!(
            "{} led to printer {}, with {} that waited (inc_rebindStream)",
            are("worker", &led),
            second.number,
            counted(moved, "document"),
        ));
        Ok(())
    }

    /// Aspect 5: whoever is on the extra node comes to an end of his work.
    fn withdraw_extra_node(&mut self) -> Result<(), Failure> {
        self.console.headline(&format!("5  node {} is taken away", self.extra.0));
        let workers = self.crew.workers.iter().filter(|worker| worker.node == self.extra);
        // With one node, there is nobody else.
        let is_all = workers.clone().count() == self.crew.workers.len();
        for worker in workers.filter(|worker| !is_all || worker.number > 1) {
            self.tell_scheduler(ToScheduler::Dismiss, worker.number, [])?;
            self.console.detail(&format!("worker {} gets no more documents", worker.number));
            self.withdrawn.push(Who::Worker(worker.number));
        }
        for printer in self.crew.printers.iter().skip(1).filter(|it| it.node == self.extra) {
            // If it is gone, its end, which is an event, says so.
            let _ = ask_to_leave(printer);
            self.console.detail(&format!("printer {} is asked to leave", printer.number));
            self.withdrawn.push(Who::Spooler(printer.number));
        }
        Ok(())
    }

    /// A spooler is ready to leave: it is server-quiescent with respect to all workers, and a
    /// client of nobody but the manager (§6.3.3, R1 to R3). Another takes its port's place, with
    /// the documents of these workers, which wait there.
    pub(super) fn release(&mut self, printer: u32, queue: &[u32]) -> Result<Answer, Failure> {
        if self.phase == Phase::Closing {
            return Ok(Answer::Leave);
        }
        let others = self.crew.printers.iter().find(|other| other.number != printer);
        let (Some(leaving), Some(other)) = (self.crew.printer(printer), others) else {
            self.console.trouble(&format!("printer {printer} stays: there is no other"));
            return Ok(Answer::GoOn);
        };
        match replace(&*leaving.port, &*other.port, &leaving.stream, Arrived::Move) {
            Ok(()) => {}
            // The other one is lost; its end, which is an event, says so.
            Err(error) if is_gone(error) => return Ok(Answer::GoOn),
            Err(error) => return Err(say(error)),
        }
        let mut led = Vec::new();
        for worker in self.crew.workers.iter_mut().filter(|it| it.printer == printer) {
            worker.printer = other.number;
            led.push(worker.number);
        }
        self.console.detail(&format!(
            "printer {printer} has nothing in hand: {} led to printer {}, with {} that waited \
             (inc_attachPort)",
            are("worker", &led),
            other.number,
            counted(queue.len(), "document"),
        ));
        Ok(Answer::Leave)
    }
}
