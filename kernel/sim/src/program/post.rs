//! Sending and receiving with proof: the part of every program that numbers what
//! it sends, checks what it gets, and tells the oracle.

use abi::calls::Call;
use abi::constants::RefType;
use abi::error::CallError;
use abi::structs::RefDescrip;
use zerocopy::byteorder::native_endian::{U16, U32};

use super::desk::{Desk, EXCHANGE, INCOMING, LIBRARY, MESSAGE, Outgoing};
use super::enclosure::{self, Enclosure, Gift};
use super::payload::{Carrier, Head, Purpose};
use super::{Request, World};
use crate::oracle::{ChannelUid, IncUid, Outcome, Service, StreamUid, Violation};
use crate::random::mix;

/// A stream that a program holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// its identifier here
    pub reference: u32,
    /// its number for the oracle
    pub stream: StreamUid,
    /// where it leads
    pub channel: ChannelUid,
}

/// A message on its way, until its call has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// how it was sent
    pub call: Call,
    /// by which stream
    pub contact: Contact,
    /// its number there
    pub sequence: u32,
    /// the number of the invocation, 0 for another call
    pub invocation: u32,
    /// what goes with it
    pub enclosed: Option<Enclosure>,
}

/// A message to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Letter {
    /// what it asks
    pub purpose: Purpose,
    /// bytes of data
    pub length: u32,
    /// bytes that a reply may have
    pub capacity: u32,
    /// what goes with it
    pub enclosed: Option<Enclosure>,
}

impl Letter {
    /// A message of `length` bytes that asks for nothing.
    pub fn request(length: u32) -> Letter {
        Letter { purpose: Purpose::Request, length, capacity: 0, enclosed: None }
    }
}

/// The key of the bytes in the library of `who`.
pub fn library_key(who: IncUid) -> u64 {
    mix(u64::from(who.0), 0x6c69_6272)
}

/// The place in the library from which message `sequence` takes its data.
pub fn library_offset(sequence: u32, length: u32) -> u32 {
    let steps = (LIBRARY.length() - length) / 8 + 1;
    sequence % steps * 8
}

/// Writes `letter` for `contact` to the desk and returns the call that sends it.
pub fn send(
    who: IncUid,
    call: Call,
    contact: Contact,
    letter: Letter,
    desk: &mut Desk<'_>,
    world: &mut World<'_>,
) -> (Request, Pending) {
    let (service, carrier) = match call {
        Call::Dgram => (Service::Datagram, Carrier::Datagram),
        _ => (Service::Reliable, Carrier::Reliable),
    };
    let sequence = world.oracle.streams.send(contact.stream, service);
    let invocation = if call == Call::Invoke { world.oracle.number_invocation() } else { 0 };
    let (kind, identity) = letter.enclosed.map_or((RefType::None, 0), Enclosure::stated);
    let head = Head {
        purpose: letter.purpose as u8,
        carrier: carrier as u8,
        length: U16::new(letter.length as u16),
        stream: U32::new(contact.stream.0),
        sequence: U32::new(sequence),
        sender: U32::new(who.0),
        invocation: U32::new(invocation),
        carried: U32::new(identity),
        reference: U32::new(kind as u32),
        check: U32::ZERO,
    }
    .sealed();
    let at = if call == Call::AsInvoke {
        LIBRARY.address() + library_offset(sequence, letter.length)
    } else {
        desk.fill(EXCHANGE, letter.length, head.key());
        EXCHANGE.address()
    };
    let reference = letter.enclosed.map_or(RefDescrip::NONE, Enclosure::described);
    let (length, capacity) = (letter.length, letter.capacity);
    desk.write_message(&Outgoing { head, reference, length, capacity, at });
    let request = Request::new(call, [contact.reference, MESSAGE.address()]);
    let message = Some((contact.stream, sequence));
    let pending = Pending { call, contact, sequence, invocation, enclosed: letter.enclosed };
    (Request { invocation, message, ..request }, pending)
}

/// Writes the new header of the message behind a reply handle to the desk and
/// returns the call that forwards it to `contact`.
pub fn forward(
    contact: Contact,
    debt: Debt,
    desk: &mut Desk<'_>,
    world: &mut World<'_>,
) -> (Request, Pending) {
    let (invoker, invocation) = (debt.asked.sender.get(), debt.asked.invocation.get());
    world.oracle.register.passed_on(IncUid(invoker), invocation, contact.channel);
    let sequence = world.oracle.streams.send(contact.stream, Service::Reliable);
    let head = Head {
        purpose: Purpose::Forwarded as u8,
        stream: U32::new(contact.stream.0),
        sequence: U32::new(sequence),
        carried: debt.asked.stream,
        reference: debt.asked.sequence,
        ..debt.asked
    }
    .sealed();
    let reference = RefDescrip::NONE;
    desk.write_message(&Outgoing {
        head,
        reference,
        length: 0,
        capacity: 0,
        at: EXCHANGE.address(),
    });
    let arguments = [contact.reference, debt.handle, MESSAGE.address()];
    let (call, invocation, enclosed) = (Call::Forward, 0, None);
    let pending = Pending { call, contact, sequence, invocation, enclosed };
    let message = Some((contact.stream, sequence));
    (Request { message, ..Request::new(Call::Forward, arguments) }, pending)
}

/// A reply that a program owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// its reply handle
    pub handle: u32,
    /// the header that asked
    pub asked: Head,
    /// bytes that the reply may have
    pub capacity: u32,
}

/// Notes how the call that sent `pending` ended.
pub fn sent(
    who: IncUid,
    pending: Pending,
    answer: Result<u32, CallError>,
    world: &mut World<'_>,
) -> Result<(), Violation> {
    if pending.call == Call::Dgram {
        return match answer {
            Ok(_) | Err(CallError::Busy | CallError::Interrupted) => Ok(()),
            Err(error) => Err(unexpected(who, pending.call, error)),
        };
    }
    let outcome = match answer {
        // Nothing was sent: it waited for a frozen stream, or for room.
        Err(CallError::Interrupted) => Outcome::Refused,
        _ if matches!(pending.enclosed, Some(Enclosure::Peer(_))) => {
            if answer != Err(CallError::NoPropagation) {
                return Err(Violation::Widened { incarnation: who, call: pending.call.name() });
            }
            Outcome::Refused
        }
        // It ends with its invoker, who may be lost before it is received.
        Ok(_) if pending.call == Call::Forward => Outcome::Unknown,
        Ok(_) => Outcome::Taken,
        Err(CallError::Busy) => Outcome::Refused,
        Err(error) => {
            let channels = world.oracle.streams.channels(pending.contact.stream);
            let may_be_lost =
                channels.iter().any(|channel| world.oracle.may_be_lost(*channel, world.now_us));
            let with_node = channels.iter().any(|channel| world.oracle.is_gone_from(*channel));
            let elsewhere = pending.call == Call::Invoke
                && world.oracle.may_be_lost_elsewhere(who, world.now_us);
            if !elsewhere && !may_be_lost {
                return Err(unexpected(who, pending.call, error));
            }
            match error {
                // Whatever the receiver had is gone with its node.
                CallError::PeerLost if with_node || elsewhere => Outcome::Unknown,
                CallError::PeerLost | CallError::NotAttached | CallError::Closed => {
                    Outcome::Refused
                }
                CallError::OutcomeUnknown => Outcome::Unknown,
                _ => return Err(unexpected(who, pending.call, error)),
            }
        }
    };
    let (stream, sequence) = (pending.contact.stream, pending.sequence);
    world.oracle.streams.ended(stream, sequence, outcome)
}

/// Checks the message that an invocation got back: `length` bytes of reply, or
/// its own message if nobody has replied.
pub fn check_reply(
    who: IncUid,
    pending: Pending,
    length: u32,
    desk: &mut Desk<'_>,
    world: &mut World<'_>,
) -> Result<Option<Gift>, Violation> {
    let (head, msg) = desk.read_message();
    let corrupted = |what| Violation::Corrupted { incarnation: who, what };
    if !head.is_sound() {
        return Err(corrupted("the header of a reply"));
    }
    let answered = head.invocation.get();
    if answered != pending.invocation {
        return Err(Violation::WrongReply { incarnation: who, call: pending.invocation, answered });
    }
    let replied = Purpose::from_number(head.purpose) == Some(Purpose::Reply);
    let (stream, sequence) = (pending.contact.stream, pending.sequence);
    if replied && !world.oracle.streams.was_received(stream, sequence) {
        return Err(Violation::Lost { stream, sequence });
    }
    let expected = if replied { u32::from(head.length.get()) } else { 0 };
    if length != expected || replied && !desk.holds(EXCHANGE, length, head.key(), 0) {
        return Err(corrupted("the data of a reply"));
    }
    if replied { enclosure::take(who, &head, &msg.m_ref, world) } else { Ok(None) }
}

/// Prepares the desk for a message of any size and returns the call that receives
/// it.
pub fn receive(reception: Reception, desk: &mut Desk<'_>) -> Request {
    let Reception { port, blocks, selector, timeout_ms } = reception;
    let head: Head = zerocopy::FromZeros::new_zeroed();
    let capacity = INCOMING.length();
    let reference = RefDescrip::NONE;
    let at = INCOMING.address();
    desk.write_message(&Outgoing { head, reference, length: capacity, capacity, at });
    let block = u32::from(blocks == BlockInvoker::Yes);
    let request =
        Request::new(Call::Receive, [port, MESSAGE.address(), block, selector, timeout_ms as u32]);
    match u64::try_from(timeout_ms) {
        Ok(ms) => Request { bound_us: request.bound_us + ms * 1000, ..request },
        Err(_) => Request { bound_us: u64::MAX / 2, ..request },
    }
}

/// How a message is to be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reception {
    /// the port
    pub port: u32,
    /// what becomes of an invoker
    pub blocks: BlockInvoker,
    /// the handle of the only stream that is wanted, 0 for any
    pub selector: u32,
    /// as in `inc_receive`
    pub timeout_ms: i32,
}

/// Whether a receiver keeps the invoker waiting for a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockInvoker {
    /// it is let go
    No,
    /// it waits
    Yes,
}

/// A message that has been received and checked.
#[derive(Debug, Clone, Copy)]
pub struct Received {
    /// its header
    pub head: Head,
    /// bytes that its sender takes in a reply
    pub capacity: u32,
    /// what came with it
    pub enclosed: Option<Gift>,
}

/// Checks the message on the desk, which came in over one of `channels`.
pub fn received(
    who: IncUid,
    channels: &[ChannelUid],
    desk: &mut Desk<'_>,
    world: &mut World<'_>,
) -> Result<Received, Violation> {
    let (head, msg) = desk.read_message();
    let corrupted = |what| Violation::Corrupted { incarnation: who, what };
    if !head.is_sound() {
        return Err(corrupted("the header of a message"));
    }
    let stream = StreamUid(head.stream.get());
    let service =
        if head.carrier == Carrier::Datagram as u8 { Service::Datagram } else { Service::Reliable };
    let sender = world.oracle.sender_of(stream);
    world.oracle.streams.received((stream, head.sequence.get()), service, channels, sender)?;
    let length = u32::from(head.length.get());
    if msg.m_cnt.get() != length || !data_is_right(&head, length, desk) {
        return Err(corrupted("the data of a message"));
    }
    let enclosed =
        if head.is_forwarded() { None } else { enclosure::take(who, &head, &msg.m_ref, world)? };
    Ok(Received { head, capacity: msg.m_nreply.get(), enclosed })
}

/// Whether the data that came in is that of `head`, from the exchange of its first
/// sender or from its library.
fn data_is_right(head: &Head, length: u32, desk: &mut Desk<'_>) -> bool {
    let first = if head.is_forwarded() { head.unforwarded() } else { *head };
    if desk.holds(INCOMING, length, first.key(), 0) {
        return true;
    }
    let offset = library_offset(first.sequence.get(), length);
    desk.holds(INCOMING, length, library_key(IncUid(head.sender.get())), offset)
}

/// The violation of a call that returned an error without cause.
pub fn unexpected(who: IncUid, call: Call, error: CallError) -> Violation {
    Violation::WrongError { incarnation: who, call: call.name(), error }
}

/// Writes `length` bytes of reply to the message that `asked` stands for.
pub fn write_reply(
    who: IncUid,
    asked: &Head,
    length: u32,
    enclosed: Option<Enclosure>,
    desk: &mut Desk<'_>,
) {
    let (kind, identity) = enclosed.map_or((RefType::None, 0), Enclosure::stated);
    let head = Head {
        purpose: Purpose::Reply as u8,
        carrier: Carrier::Reliable as u8,
        length: U16::new(length as u16),
        sender: U32::new(who.0),
        carried: U32::new(identity),
        reference: U32::new(kind as u32),
        ..*asked
    }
    .sealed();
    desk.fill(EXCHANGE, length, head.key());
    let reference = enclosed.map_or(RefDescrip::NONE, Enclosure::described);
    desk.write_message(&Outgoing { head, reference, length, capacity: 0, at: EXCHANGE.address() });
}

/// Fills the library of `who`.
pub fn fill_library(who: IncUid, desk: &mut Desk<'_>) {
    desk.fill(LIBRARY, LIBRARY.length(), library_key(who));
}
