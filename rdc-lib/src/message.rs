//! Messages (§4.4): a header of 32 bytes, extra data that lies where its owner has it, and at
//! most one reference.

use core::mem;

use abi::calls::args::Ptr;
use abi::constants::{Domain, HEADER_BYTES, RefType};
use abi::error::CallError;
use abi::structs::{Keep, Msg, ObjectId, RefDescrip};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

use crate::buffer::Buffer;
use crate::reference::{
    BufferHandle, Incarnation, Port, PortHandle, Received, Reference, Stream, StreamHandle,
};
use crate::window::{lent, lent_mut};

/// The result of `inc_receive` when no message has come in time.
pub(crate) const NOTHING: u32 = 0;

/// A message to be sent, and the place of the one that comes back or is received.
///
/// Its extra data is borrowed: either to be sent only, or as a buffer that the reply, or the
/// message that is received, overwrites.
#[derive(Debug)]
pub struct Message<'b> {
    raw: Msg,
    extra: Extra<'b>,
    /// Bytes of extra data that can come.
    room: u32,
    carried: Carried,
}

#[derive(Debug)]
enum Extra<'b> {
    /// Neither data nor room: `m_cnt` and `m_base` are zero.
    None,
    Sent(&'b [u8]),
    Buffer(&'b mut [u8]),
}

/// The reference in a message, and whose it is.
#[derive(Debug)]
enum Carried {
    /// There is none: `m_ref` says so, too.
    None,
    /// Somebody else's, of which a copy is to be sent.
    Lent,
    /// To be sent: then it is the receiver's, and until then this message's.
    Given(Reference),
    /// It has come with a message that arrived, and is the holder's of this one.
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
        Message { raw: Msg::new_zeroed(), extra: Extra::None, room: 0, carried: Carried::None }
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
        self.room = 0;
        self
    }

    /// Uses this buffer for extra data: its first `send` bytes are sent, at most all, and all
    /// of it is room for the data that comes.
    #[must_use]
    pub fn buffer(mut self, buffer: &'b mut [u8], send: usize) -> Message<'b> {
        self.raw.m_cnt = (send.min(buffer.len()) as u32).into();
        self.room = buffer.len() as u32;
        self.extra = Extra::Buffer(buffer);
        self
    }

    /// Sends a copy of a reference, which may go no further than `domain` and has no more
    /// rights than the original.
    #[must_use]
    pub fn reference<R: Propagate>(self, reference: &'b R, domain: Domain) -> Message<'b> {
        self.reference_with_rights(reference, domain, reference.all_rights())
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
        self.carried = Carried::Lent;
        self
    }

    /// Sends a reference and keeps none: it is closed here once the message is sent. If it
    /// cannot be sent, it is closed with the message.
    #[must_use]
    pub fn give<R: Propagate + Into<Reference>>(mut self, reference: R, domain: Domain) -> Self {
        self.drop_reference();
        self.raw.m_ref = describe(&reference, domain, reference.all_rights());
        self.raw.m_ref.set_keep(Keep::Destroy);
        self.carried = Carried::Given(reference.into());
        self
    }

    /// Sends a reference as [`Message::give`] does, and leaves its value here: that stands for
    /// nothing once the message is sent, and for the reference again if it cannot be sent, or if
    /// a port is lost with the message.
    #[must_use]
    pub fn offer<R: Propagate>(mut self, reference: &'b R, domain: Domain) -> Message<'b> {
        self.drop_reference();
        self.raw.m_ref = describe(reference, domain, reference.all_rights());
        self.raw.m_ref.set_keep(Keep::Destroy);
        self.carried = Carried::Lent;
        self
    }

    /// Sends the reference that is described, as the description says.
    pub(crate) fn described(descriptor: &RefDescrip) -> Message<'b> {
        let mut message = Message::new();
        if descriptor.rd_type != RefType::None as u8 {
            message.raw.m_ref = *descriptor;
            message.carried = Carried::Lent;
        }
        message
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
            Extra::Buffer(buffer) => &buffer[..length.min(buffer.len())],
        }
    }

    /// Takes the reference that has come, once.
    pub fn take_reference(&mut self) -> Option<Received> {
        if !matches!(self.carried, Carried::Arrived) {
            return None;
        }
        self.carried = Carried::None;
        Received::of(&mem::replace(&mut self.raw.m_ref, RefDescrip::NONE))
    }

    /// Bytes of extra data that the invoker of the message that has come takes as a reply.
    pub fn reply_room(&self) -> u32 {
        self.raw.m_nreply.get()
    }

    /// Sends it by a call that overwrites nothing of it.
    #[inline]
    pub(crate) fn send(
        &mut self,
        call: impl FnOnce(Ptr<Msg>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        if self.is_bare() {
            return call(self.lent());
        }
        self.send_reference(call)
    }

    /// Sends it by a call that overwrites it with a reply, and answers how many bytes of data
    /// that has. If its receiver lets the invoker go without one, nothing is overwritten.
    #[inline]
    pub(crate) fn exchange(
        &mut self,
        call: impl FnOnce(Ptr<Msg>) -> Result<u32, CallError>,
    ) -> Result<(), CallError> {
        if !self.is_bare() {
            return self.exchange_reference(call);
        }
        self.trade(call)?;
        self.find_reference();
        Ok(())
    }

    /// Has a call overwrite it with a message that arrives, if the result says that one did.
    #[inline]
    pub(crate) fn receive(
        &mut self,
        call: impl FnOnce(Ptr<Msg>) -> Result<u32, CallError>,
    ) -> Result<u32, CallError> {
        if !self.is_bare() {
            self.drop_reference();
        }
        self.raw.m_cnt = self.room.into();
        let result = call(self.lent());
        match result {
            Ok(NOTHING) | Err(_) => self.raw.m_cnt = 0.into(),
            Ok(_) => self.find_reference(),
        }
        result
    }

    /// Sends it by a call with this data instead of its own.
    pub(crate) fn send_with(
        &mut self,
        data: &[u8],
        call: impl FnOnce(Ptr<Msg>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.extra = Extra::None;
        self.room = 0;
        self.raw.m_cnt = (data.len() as u32).into();
        self.raw.m_base = lent::<u8>(data).addr.into();
        let sent = self.send(call);
        self.raw.m_cnt = 0.into();
        self.raw.m_base = 0.into();
        sent
    }

    /// The message for a call that takes nothing but its header.
    pub(crate) fn heading(&mut self) -> Ptr<Msg> {
        self.drop_received();
        self.lent()
    }

    /// Whether there is no reference, which is the usual case and the short one.
    #[inline]
    fn is_bare(&self) -> bool {
        matches!(self.carried, Carried::None)
    }

    #[cold]
    #[inline(never)]
    fn send_reference(
        &mut self,
        call: impl FnOnce(Ptr<Msg>) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.drop_received();
        call(self.lent())?;
        self.was_sent();
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn exchange_reference(
        &mut self,
        call: impl FnOnce(Ptr<Msg>) -> Result<u32, CallError>,
    ) -> Result<(), CallError> {
        self.drop_received();
        let sent = self.raw.m_ref;
        self.trade(call)?;
        if self.raw.m_ref == sent {
            // No reply brings the identifier of a reference that was open before.
            self.was_sent();
        } else {
            mem::forget(mem::replace(&mut self.carried, Carried::None));
            self.find_reference();
        }
        Ok(())
    }

    /// Makes a call that answers how many bytes of data have replaced those that were sent.
    #[inline]
    fn trade(
        &mut self,
        call: impl FnOnce(Ptr<Msg>) -> Result<u32, CallError>,
    ) -> Result<(), CallError> {
        self.raw.m_nreply = self.room.into();
        let length = call(self.lent())?;
        self.raw.m_cnt = length.into();
        Ok(())
    }

    /// A message has overwritten this one, which has no reference of its own.
    #[inline]
    fn find_reference(&mut self) {
        if self.raw.m_ref.rd_type != RefType::None as u8 {
            self.carried = Carried::Arrived;
        }
    }

    /// The message for a call.
    #[inline]
    fn lent(&mut self) -> Ptr<Msg> {
        match &mut self.extra {
            Extra::None => {}
            Extra::Sent(data) => self.raw.m_base = lent::<u8>(data).addr.into(),
            Extra::Buffer(buffer) => self.raw.m_base = lent_mut::<u8>(buffer).addr.into(),
        }
        lent_mut(self.raw.as_mut_bytes())
    }

    /// It was sent: what was given is the receiver's now.
    fn was_sent(&mut self) {
        match mem::replace(&mut self.carried, Carried::None) {
            Carried::Given(reference) => {
                mem::forget(reference);
                self.raw.m_ref = RefDescrip::NONE;
            }
            other => self.carried = other,
        }
    }

    /// A reference that has come and that nobody has taken is closed, not sent back.
    #[cold]
    #[inline(never)]
    fn drop_received(&mut self) {
        drop(self.take_reference());
    }

    #[cold]
    #[inline(never)]
    fn drop_reference(&mut self) {
        self.drop_received();
        self.carried = Carried::None;
        self.raw.m_ref = RefDescrip::NONE;
    }
}

impl Drop for Message<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_bare() {
            self.drop_received();
        }
    }
}

fn describe<R: Propagate>(reference: &R, domain: Domain, rights: u32) -> RefDescrip {
    let (ref_type, object) = reference.object();
    RefDescrip { rd_obj: object, ..RefDescrip::new(ref_type, 0, domain, rights) }
}

/// What can be sent in a message (§4.6).
pub trait Propagate: sealed::Sealed {
    /// All rights that a copy can have.
    fn all_rights(&self) -> u32;

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
            fn all_rights(&self) -> u32 {
                $rights
            }

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
    PortHandle 0;
    BufferHandle crate::buffer::READ | crate::buffer::WRITE;
    Incarnation abi::constants::inc_rights::ALL;
}

impl sealed::Sealed for Buffer {}

impl Propagate for Buffer {
    fn all_rights(&self) -> u32 {
        crate::buffer::READ | crate::buffer::WRITE
    }

    fn object(&self) -> (RefType, ObjectId) {
        (RefType::Buffer, ObjectId { id: self.base().into(), count: self.length().into() })
    }
}

impl sealed::Sealed for Received {}

impl Propagate for Received {
    fn all_rights(&self) -> u32 {
        match self {
            Received::Buffer(handle, _) => handle.all_rights(),
            Received::Incarnation(incarnation) => incarnation.all_rights(),
            _ => 0,
        }
    }

    fn object(&self) -> (RefType, ObjectId) {
        match self {
            Received::Stream(stream) => stream.object(),
            Received::Port(port) => port.object(),
            Received::StreamHandle(handle) => handle.object(),
            Received::PortHandle(handle) => handle.object(),
            Received::Buffer(handle, length) => {
                let (ref_type, object) = handle.object();
                (ref_type, ObjectId { count: (*length).into(), ..object })
            }
            Received::Incarnation(incarnation) => incarnation.object(),
        }
    }
}
