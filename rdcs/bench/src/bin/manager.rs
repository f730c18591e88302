//! The incarnation that attaches ports and rebinds streams while others send and receive. It is
//! told first of the peers, each by a handle to its port, and what it changes.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use bench::reconfigure::{Head, Mechanism, Plan, Task};
use rdc::reconfigure::{Arrived, replace};
use rdc::{CallError, Message, PortHandle, Received, Stream, StreamHandle};

#[rdc::main]
fn main() -> Result<(), CallError> {
    let plan = Plan::of(rdc::parameters()).ok_or(CallError::BadArgument)?;
    let peers: [PortHandle; 2] = [told()?, told()?];
    match plan.mechanism() {
        Some(Mechanism::Attach) => {
            let stream: Stream = told()?;
            alternate(|from, to| replace(&peers[from], &peers[to], &stream, Arrived::Move))
        }
        Some(Mechanism::Rebind) => {
            let stream: StreamHandle = told()?;
            let channels: [Stream; 2] = [told()?, told()?];
            alternate(|from, to| stream.rebind_with(&channels[to], &peers[from]))
        }
        _ => Err(CallError::BadArgument),
    }
    .inspect_err(|error| {
        rdc::eprintln!("error: a reconfiguration failed: {error}");
        rdc::exit_rdc(rdc::ExitCode::FAILURE);
    })
}

/// The reference of the next message.
fn told<T: TryFrom<Received, Error = CallError>>() -> Result<T, CallError> {
    let mut message = Message::new();
    rdc::port().receive(&mut message)?;
    message.take_reference().ok_or(CallError::WrongReferenceType)?.try_into()
}

/// Makes a change from one peer to the other whenever it is told to.
fn alternate(
    mut change: impl FnMut(usize, usize) -> Result<(), CallError>,
) -> Result<(), CallError> {
    let mut message = Message::new();
    let mut changes: u32 = 0;
    loop {
        let reply = rdc::port().receive(&mut message)?;
        match (message.head::<Head>().task(), reply) {
            (Task::Change, _) => {
                let from = changes as usize % 2;
                change(from, 1 - from)?;
                changes += 1;
            }
            (Task::Report, Some(reply)) => {
                let _ = reply.reply(&mut Message::with_head(&Head::new(Task::Report, changes)));
            }
            _ => {}
        }
    }
}
