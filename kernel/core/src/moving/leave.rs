//! The old owner's side of a move: attachments of a port are yielded (figure 8.5).

use abi::constants::ChannelType;
use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::KernelPort;

use super::batch::Writer;
use super::transit::{Cursor, Leaving};
use crate::delivery::reply::Contents;
use crate::letter::Data;
use crate::operation::{Answer, Request, yields};
use crate::platform::{Machine, Platform, Slot};
use crate::pool::{Party, Queue};
use crate::port::{ATTACHMENTS, Attachment, Offer, Port};
use crate::quota::Holder;
use crate::reference::Reference;
use crate::sources::WINDOW;
use crate::state::State;

impl<P: Platform> State<P> {
    /// Serves a request to yield: the first part, or another one of what was yielded before.
    pub(crate) fn serve_yield(&mut self, slot: Slot, request: &Request, party: Party) -> Contents {
        match self.try_yield(slot, request, party) {
            Ok(contents) => contents,
            Err(error) => Contents::of(Answer::new(Err(error)).head()),
        }
    }

    fn try_yield(
        &mut self,
        slot: Slot,
        request: &Request,
        party: Party,
    ) -> Result<Contents, CallError> {
        let part = request.b.get();
        let room = self.has_room(Holder::Kernel, true);
        let block = room.then(|| self.pool.take_block()).flatten().ok_or(CallError::Busy)?;
        let told = match self.leaving_to(slot, request, party.source) {
            Some(index) => self.go_on(index, part, party, block),
            None if part == 0 => self.begin_to_yield(slot, request, party, block),
            None => Err(CallError::Closed),
        };
        let (total, has_more) = told.inspect_err(|_| self.pool.free_block(block))?;
        let mut answer = Answer::new(Ok(0));
        answer.values[0] = u32::from(has_more).into();
        Ok(Contents { total, data: Data::Block(block), ..Contents::of(answer.head()) })
    }

    /// Whether a request to yield has to wait: what the same taker was told before about the same
    /// port may have arrived or not, and only one of both can be gone on with. He is asked.
    pub(crate) fn must_wait_to_yield(&mut self, slot: Slot, request: &Request, taker: u64) -> bool {
        let found = self.leaving_to(slot, request, taker);
        let Some(leaving) = found.and_then(|index| self.leaving.get_mut(index)) else {
            return false;
        };
        let is_other = leaving.number != request.c.get();
        if is_other {
            leaving.is_asked = true;
            self.tasks.wake_ghost(slot);
        }
        is_other
    }

    /// What the same taker was told a part of before.
    fn leaving_to(&self, slot: Slot, request: &Request, taker: u64) -> Option<u16> {
        let (port, channel) = (request.id.get(), request.other.get());
        let is_it = |leaving: &Leaving| {
            let is_channel = |at: &Attachment| channel == 0 || at.channel.bits() == channel;
            leaving.slot == slot
                && leaving.taker.source == taker
                && (port == 0 || leaving.port_id.bits() == port)
                && leaving.attachments.iter().flatten().all(is_channel)
        };
        self.leaving.iter().find(|(_, leaving)| is_it(leaving)).map(|found| found.0)
    }

    /// Tells the next part of what leaves, or the same again.
    fn go_on(
        &mut self,
        index: u16,
        part: u16,
        party: Party,
        block: u16,
    ) -> Result<(u32, bool), CallError> {
        let now = self.ticker.now;
        let leaving = self.leaving.get_mut(index).ok_or(CallError::Closed)?;
        if part == leaving.part.wrapping_add(1) {
            leaving.begin = leaving.end;
        } else if part != leaving.part {
            return Err(CallError::Closed);
        }
        leaving.part = part;
        leaving.taker = party;
        leaving.put_off(now);
        Ok(self.write_part(index, block))
    }

    fn begin_to_yield(
        &mut self,
        slot: Slot,
        request: &Request,
        party: Party,
        block: u16,
    ) -> Result<(u32, bool), CallError> {
        let flags = request.a.get();
        let (index, port) = self.port_to_yield(slot, request)?;
        let attachments = attachments_of(&port, request.other.get())?;
        if is_withdrawn(&port, request) {
            return Err(CallError::Closed);
        }
        if flags & yields::LOOK != 0 {
            let mut writer = Writer::new(&mut self.pool, block);
            attachments.iter().flatten().all(|attachment| writer.channel(attachment));
            return Ok((writer.length(), false));
        }
        let leaving = Leaving {
            slot,
            port: index,
            port_id: port.id,
            attachments,
            queue: Queue::EMPTY,
            is_given: flags & yields::PORT != 0,
            offer: (port.offer, port.offers),
            taker: party,
            begin: Cursor::START,
            end: Cursor::START,
            part: 0,
            number: request.c.get(),
            due: self.ticker.now,
            is_asked: false,
        };
        let number = self.leaving.insert(leaving).map_err(|_| CallError::Busy)?;
        let now = self.ticker.now;
        if let Some(leaving) = self.leaving.get_mut(number) {
            leaving.put_off(now);
        }
        self.need_ticks();
        self.detach(slot, index, &attachments, party.ghost);
        if flags & yields::QUEUE != 0 {
            self.take_messages_along(number);
        }
        if flags & yields::PORT != 0 {
            self.give_up(slot, index, party.ghost);
        }
        Ok(self.write_part(number, block))
    }

    /// The port that a request means: by its identity, or by a channel that it is attached to.
    fn port_to_yield(&mut self, slot: Slot, request: &Request) -> Result<(u16, Port), CallError> {
        let (id, channel) = (request.id.get(), GlobalId::from_bits(request.other.get()));
        let found = self.caller(slot).references.iter().find_map(|(index, reference)| {
            let Reference::Port(port) = reference else { return None };
            let is_it = match (id, channel) {
                (0, Some(channel)) => port.attachment(channel).is_some(),
                _ => port.id.bits() == id,
            };
            is_it.then_some((index, *port))
        });
        found.ok_or(CallError::Closed)
    }

    /// Closes attachments of a port, which go to the node of `taker`.
    fn detach(
        &mut self,
        slot: Slot,
        index: u16,
        attachments: &[Option<Attachment>; ATTACHMENTS],
        taker: KernelPort,
    ) {
        for attachment in attachments.iter().flatten() {
            self.ports.suspend(attachment.kernel_port);
            if attachment.channel_type == ChannelType::Unicast {
                let channel = attachment.channel.bits();
                let now = self.machine.now();
                self.redirects.enter(channel, (taker.node(), channel), now);
            }
            if let Some(port) = self.caller(slot).references.port_mut(index) {
                port.detach(attachment.kernel_port);
                if port.offer == Offer::Held {
                    port.offer = Offer::None;
                }
            }
        }
    }

    /// Takes the messages out of the port's queue that have come by the attachments that leave.
    fn take_messages_along(&mut self, number: u16) {
        let Some(&mut leaving) = self.leaving.get_mut(number) else { return };
        let Leaving { slot, port, attachments, .. } = leaving;
        let Some(known) = self.caller(slot).references.port_mut(port) else { return };
        let mut queue = core::mem::take(&mut known.queue);
        let (mut stays, mut goes) = (Queue::EMPTY, Queue::EMPTY);
        while let Some(index) = queue.pop(&mut self.pool) {
            let port = self.pool.message(index).port;
            let leaves = attachments.iter().flatten().any(|at| at.kernel_port == port);
            let queue = if leaves { &mut goes } else { &mut stays };
            queue.push(&mut self.pool, index);
        }
        if let Some(known) = self.caller(slot).references.port_mut(port) {
            known.queue = stays;
        }
        if let Some(leaving) = self.leaving.get_mut(number) {
            leaving.queue = goes;
        }
    }

    /// The port at `index` is its owner's no more.
    fn give_up(&mut self, slot: Slot, index: u16, taker: KernelPort) {
        if let Some(port) = self.caller(slot).references.port_mut(index) {
            port.offer = Offer::Given { node: taker.node(), holds: false };
        }
    }

    /// Writes as much of what leaves as there is room for in `block`, from where its part begins;
    /// answers the length, and whether there is more.
    fn write_part(&mut self, number: u16, block: u16) -> (u32, bool) {
        let now = self.ticker.now;
        let Self { leaving, pool, sources, ports, .. } = self;
        let Some(leaving) = leaving.get_mut(number) else { return (0, false) };
        let mut cursor = leaving.begin;
        let mut queue = leaving.queue;
        let messages: heapless::Vec<u16, MESSAGES> =
            queue_from(&mut queue, pool, cursor.messages).collect();
        let mut writer = Writer::new(pool, block);
        let attachments = leaving.attachments;
        let has_more = 'full: {
            for attachment in attachments.iter().flatten().skip(usize::from(cursor.channel)) {
                if !writer.channel(attachment) {
                    break 'full true;
                }
                cursor.channel += 1;
            }
            let begin = cursor.sources_of;
            for attachment in attachments.iter().flatten().skip(usize::from(begin)) {
                let here = ports.address(attachment.kernel_port);
                let id = attachment.channel.bits();
                let known = sources.of_port(attachment.kernel_port);
                for (_, source) in known.skip(usize::from(cursor.sources)) {
                    let is_recent = now.since(source.touched) <= WINDOW;
                    if is_recent && !writer.source(cursor.sources_of, id, source, here) {
                        break 'full true;
                    }
                    cursor.sources += 1;
                }
                cursor.sources_of += 1;
                cursor.sources = 0;
            }
            for index in &messages {
                let message = *writer.pool().message(*index);
                let number = attachments
                    .iter()
                    .flatten()
                    .position(|attachment| attachment.kernel_port == message.port);
                if !writer.message(number.unwrap_or(0) as u8, &message) {
                    break 'full true;
                }
                cursor.messages += 1;
            }
            leaving.queue.len() > cursor.messages
        };
        let length = writer.length();
        leaving.end = cursor;
        (length, has_more)
    }
}

/// Messages that can be in one part at most.
const MESSAGES: usize = 24;

/// The indices of the messages of a queue from the one with number `first` on, as many as can
/// be in one part.
fn queue_from<'p>(
    queue: &mut Queue,
    pool: &'p crate::pool::Pool,
    first: u16,
) -> impl Iterator<Item = u16> + 'p {
    queue.iter(pool).map(|at| at.0).skip(usize::from(first)).take(MESSAGES)
}

/// Whether a request follows an offer of the port that was taken back: it has come late, and who
/// has made it is gone. Many may follow an offer of a port of multicast channels.
fn is_withdrawn(port: &Port, request: &Request) -> bool {
    let is_offered = request.other.get() == 0;
    is_offered
        && port.channel_type() == Ok(ChannelType::Unicast)
        && yields::offer(request.a.get()) != port.offers
}

/// The attachments that a request wants: that to `channel`, or all if that is 0.
fn attachments_of(
    port: &Port,
    channel: u64,
) -> Result<[Option<Attachment>; ATTACHMENTS], CallError> {
    let Some(channel) = GlobalId::from_bits(channel) else { return Ok(port.attachments) };
    let attachment = *port.attachment(channel).ok_or(CallError::NotAttached)?;
    Ok([Some(attachment), None, None, None])
}
