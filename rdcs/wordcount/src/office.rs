//! The primary incarnation's work: handing out files, taking in what was found, and noticing
//! when a worker is lost.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::event::{self, Event};
use rdc::{CallError, ChannelType, EndReason, Message, Module, Port, ReplyHandle, Timeout};
use wordcount::protocol::{NO_FILE, Order, Request, TALLY_MAX};
use wordcount::tally::{Grouped, Tally};

use crate::Failure;
use crate::files::Files;
use crate::staff::{Staff, State, describe_end};

/// Where workers ask for files.
pub struct Office {
    port: Port,
    files: Files,
    staff: Staff,
    buffer: Vec<u8>,
}

/// What happened next.
enum Happened {
    /// A worker asks.
    Request,
    /// A worker has ended.
    End(usize, Option<(EndReason, i32)>),
}

impl Office {
    /// Hires a worker on every node.
    pub fn open(files: Files) -> Result<Office, Failure> {
        let say = |error: CallError| error.to_string();
        let module = Module::named("worker").map_err(say)?;
        let (to_office, port) = rdc::channel(ChannelType::Unicast).map_err(say)?;
        let staff = Staff::hire(module, &to_office).map_err(say)?;
        rdc::eprintln!("{} files for {} workers", files.number(), staff.0.len());
        Ok(Office { port, files, staff, buffer: alloc::vec![0; TALLY_MAX] })
    }

    /// Works until all files are counted and all workers are off.
    pub fn run(mut self) -> Result<Files, Failure> {
        while !self.staff.is_off() {
            match self.wait().map_err(|error| error.to_string())? {
                Happened::Request => self.serve()?,
                Happened::End(worker, end) => self.lost(worker, end),
            }
            self.hand_out();
        }
        if self.files.all_done() {
            return Ok(self.files);
        }
        Err(format!("no worker is left to count {} more files", self.files.left()))
    }

    fn wait(&self) -> Result<Happened, CallError> {
        let request = Event::message_at(&self.port);
        let mut events: Vec<Event<'_>> = [request].into_iter().chain(self.staff.ends()).collect();
        loop {
            let occurred = event::wait(&mut events, Timeout::Forever)?;
            for event in occurred {
                if event.is_about(&self.port) {
                    return Ok(Happened::Request);
                }
                if let Some(worker) = self.staff.about(event) {
                    return Ok(Happened::End(worker, event.end()));
                }
            }
        }
    }

    /// Receives a request. Its worker waits for an answer from now on.
    fn serve(&mut self) -> Result<(), Failure> {
        let mut message = Message::new().buffer(&mut self.buffer, 0);
        let reply = self.port.receive(&mut message).map_err(|error| error.to_string())?;
        let request: Request = message.head();
        let number = request.worker.get() as usize;
        let (Some(reply), Some(worker)) = (reply, self.staff.0.get_mut(number)) else {
            return Ok(());
        };
        let had = match &worker.state {
            // Its file is somebody else's by now.
            State::Gone => return Ok(()),
            State::Counts(file) => Some(*file),
            State::Arriving | State::Asks(_) | State::Dismissed => None,
        };
        worker.state = State::Asks(reply);
        match had {
            Some(file) if file == request.file.get() => {
                worker.files += 1;
                let so_far = worker.files;
                take_in(&mut self.files, &request, message.extra(), so_far)
            }
            _ => Ok(()),
        }
    }

    /// A worker is gone: what it was counting goes to another.
    fn lost(&mut self, number: usize, end: Option<(EndReason, i32)>) {
        let worker = &mut self.staff.0[number];
        let state = core::mem::replace(&mut worker.state, State::Gone);
        let node = worker.node.0;
        if let State::Dismissed = state {
            return;
        }
        rdc::eprintln!("worker {number} on node {node} is lost: {}", describe_end(end));
        if let State::Counts(file) = state {
            rdc::eprintln!("{} goes to another worker", self.files.path(file));
            self.files.give_back(file);
        }
    }

    /// Answers the workers that ask: with a file, or at the end with none.
    fn hand_out(&mut self) {
        for worker in &mut self.staff.0 {
            let State::Asks(_) = worker.state else { continue };
            let file = match self.files.next() {
                Some(file) => Some(file),
                None if self.files.all_done() => None,
                // A file that is being counted may come back.
                None => continue,
            };
            let next = file.map_or(State::Dismissed, State::Counts);
            let State::Asks(reply) = core::mem::replace(&mut worker.state, next) else { continue };
            let order = Order { file: file.unwrap_or(NO_FILE).into() };
            let path = file.map_or("", |file| self.files.path(file));
            // If it is gone, its end, which is an event, gives the file back.
            let _ = answer(reply, order, path);
        }
    }
}

fn answer(reply: ReplyHandle, order: Order, path: &str) -> Result<(), CallError> {
    let mut message = Message::with_head(&order).data(path.as_bytes());
    Ok(reply.reply(&mut message)?)
}

/// Takes in what a worker has found in a file: a tally, or why there is none.
fn take_in(files: &mut Files, request: &Request, data: &[u8], so_far: u32) -> Result<(), Failure> {
    let path = files.path(request.file.get());
    if request.bytes.get() == NO_FILE {
        return Err(format!("cannot count {path}: {}", String::from_utf8_lossy(data)));
    }
    let tally = Tally::from_bytes(data);
    let tally = tally.map_err(|_| format!("what was found in {path} is damaged"))?;
    rdc::eprintln!(
        "worker {} on node {}: {path}, {} words (its file {so_far})",
        request.worker.get(),
        request.node.get(),
        Grouped(tally.words()),
    );
    files.found(request.bytes.get(), &tally);
    Ok(())
}
