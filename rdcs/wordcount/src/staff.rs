//! The workers: one on every node.

use alloc::vec::Vec;

use rdc::event::Event;
use rdc::{Child, Domain, EndReason, Message, Module, NodeId, ReplyHandle, Stream};
use wordcount::protocol::Welcome;

/// A worker, as the primary incarnation knows it.
pub struct Worker {
    child: Child,
    /// Where it was made.
    pub node: NodeId,
    /// What it does.
    pub state: State,
    /// How many files it has counted.
    pub files: u32,
}

/// What a worker does.
pub enum State {
    /// It is being made, or on its way to its first question.
    Arriving,
    /// It counts this file.
    Counts(u32),
    /// It waits for an answer.
    Asks(ReplyHandle),
    /// It was told that there is nothing left to do.
    Dismissed,
    /// It is gone.
    Gone,
}

/// All workers.
pub struct Staff(pub Vec<Worker>);

impl Staff {
    /// Makes a worker on every node; each is given `to_office`, to ask for files. Nodes that
    /// do not take one are left out, and named.
    pub fn hire(module: Module, to_office: &Stream) -> Result<Staff, rdc::CallError> {
        let mut workers = Vec::new();
        for node in rdc::nodes()? {
            let number = workers.len() as u32;
            match hire_one(module, node.id, number, to_office) {
                Ok(child) => {
                    let state = State::Arriving;
                    workers.push(Worker { child, node: node.id, state, files: 0 });
                }
                Err(error) => rdc::eprintln!("node {} takes no worker: {error}", node.id.0),
            }
        }
        Ok(Staff(workers))
    }

    /// The events of their ends.
    pub fn ends(&self) -> impl Iterator<Item = Event<'_>> {
        let here = self.0.iter().filter(|worker| !matches!(worker.state, State::Gone));
        here.map(|worker| Event::dead(&worker.child.incarnation))
    }

    /// The number of the worker that an event is about.
    pub fn about(&self, event: &Event<'_>) -> Option<usize> {
        self.0.iter().position(|worker| event.is_about(&worker.child.incarnation))
    }

    /// Whether all have gone or been dismissed.
    pub fn is_off(&self) -> bool {
        self.0.iter().all(|worker| matches!(worker.state, State::Dismissed | State::Gone))
    }
}

fn hire_one(
    module: Module,
    node: NodeId,
    number: u32,
    to_office: &Stream,
) -> Result<Child, rdc::CallError> {
    let child = module.create(node, &[])?;
    let welcome = Welcome { worker: number.into() };
    let mut message = Message::with_head(&welcome).reference(to_office, Domain::Rdc);
    if let Err(error) = child.stream.send(&mut message) {
        // Nobody else would end it.
        let _ = child.incarnation.destroy();
        return Err(error);
    }
    Ok(child)
}

/// What became of a worker, in words.
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
