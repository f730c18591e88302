//! A printer, as the manager of it knows it.

use rdc::{CallError, ChannelType, Child, EndReason, Module, NodeId, PortHandle, Stream, channel};

use crate::links;

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
    pub stream: Stream,
    /// The spooler's port at its channel.
    pub port: PortHandle,
}

impl Printer {
    /// Makes a spooler from the module `spooler`: it prints into the file at `path`, and reports
    /// by a stream like `reports`.
    pub fn make(
        number: u32,
        node: NodeId,
        path: &str,
        reports: &Stream,
    ) -> Result<Printer, CallError> {
        let parameters = [&number.to_be_bytes(), path.as_bytes()].concat();
        let child = Module::named("spooler")?.create(node, &parameters)?;
        let (stream, port) = channel(ChannelType::Unicast)?;
        let port = links::give_port(&child, port)?;
        links::give_stream(&child, reports)?;
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
