//! Batches: what an attachment takes along when it moves, as records one after the other.
//!
//! What is remembered of a source comes before its messages, and once: a message that is owed a
//! reply is known as such only by its own record.

use abi::constants::ChannelType;
use abi::ids::{GlobalId, NodeId};
use abi::message::{CARRIED_DATA, INLINE_DATA, KernelPort, Kind, WireGrant, WireReference};
use zerocopy::big_endian::{I16, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::platform::Grant;
use crate::pool::{Granted, Message, Party, Pool};
use crate::port::Attachment;
use crate::sources::{Fate, Source};

/// A channel of the attachment that moves.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct ChannelRecord {
    tag: u8,
    channel_type: u8,
    generation: U32,
    channel: U64,
}

/// What is remembered of a source.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct SourceRecord {
    tag: u8,
    /// Which of the channels it has sent to.
    channel: u8,
    /// The code with which its last message was refused, [`LED`], or 0.
    code: I16,
    sequence: U32,
    source: U64,
    /// Who owes or keeps the reply to its last message, or where it was led, if anywhere.
    port: U32,
    id: U64,
}

/// In place of a code, which is negative: the last message was not taken, but led elsewhere.
const LED: i16 = 1;

/// A message. What it carries follows: a reference, a grant, data.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct MessageRecord {
    tag: u8,
    channel: u8,
    kind: u8,
    parts: u8,
    /// Bytes of data that follow.
    data: U16,
    /// The node that has issued the grant.
    granter: u8,
    reserved: u8,
    total: U32,
    capacity: U32,
    source: U64,
    ghost: U32,
    party: U64,
    sequence: U32,
    head: [u8; 32],
}

const CHANNEL: u8 = 1;
const SOURCE: u8 = 2;
const MESSAGE: u8 = 3;

/// Parts of a message record.
const REFERENCE: u8 = 1;
const GRANT: u8 = 2;

const _: () = assert!(
    size_of::<MessageRecord>() + size_of::<WireReference>() + size_of::<WireGrant>() + INLINE_DATA
        <= CARRIED_DATA,
    "every message fits into a batch"
);

/// A batch that is being written into a block of the pool.
pub struct Writer<'p> {
    pool: &'p mut Pool,
    block: u16,
    length: usize,
}

impl<'p> Writer<'p> {
    /// An empty batch.
    pub fn new(pool: &'p mut Pool, block: u16) -> Self {
        Self { pool, block, length: 0 }
    }

    /// Its length in bytes.
    pub fn length(&self) -> u32 {
        self.length as u32
    }

    /// The pool.
    pub fn pool(&self) -> &Pool {
        self.pool
    }

    /// Whether there is room for `bytes` more.
    fn has_room(&self, bytes: usize) -> bool {
        self.length + bytes <= CARRIED_DATA
    }

    fn put<T: IntoBytes + Immutable>(&mut self, part: &T) {
        let end = self.length + size_of::<T>();
        self.pool.data_mut(self.block, end)[self.length..].copy_from_slice(part.as_bytes());
        self.length = end;
    }

    /// Writes a channel; false if there is no room.
    pub fn channel(&mut self, attachment: &Attachment) -> bool {
        let record = ChannelRecord {
            tag: CHANNEL,
            channel_type: attachment.channel_type as u8,
            generation: attachment.generation.into(),
            channel: attachment.channel.bits().into(),
        };
        let has_room = self.has_room(size_of::<ChannelRecord>());
        if has_room {
            self.put(&record);
        }
        has_room
    }

    /// Writes what is remembered of a source by the port `here` of the channel with this number
    /// and identity; false if there is no room.
    pub fn source(&mut self, channel: u8, id: u64, source: &Source, here: KernelPort) -> bool {
        let (code, port, owed) = match source.fate {
            Fate::Settled => (0, KernelPort::NONE, 0),
            Fate::Refused(code) => (code, KernelPort::NONE, 0),
            Fate::Owed | Fate::Replied => (0, here, id),
            Fate::Moved { port, id } => (0, port, id.bits()),
            Fate::Led { port, id } => (LED, port, id.bits()),
        };
        let record = SourceRecord {
            tag: SOURCE,
            channel,
            code: code.into(),
            sequence: source.sequence.into(),
            source: source.id.into(),
            port: port.0.into(),
            id: owed.into(),
        };
        let has_room = self.has_room(size_of::<SourceRecord>());
        if has_room {
            self.put(&record);
        }
        has_room
    }

    /// Writes a message; false if there is no room.
    pub fn message(&mut self, channel: u8, message: &Message) -> bool {
        let data = if message.block.is_some() { message.total as usize } else { 0 };
        let reference = message.reference.map_or(0, |_| size_of::<WireReference>());
        let grant = message.granted.map_or(0, |_| size_of::<WireGrant>());
        if !self.has_room(size_of::<MessageRecord>() + reference + grant + data) {
            return false;
        }
        let parts = if reference > 0 { REFERENCE } else { 0 } | if grant > 0 { GRANT } else { 0 };
        self.put(&MessageRecord {
            tag: MESSAGE,
            channel,
            kind: message.kind as u8,
            parts,
            data: (data as u16).into(),
            granter: message.granted.map_or(0, |granted| granted.node.0),
            reserved: 0,
            total: message.total.into(),
            capacity: message.capacity.into(),
            source: message.source.into(),
            ghost: message.party.ghost.0.into(),
            party: message.party.source.into(),
            sequence: message.party.sequence.into(),
            head: message.head,
        });
        if let Some(reference) = &message.reference {
            self.put(reference);
        }
        if let Some(Granted { grant, .. }) = message.granted {
            let (index, generation) = (grant.index.into(), grant.generation.into());
            self.put(&WireGrant { index, generation, length: grant.length.into() });
        }
        if let Some(from) = message.block {
            self.pool.copy_part(from, 0, self.block, self.length, data);
            self.length += data;
        }
        true
    }
}

/// A record of a batch.
pub enum Record {
    /// A channel.
    Channel {
        /// Its identity.
        id: GlobalId,
        /// Its type.
        channel_type: ChannelType,
        /// Which attachment it had.
        generation: u32,
    },
    /// What is remembered of a source.
    Source {
        /// The number of the channel.
        channel: u8,
        /// The source, its bits.
        source: u64,
        /// Its last message.
        sequence: u32,
        /// What became of that.
        fate: Fate,
    },
    /// A message.
    Message {
        /// The number of the channel.
        channel: u8,
        /// The message; port, entry and block are not set.
        message: Message,
        /// Where its data is in the batch, if it has any: offset and bytes.
        data: Option<(usize, usize)>,
    },
}

/// A batch that is being read, in a block of the pool.
pub struct Reader {
    block: u16,
    length: usize,
    at: usize,
}

impl Reader {
    /// The batch in the first `length` bytes of `block`.
    pub fn new(block: u16, length: u32) -> Self {
        Self { block, length: (length as usize).min(CARRIED_DATA), at: 0 }
    }

    fn get<T: FromBytes + KnownLayout + Immutable + Unaligned>(
        &mut self,
        pool: &Pool,
    ) -> Option<T> {
        let rest = pool.data(self.block, self.length).get(self.at..)?;
        let (part, _) = T::read_from_prefix(rest).ok()?;
        self.at += size_of::<T>();
        Some(part)
    }

    /// The next record; `None` at the end, or where there is none.
    pub fn next(&mut self, pool: &Pool) -> Option<Record> {
        match *pool.data(self.block, self.length).get(self.at)? {
            CHANNEL => {
                let record: ChannelRecord = self.get(pool)?;
                Some(Record::Channel {
                    id: GlobalId::from_bits(record.channel.get())?,
                    channel_type: ChannelType::from_value(i32::from(record.channel_type))?,
                    generation: record.generation.get(),
                })
            }
            SOURCE => {
                let record: SourceRecord = self.get(pool)?;
                let moved = GlobalId::from_bits(record.id.get());
                let fate = match (record.code.get(), moved) {
                    (0, Some(id)) => Fate::Moved { port: KernelPort(record.port.get()), id },
                    (0, None) => Fate::Settled,
                    (LED, Some(id)) => Fate::Led { port: KernelPort(record.port.get()), id },
                    (code, _) => Fate::Refused(code),
                };
                let SourceRecord { channel, source, sequence, .. } = record;
                Some(Record::Source {
                    channel,
                    source: source.get(),
                    sequence: sequence.get(),
                    fate,
                })
            }
            MESSAGE => self.message(pool),
            _ => None,
        }
    }

    fn message(&mut self, pool: &Pool) -> Option<Record> {
        let record: MessageRecord = self.get(pool)?;
        let has = |part| record.parts & part != 0;
        let reference = if has(REFERENCE) { Some(self.get(pool)?) } else { None };
        let granted = if has(GRANT) {
            let wire: WireGrant = self.get(pool)?;
            let grant = Grant {
                index: wire.index.get(),
                generation: wire.generation.get(),
                length: wire.length.get(),
            };
            Some(Granted { node: NodeId(record.granter), grant })
        } else {
            None
        };
        let bytes = usize::from(record.data.get());
        let data = (bytes > 0).then_some((self.at, bytes));
        self.at += bytes;
        let total = record.total.get() as usize;
        let is_sound = if granted.is_some() { bytes == 0 } else { bytes == total };
        if self.at > self.length || bytes > INLINE_DATA || !is_sound {
            return None;
        }
        let party = Party {
            ghost: KernelPort(record.ghost.get()),
            source: record.party.get(),
            sequence: record.sequence.get(),
        };
        let message = Message {
            kind: Kind::from_number(record.kind)?,
            source: record.source.get(),
            head: record.head,
            total: record.total.get(),
            capacity: record.capacity.get(),
            reference,
            granted,
            ..Message::of_invocation(party, 0, 0)
        };
        Some(Record::Message { channel: record.channel, message, data })
    }

    /// The block that the batch is in.
    pub fn block(&self) -> u16 {
        self.block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Sources;
    use crate::ticks::Tick;
    use abi::ids::Epoch;
    use proptest::prelude::*;

    /// What the new owner is told about a message with this fate at the port `here` of `channel`.
    fn told(fate: Fate, here: KernelPort, channel: GlobalId) -> Fate {
        match fate {
            Fate::Owed | Fate::Replied => Fate::Moved { port: here, id: channel },
            fate => fate,
        }
    }

    fn id(number: u16) -> GlobalId {
        let epoch = Epoch::new(1).expect("not 0");
        GlobalId::new(NodeId(1), epoch, number.into()).expect("small")
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            Just(Fate::Settled),
            Just(Fate::Owed),
            Just(Fate::Replied),
            (i16::MIN..0).prop_map(Fate::Refused),
            any::<(u32, u16)>()
                .prop_map(|(port, number)| Fate::Moved { port: KernelPort(port), id: id(number) }),
            any::<(u32, u16)>()
                .prop_map(|(port, number)| Fate::Led { port: KernelPort(port), id: id(number) }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_remembered_of_a_source_arrives(
            fate in fate(), source in 1..u64::MAX, sequence: u32, channel in 0..4u8, here: u32,
        ) {
            let mut sources = Sources::new(4, 16);
            let here = KernelPort(here);
            let id = id(7);
            let entry = sources.inherit(9, source, sequence, fate, Tick(0)).expect("room");
            let mut pool = Pool::new(1, 1);
            let block = pool.take_block().expect("room");
            let mut writer = Writer::new(&mut pool, block);
            prop_assert!(writer.source(channel, id.bits(), sources.entry(entry), here));
            let length = writer.length();
            let mut reader = Reader::new(block, length);
            let Some(Record::Source { channel: to, source: who, sequence: last, fate: became }) =
                reader.next(&pool)
            else {
                return Err(TestCaseError::fail("no source was read"));
            };
            prop_assert_eq!((to, who, last), (channel, source, sequence));
            prop_assert_eq!(became, told(fate, here, id));
            prop_assert!(reader.next(&pool).is_none());
        }
    }
}
