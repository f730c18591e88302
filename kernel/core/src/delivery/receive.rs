//! From a packet or a queue into the memory of the receiver.

use abi::constants::EventType;
use abi::error::CallError;
use abi::ids::UserAddr;
use abi::message::{Kind, WireReference};
use abi::structs::RefDescrip;
use zerocopy::IntoBytes;
use zerocopy::big_endian::U32;

use crate::delivery::references::read_wire;
use crate::incarnation::{Blocked, Invoker, Pulling, Receive, Then};
use crate::letter::{Data, Letter, tail};
use crate::moving::WithPort;
use crate::platform::{Bus, Memory, Platform, Slot, UserRange};
use crate::pool::{Message, Party};
use crate::reference::{Reference, ReplyHandle};
use crate::state::State;

/// The part of a message that a reception overwrites: all but `m_base`.
const RECEIVED_BYTES: usize = 54;
/// The part that a reply overwrites: `m_head` and `m_ref`.
const REPLIED_BYTES: usize = 46;

/// What `inc_receive` answers when there is a message and no reply handle.
const RECEIVED: u32 = 1;

impl<P: Platform> State<P> {
    /// Puts a letter of which nothing has to be kept into the memory of its receiver. If that
    /// fails the receiver's call fails, and the answer is `false`.
    pub(crate) fn deliver(
        &mut self,
        letter: &Letter,
        slot: Slot,
        receive: &Receive,
        port: u16,
        entry: u16,
    ) -> bool {
        let waits = letter.kind == Kind::Invoke && receive.invoker == Invoker::Waits;
        if waits && self.caller(slot).references.room() == 0 {
            self.finish(slot, Err(CallError::TableFull));
            return false;
        }
        let received = letter.total.min(receive.room.length);
        let header = Received { count: received, capacity: letter.capacity, reference: None };
        if self.copy_data(letter.data, letter.total, slot, receive.room).is_err()
            || self.write_received(slot, receive.message, &letter.head, &header).is_err()
        {
            self.finish(slot, Err(CallError::BadAddress));
            return false;
        }
        let party = letter.party();
        let result = if waits {
            let handle = ReplyHandle { party, entry, capacity: letter.capacity, message: None };
            self.caller(slot).references.insert(Reference::Reply(handle)).map(abi::ids::RefId::get)
        } else {
            Ok(RECEIVED)
        };
        self.finish(slot, result);
        if letter.kind == Kind::Invoke && !waits {
            self.reply_implicitly(party, entry, port);
        }
        true
    }

    /// Receives the first suitable message of a queue. `None` if there is none; `Some(None)`
    /// if its data has to be pulled first, and the caller waits for that.
    pub(crate) fn take(
        &mut self,
        slot: Slot,
        receive: &Receive,
    ) -> Option<Result<Option<u32>, CallError>> {
        let pool = &mut self.pool;
        let incarnation = self.locals[slot.index()].incarnation.as_mut()?;
        let room = incarnation.references.room();
        let queue = &mut incarnation.references.port_mut(receive.port)?.queue;
        let index = queue.find(pool, receive.selector)?;
        let message = *pool.message(index);
        let needed =
            usize::from(makes_handle(&message, receive)) + usize::from(message.reference.is_some());
        if room < needed {
            return Some(Err(CallError::TableFull));
        }
        queue.remove(pool, index);
        let length = message.total.min(receive.room.length);
        if let Some(granted) = message.granted.filter(|_| length > 0) {
            let to = UserRange { length, ..receive.room };
            let then = Then::Receive(*receive, index);
            self.start_pull(slot, Pulling { granted, to, done: 0, then });
            return Some(Ok(None));
        }
        Some(self.complete_receive(slot, receive, index))
    }

    /// The message `index`, out of its queue and with its data in place, is received; `None` if
    /// a port that has come with it has to be fetched first.
    pub(crate) fn complete_receive(
        &mut self,
        slot: Slot,
        receive: &Receive,
        index: u16,
    ) -> Result<Option<u32>, CallError> {
        if let Some(wire) = self.pool.message(index).reference.filter(Self::is_offer) {
            self.fetch_port(slot, &wire, WithPort::Receive(*receive, index));
            return Ok(None);
        }
        self.receive_with(slot, receive, index, None).map(Some)
    }

    /// The message `index` is received, with this port if it has come with one.
    pub(crate) fn receive_with(
        &mut self,
        slot: Slot,
        receive: &Receive,
        index: u16,
        port: Option<RefDescrip>,
    ) -> Result<u32, CallError> {
        let message = *self.pool.message(index);
        let count = message.total.min(receive.room.length);
        let header = Received { count, capacity: message.capacity, reference: None };
        let data = message.block.map_or(Data::None, Data::Block);
        // The reference comes last: only then can nothing fail any more.
        let written = self
            .copy_data(data, message.total, slot, receive.room)
            .and_then(|()| self.write_received(slot, receive.message, &message.head, &header));
        if written.is_err() {
            self.put_back(slot, receive.port, index);
            return Err(CallError::BadAddress);
        }
        if let Some(wire) = &message.reference {
            let reference = port.unwrap_or_else(|| self.materialise(slot, wire));
            let header = Received { reference: Some(reference), ..header };
            if self.write_received(slot, receive.message, &message.head, &header).is_err() {
                self.put_back(slot, receive.port, index);
                return Err(CallError::BadAddress);
            }
        }
        self.dispose(slot, receive, index, &message)
    }

    /// What becomes of a message that was received; answers the result of the call.
    fn dispose(
        &mut self,
        slot: Slot,
        receive: &Receive,
        index: u16,
        message: &Message,
    ) -> Result<u32, CallError> {
        if makes_handle(message, receive) {
            let kept = message.block.is_some() || message.reference.is_some();
            let kept = kept || message.granted.is_some();
            if !kept {
                self.release_message(slot, index);
            }
            let handle = ReplyHandle {
                party: message.party,
                entry: message.entry,
                capacity: message.capacity,
                message: kept.then_some(index),
            };
            let id = self.caller(slot).references.insert(Reference::Reply(handle))?;
            return Ok(id.get());
        }
        self.release_message(slot, index);
        match message.kind {
            Kind::Invoke => self.reply_implicitly(message.party, message.entry, message.port),
            Kind::AsInvoke if message.granted.is_some() => self.say_done(message.party),
            _ => {}
        }
        Ok(RECEIVED)
    }

    /// Puts a message that could not be received back at the head of its queue.
    pub(crate) fn put_back(&mut self, slot: Slot, port: u16, index: u16) {
        let incarnation = self.locals[slot.index()].incarnation.as_mut();
        let port = incarnation.and_then(|inc| inc.references.port_mut(port));
        match port {
            Some(port) => port.queue.push_front(&mut self.pool, index),
            None => self.pool.free(index),
        }
    }

    /// A message was queued at `port`: whoever waits for it goes on, and a handler is due for
    /// what is still there then.
    pub(crate) fn poke(&mut self, slot: Slot, port: u16) {
        if let Blocked::Receive(receive) = self.caller(slot).blocked
            && receive.port == port
        {
            match self.take(slot, &receive) {
                None | Some(Ok(None)) => {}
                Some(Ok(Some(result))) => self.finish(slot, Ok(result)),
                Some(Err(error)) => self.finish(slot, Err(error)),
            }
        }
        self.caller(slot).interrupts.raise(port, EventType::PortHasMessage);
        self.stir(slot);
    }

    /// Copies as much of a letter's data as fits into `room` of `slot`.
    pub(crate) fn copy_data(
        &mut self,
        data: Data,
        total: u32,
        slot: Slot,
        room: UserRange,
    ) -> Result<(), CallError> {
        let length = total.min(room.length);
        if length == 0 {
            return Ok(());
        }
        let copied = match data {
            Data::None | Data::Granted(_) => return Ok(()),
            Data::User(from_slot, from) => {
                self.memory.copy_across((from_slot, from), (slot, UserRange { length, ..room }))
            }
            Data::Packet(node) => {
                let packet = self.bus.peek(node).unwrap_or_default();
                let bytes = tail(packet, total as usize).unwrap_or_default();
                self.memory.copy_out(slot, room.base, &bytes[..length as usize])
            }
            Data::Block(block) => {
                self.memory.copy_out(slot, room.base, self.pool.data(block, length as usize))
            }
        };
        copied.map_err(|_| CallError::BadAddress)
    }

    fn write_received(
        &mut self,
        slot: Slot,
        message: UserAddr,
        head: &[u8; 32],
        received: &Received,
    ) -> Result<(), CallError> {
        let mut bytes = [0; RECEIVED_BYTES];
        let (first, counts) = bytes.split_at_mut(REPLIED_BYTES);
        fill(first, head, received.reference.as_ref());
        counts[..4].copy_from_slice(&received.count.to_be_bytes());
        counts[4..].copy_from_slice(&received.capacity.to_be_bytes());
        self.memory.copy_out(slot, message, &bytes).map_err(|_| CallError::BadAddress)
    }

    /// Overwrites the first two fields of an invoker's message.
    pub(crate) fn write_replied(
        &mut self,
        slot: Slot,
        message: UserAddr,
        head: &[u8; 32],
        reference: Option<&RefDescrip>,
    ) -> Result<(), CallError> {
        let mut bytes = [0; REPLIED_BYTES];
        fill(&mut bytes, head, reference);
        self.memory.copy_out(slot, message, &bytes).map_err(|_| CallError::BadAddress)
    }

    /// Enters a reference that came in a message into the table of `slot`, where there is
    /// room for it, and describes it as user code sees it.
    pub(crate) fn materialise(&mut self, slot: Slot, wire: &WireReference) -> RefDescrip {
        let Some(mut reference) = read_wire(wire) else { return RefDescrip::NONE };
        if let Reference::Stream(stream) = &mut reference {
            stream.id = self.new_id();
        }
        let (ref_type, flags) = (reference.ref_type(), reference.flags());
        let count = match &reference {
            Reference::Buffer(buffer) => buffer.length,
            _ => 0,
        };
        let Ok(id) = self.caller(slot).references.insert(reference) else {
            return RefDescrip::NONE;
        };
        let domain = abi::constants::Domain::from_value(i32::from(wire.domain));
        let domain = domain.unwrap_or(abi::constants::Domain::NoFurther);
        let mut descriptor = RefDescrip::new(ref_type, id.get(), domain, flags);
        descriptor.rd_obj.count = U32::new(count);
        descriptor
    }

    /// Tells the sender of an asynchronous invocation that its data is no longer needed.
    pub(crate) fn say_done(&mut self, party: Party) {
        self.say(Kind::Done, party, 0);
    }
}

/// What a reception writes beside the header.
struct Received {
    count: u32,
    capacity: u32,
    reference: Option<RefDescrip>,
}

/// Fills the first two fields of a message.
fn fill(bytes: &mut [u8], head: &[u8; 32], reference: Option<&RefDescrip>) {
    bytes[..32].copy_from_slice(head);
    let descriptor = reference.unwrap_or(&RefDescrip::NONE);
    bytes[32..].copy_from_slice(descriptor.as_bytes());
}

/// Whether the receiver of a message gets a reply handle.
fn makes_handle(message: &Message, receive: &Receive) -> bool {
    message.kind == Kind::Invoke && receive.invoker == Invoker::Waits
}
