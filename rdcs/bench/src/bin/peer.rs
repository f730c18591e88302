//! One of the two incarnations that receive in alternation.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;

use bench::DATA_MAX;
use bench::reconfigure::{Head, Mechanism, Plan, Run, Task};
use rdc::{CallError, Domain, Message, Port, Received, ReplyHandle, Stream};
use zerocopy::IntoBytes;

#[rdc::main]
fn main() -> Result<(), CallError> {
    let plan = Plan::of(rdc::parameters()).ok_or(CallError::BadArgument)?;
    Peer { plan, partner: None, held: None, runs: Vec::new() }.serve().inspect_err(|error| {
        rdc::eprintln!("error: a peer failed: {error}");
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    })
}

struct Peer {
    plan: Plan,
    /// The other peer if this one gives it its port, or else the manager.
    partner: Option<Stream>,
    /// The port that was given to it.
    held: Option<Port>,
    /// What it has received.
    runs: Vec<Run>,
}

impl Peer {
    fn serve(mut self) -> Result<(), CallError> {
        let mut buffer = alloc::vec![0; DATA_MAX];
        let mut message = Message::new().buffer(&mut buffer, 0);
        loop {
            let port = self.held.as_ref().unwrap_or(rdc::port());
            let reply = port.receive(&mut message)?;
            let head: Head = message.head();
            match head.task() {
                Task::Count => self.count(head.number.get(), reply)?,
                Task::Report => {
                    let head = Head::new(Task::Report, self.runs.len() as u32);
                    let message = Message::with_head(&head);
                    answer(reply, message.data(self.runs.as_bytes()));
                }
                Task::Meet => {
                    self.partner = message.take_reference().and_then(|it| it.try_into().ok());
                    let handle = rdc::port().handle()?;
                    answer(reply, Message::new().give(handle, Domain::Any));
                }
                Task::Hold => match message.take_reference() {
                    Some(Received::Port(port)) => self.held = Some(port),
                    _ => return Err(CallError::WrongReferenceType),
                },
                Task::LetGo => {
                    answer(reply, Message::new());
                    self.held = None;
                }
                Task::Change => {}
            }
        }
    }

    fn count(&mut self, number: u32, reply: Option<ReplyHandle>) -> Result<(), CallError> {
        answer(reply, Message::new());
        match self.runs.last_mut() {
            Some(run) if run.end == number => run.end += 1,
            _ => self.runs.push(Run { first: number.into(), end: (number + 1).into() }),
        }
        if self.plan.changes_after(number) { self.change() } else { Ok(()) }
    }

    /// Gives its port away, or tells the manager that it is time.
    fn change(&mut self) -> Result<(), CallError> {
        let partner = self.partner.as_ref().ok_or(CallError::NoSuchReference)?;
        if self.plan.mechanism() != Some(Mechanism::Propagate) {
            return partner.send(&mut Message::with_head(&Head::new(Task::Change, 0)));
        }
        let port = self.held.take().ok_or(CallError::NoSuchReference)?;
        let message = Message::with_head(&Head::new(Task::Hold, 0));
        partner.send(&mut message.give(port, Domain::Any))
    }
}

/// Replies if a reply is waited for. One that fails is one to an invoker who has gone.
fn answer(reply: Option<ReplyHandle>, mut message: Message<'_>) {
    if let Some(reply) = reply {
        let _ = reply.reply(&mut message);
    }
}
