//! The configuration (§5.2): labels of channels and handles in stream space, and which interface
//! of each module is which.

use alloc::format;
use alloc::string::String;

use rdc::space::{self, Fetched};
use rdc::{CallError, Child, Timeout};

/// The channel where workers ask for documents.
pub const SCHEDULER: &str = "scheduler";
/// The channel where spoolers report.
pub const REPORT: &str = "report";

/// The channel of a printer.
pub fn printer(number: u32) -> String {
    format!("printer{number}")
}

/// The handle to the port of a printer's spooler.
pub fn printer_handle(number: u32) -> String {
    format!("printer{number}.han")
}

/// The handle to a worker's stream to its printer.
pub fn worker_handle(number: u32) -> String {
    format!("worker{number}")
}

/// Interfaces of a worker: streams.
pub mod worker {
    /// To the scheduler.
    pub const SCHEDULER: usize = 0;
    /// To a printer.
    pub const PRINTER: usize = 1;
}

/// Interfaces of a spooler.
pub mod spooler {
    /// The port of its printer's channel.
    pub const PORT: usize = 0;
    /// A stream to whoever manages it.
    pub const REPORT: usize = 1;
}

/// More than any incarnation needs to come into being: 10 s. One whose node is lost meanwhile
/// deposits nothing.
const PATIENCE: Timeout = Timeout::WithinMs(10_000);

/// What a new incarnation deposits under a label. One that does not is destroyed.
pub fn get<T: rdc::Typed>(child: &Child, label: &str) -> Result<Fetched<T>, CallError> {
    space::get_within(label, PATIENCE).inspect_err(|_| {
        // If it is gone already, all the better.
        let _ = child.incarnation.destroy();
    })
}
