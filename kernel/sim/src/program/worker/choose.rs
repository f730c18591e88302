//! What a worker does next.

use abi::calls::Call;
use abi::constants::{ChannelType, RefType};
use abi::error::CallError;
use abi::message::INLINE_DATA;
use abi::structs::Keep;

use super::finish::slate_key;
use super::{Activity, DEBTS, PRESSED, Worker};
use crate::memory::PARAMETERS_BASE;
use crate::pool::Farewell;
use crate::program::desk::{Desk, EVENTS, EXCHANGE, INCOMING, LIBRARY, MESSAGE, RESULTS};
use crate::program::enclosure::{Content, Enclosure, PEER_REFERENCE, Peer, SHELF};
use crate::program::post::{self, BlockInvoker, Contact, Letter, Reception};
use crate::program::{Phase, Request, Trap, World};

impl Worker {
    pub(super) fn begin(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        self.tidy();
        if let Some(reference) = self.to_close.pop() {
            self.book.forget(reference);
            self.doing = Activity::Closing;
            return Request::new(Call::Close, [reference]);
        }
        if let Some(handle) = self.to_abandon.take() {
            self.doing = Activity::Abandoning;
            return Request::new(Call::Close, [handle]);
        }
        if let Some(reference) = self.given_away.take() {
            let expected = RefType::None as u32;
            self.doing = Activity::Testing { reference, expected, mask: u32::MAX };
            return Request::new(Call::TestReference, [reference]);
        }
        if self.pressed > PRESSED {
            return self.exit(world);
        }
        if core::mem::take(&mut self.is_pressed) {
            self.doing = Activity::Harmless(Call::Sleep);
            return Request::new(Call::Sleep, [20]);
        }
        if let Some(request) = self.look_for_port(world) {
            return request;
        }
        if world.phase == Phase::Ending(Farewell::WorkerExit) {
            self.doing = Activity::Exiting;
            return Request::new(Call::RdcExit, [0]);
        }
        let draining = world.phase != Phase::Busy;
        let owes_elsewhere = self.debts.iter().any(|debt| debt.asked.is_forwarded());
        if owes_elsewhere && !draining && self.dice.chance(100_000) {
            return self.tarry();
        }
        let pressed = draining || self.debts.len() >= DEBTS;
        if !self.debts.is_empty() && (pressed || self.dice.chance(600_000)) {
            return self.pay(desk, world);
        }
        if draining || self.dice.chance(300_000) {
            return self.receive(world.phase, desk);
        }
        match self.dice.between(0, 40) {
            0 => return self.set_priority(),
            1 | 2 => return self.set_some_handler(),
            _ => {}
        }
        match self.dice.between(0, 1000) {
            0..800 if !self.contacts.is_empty() => self.send(desk, world),
            800..860 if !self.buffers.is_empty() => self.copy(desk),
            860..890 => self.test(world),
            890..900 => self.err(desk),
            900..920 if self.ports.len() < 3 => self.make_port(),
            920..930 => self.make_handle(),
            930..950 => self.reconfigure(world),
            998.. => self.exit(world),
            970..998 => self.look(desk),
            950.. => self.do_something_harmless(),
            _ => self.receive(world.phase, desk),
        }
    }

    fn reconfigure(&mut self, world: &mut World<'_>) -> Request {
        let request = if self.dice.chance(500_000) { self.rebind(world) } else { self.attach() };
        request.unwrap_or_else(|| self.do_something_harmless())
    }

    fn receive(&mut self, phase: Phase, desk: &mut Desk<'_>) -> Request {
        let blocks = if self.dice.chance(800_000) { BlockInvoker::Yes } else { BlockInvoker::No };
        let port = match phase {
            Phase::Busy => self.ports[self.dice.index(self.ports.len())],
            _ => self.ports[self.vain_waits % self.ports.len()],
        };
        let alone = self.contacts.is_empty() && self.debts.is_empty() && self.ports.len() < 2;
        let timeout_ms = match phase {
            Phase::Draining => 50,
            Phase::Resting | Phase::Ending(_) => 1_000,
            Phase::Busy if alone => 50,
            Phase::Busy if self.dice.chance(500_000) => 0,
            Phase::Busy => self.dice.between(1, 5) as i32,
        };
        let selected = match self.handles.last() {
            Some(&handle) if phase == Phase::Busy && self.dice.chance(100_000) => Some(handle),
            _ => None,
        };
        self.doing = Activity::Receiving { port, selector: selected.map(|(_, stream)| stream) };
        let selector = selected.map_or(0, |(handle, _)| handle);
        post::receive(Reception { port: port.reference, blocks, selector, timeout_ms }, desk)
    }

    fn send(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let contact = self.receiver(world);
        let (call, length) = self.size();
        let mut letter = Letter::request(length);
        if call == Call::Invoke && self.dice.chance(300_000) {
            letter.capacity = self.dice.between(1, u64::from(INCOMING.length()) + 1) as u32;
        }
        if call != Call::Dgram && self.dice.chance(100_000) {
            letter.enclosed = self.enclosure(contact, world);
        }
        let (request, pending) = post::send(self.uid, call, contact, letter, desk, world);
        self.doing = Activity::Sending(pending);
        request
    }

    /// Who is sent the next message. The least deep of its contacts can pass it on, and is
    /// slower than those that only reply: so it is chosen more often than the others.
    fn receiver(&mut self, world: &World<'_>) -> Contact {
        let tier = |contact: &&Contact| world.oracle.channel(contact.channel).tier;
        let least_deep = self.contacts.iter().min_by_key(tier).copied();
        least_deep
            .filter(|_| self.dice.chance(700_000))
            .unwrap_or_else(|| self.contacts[self.dice.index(self.contacts.len())])
    }

    /// Which call sends the next message, and how many bytes of data it has: none
    /// mostly, sometimes as many as fit into a packet, sometimes more.
    fn size(&mut self) -> (Call, u32) {
        let (inline, bulk) = (INLINE_DATA as u64, u64::from(INCOMING.length()));
        let (call, least, most) = match self.dice.between(0, 100) {
            0..40 => (Call::Invoke, 0, 0),
            40..48 => (Call::Invoke, 1, inline),
            48..52 => (Call::Invoke, inline + 1, bulk),
            52..72 => (Call::Send, 0, 0),
            72..80 => (Call::Send, 1, inline),
            80..85 => (Call::AsInvoke, 1, bulk),
            85..95 => (Call::Dgram, 0, 0),
            _ => (Call::Dgram, 1, inline),
        };
        (call, self.dice.between(least, most + 1) as u32)
    }

    /// Something to go with a message to `contact`.
    fn enclosure(&mut self, contact: Contact, world: &mut World<'_>) -> Option<Enclosure> {
        match self.dice.between(0, 10) {
            6..10 => self.port_to_give(contact.channel, world),
            4 => Some(Enclosure::Myself { uid: self.uid, reference: self.myself }),
            5 => self.peers.first().copied().map(Enclosure::Peer),
            0 => self.stream_for(contact, world),
            1 => {
                let (reference, handled) = self.own_handle?;
                let fits = handled.channel == contact.channel;
                fits.then_some(Enclosure::Handle { stream: handled.stream, reference })
            }
            2 => Some(Enclosure::Shelf(
                self.dice.between(0, u64::from(LIBRARY.length() / SHELF)) as u32
            )),
            _ => {
                self.slates_left = self.slates_left.checked_sub(1)?;
                Some(Enclosure::Slate(self.slates_left))
            }
        }
    }

    /// A stream that the receiver of `contact` may use, because it leads deeper.
    fn stream_for(&mut self, contact: Contact, world: &World<'_>) -> Option<Enclosure> {
        let tier = world.oracle.channel(contact.channel).tier;
        let deeper = |held: &&Contact| world.oracle.channel(held.channel).tier > tier;
        let held = self.contacts.iter().find(deeper)?;
        let keep = if self.dice.chance(700_000) { Keep::Keep } else { Keep::Destroy };
        Some(Enclosure::Stream { channel: held.channel, reference: held.reference, keep })
    }

    /// Replies to, or forwards, one of the messages whose senders wait.
    fn pay(&mut self, desk: &mut Desk<'_>, world: &mut World<'_>) -> Request {
        let debt = self.debts[self.dice.index(self.debts.len())];
        let plain = debt.asked.reference.get() == RefType::None as u32;
        let busy = world.phase == Phase::Busy;
        if busy && plain && !self.contacts.is_empty() && self.dice.chance(400_000) {
            let contact = self.contacts[self.dice.index(self.contacts.len())];
            let (request, pending) = post::forward(contact, debt, desk, world);
            self.doing = Activity::Forwarding(debt, pending);
            return request;
        }
        let most = u64::from(debt.capacity.min(INCOMING.length()));
        let length = self.dice.between(0, most + 1) as u32;
        // Whoever has asked stands less deep, so that he may have a stream to here.
        let own = self.ports.iter().find_map(|port| {
            let reference = port.stream?;
            Some(Enclosure::Stream { channel: port.channel(), reference, keep: Keep::Keep })
        });
        let enclosed = own.filter(|_| busy && self.dice.chance(400_000));
        post::write_reply(self.uid, &debt.asked, length, enclosed, desk);
        self.doing = Activity::Replying(debt);
        Request::new(Call::Reply, [debt.handle, MESSAGE.address()])
    }

    /// Keeps whoever waits for its replies waiting for so long that they ask after their
    /// messages: where those were sent first.
    fn tarry(&mut self) -> Request {
        self.doing = Activity::Harmless(Call::Sleep);
        Request::new(Call::Sleep, [self.dice.between(200, 500) as u32])
    }

    /// Reads from a buffer of somebody else, or writes all of it.
    fn copy(&mut self, desk: &mut Desk<'_>) -> Request {
        let buffer = self.buffers[self.dice.index(self.buffers.len())];
        let writes = match buffer.content {
            Content::Library => self.dice.chance(50_000),
            Content::Unwritten => true,
            Content::Written => false,
        };
        if writes {
            desk.fill(EXCHANGE, buffer.length, slate_key(self.uid, buffer));
            self.doing = Activity::Writing(buffer);
            let arguments = [buffer.handle, 0, EXCHANGE.address(), buffer.length];
            return Request::new(Call::CopyTo, arguments);
        }
        let offset = self.dice.between(0, u64::from(buffer.length) / 8) as u32 * 8;
        let length = self.dice.between(1, u64::from(buffer.length - offset) + 1) as u32;
        self.doing = Activity::Reading { buffer, offset, length };
        Request::new(Call::CopyFrom, [buffer.handle, offset, INCOMING.address(), length])
    }

    /// Looks whether its references are what they were, and whether others are not.
    fn test(&mut self, world: &mut World<'_>) -> Request {
        let port = self.ports[0].reference;
        if let (Some(&peer), true) = (self.peers.last(), self.dice.chance(600_000)) {
            return if self.dice.chance(700_000) {
                self.bind(peer, world)
            } else {
                self.test_peer(peer)
            };
        }
        let (reference, expected) = match (self.dice.between(0, 4), self.contacts.first()) {
            (0, _) => (self.myself, RefType::Incarnation),
            (1 | 2, Some(contact)) => (contact.reference, RefType::Stream),
            _ => (port, RefType::Port),
        };
        let expected = expected as u32;
        if self.dice.chance(500_000) {
            self.doing = Activity::Testing { reference, expected, mask: 0xff };
            return Request::new(Call::TestReference, [reference]);
        }
        // One bit off in its generation: an identifier that was never given out,
        // since generations count upwards from the same first one.
        let forged = reference ^ 1 << self.dice.between(24, 31);
        let calls = [Call::TestReference, Call::Close, Call::Send, Call::Receive, Call::Status];
        let call = calls[self.dice.index(calls.len())];
        self.doing = Activity::Forging { call, reference: forged };
        Request::new(call, [forged, MESSAGE.address()])
    }

    /// Looks whether the handle to a peer gives the right that it came with, and no
    /// other.
    fn test_peer(&mut self, peer: Peer) -> Request {
        let (reference, expected) = (peer.reference, PEER_REFERENCE);
        match self.dice.between(0, 3) {
            0 => {
                self.doing = Activity::Testing { reference, expected, mask: u32::MAX };
                Request::new(Call::TestReference, [reference])
            }
            1 => {
                self.doing = Activity::Asking(peer);
                Request::new(Call::Status, [reference, EVENTS.address()])
            }
            _ => {
                let expected = CallError::NoRight;
                let calls = [Call::Destroy, Call::Freeze];
                let call = calls[self.dice.index(calls.len())];
                self.doing = Activity::Erring { call, expected };
                Request::new(call, [reference])
            }
        }
    }

    /// Makes a call that is wrong and must be refused without a trace.
    fn err(&mut self, desk: &mut Desk<'_>) -> Request {
        let port = self.ports[0].reference;
        let nowhere = PARAMETERS_BASE - 0x1000;
        post::receive(
            Reception { port, blocks: BlockInvoker::No, selector: 0, timeout_ms: 0 },
            desk,
        );
        let (call, arguments, expected) = match self.dice.between(0, 6) {
            0 => (Call::Send, [port, MESSAGE.address(), 0], CallError::WrongReferenceType),
            1 => (Call::Receive, [port, nowhere, 0], CallError::BadAddress),
            2 => (Call::Reply, [self.myself, MESSAGE.address(), 0], CallError::WrongReferenceType),
            3 => (
                Call::ChanCreate,
                [7, RESULTS.address(), RESULTS.address()],
                CallError::BadArgument,
            ),
            4 => (Call::Time, [nowhere, 0, 0], CallError::BadAddress),
            _ => (Call::Unfreeze, [self.myself, 99, 0], CallError::BadArgument),
        };
        self.doing = Activity::Erring { call, expected };
        Request::new(call, arguments)
    }

    fn make_port(&mut self) -> Request {
        self.doing = Activity::MakingPort;
        let results = RESULTS.address();
        Request::new(Call::ChanCreate, [ChannelType::Unicast as u32, results, results + 4])
    }

    /// Makes a handle to one of its streams, in place of the one it has.
    fn make_handle(&mut self) -> Request {
        if let Some((reference, _)) = self.own_handle.take() {
            self.doing = Activity::Closing;
            return Request::new(Call::Close, [reference]);
        }
        let Some(&contact) = self.contacts.first() else { return self.do_something_harmless() };
        self.doing = Activity::MakingHandle(contact);
        Request::new(Call::HanCreate, [contact.reference])
    }

    fn do_something_harmless(&mut self) -> Request {
        let port = self.ports[0].reference;
        let (call, arguments) = match self.dice.between(0, 7) {
            0 => (Call::SelfInc, [0; 2]),
            1 => (Call::Where, [0; 2]),
            2 => (Call::RdcId, [0; 2]),
            3 => (Call::Sleep, [self.dice.between(1, 4) as u32, 0]),
            4 => (Call::TestPort, [port, 0]),
            5 if !self.contacts.is_empty() => {
                let limit = self.dice.between(1, 5) as u32;
                (Call::SetBufferLimit, [self.contacts[0].reference, limit])
            }
            _ => (Call::Time, [RESULTS.address(), 0]),
        };
        self.doing = Activity::Harmless(call);
        Request::new(call, arguments)
    }

    fn exit(&mut self, world: &mut World<'_>) -> Request {
        world.oracle.register.sentence(self.uid);
        self.doing = Activity::Exiting;
        let trap = if self.dice.chance(300_000) { Trap::Fault } else { Trap::Call };
        Request { trap, ..Request::new(Call::Exit, [0]) }
    }
}
