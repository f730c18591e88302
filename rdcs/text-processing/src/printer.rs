//! A printer, as the manager of it knows it.

use rdc::space::Fetched;
use rdc::{CallError, Child, EndReason, Interface, Module, NodeId, PortHandle, Stream};

use crate::labels;

/// A printer with its spooler.
#[derive(Debug)]
pub struct Printer {
    /// Which.
    pub number: u32,
    /// The spooler.
    pub child: Child,
    /// Where it is.
    pub node: NodeId,
    /// To its channel.
    pub stream: Fetched<Stream>,
    /// The spooler's port at its channel.
    pub port: Fetched<PortHandle>,
}

impl Printer {
    /// Makes a spooler from the module `spooler`, which prints into the file at `path`.
    pub fn make(number: u32, node: NodeId, path: &str) -> Result<Printer, CallError> {
        let parameters = [&number.to_be_bytes(), path.as_bytes()].concat();
        let (channel, handle) = (labels::printer(number), labels::printer_handle(number));
        let interfaces =
            [Interface::port(&channel).handle(&handle), Interface::stream(labels::REPORT)];
        let child = Module::named("spooler")?.create_with(node, &parameters, &interfaces)?;
        let (stream, port) = (labels::get(&child, &channel)?, labels::get(&child, &handle)?);
        Ok(Printer { number, child, node, stream, port })
    }
}

/// What became of an incarnation, in words.
pub fn describe_end(end: Option<(EndReason, i32)>) -> &'static str {
    match end {
        Some((EndReason::NodeLost, _)) => "its node is down",
        Some((EndReason::NotCreated, _)) => "it could not be made",
        Some((EndReason::Faulted, _)) => "it has faulted",
        Some((EndReason::Exited, _)) => "it has ended",
        Some((EndReason::Destroyed, _)) => "it was destroyed",
        _ => "it is lost",
    }
}
