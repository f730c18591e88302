//! A message between its sender's memory and a port, wherever the two are: the local and the
//! remote path differ only in where the data of a [`Letter`] lies.

use abi::ids::{NodeId, UserAddr};
use abi::message::{
    Body, CARRIED_DATA, Flags, Header, KernelPort, Kind, Obligation, Parts, PortType, WireGrant,
    WireReference,
};
use zerocopy::IntoBytes;
use zerocopy::big_endian::{U16, U32, U64};

use crate::platform::{Bus, Grant, Memory, PeerState, Platform, SendError, Slot};
use crate::pool::{Granted, Party};
use crate::state::State;

/// A message on its way to a port or to a waiting invoker.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    /// How it is sent.
    pub kind: Kind,
    /// The address.
    pub to: KernelPort,
    /// The type that the address must have.
    pub to_type: PortType,
    /// The identity that it must have, its bits.
    pub to_id: u64,
    /// Where the port remembers the source.
    pub hint: u16,
    /// The source and its ghost; of a reply, the port that it comes from.
    pub from: Party,
    /// Who waits for the reply, if it was forwarded.
    pub obligation: Option<Party>,
    /// The application's header.
    pub head: [u8; 32],
    /// Bytes of extra data.
    pub total: u32,
    /// Bytes of extra data that fit in a reply.
    pub capacity: u32,
    /// A reference that it carries.
    pub reference: Option<WireReference>,
    /// Where its extra data is.
    pub data: Data,
    /// Whether the invoker's message is overwritten.
    pub overwrite: Overwrite,
}

/// Whether a reply overwrites the invoker's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Somebody made the reply.
    Yes,
    /// Nobody did; the invoker just runs on.
    No,
}

/// Where the extra data of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// There is none.
    None,
    /// In the memory of a local incarnation.
    User(Slot, UserAddr),
    /// At the end of the packet that is first in the ring from this node.
    Packet(NodeId),
    /// In a block of the pool.
    Block(u16),
    /// Where it has to be pulled from.
    Granted(Granted),
}

impl Letter {
    /// A letter without contents.
    pub fn new(kind: Kind, to: KernelPort, to_type: PortType, to_id: u64, from: Party) -> Self {
        Self {
            kind,
            to,
            to_type,
            to_id,
            hint: 0,
            from,
            obligation: None,
            head: [0; 32],
            total: 0,
            capacity: 0,
            reference: None,
            data: Data::None,
            overwrite: Overwrite::Yes,
        }
    }

    /// The letter in `packet`, the first in the ring from `node`; `None` if it contradicts
    /// itself.
    pub fn from_packet(node: NodeId, kind: Kind, header: &Header, packet: &[u8]) -> Option<Self> {
        let parts = Parts::of(header, packet)?;
        let from = Party {
            ghost: header.from(),
            source: header.source.get(),
            sequence: header.sequence.get(),
        };
        let obligation = parts.obligation.map(|party| Party {
            ghost: KernelPort(party.ghost.get()),
            source: party.source.get(),
            sequence: party.sequence.get(),
        });
        // Data is granted by whoever sent the message first.
        let granter = obligation.unwrap_or(from).ghost.node();
        let granter = if kind == Kind::Reply { node } else { granter };
        let data = match parts.grant {
            Some(grant) => Data::Granted(Granted { node: granter, grant: read_grant(grant) }),
            None if parts.data.is_empty() => Data::None,
            None => Data::Packet(node),
        };
        let implicit = header.flags().has(Flags::IMPLICIT);
        Some(Self {
            kind,
            to: header.to(),
            to_type: PortType::from_number(header.to_type)?,
            to_id: header.to_id.get(),
            hint: header.hint.get(),
            from,
            obligation,
            head: parts.body.head,
            total: parts.body.total.get(),
            capacity: parts.body.capacity.get(),
            reference: parts.reference.copied(),
            data,
            overwrite: if implicit { Overwrite::No } else { Overwrite::Yes },
        })
    }

    /// Who is to be answered about it.
    pub fn party(&self) -> Party {
        self.obligation.unwrap_or(self.from)
    }

    fn flags(&self) -> Flags {
        let mut flags = Flags::NONE;
        if self.obligation.is_some() {
            flags = flags.with(Flags::OBLIGATION);
        }
        if self.reference.is_some() {
            flags = flags.with(Flags::REFERENCE);
        }
        if matches!(self.data, Data::Granted(_)) {
            flags = flags.with(Flags::GRANT);
        }
        if self.overwrite == Overwrite::No {
            flags = flags.with(Flags::IMPLICIT);
        }
        flags
    }

    /// Bytes of extra data that travel in the message.
    fn inline(&self) -> usize {
        match self.data {
            Data::None | Data::Granted(_) => 0,
            _ => self.total as usize,
        }
    }

    fn length(&self) -> usize {
        let mut length = size_of::<Header>() + size_of::<Body>() + self.inline();
        if self.obligation.is_some() {
            length += size_of::<Obligation>();
        }
        if self.reference.is_some() {
            length += size_of::<WireReference>();
        }
        if matches!(self.data, Data::Granted(_)) {
            length += size_of::<WireGrant>();
        }
        length
    }

    fn header(&self, length: usize) -> Header {
        Header {
            kind: self.kind as u8,
            flags: self.flags().0,
            length: U16::new(length as u16),
            to: U32::new(self.to.0),
            to_type: self.to_type as u8,
            hops: 0,
            hint: U16::new(self.hint),
            to_id: U64::new(self.to_id),
            from: U32::new(self.from.ghost.0),
            source: U64::new(self.from.source),
            sequence: U32::new(self.from.sequence),
        }
    }

    /// Writes everything but the data to the start of `packet` and answers what is left.
    fn write<'a>(&self, packet: &'a mut [u8]) -> &'a mut [u8] {
        let rest = put(packet, &self.header(self.length()));
        let body = Body {
            head: self.head,
            total: U32::new(self.total),
            capacity: U32::new(self.capacity),
        };
        let mut rest = put(rest, &body);
        if let Some(party) = self.obligation {
            let obligation = Obligation {
                ghost: U32::new(party.ghost.0),
                source: U64::new(party.source),
                sequence: U32::new(party.sequence),
            };
            rest = put(rest, &obligation);
        }
        if let Some(reference) = &self.reference {
            rest = put(rest, reference);
        }
        if let Data::Granted(granted) = self.data {
            rest = put(rest, &write_grant(granted.grant));
        }
        rest
    }
}

/// Copies `part` to the start of `packet` and answers what follows it.
fn put<'a, T: IntoBytes + zerocopy::Immutable>(packet: &'a mut [u8], part: &T) -> &'a mut [u8] {
    let (here, rest) = packet.split_at_mut(size_of::<T>());
    here.copy_from_slice(part.as_bytes());
    rest
}

pub(crate) fn read_grant(wire: &WireGrant) -> Grant {
    Grant { index: wire.index.get(), generation: wire.generation.get(), length: wire.length.get() }
}

fn write_grant(grant: Grant) -> WireGrant {
    WireGrant {
        index: U32::new(grant.index),
        generation: U32::new(grant.generation),
        length: U32::new(grant.length),
    }
}

/// Why a letter was not handed to the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The ring does not take it.
    Ring(SendError),
    /// Its data cannot be read (any more).
    BadAddress,
}

impl<P: Platform> State<P> {
    /// Hands a letter to the bus, for the node in its address.
    pub(crate) fn post(&mut self, letter: &Letter) -> Result<(), Unsent> {
        let node = letter.to.node();
        let length = letter.length();
        let packet = self.bus.reserve(node, length).map_err(Unsent::Ring)?;
        let room = &mut letter.write(packet)[..letter.inline()];
        match letter.data {
            Data::User(slot, from) => {
                self.memory.copy_in(slot, from, room).map_err(|_| Unsent::BadAddress)?;
            }
            Data::Block(block) => room.copy_from_slice(self.pool.data(block, room.len())),
            Data::None | Data::Granted(_) => {}
            Data::Packet(_) => unreachable!("a packet is never passed on as it is"),
        }
        self.bus.commit(node, length);
        self.meet_peer(node);
        self.trace_sent(node, letter.kind, letter.from.sequence, letter.to);
        Ok(())
    }

    /// This node talks to `node`: it is to be told when that is lost.
    pub(crate) fn meet_peer(&mut self, node: NodeId) {
        if self.peers[node.index()].is_none() {
            self.note_peer(node);
        }
    }

    /// This node talks to `node` for the first time since that was started.
    #[cold]
    fn note_peer(&mut self, node: NodeId) {
        if let PeerState::Up(epoch) = self.bus.peer(node) {
            self.peers[node.index()] = Some(epoch);
        }
    }

    /// Hands a message that is a header only to the bus. A ring without room drops it: every
    /// such message is asked for again.
    pub(crate) fn post_header(&mut self, node: NodeId, header: &Header) {
        let length = size_of::<Header>();
        if let Ok(packet) = self.bus.reserve(node, length) {
            packet[..length].copy_from_slice(header.as_bytes());
            self.bus.commit(node, length);
            if let Some(kind) = Kind::from_number(header.kind) {
                self.trace_sent(node, kind, header.sequence.get(), header.to());
            }
        }
    }

    /// Copies the first `length` bytes of a letter's data, which is here, into a block.
    pub(crate) fn keep_data(&mut self, data: Data, total: u32, block: u16) -> bool {
        let length = total as usize;
        if length > CARRIED_DATA {
            return false;
        }
        if let Data::Block(from) = data {
            self.pool.copy_block(from, block, length);
            return true;
        }
        let into = self.pool.data_mut(block, length);
        match data {
            Data::User(slot, from) => self.memory.copy_in(slot, from, into).is_ok(),
            Data::Packet(node) => match self.bus.peek(node).and_then(|packet| tail(packet, length))
            {
                Some(bytes) => {
                    into.copy_from_slice(bytes);
                    true
                }
                None => false,
            },
            Data::None => length == 0,
            Data::Block(_) | Data::Granted(_) => false,
        }
    }
}

/// The last `length` bytes of the message in `packet`, which may be longer than the message.
pub(crate) fn tail(packet: &[u8], length: usize) -> Option<&[u8]> {
    use zerocopy::FromBytes;
    let (header, _) = Header::ref_from_prefix(packet).ok()?;
    let end = usize::from(header.length.get());
    packet.get(end.checked_sub(length)?..end)
}
