//! References (§3.2.2): what an incarnation may name, and what it may do with it. Each type of
//! reference is a type of Rust here; a value of it is open as long as it lives, and closed when
//! it is dropped.

use core::mem;

use abi::calls::args::{AnyRef, Ref};
use abi::constants::RefType;
use abi::error::CallError;
use abi::ids::RefId;
use abi::structs::RefDescrip;

use crate::trap::Calls;

/// An open reference of any type: closed when it is dropped.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference(RefId);

impl Reference {
    /// The reference of this identifier; none if it cannot be one.
    #[inline]
    pub(crate) fn from_raw(raw: u32) -> Option<Reference> {
        RefId::from_raw(raw).map(Reference)
    }

    /// The identifier, as the kernel knows it.
    pub fn id(&self) -> RefId {
        self.0
    }

    /// The identifier as an argument of calls on streams, ports and handles.
    #[inline]
    pub(crate) fn argument(&self) -> Ref {
        Ref(self.0.get())
    }

    /// The identifier as an argument of calls on incarnations and on anything.
    #[inline]
    pub(crate) fn any(&self) -> AnyRef {
        AnyRef(self.0.get())
    }

    /// Leaves it open and gives up its ownership.
    #[inline]
    pub(crate) fn into_id(self) -> RefId {
        let id = self.0;
        mem::forget(self);
        id
    }

    /// Its type and its flags, such as rights (`inc_testReference`). The type is
    /// [`RefType::None`] if it is not open any more.
    pub fn test(&self) -> (RefType, u32) {
        test(self.0)
    }

    /// Closes it, and says whether that succeeded (`inc_close`).
    pub fn close(self) -> Result<(), CallError> {
        let closed = Calls::inc_close(self.any());
        mem::forget(self);
        closed
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // A reference that the kernel has taken away already is closed, which is what counts.
        let _ = Calls::inc_close(self.any());
    }
}

/// The type and the flags of the reference with this identifier, if there is one
/// (`inc_testReference`).
pub fn test(id: RefId) -> (RefType, u32) {
    let bits = Calls::inc_testReference(AnyRef(id.get())).unwrap_or_default();
    (RefType::from_value((bits & 0xff) as i32).unwrap_or(RefType::None), bits >> 8)
}

/// Declares the types of references.
macro_rules! references {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, PartialEq, Eq)]
        pub struct $name(pub(crate) Reference);

        impl $name {
            /// Takes over the reference of this identifier, which is open and of this type
            /// and which nobody else closes: otherwise calls on it fail.
            pub fn from_raw(id: RefId) -> $name {
                $name(Reference(id))
            }

            /// Gives up the ownership: the reference stays open.
            #[inline]
            pub fn into_raw(self) -> RefId {
                self.0.into_id()
            }

            /// The identifier, as the kernel knows it.
            pub fn id(&self) -> RefId {
                self.0.id()
            }

            /// Closes it, and says whether that succeeded (`inc_close`).
            pub fn close(self) -> Result<(), CallError> {
                self.0.close()
            }
        }

        impl AsRef<Reference> for $name {
            fn as_ref(&self) -> &Reference {
                &self.0
            }
        }

        impl From<$name> for Reference {
            fn from(reference: $name) -> Reference {
                reference.0
            }
        }
    )+};
}

references! {
    /// Where messages are sent: leads to whatever port is attached to its channel.
    Stream;
    /// Where messages are received.
    Port;
    /// Names a stream without being able to send by it: to select its messages, to learn of
    /// its end, and to rebind it.
    StreamHandle;
    /// Names a port without being able to receive at it.
    PortHandle;
    /// Leads to a buffer of another incarnation.
    BufferHandle;
    /// Names an incarnation, with rights to control it.
    Incarnation;
    /// The right to reply to an invocation. Dropped without a reply, it leaves the invoker
    /// with [`CallError::OutcomeUnknown`].
    ReplyHandle;
}

/// A reference that came in a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// A stream.
    Stream(Stream),
    /// A port.
    Port(Port),
    /// A stream handle.
    StreamHandle(StreamHandle),
    /// A port handle.
    PortHandle(PortHandle),
    /// A buffer of somebody else, and its size in bytes.
    Buffer(BufferHandle, u32),
    /// An incarnation.
    Incarnation(Incarnation),
}

impl Received {
    /// The reference that a message on its arrival describes.
    pub(crate) fn of(descriptor: &RefDescrip) -> Option<Received> {
        let reference = || Reference::from_raw(descriptor.rd_obj.id.get());
        Some(match descriptor.ref_type()? {
            RefType::Stream => Received::Stream(Stream(reference()?)),
            RefType::Port => Received::Port(Port(reference()?)),
            RefType::StreamHandle => Received::StreamHandle(StreamHandle(reference()?)),
            RefType::PortHandle => Received::PortHandle(PortHandle(reference()?)),
            RefType::BufferHandle => {
                Received::Buffer(BufferHandle(reference()?), descriptor.rd_obj.count.get())
            }
            RefType::Incarnation => Received::Incarnation(Incarnation(reference()?)),
            RefType::None | RefType::Buffer | RefType::ReplyHandle => return None,
        })
    }
}

impl AsRef<Reference> for Received {
    fn as_ref(&self) -> &Reference {
        match self {
            Received::Stream(stream) => &stream.0,
            Received::Port(port) => &port.0,
            Received::StreamHandle(handle) => &handle.0,
            Received::PortHandle(handle) => &handle.0,
            Received::Buffer(handle, _) => &handle.0,
            Received::Incarnation(incarnation) => &incarnation.0,
        }
    }
}

impl Received {
    /// A second value for the same reference: only one of them may be dropped.
    pub(crate) fn clone_of(other: &Received) -> Received {
        let same = |reference: &Reference| Reference(reference.id());
        match other {
            Received::Stream(stream) => Received::Stream(Stream(same(&stream.0))),
            Received::Port(port) => Received::Port(Port(same(&port.0))),
            Received::StreamHandle(handle) => Received::StreamHandle(StreamHandle(same(&handle.0))),
            Received::PortHandle(handle) => Received::PortHandle(PortHandle(same(&handle.0))),
            Received::Buffer(handle, length) => {
                Received::Buffer(BufferHandle(same(&handle.0)), *length)
            }
            Received::Incarnation(incarnation) => {
                Received::Incarnation(Incarnation(same(&incarnation.0)))
            }
        }
    }
}

/// A type of references that come in messages.
pub trait Typed: TryFrom<Received, Error = CallError> {
    /// The reference in `received`, if it is of this type.
    fn look(received: &Received) -> Option<&Self>;
}

/// Declares what a reference that came may be taken for.
macro_rules! typed {
    ($($name:ident $pattern:pat => $reference:ident;)+) => {$(
        impl TryFrom<Received> for $name {
            type Error = CallError;

            /// [`CallError::WrongReferenceType`], and it is closed, if it is of another type.
            fn try_from(received: Received) -> Result<$name, CallError> {
                match received {
                    $pattern => Ok($reference),
                    _ => Err(CallError::WrongReferenceType),
                }
            }
        }

        impl Typed for $name {
            fn look(received: &Received) -> Option<&$name> {
                match received {
                    $pattern => Some($reference),
                    _ => None,
                }
            }
        }
    )+};
}

typed! {
    Stream Received::Stream(stream) => stream;
    Port Received::Port(port) => port;
    StreamHandle Received::StreamHandle(handle) => handle;
    PortHandle Received::PortHandle(handle) => handle;
    BufferHandle Received::Buffer(handle, _) => handle;
    Incarnation Received::Incarnation(incarnation) => incarnation;
}
