//! How requests come to stream space, and references go.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use rdc::abi::constants::{Copies as Number, RefType};
use rdc::abi::labels::{Operation, Request, Response};
use rdc::abi::structs::Label;
use rdc::event::{self, Event};
use rdc::{
    Arrival, CallError, Domain, EventType, Incarnation, Message, Port, Receive, Received,
    ReplyHandle, Timeout, time,
};
use stream_space::{Claim, Copies, Given, Space};
use zerocopy::FromZeros;

/// How often ports that have gone away are looked after while somebody waits for one.
const LOOK_MS: u64 = 1000;
/// How long a message waits before it is looked whether there is room for it now.
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes of a description that one reply has at most.
const LISTED_MAX: usize = 4096;

/// Claims that can be watched at a time; more are refused with `TableFull`.
const CLAIMS_MAX: usize = 48;

/// The incarnation's state.
pub struct Server {
    door: Port,
    space: Space<Received, ReplyHandle>,
    /// Those who hold one of a limited number of copies, or wait for it: whoever dies has it no
    /// longer.
    claims: BTreeMap<Claim, Incarnation>,
    last_claim: Claim,
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
        Server { door, space: Space::default(), claims: BTreeMap::new(), last_claim: 0 }
    }

    /// Serves as long as the RDC lives.
    pub fn run(mut self) -> Result<(), CallError> {
        loop {
            let timeout = self.timeout()?;
            let timeout = if self.claims.is_empty() { timeout } else { self.wait(timeout)? };
            let mut message = Message::new();
            let how = Receive { timeout, ..Receive::default() };
            let arrival = match self.door.receive_with(&mut message, &how) {
                Ok(arrival) => arrival,
                // What has come finds no room yet.
                Err(CallError::NoMemory | CallError::Busy) => {
                    rdc::sleep(PAUSE)?;
                    Arrival::None
                }
                Err(error) => return Err(error),
            };
            match arrival {
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

    /// Waits for a request, or for the end of somebody who has a claim; then requests are not
    /// waited for.
    fn wait(&mut self, timeout: Timeout) -> Result<Timeout, CallError> {
        let mut events = alloc::vec![Event::message_at(&self.door)];
        events.extend(self.claims.values().map(Event::dead));
        let happened = match event::wait(&mut events, timeout) {
            Ok(happened) => happened,
            // Somebody is watched by too many: without him, until something else is the matter.
            Err(CallError::Busy) => return Ok(Timeout::WithinMs(LOOK_MS as u32)),
            Err(error) => return Err(error),
        };
        let dead: Vec<Claim> = happened
            .iter()
            .filter(|event| event.event_type() == Some(EventType::Dead))
            .filter_map(|event| {
                let mut claims = self.claims.iter();
                claims.find(|(_, incarnation)| event.is_about(*incarnation)).map(|found| *found.0)
            })
            .collect();
        for claim in dead {
            self.claims.remove(&claim);
            if let Some(label) = self.space.died(claim) {
                self.hand_out(&label);
            }
        }
        Ok(Timeout::Poll)
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
            while let Some((reply, claim)) = self.space.overdue(now_ms) {
                self.forget(claim);
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
                Ok((_, held)) => {
                    for claim in held {
                        self.forget(Some(claim));
                    }
                    grant(asked.reply);
                }
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
        let claim = match asked.reference {
            Some(Received::Incarnation(_)) if self.claims.len() == CLAIMS_MAX => {
                refuse(asked.reply, CallError::TableFull);
                return Ok(());
            }
            Some(Received::Incarnation(incarnation)) => Some(self.new_claim(incarnation)),
            _ => None,
        };
        if let Some((displaced, claim)) = self.space.want(label, asked.reply, claim, deadline_ms) {
            self.forget(claim);
            refuse(displaced, CallError::Busy);
        }
        self.hand_out(&label);
        if deadline_ms == Some(0) {
            // Who does not want to wait has it now or not at all.
            while let Some((reply, claim)) = self.space.overdue(0) {
                self.forget(claim);
                refuse(reply, CallError::TimedOut);
            }
        }
        Ok(())
    }

    fn new_claim(&mut self, incarnation: Incarnation) -> Claim {
        self.last_claim = self.last_claim % Claim::MAX + 1;
        self.claims.insert(self.last_claim, incarnation);
        self.last_claim
    }

    /// Nobody has this claim any more.
    fn forget(&mut self, claim: Option<Claim>) {
        claim.map(|claim| self.claims.remove(&claim));
    }

    fn take_back(&mut self, asked: Asked) {
        let (label, claim) = (asked.request.label, asked.request.number.get() as Claim);
        match self.space.put_back(&label, claim, asked.reference) {
            Ok(()) => {
                self.forget(Some(claim));
                grant(asked.reply);
            }
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
        while let Some((reply, claim, given)) = self.space.serve(label) {
            let (is_held, is_port) =
                (matches!(given, Given::Held(..)), matches!(given, Given::Itself(..)));
            let handed_over = hand_over(reply, claim, &given).is_ok();
            if is_port && !handed_over {
                self.space.not_taken(label);
            }
            if let Some(claim) = claim.filter(|_| !(is_held && handed_over)) {
                self.space.died(claim);
                self.forget(Some(claim));
            }
        }
    }
}

fn hand_over(
    reply: ReplyHandle,
    claim: Option<Claim>,
    given: &Given<'_, Received>,
) -> Result<(), CallError> {
    let mut response = Response::new_zeroed();
    response.copies = match *given {
        Given::Copy(_, Copies::Unlimited, _) => Number::Unlimited as i32,
        Given::Copy(..) => Number::DontCache as i32,
        Given::Held(_, most, _) | Given::Unclaimed(most) => most as i32,
        Given::Itself(..) => 1,
    }
    .into();
    response.claim = claim.unwrap_or_default().into();
    let message = Message::with_head(&response);
    let mut message = match *given {
        Given::Copy(reference, _, domain) | Given::Held(reference, _, domain) => {
            message.reference(reference, domain)
        }
        Given::Itself(reference, domain) => message.offer(reference, domain),
        Given::Unclaimed(_) => message,
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
