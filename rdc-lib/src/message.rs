//! Messages (§4.4): a header of 32 bytes, extra data that lies where its owner has it, and at
//! most one reference.

use core::mem;

use abi::calls::args::Ptr;
use abi::constants::{Domain, HEADER_BYTES, RefType};
use abi::structs::{Keep, Msg, ObjectId, RefDescrip};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use crate::buffer::Buffer;
use crate::reference::{
    BufferHandle, Incarnation, Port, Received, Reference, Stream, StreamHandle,
};
use crate::window::{lent, lent_mut};

/// A message to be sent, and the place of the one that comes back or is received.
///
/// Its extra data is borrowed: either to be sent only, or as a buffer that the reply, or the
/// message that is received, overwrites.
#[derive(Debug)]
pub struct Message<'b> {
    raw: Msg,
    extra: Extra<'b>,
    /// The reference in `raw` that is the receiver's, not the sender's, once it is sent.
    given: Option<Reference>,
    /// Whether the reference in `raw` has come with a message.
    origin: Origin,
}

#[derive(Debug)]
enum Extra<'b> {
    None,
    Sent(&'b [u8]),
    Buffer(&'b mut [u8]),
}

/// Where the reference in a message stems from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Origin {
    /// From its sender, who has not sent it yet.
    Sender,
    /// From a message that has arrived: it is the holder's of this message.
    Arrived,
}

impl Default for Message<'_> {
    fn default() -> Self {
        Message::new()
    }
}

impl<'b> Message<'b> {
    /// A message whose header is zero, without data and reference.
    pub fn new() -> Message<'b> {
        Message { raw: Msg::new_zeroed(), extra: Extra::None, given: None, origin: Origin::Sender }
    }

    /// A message with this header: a structure of at most 32 bytes. What is left is zero.
    pub fn with_head<T: IntoBytes + Immutable>(head: &T) -> Message<'b> {
        let mut message = Message::new();
        message.set_head(head);
        message
    }

    /// Sends these bytes as extra data; a reply's data has no room then.
    #[must_use]
    pub fn data(mut self, data: &'b [u8]) -> Message<'b> {
        self.raw.m_cnt = (data.len() as u32).into();
        self.extra = Extra::Sent(data);
        self
    }

    /// Uses this buffer for extra data: its first `send` bytes are sent, at most all, and all
    /// of it is room for the data that comes.
    #[must_use]
    pub fn buffer(mut self, buffer: &'b mut [u8], send: usize) -> Message<'b> {
        self.raw.m_cnt = (send.min(buffer.len()) as u32).into();
        self.extra = Extra::Buffer(buffer);
        self
    }

    /// Sends a copy of a reference, which may go no further than `domain` and has no more
    /// rights than the original.
    #[must_use]
    pub fn reference<R: Propagate>(self, reference: &'b R, domain: Domain) -> Message<'b> {
        self.reference_with_rights(reference, domain, R::ALL_RIGHTS)
    }

    /// Sends a copy of a reference with these of its rights: [`abi::constants::inc_rights`] of
    /// an incarnation, [`abi::constants::buffer_rights`] of a buffer.
    #[must_use]
    pub fn reference_with_rights<R: Propagate>(
        mut self,
        reference: &'b R,
        domain: Domain,
        rights: u32,
    ) -> Message<'b> {
        self.drop_reference();
        self.raw.m_ref = describe(reference, domain, rights);
        self
    }

    /// Sends a reference and keeps none: it is closed here once the message is sent. If it
    /// cannot be sent, it is closed with the message.
    #[must_use]
    pub fn give<R: Propagate + Into<Reference>>(mut self, reference: R, domain: Domain) -> Self {
        self.drop_reference();
        self.raw.m_ref = describe(&reference, domain, R::ALL_RIGHTS);
        self.raw.m_ref.set_keep(Keep::Destroy);
        self.given = Some(reference.into());
        self
    }

    /// Overwrites the header.
    pub fn set_head<T: IntoBytes + Immutable>(&mut self, head: &T) {
        const { assert!(size_of::<T>() <= HEADER_BYTES, "a header has 32 bytes") };
        let (used, rest) = self.raw.m_head.split_at_mut(size_of::<T>());
        used.copy_from_slice(head.as_bytes());
        rest.fill(0);
    }

    /// The header, or that of the message that has come, as a structure of at most 32 bytes.
    pub fn head<T: FromBytes>(&self) -> T {
        const { assert!(size_of::<T>() <= HEADER_BYTES, "a header has 32 bytes") };
        T::read_from_bytes(&self.raw.m_head[..size_of::<T>()]).expect("the sizes are equal")
    }

    /// The extra data: that to be sent, or that which has come.
    pub fn extra(&self) -> &[u8] {
        let length = self.raw.m_cnt.get() as usize;
        match &self.extra {
            Extra::None => &[],
            Extra::Sent(data) => &data[..length.min(data.len())],
            Extra::Buffer(buffer) => &buffer[..length],
        }
    }

    /// Takes the reference that has come, once.
    pub fn take_reference(&mut self) -> Option<Received> {
        if self.origin == Origin::Sender {
            return None;
        }
        self.origin = Origin::Sender;
        Received::of(&mem::replace(&mut self.raw.m_ref, RefDescrip::NONE))
    }

    /// Bytes of extra data that the invoker of the message that has come takes as a reply.
    pub fn reply_room(&self) -> u32 {
        self.raw.m_nreply.get()
    }

    /// The message for a call that sends it and waits for no reply.
    pub(crate) fn outgoing(&mut self) -> Ptr<Msg> {
        self.drop_received();
        self.raw.m_base = self.base().into();
        lent_mut(self.raw.as_mut_bytes())
    }

    /// The message for a call that sends it and overwrites it with a reply.
    pub(crate) fn exchanged(&mut self) -> Ptr<Msg> {
        self.drop_received();
        self.raw.m_nreply = (self.room() as u32).into();
        self.raw.m_base = self.base().into();
        lent_mut(self.raw.as_mut_bytes())
    }

    /// The message for a call that overwrites it with one that arrives.
    pub(crate) fn incoming(&mut self) -> Ptr<Msg> {
        self.drop_reference();
        self.raw.m_cnt = (self.room() as u32).into();
        self.raw.m_base = self.base().into();
        lent_mut(self.raw.as_mut_bytes())
    }

    /// It was sent: what was given is the receiver's now.
    pub(crate) fn was_sent(&mut self) {
        if let Some(given) = self.given.take() {
            mem::forget(given);
            self.raw.m_ref = RefDescrip::NONE;
        }
    }

    /// The invocation is over: a reply with so many bytes of extra data has overwritten the
    /// message, unless its receiver let the invoker go without one.
    pub(crate) fn was_invoked(&mut self, length: u32, sent: &RefDescrip) {
        self.raw.m_cnt = length.min(self.room() as u32).into();
        if self.raw.m_ref == *sent {
            // No reply brings the identifier of a reference that was open before.
            return self.was_sent();
        }
        mem::forget(self.given.take());
        self.origin = Origin::Arrived;
    }

    /// The reference as it is before the message is sent.
    pub(crate) fn descriptor(&self) -> RefDescrip {
        self.raw.m_ref
    }

    /// The message for a call that sends it with this data, instead of its own.
    pub(crate) fn outgoing_with(&mut self, data: &[u8]) -> Ptr<Msg> {
        self.drop_received();
        self.raw.m_cnt = (data.len() as u32).into();
        self.raw.m_base = lent::<u8>(data).addr.into();
        self.extra = Extra::None;
        lent_mut(self.raw.as_mut_bytes())
    }

    /// A message that arrived has overwritten it.
    pub(crate) fn has_arrived(&mut self) {
        self.origin = Origin::Arrived;
    }

    /// No message arrived: there is no data.
    pub(crate) fn is_empty(&mut self) {
        self.raw.m_cnt = 0.into();
    }

    fn room(&self) -> usize {
        match &self.extra {
            Extra::None | Extra::Sent(_) => 0,
            Extra::Buffer(buffer) => buffer.len(),
        }
    }

    fn base(&mut self) -> u32 {
        match &mut self.extra {
            Extra::None => 0,
            Extra::Sent(data) => lent::<u8>(data).addr,
            Extra::Buffer(buffer) => lent_mut::<u8>(buffer).addr,
        }
    }

    /// A reference that has come and that nobody has taken is closed, not sent back.
    fn drop_received(&mut self) {
        if self.origin == Origin::Arrived {
            drop(self.take_reference());
        }
    }

    fn drop_reference(&mut self) {
        self.drop_received();
        self.given = None;
        self.raw.m_ref = RefDescrip::NONE;
    }
}

impl Drop for Message<'_> {
    fn drop(&mut self) {
        self.drop_received();
    }
}

fn describe<R: Propagate>(reference: &R, domain: Domain, rights: u32) -> RefDescrip {
    let (ref_type, object) = reference.object();
    RefDescrip { rd_obj: object, ..RefDescrip::new(ref_type, 0, domain, rights) }
}

/// What can be sent in a message (§4.6).
pub trait Propagate: sealed::Sealed {
    /// All rights that a copy can have.
    const ALL_RIGHTS: u32;

    /// Its type and name in a message.
    fn object(&self) -> (RefType, ObjectId);
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! propagate {
    ($($type:ident $rights:expr;)+) => {$(
        impl sealed::Sealed for $type {}

        impl Propagate for $type {
            const ALL_RIGHTS: u32 = $rights;

            fn object(&self) -> (RefType, ObjectId) {
                (RefType::$type, ObjectId { id: self.id().get().into(), count: 0.into() })
            }
        }
    )+};
}

propagate! {
    Stream 0;
    Port 0;
    StreamHandle 0;
    BufferHandle crate::buffer::READ | crate::buffer::WRITE;
    Incarnation abi::constants::inc_rights::ALL;
}

impl sealed::Sealed for Buffer {}

impl Propagate for Buffer {
    const ALL_RIGHTS: u32 = crate::buffer::READ | crate::buffer::WRITE;

    fn object(&self) -> (RefType, ObjectId) {
        (RefType::Buffer, ObjectId { id: self.base().into(), count: self.length().into() })
    }
}
