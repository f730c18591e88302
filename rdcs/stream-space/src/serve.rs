//! How requests come to stream space, and references go.

use rdc::abi::constants::{Copies as Number, RefType};
use rdc::abi::labels::{Operation, Request, Response};
use rdc::abi::structs::Label;
use rdc::{
    Arrival, CallError, Domain, Message, Port, Receive, Received, ReplyHandle, Timeout, time,
};
use stream_space::{Copies, Given, Space};
use zerocopy::FromZeros;

/// How often ports that have gone away are looked after while somebody waits for one.
const LOOK_MS: u64 = 1000;
/// Bytes of a description that one reply has at most.
const LISTED_MAX: usize = 4096;

/// The incarnation's state.
pub struct Server {
    door: Port,
    space: Space<Received, ReplyHandle>,
}

/// A request, and whoever waits for the answer.
struct Asked {
    request: Request,
    reference: Option<Received>,
    reply: ReplyHandle,
    /// Bytes of data that he takes.
    room: usize,
}

impl Server {
    pub fn new(door: Port) -> Server {
        Server { door, space: Space::default() }
    }

    /// Serves as long as the RDC lives.
    pub fn run(mut self) -> Result<(), CallError> {
        loop {
            let timeout = self.timeout()?;
            let mut message = Message::new();
            let how = Receive { timeout, ..Receive::default() };
            match self.door.receive_with(&mut message, &how)? {
                Arrival::Invocation(reply) => {
                    let request = message.head();
                    let room = message.reply_room() as usize;
                    let reference = message.take_reference();
                    self.serve(Asked { request, reference, reply, room })?;
                }
                // Nobody waits for the answer, so nobody has asked.
                Arrival::Message => {}
                Arrival::None => self.look_after()?,
            }
        }
    }

    /// How long to wait for a request: those who wait for a while only, and for ports, have to be
    /// looked after.
    fn timeout(&self) -> Result<Timeout, CallError> {
        let deadline = self.space.deadline_ms();
        if deadline.is_none() && !self.space.awaits_ports() {
            return Ok(Timeout::Forever);
        }
        let rest = deadline.map_or(Ok(LOOK_MS), |end| Ok(end.saturating_sub(now_ms()?)));
        rest.map(|rest| match rest.min(LOOK_MS) {
            0 => Timeout::Poll,
            ms => Timeout::WithinMs(ms as u32),
        })
    }

    /// Answers those whose time is over, and finds ports that have come back.
    fn look_after(&mut self) -> Result<(), CallError> {
        if self.space.deadline_ms().is_some() {
            let now_ms = now_ms()?;
            while let Some(reply) = self.space.overdue(now_ms) {
                refuse(reply, CallError::TimedOut);
            }
        }
        let is_back = |port: &Received| rdc::test(port.as_ref().id()).0 == RefType::Port;
        for label in self.space.recover(is_back) {
            self.hand_out(&label);
        }
        Ok(())
    }

    fn serve(&mut self, asked: Asked) -> Result<(), CallError> {
        match Operation::from_number(asked.request.operation.get()) {
            _ if asked.request.label.bytes().is_none() => {
                refuse(asked.reply, CallError::LabelTooLong);
            }
            Some(Operation::Put) => self.put(asked),
            Some(Operation::Get) => self.get(asked)?,
            Some(Operation::Return) => self.take_back(asked),
            Some(Operation::Delete) => match self.space.delete(&asked.request.label) {
                Ok(_) => grant(asked.reply),
                Err(error) => refuse(asked.reply, error),
            },
            Some(Operation::List) => self.list(asked),
            _ => refuse(asked.reply, CallError::BadArgument),
        }
        Ok(())
    }

    fn put(&mut self, asked: Asked) {
        let Asked { request, reference, reply, .. } = asked;
        let Some(reference) = reference else { return refuse(reply, CallError::BadArgument) };
        let copies = match request.number.get() {
            _ if matches!(reference, Received::Port(_)) => Copies::Itself,
            number if number == Number::Unlimited as i32 => Copies::Unlimited,
            number if number == Number::DontCache as i32 => Copies::Uncached,
            most @ 1.. => Copies::AtMost(most as u32),
            _ => return refuse_with(reply, CallError::BadArgument, Some(reference)),
        };
        let Some(domain) = Domain::from_value(request.domain.get() as i32) else {
            return refuse_with(reply, CallError::BadArgument, Some(reference));
        };
        match self.space.put(request.label, reference, copies, domain) {
            Ok(()) => grant(reply),
            Err((error, reference)) => refuse_with(reply, error, Some(reference)),
        }
        self.hand_out(&request.label);
    }

    fn get(&mut self, asked: Asked) -> Result<(), CallError> {
        let label = asked.request.label;
        let deadline_ms = match asked.request.number.get() {
            ..0 => None,
            0 => Some(0),
            ms => Some(now_ms()? + ms as u64),
        };
        if let Some(displaced) = self.space.want(label, asked.reply, deadline_ms) {
            refuse(displaced, CallError::Busy);
        }
        self.hand_out(&label);
        if deadline_ms == Some(0) {
            // Who does not want to wait has it now or not at all.
            while let Some(reply) = self.space.overdue(0) {
                refuse(reply, CallError::TimedOut);
            }
        }
        Ok(())
    }

    fn take_back(&mut self, asked: Asked) {
        let label = asked.request.label;
        match self.space.put_back(&label, asked.reference) {
            Ok(()) => grant(asked.reply),
            Err((error, reference)) => refuse_with(asked.reply, error, reference),
        }
        self.hand_out(&label);
    }

    fn list(&mut self, asked: Asked) {
        let mut response = Response::new_zeroed();
        let mut text = alloc::string::String::new();
        let room = asked.room.min(LISTED_MAX);
        for (label, line) in self.space.lines(asked.request.label, name) {
            if text.len() + line.len() > room {
                break;
            }
            text.push_str(&line);
            response.label = label;
            response.result = (response.result.get() + 1).into();
        }
        // Whoever is gone does not miss it.
        let _ = asked.reply.reply(&mut Message::with_head(&response).data(text.as_bytes()));
    }

    /// Gives what is there under a label to those who wait for it.
    fn hand_out(&mut self, label: &Label) {
        while let Some((reply, given)) = self.space.serve(label) {
            if hand_over(reply, &given).is_err() {
                self.space.not_taken(label);
            }
        }
    }
}

fn hand_over(reply: ReplyHandle, given: &Given<'_, Received>) -> Result<(), CallError> {
    let mut response = Response::new_zeroed();
    response.copies = match given.copies {
        Copies::Unlimited => Number::Unlimited as i32,
        Copies::Uncached => Number::DontCache as i32,
        Copies::AtMost(most) => most as i32,
        Copies::Itself => 1,
    }
    .into();
    let message = Message::with_head(&response);
    let mut message = match given.copies {
        Copies::Itself => message.offer(given.reference, given.domain),
        _ => message.reference(given.reference, given.domain),
    };
    match reply.reply(&mut message) {
        Ok(()) => Ok(()),
        Err(failed) => {
            let error = failed.error;
            // He is still there, it is the reference that cannot go.
            refuse(failed.handle, error);
            Err(error)
        }
    }
}

fn grant(reply: ReplyHandle) {
    // Whoever is gone does not miss it.
    let _ = reply.reply(&mut Message::with_head(&Response::new_zeroed()));
}

fn refuse(reply: ReplyHandle, error: CallError) {
    refuse_with(reply, error, None);
}

/// Refuses a request; a port that came with it goes back.
fn refuse_with(reply: ReplyHandle, error: CallError, reference: Option<Received>) {
    let mut response = Response::new_zeroed();
    response.result = error.code().into();
    let mut message = Message::with_head(&response);
    if let Some(Received::Port(port)) = reference {
        message = message.give(port, Domain::Rdc);
    }
    // Whoever is gone does not miss it.
    let _ = reply.reply(&mut message);
}

/// What a reference is, in a word.
fn name(reference: &Received) -> &'static str {
    match reference {
        Received::Stream(_) => "stream",
        Received::Port(_) => "port",
        Received::StreamHandle(_) => "stream handle",
        Received::PortHandle(_) => "port handle",
        Received::Buffer(..) => "buffer",
        Received::Incarnation(_) => "incarnation",
    }
}

/// Milliseconds since this incarnation was made.
fn now_ms() -> Result<u64, CallError> {
    Ok(time::times()?.elapsed.as_millis() as u64)
}
