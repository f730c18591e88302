//! The new owner's side of a move: what was yielded is taken over (figure 8.4).

use abi::constants::ChannelType;
use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::{Header, KernelPort, Kind, PortType};

use super::batch::{Reader, Record};
use super::transit::{ARRIVED, DECLINED};
use crate::delivery::reply::Contents;
use crate::delivery::send::header;
use crate::exchange::Owner;
use crate::letter::{Data, Letter};
use crate::operation::{Answer, Request};
use crate::platform::{Platform, Slot};
use crate::pool::{END, Message, Party, Queue};
use crate::port::{ATTACHMENTS, Attachment};
use crate::quota::Holder;
use crate::sources::Fate;
use crate::state::State;

/// Moves that a node remembers to have completed, in case it is asked.
const TAKEN: usize = 64;

/// The requests, source and number, whose answers were taken over last.
pub(crate) type Taken = heapless::HistoryBuf<(u64, u32), TAKEN>;

/// What is being taken over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adopting {
    /// The port that it comes to, an entry of its owner's references.
    pub port: u16,
    /// The number of the move, by which the old owner tells it from others.
    pub number: u16,
    /// The kernel ports of the channels, in the order in which these are told.
    channels: [Option<u16>; ATTACHMENTS],
    /// Those that were made for it.
    made: [bool; ATTACHMENTS],
    /// The messages.
    queue: Queue,
    /// The next part.
    pub part: u16,
}

impl Adopting {
    /// Nothing was taken yet of move `number`, to come to the port at index `port`.
    pub fn new(port: u16, number: u16) -> Self {
        Self {
            port,
            number,
            channels: [None; ATTACHMENTS],
            made: [false; ATTACHMENTS],
            queue: Queue::EMPTY,
            part: 0,
        }
    }

    /// Messages taken so far.
    pub fn messages(&self) -> usize {
        usize::from(self.queue.len())
    }

    /// The kernel port of the channel with this number.
    fn channel(&self, number: u8) -> Result<u16, CallError> {
        let known = self.channels.get(usize::from(number)).copied().flatten();
        known.ok_or(CallError::Closed)
    }

    /// Enters the kernel port of the next channel, which may have been made for it. One that is
    /// told again is known.
    fn enter(&mut self, kernel_port: u16, is_made: bool) -> Result<(), CallError> {
        if self.channels.contains(&Some(kernel_port)) {
            return Ok(());
        }
        let at = self.channels.iter().position(Option::is_none).ok_or(CallError::TableFull)?;
        (self.channels[at], self.made[at]) = (Some(kernel_port), is_made);
        Ok(())
    }
}

impl<P: Platform> State<P> {
    /// What `owner` is taking over.
    pub(crate) fn adopting(&mut self, owner: Owner) -> Option<&mut Adopting> {
        let local = self.locals.get_mut(owner.slot().index())?;
        match owner {
            Owner::Call(_) => local.incarnation.as_mut()?.adopting.as_mut(),
            Owner::Ghost(_) => local.ghost.adopting.as_mut(),
        }
    }

    /// The number of the next move to this node.
    pub(crate) fn next_move(&mut self) -> u16 {
        self.moves = self.moves.wrapping_add(1);
        self.moves
    }

    /// Whether anybody here is taking something over, so that a port may be about to come.
    pub(crate) fn is_adopting(&self) -> bool {
        self.adoptions().next().is_some()
    }

    /// The same, when the first part is here: its old owner may be lost by now.
    pub(crate) fn is_adopting_part(&self) -> bool {
        self.adoptions().any(|adopting| adopting.channels[0].is_some())
    }

    fn adoptions(&self) -> impl Iterator<Item = &Adopting> {
        self.locals.iter().flat_map(|local| {
            let by_call = local.incarnation.as_ref().and_then(|inc| inc.adopting.as_ref());
            by_call.into_iter().chain(local.ghost.adopting.as_ref())
        })
    }

    /// Takes over the part that a letter answers with; answers whether there is more.
    pub(crate) fn adopt_part(&mut self, owner: Owner, letter: &Letter) -> Result<bool, CallError> {
        let answer = Answer::of(&letter.head);
        answer.result()?;
        let slot = owner.slot();
        let mut adopting =
            self.locals[slot.index()].take_adopting(owner).ok_or(CallError::Closed)?;
        // The port may have been closed meanwhile, and its owner may have ended.
        let is_there = self.caller(slot).references.port_mut(adopting.port).is_some();
        let result = if is_there {
            self.adopt_data(slot, &mut adopting, letter)
        } else {
            Err(CallError::Closed)
        };
        adopting.part += 1;
        self.locals[slot.index()].set_adopting(owner, adopting);
        result.map(|()| answer.values[0].get() != 0)
    }

    /// Takes over the records in the data of a letter.
    fn adopt_data(
        &mut self,
        slot: Slot,
        adopting: &mut Adopting,
        letter: &Letter,
    ) -> Result<(), CallError> {
        if let Data::Block(block) = letter.data {
            return self.adopt_records(slot, adopting, Reader::new(block, letter.total));
        }
        if letter.data == Data::None {
            return Ok(());
        }
        let room = self.has_room(Holder::Kernel, true);
        let block = room.then(|| self.pool.take_block()).flatten().ok_or(CallError::Busy)?;
        let result = if self.keep_data(letter.data, letter.total, block) {
            self.adopt_records(slot, adopting, Reader::new(block, letter.total))
        } else {
            Err(CallError::BadLength)
        };
        self.pool.free_block(block);
        result
    }

    fn adopt_records(
        &mut self,
        slot: Slot,
        adopting: &mut Adopting,
        mut reader: Reader,
    ) -> Result<(), CallError> {
        while let Some(record) = reader.next(&self.pool) {
            match record {
                Record::Channel { id, channel_type, generation } => {
                    self.adopt_channel(slot, adopting, (id, channel_type, generation))?;
                }
                Record::Source { channel, source, sequence, fate } => {
                    let port = adopting.channel(channel)?;
                    self.redirects.forget(source);
                    self.sources.take_back(port, source, sequence);
                    self.inherit(port, source, sequence, fate).ok_or(CallError::Busy)?;
                }
                Record::Message { channel, message, data } => {
                    let port = adopting.channel(channel)?;
                    let message = Message { port, ..message };
                    self.adopt_message(slot, adopting, &message, data, reader.block())?;
                }
            }
        }
        Ok(())
    }

    /// Serves a request, message `index`, to take over messages of a stream that is led here, at
    /// the port that the request has come to: all of them or none.
    pub(crate) fn serve_adopt(&mut self, slot: Slot, index: u16) -> Contents {
        let Message { port: kernel_port, block, total, head, .. } = *self.pool.message(index);
        self.sources.come_to(kernel_port, Request::of(&head).other.get());
        let port = self.ports.port_at(kernel_port).map(|at| at.1);
        let result = match (port, block) {
            (Some(port), Some(block)) => {
                let mut adopting = Adopting::new(port, 0);
                adopting.channels[0] = Some(kernel_port);
                let reader = Reader::new(block, total);
                let result = self.adopt_records(slot, &mut adopting, reader);
                self.append(slot, &mut adopting, result)
            }
            // A stream that has sent nothing there is led here.
            (Some(_), None) if total == 0 => Ok(()),
            _ => Err(CallError::Closed),
        };
        Contents::of(Answer::new(result.map(|()| 0)).head())
    }

    /// Puts what was taken over behind what is in the port's queue, or gives it up.
    fn append(
        &mut self,
        slot: Slot,
        adopting: &mut Adopting,
        result: Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.tell_where_data_is_needed(adopting.queue);
        while let Some(index) = adopting.queue.pop(&mut self.pool) {
            let incarnation = self.locals[slot.index()].incarnation.as_mut();
            let port = incarnation.and_then(|inc| inc.references.port_mut(adopting.port));
            match port {
                Some(port) if result.is_ok() => port.queue.push(&mut self.pool, index),
                _ => self.release_message(slot, index),
            }
        }
        self.poke(slot, adopting.port);
        result
    }

    /// Makes a place for a channel. Messages that come by it are taken once everything is here;
    /// by a multicast channel at once, since they come to the old owner, too.
    fn adopt_channel(
        &mut self,
        slot: Slot,
        adopting: &mut Adopting,
        (channel, channel_type, generation): (GlobalId, ChannelType, u32),
    ) -> Result<(), CallError> {
        let index = adopting.port;
        let port = self.caller(slot).references.port_mut(index).ok_or(CallError::Closed)?;
        if let Some(known) = port.attachment(channel) {
            return adopting.enter(known.kernel_port, false);
        }
        let kernel_port = self.ports.reserve().ok_or(CallError::NoMemory)?;
        let generation = generation.wrapping_add(1);
        let attachment = Attachment { channel, channel_type, generation, kernel_port };
        let port = self.caller(slot).references.port_mut(index).ok_or(CallError::Closed)?;
        if !port.attach(attachment) {
            self.ports.release(kernel_port);
            return Err(CallError::TableFull);
        }
        if channel_type == ChannelType::Multicast {
            self.ports.resume(kernel_port, slot, index, channel);
        }
        adopting.enter(kernel_port, true)
    }

    /// The kernel port at `port` remembers from now on what became of a message of `source`.
    pub(crate) fn inherit(
        &mut self,
        port: u16,
        source: u64,
        sequence: u32,
        fate: Fate,
    ) -> Option<u16> {
        if let Some(entry) = self.sources.find(port, source)
            && sequence.wrapping_sub(self.sources.entry(entry).sequence) as i32 > 0
        {
            self.settle(entry, Ok(0));
        }
        self.sources.inherit(port, source, sequence, fate, self.ticker.now)
    }

    /// Takes over a message that has come to kernel port `message.port`, with its data, in block
    /// `batch`.
    fn adopt_message(
        &mut self,
        slot: Slot,
        adopting: &mut Adopting,
        message: &Message,
        data: Option<(usize, usize)>,
        batch: u16,
    ) -> Result<(), CallError> {
        if self.has_come_already(slot, adopting.port, message) {
            return Ok(());
        }
        if !self.has_room(Holder::Adopter(slot), data.is_some()) {
            return Err(CallError::Busy);
        }
        let Party { source, sequence, .. } = message.party;
        let fate = if message.kind == Kind::Invoke { Fate::Owed } else { Fate::Settled };
        let entry = self.inherit(message.port, source, sequence, fate).ok_or(CallError::Busy)?;
        let block = match data {
            Some((at, length)) => {
                let block = self.pool.take_block().ok_or(CallError::Busy)?;
                self.pool.copy_part(batch, at, block, 0, length);
                Some(block)
            }
            None => None,
        };
        let message = Message { entry, block, ..*message };
        let Some(index) = self.pool.insert(message) else {
            if let Some(block) = block {
                self.pool.free_block(block);
            }
            return Err(CallError::Busy);
        };
        self.hold(slot, &message);
        adopting.queue.push(&mut self.pool, index);
        Ok(())
    }

    /// Whether a message to a group has come to the new port itself.
    fn has_come_already(&mut self, slot: Slot, port: u16, message: &Message) -> bool {
        let port = self.caller(slot).references.port_mut(port);
        let Some(queue) = port.map(|port| port.queue) else { return false };
        queue.iter(&self.pool).any(|(_, own)| {
            own.source == message.source && own.party.sequence == message.party.sequence
        })
    }

    /// Everything is here: messages can come, and those that have come can be received.
    pub(crate) fn install(&mut self, owner: Owner) {
        let slot = owner.slot();
        let Some(adopting) = self.locals[slot.index()].take_adopting(owner) else { return };
        let Adopting { port: index, channels, mut queue, .. } = adopting;
        let mut ports = heapless::Vec::<(GlobalId, KernelPort), ATTACHMENTS>::new();
        let Some(port) = self.caller(slot).references.port_mut(index) else { return };
        for attachment in port.attached_to().copied().collect::<heapless::Vec<_, ATTACHMENTS>>() {
            let Attachment { channel, kernel_port, .. } = attachment;
            if !channels.contains(&Some(kernel_port)) {
                continue;
            }
            self.redirects.forget(channel.bits());
            self.need_no_backup(slot, index, channel);
            if self.ports.identity(kernel_port) == 0 {
                self.ports.resume(kernel_port, slot, index, channel);
            }
            let _ = ports.push((channel, self.ports.address(kernel_port)));
        }
        self.tell_where_data_is_needed(queue);
        let references = &mut self.locals[slot.index()].incarnation.as_mut();
        let port = references.as_mut().and_then(|inc| inc.references.port_mut(index));
        if let Some(port) = port {
            let mut own = core::mem::replace(&mut port.queue, Queue::EMPTY);
            while let Some(message) = own.pop(&mut self.pool) {
                queue.push(&mut self.pool, message);
            }
            port.queue = queue;
        }
        for (channel, address) in ports {
            self.unpark(channel, address);
        }
        self.poke(slot, index);
    }

    /// Whoever has granted data for the messages of a queue learns where these are.
    fn tell_where_data_is_needed(&mut self, queue: Queue) {
        let mut next = queue.first();
        while let Some(index) = next {
            let Message { kind, port, party, granted, next: after, .. } = *self.pool.message(index);
            if kind == Kind::AsInvoke && granted.is_some() {
                let (address, id) = (self.ports.address(port), self.ports.identity(port));
                self.say_from(Kind::Here, party, 0, address, id);
            }
            next = (after != END).then_some(after);
        }
    }

    /// What `owner` was taking over comes to nothing: it stays where it was.
    pub(crate) fn reject(&mut self, owner: Owner) {
        let slot = owner.slot();
        let Some(adopting) = self.locals[slot.index()].take_adopting(owner) else { return };
        let Adopting { port, channels, made, mut queue, .. } = adopting;
        while let Some(index) = queue.pop(&mut self.pool) {
            self.release_message(slot, index);
        }
        for (kernel_port, _) in channels.iter().zip(made).filter(|(_, made)| *made) {
            let Some(kernel_port) = *kernel_port else { continue };
            if let Some(port) = self.caller(slot).references.port_mut(port) {
                port.detach(kernel_port);
            }
            if self.ports.identity(kernel_port) == 0 {
                self.ports.release(kernel_port);
            } else {
                self.ports.close(kernel_port);
            }
            self.sources.retire(kernel_port);
        }
    }

    /// Tells the old owner, who has answered with a letter from `from`, that it has arrived.
    pub(crate) fn say_arrived(&mut self, from: Party) {
        self.taken.write((from.source, from.sequence));
        self.say_of_transit(from, ARRIVED);
    }

    /// Tells the old owner that it could not be taken.
    pub(crate) fn say_declined(&mut self, from: Party) {
        self.say_of_transit(from, DECLINED);
    }

    fn say_of_transit(&mut self, from: Party, said: u16) {
        let port = from.ghost;
        if port.node() == self.node {
            self.acknowledged(port.index() as u16, from.source, from.sequence);
            return self.hear_of_transit(from.source, from.sequence, said);
        }
        let mut header: Header = header(Kind::Acknowledge, port, PortType::Channel, 0, from);
        header.from = self.ports.address(0).0.into();
        header.hint = said.into();
        self.post_header(port.node(), &header);
    }
}

impl crate::state::Local {
    fn take_adopting(&mut self, owner: Owner) -> Option<Adopting> {
        match owner {
            Owner::Call(_) => self.incarnation.as_mut()?.adopting.take(),
            Owner::Ghost(_) => self.ghost.adopting.take(),
        }
    }

    fn set_adopting(&mut self, owner: Owner, adopting: Adopting) {
        match (owner, &mut self.incarnation) {
            (Owner::Call(_), Some(incarnation)) => incarnation.adopting = Some(adopting),
            (Owner::Call(_), None) => {}
            (Owner::Ghost(_), _) => self.ghost.adopting = Some(adopting),
        }
    }
}
