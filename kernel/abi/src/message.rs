//! Kernel messages: what nodes say to each other (dissertation, §8.4).
//!
//! Every message opens with a [`Header`]: the kernel port that it is for, the global
//! identifier and type that this port must have (so that a stale address can never
//! mis-deliver), and which message of which source it is. An [`Invocation`] and a reply go on
//! with a [`Body`], then, as [`Flags`] say, an [`Obligation`], a [`WireReference`], a
//! [`WireGrant`], and what is left of the packet is data. All other kinds end with the header.
//!
//! [`Invocation`]: Kind::Invoke

use zerocopy::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::ids::NodeId;

/// Most bytes of data in one message (§B.4.1: "1.5K bytes"); more is pulled.
pub const INLINE_DATA: usize = 1536;

/// Most bytes of data that a kernel sends with a request or an answer of its own: room for one
/// message with all that belongs to it (see the batches of `kernel/core`'s `moving`).
pub const CARRIED_DATA: usize = INLINE_DATA + 160;

/// Most bytes of one message, everything included.
pub const PACKET: usize = size_of::<Header>() + size_of::<Body>() + CARRIED_DATA;

const _: () = assert!(
    size_of::<Obligation>() + size_of::<WireReference>() + size_of::<WireGrant>() <= 160,
    "a message of an incarnation fits into a packet"
);

const _: () = assert!(PACKET <= crate::ring::PAYLOAD_MAX as usize, "a message fits into a slot");

/// What a message is. "Answers" go to the ghost of the source that they answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// An invocation that waits for a reply; to a ghost or node service, a request.
    Invoke = 1,
    /// A message that waits to be queued.
    Send = 2,
    /// A message that waits to be queued, its data to be pulled later.
    AsInvoke = 3,
    /// A message that nobody waits for.
    Dgram = 4,
    /// Asks after a message that was delivered before: still at it?
    Probe = 5,
    /// Answer: the reply of an invocation.
    Reply = 6,
    /// Answer: queued.
    Accepted = 7,
    /// Answer: queued or being worked on; there is hope.
    InProgress = 8,
    /// Answer: no room now; to be sent again.
    Busy = 9,
    /// Answer: the address is no port of that identity (any more).
    NotHere = 10,
    /// Answer: refused for good; [`Header::hint`] is the error's code.
    Refused = 11,
    /// Answer: the obligation to reply went to the address in `from` and `to_id`.
    Moved = 12,
    /// Answer: the data of an asynchronous invocation is no longer needed.
    Done = 13,
    /// To the port that replied: the reply has arrived and need not be kept.
    Acknowledge = 14,
    /// To all nodes: who has a port of this identity?
    Locate = 15,
    /// Answer: I do; it is the kernel port in `from`.
    Here = 16,
    /// Answer: the port has moved to the address in `from`, the identity in `to_id`; the message
    /// was not taken.
    Elsewhere = 17,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 17] = [
        Self::Invoke,
        Self::Send,
        Self::AsInvoke,
        Self::Dgram,
        Self::Probe,
        Self::Reply,
        Self::Accepted,
        Self::InProgress,
        Self::Busy,
        Self::NotHere,
        Self::Refused,
        Self::Moved,
        Self::Done,
        Self::Acknowledge,
        Self::Locate,
        Self::Here,
        Self::Elsewhere,
    ];

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }
}

/// Which of the optional parts follow the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// Nothing but the body and data.
    pub const NONE: Self = Self(0);
    /// An [`Obligation`] follows: the message was forwarded.
    pub const OBLIGATION: Self = Self(1);
    /// A [`WireReference`] follows.
    pub const REFERENCE: Self = Self(2);
    /// A [`WireGrant`] follows, and no data: the data is pulled. Of a probe: it asks whether
    /// such data is still needed.
    pub const GRANT: Self = Self(4);
    /// Of a reply: nobody made it, the invoker runs on with its message as it was.
    pub const IMPLICIT: Self = Self(8);

    /// Whether all flags of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These flags and those of `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a kernel port is for (dissertation, §8.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PortType {
    /// The attachment of an incarnation's port to a channel; the identifier is the channel's.
    Channel = 1,
    /// The ghost of an incarnation; the identifier is the incarnation's.
    Ghost = 2,
    /// A node's loader; the identifier is not looked at.
    NodeService = 3,
    /// The same attachment as [`PortType::Channel`], for requests to the kernel that has it.
    Attachment = 4,
    /// All attachments at a node to the multicast channel of this identifier.
    Group = 5,
    /// The same attachment as [`PortType::Channel`], looked for by a backup port: the source.
    Backup = 6,
}

impl PortType {
    /// The type with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Channel),
            2 => Some(Self::Ghost),
            3 => Some(Self::NodeService),
            4 => Some(Self::Attachment),
            5 => Some(Self::Group),
            6 => Some(Self::Backup),
            _ => None,
        }
    }
}

/// The fast address of a kernel port: node, index there, and a generation that tells it from
/// earlier ports of the same index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KernelPort(pub u32);

impl KernelPort {
    /// No address: the port has to be located.
    pub const NONE: Self = Self(u32::MAX);

    /// The address of the port at `index` of `node`.
    pub const fn new(node: NodeId, index: u16, generation: u8) -> Self {
        Self((node.0 as u32) << 24 | (index as u32) << 8 | generation as u32)
    }

    /// No port in particular of `node`: whichever there has the identity that is wanted.
    pub const fn somewhere(node: NodeId) -> Self {
        Self::new(node, u16::MAX, 0)
    }

    /// The address of the loader of `node`.
    pub const fn loader(node: NodeId) -> Self {
        Self::new(node, 0, 0)
    }

    /// The node that the port lies on, unless this is [`KernelPort::NONE`].
    pub const fn node(self) -> NodeId {
        NodeId((self.0 >> 24) as u8)
    }

    /// The index of the port at its node.
    pub const fn index(self) -> usize {
        (self.0 >> 8 & 0xffff) as usize
    }

    /// The generation of the port.
    pub const fn generation(self) -> u8 {
        self.0 as u8
    }
}

/// The head of every kernel message: 36 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// [`Kind`].
    pub kind: u8,
    /// [`Flags`].
    pub flags: u8,
    /// Bytes of the whole message.
    pub length: U16,
    /// The [`KernelPort`] that it is for.
    pub to: U32,
    /// The [`PortType`] that `to` must have.
    pub to_type: u8,
    /// How often it was passed on by redirections.
    pub hops: u8,
    /// Of a message: where the receiving port remembers its source, as learnt from
    /// [`Kind::Accepted`] or [`Kind::Reply`] (0: not known). Of a refusal: the error's code.
    pub hint: U16,
    /// The [`GlobalId`](crate::ids::GlobalId) that `to` must have; of an answer, the source's again.
    pub to_id: U64,
    /// Of a message, the ghost that answers go to; of an answer, the port that it is from.
    pub from: U32,
    /// The global identifier of the source: a stream, or an incarnation for its kernel's
    /// requests.
    pub source: U64,
    /// Number of the message, counted by its source.
    pub sequence: U32,
}

impl Header {
    /// The kernel port that the message is for.
    pub fn to(&self) -> KernelPort {
        KernelPort(self.to.get())
    }

    /// Where answers go, or where an answer is from.
    pub fn from(&self) -> KernelPort {
        KernelPort(self.from.get())
    }

    /// The parts that follow.
    pub fn flags(&self) -> Flags {
        Flags(self.flags)
    }
}

/// What an invocation message or a reply carries besides data: 40 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Body {
    /// The application's header (`m_head`).
    pub head: [u8; 32],
    /// Bytes of extra data, here or to be pulled.
    pub total: U32,
    /// Bytes of extra data that the sender takes in a reply.
    pub capacity: U32,
}

impl Body {
    /// Whether there is no data, and none is taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        (self.total.get() | self.capacity.get()) == 0
    }
}

/// Who waits for the reply of a forwarded message: 16 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Obligation {
    /// The ghost of the first sender, a [`KernelPort`].
    pub ghost: U32,
    /// The first sender's stream.
    pub source: U64,
    /// The number of the message on that stream.
    pub sequence: U32,
}

/// A reference on its way between incarnations (§4.6): 40 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WireReference {
    /// The type, one of `RT_*`.
    pub kind: u8,
    /// Where it may be propagated further, one of `RD_*`.
    pub domain: u8,
    /// Of a stream: whether its channel is a multicast one.
    pub channel_type: U16,
    /// Rights, as its type defines them.
    pub rights: U32,
    /// The channel of a stream; else the incarnation that is referred to, or owns the object.
    pub id: U64,
    /// Where `id` was last known to be: a [`KernelPort`].
    pub port: U32,
    /// The stream that a stream handle refers to.
    pub object: U64,
    /// First byte of a buffer, in its owner's space.
    pub base: U32,
    /// Bytes of a buffer; the number of the offer of a port.
    pub length: U32,
    /// The RDC of the sender.
    pub rdc: U32,
}

/// A right to read data that does not fit into the message: 12 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WireGrant {
    /// The issuer's index.
    pub index: U32,
    /// Its generation.
    pub generation: U32,
    /// Bytes covered.
    pub length: U32,
}

/// A received message, its parts told apart and its lengths checked.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The body.
    pub body: &'a Body,
    /// Who waits for the reply, if it was forwarded.
    pub obligation: Option<&'a Obligation>,
    /// A reference that comes with it.
    pub reference: Option<&'a WireReference>,
    /// The right to pull its data.
    pub grant: Option<&'a WireGrant>,
    /// Its data, if that is here.
    pub data: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Takes apart what follows `header` in `packet`, the whole message; `None` if the lengths
    /// contradict each other.
    pub fn of(header: &Header, packet: &'a [u8]) -> Option<Self> {
        let rest = packet.get(size_of::<Header>()..usize::from(header.length.get()))?;
        let (body, rest) = Body::ref_from_prefix(rest).ok()?;
        let flags = header.flags();
        let (obligation, rest) = part(flags.has(Flags::OBLIGATION), rest)?;
        let (reference, rest) = part(flags.has(Flags::REFERENCE), rest)?;
        let (grant, data) = part(flags.has(Flags::GRANT), rest)?;
        let here = if grant.is_some() { 0 } else { body.total.get() as usize };
        (data.len() == here && here <= CARRIED_DATA).then_some(Self {
            body,
            obligation,
            reference,
            grant,
            data,
        })
    }
}

/// The optional part `T` at the start of `rest`, and what follows it.
fn part<T>(present: bool, rest: &[u8]) -> Option<(Option<&T>, &[u8])>
where
    T: FromBytes + Immutable + KnownLayout + Unaligned,
{
    if !present {
        return Some((None, rest));
    }
    let (part, rest) = T::ref_from_prefix(rest).ok()?;
    Some((Some(part), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_the_documented_sizes() {
        let sizes = [
            size_of::<Header>(),
            size_of::<Body>(),
            size_of::<Obligation>(),
            size_of::<WireReference>(),
            size_of::<WireGrant>(),
        ];
        assert_eq!(sizes, [36, 40, 16, 40, 12]);
    }

    #[test]
    fn kinds_are_found_by_their_numbers() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_number(kind as u8), Some(kind));
        }
        assert_eq!(Kind::from_number(0), None);
        assert_eq!(Kind::from_number(18), None);
    }

    #[test]
    fn an_address_keeps_its_parts() {
        let port = KernelPort::new(NodeId(63), 0xabcd, 7);
        assert_eq!((port.node(), port.index(), port.generation()), (NodeId(63), 0xabcd, 7));
    }

    /// A send of `data` with the given flags, whose length field says `length`.
    fn packet(flags: Flags, total: u32, trailing: usize, length: usize) -> ([u8; 256], Header) {
        let mut header = Header::read_from_bytes(&[0; 36]).expect("36 bytes");
        header.kind = Kind::Send as u8;
        header.flags = flags.0;
        header.length = U16::new(length as u16);
        let mut bytes = [0; 256];
        bytes[68..72].copy_from_slice(&total.to_be_bytes());
        assert!(36 + 40 + trailing <= bytes.len());
        (bytes, header)
    }

    #[test]
    fn a_message_is_taken_apart() {
        let (bytes, header) = packet(Flags::REFERENCE, 5, 45, 121);
        let parts = Parts::of(&header, &bytes).expect("lengths agree");
        assert!(parts.reference.is_some() && parts.grant.is_none());
        assert_eq!(parts.data.len(), 5);
    }

    #[test]
    fn contradicting_lengths_are_refused() {
        let cases = [
            packet(Flags::NONE, 5, 4, 80),
            packet(Flags::NONE, 5, 6, 82),
            packet(Flags::GRANT, 5000, 11, 87),
            packet(Flags::NONE, 0, 0, 75),
            packet(Flags::NONE, u32::MAX, 0, 76),
        ];
        for (bytes, header) in cases {
            assert!(Parts::of(&header, &bytes).is_none(), "{header:?}");
        }
        let (bytes, header) = packet(Flags::NONE, 0, 0, 300);
        assert!(Parts::of(&header, &bytes).is_none(), "longer than what was received");
    }
}
