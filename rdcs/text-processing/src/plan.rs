//! When the configuration changes: after so many printed documents, and never by the clock.

use alloc::collections::VecDeque;

/// A change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The extra node is there: it gets a worker.
    AddWorker,
    /// It has a printer, too.
    AddPrinter,
    /// Half of the workers are led to the second printer.
    ShareLoad,
    /// The extra node is taken away, and with it a worker and a printer.
    Withdraw,
}

/// What is still to come, each with the number of printed documents that it waits for.
pub struct Plan(VecDeque<(usize, Step)>);

impl Plan {
    /// For so many documents: changes at a sixth, a third, and two thirds of the work.
    pub fn of(documents: usize) -> Plan {
        let steps = [
            (documents / 6, Step::AddWorker),
            (documents / 3, Step::AddPrinter),
            (documents / 3, Step::ShareLoad),
            (documents * 2 / 3, Step::Withdraw),
        ];
        Plan(steps.into())
    }

    /// The next step, if it is due.
    pub fn due(&self, printed: usize) -> Option<Step> {
        let (at, step) = self.0.front()?;
        (*at <= printed).then_some(*step)
    }

    /// The step that was due is done.
    pub fn done(&mut self) {
        self.0.pop_front();
    }
}
