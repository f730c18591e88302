//! The scheduler: hands out documents to workers, each to one of them.
#![cfg_attr(target_arch = "m68k", no_std, no_main)]

extern crate alloc;

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use rdc::{CallError, Message, Port, ReplyHandle, interface};
use text_processing::assignments::Assignments;
use text_processing::protocol::{DOCUMENT_MAX, NO_DOCUMENT, Task, ToScheduler, Wish, numbers};

#[rdc::main]
fn main() -> Result<(), CallError> {
    let port = interface::port(0)?;
    let mut scheduler = Scheduler::default();
    let mut buffer = alloc::vec![0; DOCUMENT_MAX];
    while scheduler.serve(port, &mut buffer)? == Next::GoOn {
        scheduler.hand_out();
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

#[derive(Default)]
struct Scheduler {
    paths: Vec<String>,
    assignments: Assignments,
    /// Workers that get nothing any more.
    dismissed: BTreeSet<u32>,
    /// Workers that wait for a document, or for the end.
    asking: Vec<(u32, ReplyHandle)>,
    is_finished: bool,
}

impl Scheduler {
    fn serve(&mut self, port: &Port, buffer: &mut [u8]) -> Result<Next, CallError> {
        let mut message = Message::new().buffer(buffer, 0);
        let reply = port.receive(&mut message)?;
        let wish: Wish = message.head();
        let Some(kind) = ToScheduler::from_number(wish.kind) else { return Ok(Next::GoOn) };
        let (worker, data) = (wish.worker.get(), message.extra());
        match kind {
            ToScheduler::Documents => {
                let texts = data.split(|byte| *byte == 0).filter(|path| !path.is_empty());
                self.paths = texts.map(|path| String::from_utf8_lossy(path).into_owned()).collect();
                self.assignments = Assignments::of(self.paths.len() as u32);
            }
            ToScheduler::Next => {
                self.asking.extend(reply.map(|reply| (worker, reply)));
                return Ok(Next::GoOn);
            }
            ToScheduler::Dismiss => {
                self.dismissed.insert(worker);
            }
            ToScheduler::WorkerLost => {
                self.dismissed.insert(worker);
                self.asking.retain(|(asking, _)| *asking != worker);
                self.assignments.worker_lost(worker, &numbers(data));
            }
            ToScheduler::PrinterLost => self.assignments.printer_lost(&numbers(data)),
            ToScheduler::Finish => self.is_finished = true,
            ToScheduler::Close => {}
        }
        if let Some(reply) = reply {
            reply.reply(&mut Message::new())?;
        }
        Ok(if kind == ToScheduler::Close { Next::End } else { Next::GoOn })
    }

    /// Answers the workers that ask.
    fn hand_out(&mut self) {
        for (worker, reply) in core::mem::take(&mut self.asking) {
            if self.is_finished || self.dismissed.contains(&worker) {
                // If it is gone, it does not matter.
                let _ = answer(reply, NO_DOCUMENT, "");
            } else if let Some(document) = self.assignments.give(worker) {
                let path = self.paths.get(document as usize).map_or("", String::as_str);
                // If it is gone, the manager will say so, and the document goes to another.
                let _ = answer(reply, document, path);
            } else {
                // What another has may come back.
                self.asking.push((worker, reply));
            }
        }
    }
}

fn answer(reply: ReplyHandle, document: u32, path: &str) -> Result<(), CallError> {
    let task = Task { document: document.into() };
    Ok(reply.reply(&mut Message::with_head(&task).data(path.as_bytes()))?)
}
