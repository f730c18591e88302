//! Ports that go with messages (dissertation, §6.2.1, §8.5.1). A message only offers its port:
//! when it is received, the new owner's kernel fetches the port from the old one's. Until then
//! the port is where it was, and is its old owner's again if the message is lost.

use abi::constants::{Domain, RefType, port_flags};
use abi::error::CallError;
use abi::ids::{GlobalId, NodeId, UserAddr};
use abi::message::{KernelPort, PortType, WireReference};
use abi::structs::{Keep, RefDescrip};
use zerocopy::IntoBytes;

use super::adopt::Adopting;
use crate::exchange::{Exchange, Owner};
use crate::incarnation::{Awaited, Blocked, Carried, Offered, Pulling, Receive, Then};
use crate::letter::Letter;
use crate::operation::{Action, Finish, Operation, OperationData, Request, yields};
use crate::platform::{Memory, Platform, Slot, UserRange};
use crate::pool::{Granted, Party};
use crate::port::{Offer, Port};
use crate::reference::Reference;
use crate::state::State;
use crate::stream::Watcher;

/// Where the reference lies in a message structure.
const M_REF: u32 = core::mem::offset_of!(abi::structs::Msg, m_ref) as u32;

/// What a call does when the port that has come with a message is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithPort {
    /// It receives the message of the pool.
    Receive(Receive, u16),
    /// It returns from an invocation whose reply is here.
    Reply {
        /// The invoker's message.
        message: UserAddr,
        /// Bytes of data in the reply, those of them that are to be pulled, and where to.
        data: (u32, Option<Granted>, UserRange),
        /// Who has replied.
        from: Party,
    },
}

impl<P: Platform> State<P> {
    /// Messages for a port that is offered are held back from now on, if that is wanted.
    pub(crate) fn hold_carried(&mut self, slot: Slot, carried: Option<Carried>) {
        if let Some(Carried::Port(Offered { index, holds: true, .. })) = carried
            && let Some(port) = self.caller(slot).references.port_mut(index)
        {
            port.offer = Offer::Held;
        }
    }

    /// The message that offers a port was not sent.
    pub(crate) fn release_carried(&mut self, slot: Slot, carried: Option<Carried>) {
        if let Some(Carried::Port(Offered { index, holds: true, .. })) = carried
            && let Some(port) = self.caller(slot).references.port_mut(index)
        {
            port.offer = Offer::None;
            let port = *port;
            self.unpark_all(&port);
        }
    }

    /// Messages for a port are not held back any more.
    pub(crate) fn unpark_all(&mut self, port: &Port) {
        for attachment in port.attached_to() {
            let address = self.ports.address(attachment.kernel_port);
            self.unpark(attachment.channel, address);
        }
    }

    /// The message that offers a port was accepted by `node`.
    pub(crate) fn port_was_sent(&mut self, slot: Slot, offered: Offered, node: NodeId) {
        let Offered { index, keep, holds } = offered;
        if keep == Keep::Destroy
            && let Some(port) = self.caller(slot).references.port_mut(index)
            && !port.offer.is_given()
        {
            port.offer = Offer::Given { node, holds };
        }
    }

    /// Whether messages for a port are held back: it is to go, or this source is led elsewhere.
    pub(crate) fn is_held_back(&mut self, slot: Slot, port: u16, source: u64) -> bool {
        let holds = self.caller(slot).references.port_mut(port).is_some_and(|it| it.offer.holds());
        holds || self.is_being_rebound(slot, port, source)
    }

    /// Whether a reference in a message is a port, which has to be fetched.
    pub(crate) fn is_offer(wire: &WireReference) -> bool {
        wire.kind == RefType::Port as u8
    }

    /// Begins to fetch the port that is offered by `wire`, for the call of `slot`.
    pub(crate) fn fetch_port(&mut self, slot: Slot, wire: &WireReference, then: WithPort) {
        let owner = GlobalId::from_bits(wire.id.get());
        let domain = Domain::from_value(i32::from(wire.domain)).unwrap_or(Domain::NoFurther);
        let id = self.new_id();
        let port = Port { domain, ..Port::new(id) };
        let inserted = self.caller(slot).references.insert(Reference::Port(port));
        let (Some(owner), Ok(inserted)) = (owner, inserted) else {
            return self.fetched(slot, then, Err(CallError::TableFull));
        };
        let number = self.next_move();
        self.caller(slot).adopting = Some(Adopting::new(inserted.index() as u16, number));
        let mut request = Request::new(Action::Yield);
        request.id = wire.object;
        request.c = number.into();
        request.a = flags_of(wire).into();
        let exchange =
            Exchange::request(PortType::Ghost, KernelPort(wire.port.get()), owner.bits());
        self.ask_to_yield(slot, &request, exchange, then);
    }

    fn ask_to_yield(&mut self, slot: Slot, request: &Request, exchange: Exchange, then: WithPort) {
        let room = UserRange { base: UserAddr(0), length: 0 };
        let (data, finish) = (OperationData::None, Finish::Adopt(then));
        let operation = Operation { head: request.head(), data, room, finish };
        self.request(slot, operation, exchange);
    }

    /// The old owner of a port has answered the call of `slot`.
    pub(crate) fn yielded(&mut self, slot: Slot, operation: &Operation, letter: &Letter) {
        let Finish::Adopt(then) = operation.finish else { return };
        let owner = Owner::Call(slot);
        let mut request = Request::of(&operation.head);
        let Exchange { to, to_id, .. } = self.caller(slot).exchange;
        let again = Exchange::request(PortType::Ghost, to, to_id);
        let flags = request.a.get();
        match self.adopt_part(owner, letter) {
            Ok(true) => {
                self.acknowledge(letter.from);
                let part = self.adopting(owner).map_or(0, |adopting| adopting.part);
                request.b = part.into();
                self.ask_to_yield(slot, &request, again, then);
            }
            Ok(false)
                if flags & yields::LOOK != 0 && flags & (yields::PORT | yields::QUEUE) != 0 =>
            {
                self.acknowledge(letter.from);
                if let Some(adopting) = self.adopting(owner) {
                    adopting.part = 0;
                }
                request.a = (flags & !yields::LOOK).into();
                self.ask_to_yield(slot, &request, again, then);
            }
            Ok(false) => {
                let port = self.adopting(owner).map_or(0, |adopting| adopting.port);
                self.caller(slot).exchange.phase = crate::exchange::Phase::Idle;
                self.caller(slot).blocked = Blocked::Sleep;
                // Nothing interrupts the call before it is over.
                let before = core::mem::replace(&mut self.calling, slot);
                self.install(owner);
                self.say_arrived(letter.from);
                self.calling = before;
                self.fetched(slot, then, Ok(port));
            }
            Err(error) => {
                self.say_declined(letter.from);
                self.fetch_failed(slot, then, error);
            }
        }
    }

    /// The port that the call of `slot` wants to fetch cannot be had.
    pub(crate) fn fetch_failed(&mut self, slot: Slot, then: WithPort, error: CallError) {
        let owner = Owner::Call(slot);
        let port = self.adopting(owner).map(|adopting| adopting.port);
        self.reject(owner);
        if let Some(port) = port {
            self.caller(slot).references.discard(port);
        }
        self.fetched(slot, then, Err(error));
    }

    /// The call of `slot`, which fetches a port, is over with its caller.
    pub(crate) fn abandon_fetch(&mut self, slot: Slot, then: WithPort) {
        self.reject(Owner::Call(slot));
        match then {
            WithPort::Receive(receive, message) => self.put_back(slot, receive.port, message),
            WithPort::Reply { from, .. } => self.acknowledge(from),
        }
    }

    /// The message that offers a port is lost here.
    pub(crate) fn decline(&mut self, slot: Slot, wire: &WireReference) {
        let ids = (GlobalId::from_bits(wire.object.get()), GlobalId::from_bits(wire.id.get()));
        let (Some(port), Some(id)) = ids else { return };
        let watcher = Watcher { id, ghost: KernelPort(wire.port.get()) };
        self.locals[slot.index()].ghost.decline(port, watcher);
        self.tasks.wake_ghost(slot);
    }

    /// The port of a message is here, or cannot be had: then the message comes without, or
    /// later if there is only no room now.
    fn fetched(&mut self, slot: Slot, then: WithPort, port: Result<u16, CallError>) {
        let is_full =
            matches!(port, Err(CallError::Busy | CallError::NoMemory | CallError::TableFull));
        match then {
            WithPort::Receive(receive, message) if is_full => {
                self.put_back(slot, receive.port, message);
                self.finish(slot, port.map(|_| 0));
            }
            WithPort::Receive(receive, message) => {
                let wire = self.pool.message(message).reference.filter(|_| port.is_err());
                if let Some(wire) = wire {
                    self.decline(slot, &wire);
                }
                let reference = self.describe(slot, port);
                let result = self.receive_with(slot, &receive, message, Some(reference));
                self.finish(slot, result);
            }
            WithPort::Reply { message, data, from } => {
                let reference = self.describe(slot, port);
                let at = UserAddr(message.0 + M_REF);
                let written = self.memory.copy_out(slot, at, reference.as_bytes());
                let (total, granted, room) = data;
                match granted {
                    Some(granted) if written.is_ok() => {
                        let to = UserRange { length: total.min(room.length), ..room };
                        let then = Then::Reply { from, awaited: Awaited::Reply };
                        self.start_pull(slot, Pulling { granted, to, done: 0, then });
                    }
                    _ => {
                        self.acknowledge(from);
                        let length = total.min(room.length);
                        let result = written.map(|()| length).map_err(|_| CallError::BadAddress);
                        self.finish(slot, result);
                    }
                }
            }
        }
    }

    /// A port of `slot` as user code sees it.
    fn describe(&mut self, slot: Slot, port: Result<u16, CallError>) -> RefDescrip {
        let references = &self.caller(slot).references;
        let known =
            port.ok().and_then(|index| Some((references.id(index)?, references.at(index)?)));
        match known {
            Some((id, Reference::Port(port))) => {
                RefDescrip::new(RefType::Port, id.get(), port.domain, 0)
            }
            _ => RefDescrip::NONE,
        }
    }
}

/// What is wanted of the old owner of a port.
fn flags_of(wire: &WireReference) -> u32 {
    let mut flags = 0;
    let is_kept = wire.base.get() != 0;
    if !is_kept {
        flags |= yields::PORT;
    }
    if !is_kept || wire.rights.get() & port_flags::MOVE_QUEUE != 0 {
        flags |= yields::QUEUE;
    }
    // A multicast channel can be joined before the old owner leaves it, so that nothing is missed.
    if wire.channel_type.get() == abi::constants::ChannelType::Multicast as u16 {
        flags |= yields::LOOK;
    }
    yields::with_offer(flags, wire.length.get() as u16)
}
