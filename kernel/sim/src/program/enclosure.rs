//! References in messages: what a program encloses, and what its receiver holds it
//! to.

use abi::constants::{Domain, RefType, buffer_rights, inc_rights};
use abi::structs::{Keep, ObjectId, RefDescrip};
use zerocopy::byteorder::big_endian::U32;

use super::World;
use super::desk::{LIBRARY, Place, WRITABLE};
use super::payload::Head;
use super::post::Contact;
use crate::memory::DATA_BASE;
use crate::oracle::{ChannelUid, IncUid, StreamUid, Violation};

/// Size of a part of the library that others may read.
pub const SHELF: u32 = 0x2000;
/// Size of a part that others may write.
pub const SLATE: u32 = 0x800;
/// Parts that others may write.
pub const SLATES: u32 = WRITABLE.length() / SLATE;

/// A reference about to be propagated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enclosure {
    /// a stream
    Stream {
        /// where it leads
        channel: ChannelUid,
        /// its identifier
        reference: u32,
        /// whether the sender keeps it
        keep: Keep,
    },
    /// a port, which the sender gives away
    Port {
        /// the channel that it is attached to
        channel: ChannelUid,
        /// its identifier
        reference: u32,
        /// how it is propagated
        flags: u32,
    },
    /// a handle to a stream
    Handle {
        /// the stream
        stream: StreamUid,
        /// the identifier of the handle
        reference: u32,
    },
    /// the sender's handle to itself, to be asked for its state, heard events of, and made dependent, no more
    Myself {
        /// the sender
        uid: IncUid,
        /// the identifier of the handle
        reference: u32,
    },
    /// somebody else's handle that came in this way, and must not go further
    Peer(Peer),
    /// a part of the library, to be read
    Shelf(u32),
    /// a part that the receiver alone may write, and read
    Slate(u32),
}

/// A reference that came in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gift {
    /// a stream
    Contact(Contact),
    /// a handle to a stream
    Handle {
        /// the stream
        stream: StreamUid,
        /// the identifier of the handle
        reference: u32,
    },
    /// a port
    Port {
        /// the channel that it is attached to
        channel: ChannelUid,
        /// its identifier
        reference: u32,
    },
    /// a handle to the sender
    Peer(Peer),
    /// a buffer
    Buffer(Buffer),
}

/// Another incarnation, of which one may ask the state and hear of events, and which one may make dependent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// which
    pub uid: IncUid,
    /// the identifier of the handle
    pub reference: u32,
}

/// What `inc_testReference` says of the handle to a [`Peer`].
pub const PEER_REFERENCE: u32 = RefType::Incarnation as u32 | PEER_RIGHTS << 8;

/// What one may do to a [`Peer`].
const PEER_RIGHTS: u32 = inc_rights::STATUS | inc_rights::EVENTS | inc_rights::DEPEND;

/// A buffer of another incarnation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffer {
    /// its handle
    pub handle: u32,
    /// whose memory it is
    pub owner: IncUid,
    /// where it lies in the owner's data
    pub offset: u32,
    /// its size in bytes
    pub length: u32,
    /// what its holder knows of its bytes
    pub content: Content,
}

/// What the holder of a buffer knows of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// those of the owner's library; it must not be written
    Library,
    /// anything: nobody has written it
    Unwritten,
    /// what its holder has written
    Written,
}

impl Enclosure {
    /// Type and identity as the header of the message states them.
    pub fn stated(self) -> (RefType, u32) {
        match self {
            Enclosure::Stream { channel, .. } => (RefType::Stream, channel.0),
            Enclosure::Port { channel, .. } => (RefType::Port, channel.0),
            Enclosure::Handle { stream, .. } => (RefType::StreamHandle, stream.0),
            Enclosure::Myself { uid, .. } | Enclosure::Peer(Peer { uid, .. }) => {
                (RefType::Incarnation, uid.0)
            }
            Enclosure::Shelf(_) | Enclosure::Slate(_) => {
                (RefType::BufferHandle, self.place().address() - DATA_BASE)
            }
        }
    }

    /// The descriptor for the kernel.
    pub fn described(self) -> RefDescrip {
        match self {
            Enclosure::Stream { reference, keep, .. } => {
                let mut described = RefDescrip::new(RefType::Stream, reference, Domain::Any, 0);
                described.set_keep(keep);
                described
            }
            Enclosure::Port { reference, flags, .. } => {
                let mut described = RefDescrip::new(RefType::Port, reference, Domain::Any, flags);
                described.set_keep(Keep::Destroy);
                described
            }
            Enclosure::Myself { reference, .. } | Enclosure::Peer(Peer { reference, .. }) => {
                RefDescrip::new(RefType::Incarnation, reference, Domain::NoFurther, PEER_RIGHTS)
            }
            Enclosure::Handle { reference, .. } => {
                RefDescrip::new(RefType::StreamHandle, reference, Domain::Any, 0)
            }
            Enclosure::Shelf(_) => self.buffer(buffer_rights::READ),
            Enclosure::Slate(_) => self.buffer(buffer_rights::READ | buffer_rights::WRITE),
        }
    }

    fn buffer(self, rights: u32) -> RefDescrip {
        let place = self.place();
        let rd_obj = ObjectId { id: U32::new(place.address()), count: U32::new(place.length()) };
        RefDescrip { rd_obj, ..RefDescrip::new(RefType::Buffer, 0, Domain::Any, rights) }
    }

    fn place(self) -> Place {
        match self {
            Enclosure::Slate(index) => WRITABLE.part(index, SLATE),
            Enclosure::Shelf(index) => LIBRARY.part(index, SHELF),
            _ => unreachable!("{self:?} is no memory"),
        }
    }
}

/// Takes the reference that came with the message of `head`, which must be of the
/// type that the header states.
pub fn take(
    who: IncUid,
    head: &Head,
    came: &RefDescrip,
    world: &mut World<'_>,
) -> Result<Option<Gift>, Violation> {
    let sent = head.reference.get();
    // Whoever has offered a port may be lost before it is fetched.
    let is_none = came.ref_type() == Some(RefType::None);
    if is_none
        && sent == RefType::Port as u32
        && world.oracle.may_have_lost(IncUid(head.sender.get()), world.now_us)
    {
        return Ok(None);
    }
    if u32::from(came.rd_type) != sent {
        return Err(Violation::ReferenceChanged {
            incarnation: who,
            sent,
            held: i32::from(came.rd_type),
        });
    }
    let (reference, length) = (came.rd_obj.id.get(), came.rd_obj.count.get());
    let carried = head.carried.get();
    Ok(match came.ref_type() {
        Some(RefType::Stream) => {
            let channel = ChannelUid(carried);
            let stream = world.oracle.streams.open(who, channel);
            Some(Gift::Contact(Contact { reference, stream, channel }))
        }
        Some(RefType::Port) => {
            let channel = ChannelUid(carried);
            world.oracle.moved(channel, who);
            Some(Gift::Port { channel, reference })
        }
        Some(RefType::StreamHandle) => Some(Gift::Handle { stream: StreamUid(carried), reference }),
        Some(RefType::Incarnation) => Some(Gift::Peer(Peer { uid: IncUid(carried), reference })),
        Some(RefType::BufferHandle) => {
            let owner = IncUid(head.sender.get());
            Some(Gift::Buffer(buffer(who, owner, (reference, length), carried)?))
        }
        _ => None,
    })
}

/// The buffer behind a handle, which must have the size that its place gives it.
fn buffer(
    who: IncUid,
    owner: IncUid,
    (handle, length): (u32, u32),
    offset: u32,
) -> Result<Buffer, Violation> {
    let slate = DATA_BASE + offset >= WRITABLE.address();
    let (expected, content) =
        if slate { (SLATE, Content::Unwritten) } else { (SHELF, Content::Library) };
    if length != expected {
        return Err(Violation::Corrupted { incarnation: who, what: "the size of a buffer" });
    }
    Ok(Buffer { handle, owner, offset, length, content })
}
