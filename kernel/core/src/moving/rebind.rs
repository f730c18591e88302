//! Streams are led to another channel, frozen and unfrozen (dissertation, §6.2.3, §5.5.4, §8.5.3).
//!
//! If messages are to move, the ghost of the owner of the port where they are coordinates it
//! (figure 8.6): they go to the port of the new channel first, with what is remembered of the
//! stream; then the stream is led there, and a message that was held back meanwhile is sent
//! there by its own kernel.

use abi::constants::ChannelType;
use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::{KernelPort, Kind, PortType};
use zerocopy::big_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::batch::Writer;
use crate::delivery::reply::Contents;
use crate::exchange::{Owner, Phase, RETRY};
use crate::executor::Cx;
use crate::ghost::{ask, ask_port};
use crate::incarnation::{Blocked, Frozen};
use crate::operation::{Action, Answer, Request, rebinds};
use crate::platform::{Machine, Platform, Slot};
use crate::pool::{END, Message, Queue};
use crate::quota::Holder;
use crate::reference::Reference;
use crate::sources::{Fate, Novelty};
use crate::state::State;

/// Attempts to hand messages to a port that has no room, one each 200 ms: 5 s.
const ATTEMPTS: u32 = 25;

/// The data of a request to rebind a stream whose messages move.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Rebound {
    /// The stream.
    pub stream: U64,
    /// Who has it.
    pub owner: U64,
    /// His ghost.
    pub ghost: U32,
}

/// A stream that is being led away from a port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rebinding {
    /// The port, an entry of its owner's references.
    port: u16,
    /// The stream, its bits.
    source: u64,
    /// Its messages that have not been handed to the port of the new channel.
    pub queue: Queue,
    /// How many of them were written last.
    written: u16,
    /// Whether what is remembered of the stream was written.
    is_told: bool,
}

/// Rebinds a stream as message `index` requests of the ghost of `slot`, who owns the port where
/// its messages are.
pub(crate) async fn rebind<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let (request, stream) = cx.with(|state| {
        let message = *state.pool.message(index);
        let data = message.block.map(|block| state.pool.data(block, size_of::<Rebound>()));
        (Request::of(&message.head), data.and_then(|bytes| Rebound::read_from_bytes(bytes).ok()))
    });
    let result = match stream {
        Some(stream) => try_rebind(cx, slot, &request, &stream).await,
        None => Err(CallError::BadArgument),
    };
    let answer = Answer::new(result.map(|()| 0));
    cx.with(|state| state.answer_request(index, &Contents::of(answer.head())));
}

async fn try_rebind<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    request: &Request,
    stream: &Rebound,
) -> Result<(), CallError> {
    cx.with(|state| state.begin_rebinding(slot, request, stream.stream.get()))?;
    let channel = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
    let moved = hand_over(cx, slot, channel, KernelPort(request.a.get())).await;
    let port = match moved {
        Ok(port) => port,
        Err(error) => {
            cx.with(|state| state.abandon_rebinding(slot));
            return Err(error);
        }
    };
    let mut lead = Request::new(Action::Rebind);
    lead.id = request.id;
    lead.other = stream.stream;
    lead.a = port.0.into();
    lead.b = rebinds::RESEND.into();
    let owner = GlobalId::from_bits(stream.owner.get()).ok_or(CallError::BadArgument)?;
    let reply = ask(cx, slot, KernelPort(stream.ghost.get()), owner, &lead).await;
    let last = reply.and_then(|reply| {
        let answer = Answer::of(&reply.head);
        answer.result()?;
        Ok(answer.values[0].get())
    });
    cx.with(|state| state.end_rebinding(slot, channel, port, last.ok()));
    last.map(|_| ())
}

/// Hands what was taken from the queue to the port of `channel`, part by part; answers where
/// that is.
async fn hand_over<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    channel: GlobalId,
    mut port: KernelPort,
) -> Result<KernelPort, CallError> {
    let mut attempts = 0;
    loop {
        let block = cx.with(|state| state.write_rebinding(slot)).ok_or(CallError::Busy)?;
        cx.with(|state| state.locals[slot.index()].ghost.data = Some(block));
        let mut request = Request::new(Action::Adopt);
        request.other = cx.with(|state| state.source_being_led(slot)).into();
        let reply = ask_port(cx, slot, (port, PortType::Attachment, channel), &request).await;
        cx.with(|state| state.drop_ghost_data(slot));
        let reply = reply?;
        port = reply.from.ghost;
        match Answer::of(&reply.head).result() {
            Ok(_) => {
                if cx.with(|state| state.was_handed_over(slot, port, channel)) {
                    return Ok(port);
                }
            }
            Err(CallError::Busy) if attempts < ATTEMPTS => {
                attempts += 1;
                cx.sleep(RETRY).await;
            }
            Err(error) => return Err(error),
        }
    }
}

impl<P: Platform> State<P> {
    /// Whether a stream is being led away from a port of `slot`.
    pub(crate) fn is_being_rebound(&self, slot: Slot, port: u16, source: u64) -> bool {
        let rebinding = self.locals[slot.index()].ghost.rebinding.as_ref();
        rebinding.is_some_and(|it| it.port == port && it.source == source)
    }

    /// The stream that is being led away from a port of `slot`, its bits.
    fn source_being_led(&self, slot: Slot) -> u64 {
        self.locals[slot.index()].ghost.rebinding.as_ref().map_or(0, |it| it.source)
    }

    /// Takes the messages of a stream out of the queue of a port; no more of them come in.
    fn begin_rebinding(
        &mut self,
        slot: Slot,
        request: &Request,
        source: u64,
    ) -> Result<(), CallError> {
        let id = request.other.get();
        let found = self.caller(slot).references.iter().find_map(|(index, reference)| {
            let Reference::Port(port) = reference else { return None };
            (port.id.bits() == id && !port.offer.is_given()).then_some((index, port.queue))
        });
        let (port, mut queue) = found.ok_or(CallError::Unreachable)?;
        let (mut stays, mut goes) = (Queue::EMPTY, Queue::EMPTY);
        while let Some(index) = queue.pop(&mut self.pool) {
            let is_its = self.pool.message(index).source == source;
            let queue = if is_its { &mut goes } else { &mut stays };
            queue.push(&mut self.pool, index);
        }
        if let Some(port) = self.caller(slot).references.port_mut(port) {
            port.queue = stays;
        }
        self.locals[slot.index()].ghost.rebinding =
            Some(Rebinding { port, source, queue: goes, written: 0, is_told: false });
        Ok(())
    }

    /// Writes a part of what is handed over: what is remembered of the stream, and messages.
    fn write_rebinding(&mut self, slot: Slot) -> Option<(u16, u32)> {
        let room = self.has_room(Holder::Kernel, true);
        let block = room.then(|| self.pool.take_block()).flatten()?;
        let length = self.write_rebinding_into(slot, block);
        if length.is_none() {
            self.pool.free_block(block);
        }
        length.map(|length| (block, length))
    }

    fn write_rebinding_into(&mut self, slot: Slot, block: u16) -> Option<u32> {
        let Self { locals, pool, sources, ports, .. } = self;
        let local = &mut locals[slot.index()];
        let rebinding = local.ghost.rebinding.as_mut()?;
        let port = local.incarnation.as_ref()?.references.at(rebinding.port);
        let Some(Reference::Port(port)) = port else { return None };
        let mut writer = Writer::new(pool, block);
        for attachment in port.attached_to().filter(|_| !rebinding.is_told) {
            let here = ports.address(attachment.kernel_port);
            if let Some(entry) = sources.find(attachment.kernel_port, rebinding.source) {
                writer.source(0, attachment.channel.bits(), &sources.entry(entry).taken(), here);
            }
        }
        rebinding.written = 0;
        let mut next = rebinding.queue.first();
        while let Some(index) = next {
            let message = *writer.pool().message(index);
            if !writer.message(0, &message) {
                break;
            }
            rebinding.written += 1;
            next = (message.next != END).then_some(message.next);
        }
        Some(writer.length())
    }

    /// The part that was written last is at the port `to` of `channel`; whether that was all.
    fn was_handed_over(&mut self, slot: Slot, to: KernelPort, channel: GlobalId) -> bool {
        let Some(rebinding) = self.locals[slot.index()].ghost.rebinding.as_mut() else {
            return true;
        };
        rebinding.is_told = true;
        let written = core::mem::take(&mut rebinding.written);
        let mut queue = rebinding.queue;
        for _ in 0..written {
            let Some(index) = queue.pop(&mut self.pool) else { break };
            let Message { kind, entry, party, .. } = *self.pool.message(index);
            if kind == Kind::Invoke
                && let Some(known) = self.sources.about(entry, party.source, party.sequence)
            {
                known.fate = Fate::Moved { port: to, id: channel };
            }
            self.release_message(slot, index);
        }
        if let Some(rebinding) = self.locals[slot.index()].ghost.rebinding.as_mut() {
            rebinding.queue = queue;
        }
        queue.len() == 0
    }

    /// The stream is led to `channel`, whose port is at `to`, from message `last` on; or it is
    /// not known to be, since its owner does not answer any more.
    fn end_rebinding(&mut self, slot: Slot, channel: GlobalId, to: KernelPort, last: Option<u32>) {
        let Some(Rebinding { port, source, .. }) = self.locals[slot.index()].ghost.rebinding.take()
        else {
            return;
        };
        let now = self.machine.now();
        self.redirects.enter(source, (to.node(), channel.bits()), now);
        let incarnation = self.incarnation(slot);
        let reference = incarnation.and_then(|incarnation| incarnation.references.at(port));
        let Some(&Reference::Port(port)) = reference else { return };
        // A late copy of a message that has gone there must not be taken here, not even if this is
        // the first that is heard of its stream.
        let Some(last) = last else { return };
        for attachment in port.attached_to().filter(|attachment| attachment.channel != channel) {
            let now = self.ticker.now;
            let met = self.sources.meet(0, attachment.kernel_port, source, last, now);
            if let Novelty::New(entry) = met {
                self.settle(entry, Ok(0));
                self.sources.admit(entry, last, Fate::Led { port: to, id: channel });
            }
        }
    }

    /// Serves a request to lead a stream of `slot` to another channel. Answers the number of its
    /// last message.
    pub(crate) fn serve_rebind(&mut self, slot: Slot, request: &Request) -> Contents {
        let led = self.lead(slot, request);
        let mut answer = Answer::new(led.map(|_| 0));
        answer.values[0] = led.unwrap_or_default().into();
        Contents::of(answer.head())
    }

    fn lead(&mut self, slot: Slot, request: &Request) -> Result<u32, CallError> {
        let channel = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let port = KernelPort(request.a.get());
        let resends = request.b.get() & rebinds::RESEND != 0;
        let (index, stream) = self.stream_of(slot, request.other.get())?;
        if stream.channel_type != ChannelType::Unicast {
            return Err(CallError::MulticastNotAllowed);
        }
        (stream.channel, stream.port, stream.hint) = (channel, port, 0);
        let last = stream.sequence;
        let exchange = &self.caller(slot).exchange;
        let is_its = exchange.source == request.other.get() && exchange.phase != Phase::Idle;
        // Nobody can have taken a message that was never handed over.
        if is_its && (resends || exchange.attempts == 0) {
            self.readdress(slot, index, channel, port);
        }
        Ok(last)
    }

    /// The message that `slot` sends by a stream goes to another port.
    fn readdress(&mut self, slot: Slot, stream: u16, channel: GlobalId, port: KernelPort) {
        let now = self.ticker.now;
        let incarnation = self.caller(slot);
        let is_by_stream = match incarnation.blocked {
            Blocked::Send(sending) => sending.stream == stream,
            Blocked::Forward(forwarding) => forwarding.stream == stream,
            _ => false,
        };
        if is_by_stream {
            incarnation.exchange.readdress(now, port, channel.bits());
            self.retry(Owner::Call(slot));
        }
    }

    /// The stream of `slot` with this identity, and its index.
    fn stream_of(
        &mut self,
        slot: Slot,
        id: u64,
    ) -> Result<(u16, &mut crate::stream::Stream), CallError> {
        let found =
            self.caller(slot).references.iter_mut().find_map(
                |(index, reference)| match reference {
                    Reference::Stream(stream) if stream.id.bits() == id => Some((index, stream)),
                    _ => None,
                },
            );
        found.ok_or(CallError::Unreachable)
    }

    /// Serves a request to freeze a stream of `slot`, or to unfreeze it.
    pub(crate) fn serve_freeze(&mut self, slot: Slot, request: &Request, to: Frozen) -> Contents {
        let result = self.freeze_stream(slot, request.id.get(), to);
        Contents::of(Answer::new(result.map(|()| 0)).head())
    }

    fn freeze_stream(&mut self, slot: Slot, id: u64, to: Frozen) -> Result<(), CallError> {
        let (index, stream) = self.stream_of(slot, id)?;
        if to == Frozen::No && stream.frozen == Frozen::No {
            return Err(CallError::NotFrozen);
        }
        stream.frozen = to;
        if to == Frozen::No {
            match self.caller(slot).blocked {
                Blocked::Stalled { stream, .. } if stream == index => self.resume_stalled(slot),
                Blocked::Events { .. } => self.poke_events(slot),
                _ => {}
            }
        }
        Ok(())
    }

    /// The stream stays; what was not handed over is in the queue again.
    fn abandon_rebinding(&mut self, slot: Slot) {
        let Some(Rebinding { port, mut queue, .. }) =
            self.locals[slot.index()].ghost.rebinding.take()
        else {
            return;
        };
        let Some(incarnation) = self.incarnation_mut(slot) else { return };
        let Some(known) = incarnation.references.port_mut(port) else {
            return self.refuse_queue(slot, queue);
        };
        let mut own = core::mem::take(&mut known.queue);
        let known = *known;
        while let Some(index) = own.pop(&mut self.pool) {
            queue.push(&mut self.pool, index);
        }
        if let Some(port) = self.caller(slot).references.port_mut(port) {
            port.queue = queue;
        }
        self.unpark_all(&known);
        self.poke(slot, port);
    }
}
