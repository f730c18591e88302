//! How requests come to the name service.

use alloc::vec::Vec;
use core::time::Duration;

use name_service::Registry;
use rdc::abi::labels::{Operation, Request, Response};
use rdc::event::{self, Event};
use rdc::{
    Arrival, CallError, Domain, EventType, Incarnation, Message, Port, Receive, Received,
    ReplyHandle, Stream, Timeout,
};
use zerocopy::FromZeros;

/// How long a message waits before it is looked whether there is room for it now.
const PAUSE: Duration = Duration::from_millis(50);

/// The incarnation's state.
#[derive(Default)]
pub struct Server {
    registry: Registry<Stream>,
    /// Those that have arrived: the kernels bound how many RDCs there are.
    clients: Vec<Client>,
}

/// An RDC.
struct Client {
    rdc: u32,
    /// Its launch endpoint, which lives as long as it does.
    launch: Incarnation,
    /// Where its requests are, once it is here.
    door: Option<Port>,
}

impl Server {
    /// Serves as long as the pool lives.
    pub fn run(mut self) -> Result<(), CallError> {
        loop {
            for happened in self.wait()? {
                match happened {
                    Happened::Arrival => self.welcome()?,
                    Happened::Request(rdc) => self.serve(rdc),
                    Happened::End(rdc) => self.part(rdc),
                }
            }
        }
    }

    /// Waits until something happens.
    fn wait(&self) -> Result<Vec<Happened>, CallError> {
        let mut events = alloc::vec![Event::message_at(rdc::port())];
        for client in &self.clients {
            events.push(Event::dead(&client.launch));
            events.extend(client.door.as_ref().map(Event::message_at));
        }
        let happened = event::wait(&mut events, Timeout::Forever)?;
        Ok(happened.iter().filter_map(|event| self.meaning(event)).collect())
    }

    fn meaning(&self, event: &Event<'_>) -> Option<Happened> {
        if event.is_about(rdc::port()) {
            return Some(Happened::Arrival);
        }
        if event.event_type() == Some(EventType::Dead) {
            let client = self.clients.iter().find(|client| event.is_about(&client.launch))?;
            return Some(Happened::End(client.rdc));
        }
        let is_at =
            |client: &&Client| client.door.as_ref().is_some_and(|door| event.is_about(door));
        self.clients.iter().find(is_at).map(|client| Happened::Request(client.rdc))
    }

    /// A launch endpoint speaks.
    fn welcome(&mut self) -> Result<(), CallError> {
        let mut message = Message::new();
        let how = Receive { timeout: Timeout::Poll, ..Receive::default() };
        match rdc::port().receive_with(&mut message, &how) {
            Ok(_) => {}
            // Too much waits at a port that comes: there is room when others are served.
            Err(CallError::NoMemory | CallError::Busy) => return rdc::sleep(PAUSE),
            Err(error) => return Err(error),
        }
        let request: Request = message.head();
        let rdc = request.number.get() as u32;
        let operation = Operation::from_number(request.operation.get());
        match (operation, message.take_reference()) {
            (Some(Operation::Arrive), Some(Received::Incarnation(launch))) => {
                self.part(rdc);
                self.clients.push(Client { rdc, launch, door: None });
            }
            (Some(Operation::Door), Some(Received::Port(door))) => {
                if let Some(client) = self.clients.iter_mut().find(|client| client.rdc == rdc) {
                    client.door = Some(door);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// An RDC has ended.
    fn part(&mut self, rdc: u32) {
        self.registry.end_of(rdc);
        self.clients.retain(|client| client.rdc != rdc);
    }

    /// Serves a request of an RDC.
    fn serve(&mut self, rdc: u32) {
        let door = self.clients.iter().find(|client| client.rdc == rdc);
        let Some(door) = door.and_then(|client| client.door.as_ref()) else { return };
        let mut message = Message::new();
        let how = Receive { timeout: Timeout::Poll, ..Receive::default() };
        let reply = match door.receive_with(&mut message, &how) {
            Ok(Arrival::Invocation(reply)) => reply,
            Ok(Arrival::Message | Arrival::None) => return,
            // What it has sent cannot be taken, such as a port with too many messages. It is not
            // served any more, so that others are.
            Err(_) => return self.part(rdc),
        };
        let request: Request = message.head();
        let result = match Operation::from_number(request.operation.get()) {
            _ if request.label.bytes().is_none() => Err(CallError::LabelTooLong),
            Some(Operation::Register) => self.register(rdc, &request, message.take_reference()),
            Some(Operation::Withdraw) => self.registry.withdraw(rdc, &request.label),
            Some(Operation::LookUp) => match self.registry.look_up(&request.label) {
                Ok((service, domain)) => return hand_over(reply, service, domain),
                Err(error) => Err(error),
            },
            _ => Err(CallError::BadArgument),
        };
        answer(reply, result);
    }

    fn register(
        &mut self,
        rdc: u32,
        request: &Request,
        service: Option<Received>,
    ) -> Result<(), CallError> {
        let service = service.ok_or(CallError::BadArgument).and_then(Stream::try_from)?;
        let domain = match Domain::from_value(request.domain.get() as i32) {
            Some(domain @ (Domain::Any | Domain::NoFurther)) => domain,
            // Within one RDC nobody is found by a name.
            Some(Domain::Rdc) | None => return Err(CallError::BadArgument),
        };
        self.registry.register(rdc, request.label, service, domain)
    }
}

/// What happens to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    /// A launch endpoint speaks at the standard port.
    Arrival,
    /// An RDC requests something.
    Request(u32),
    /// An RDC has ended.
    End(u32),
}

fn hand_over(reply: ReplyHandle, service: &Stream, domain: Domain) {
    let response = Response::new_zeroed();
    if let Err(failed) = reply.reply(&mut Message::with_head(&response).reference(service, domain))
    {
        // He is still there, it is the reference that cannot go.
        answer(failed.handle, Err(failed.error));
    }
}

fn answer(reply: ReplyHandle, result: Result<(), CallError>) {
    let mut response = Response::new_zeroed();
    response.result = result.map_or_else(CallError::code, |()| 0).into();
    // Whoever is gone does not miss it.
    let _ = reply.reply(&mut Message::with_head(&response));
}
