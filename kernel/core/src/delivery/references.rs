//! References in messages (dissertation, §4.6): a copy is sent, with rights that only shrink.

use abi::constants::{ChannelType, Domain, RefType, buffer_rights, port_flags};
use abi::error::CallError;
use abi::ids::{GlobalId, UserAddr};
use abi::message::{KernelPort, WireReference};
use abi::structs::{Keep, RefDescrip};
use zerocopy::big_endian::{U16, U32, U64};

use crate::incarnation::{Carried, Offered};
use crate::platform::{Access, Memory, Platform, Slot, UserRange};
use crate::probes::Answers;
use crate::reference::{
    BufferHandle, IncHandle, Interest, Pending, PortHandle, Reference, StreamHandle, StreamState,
};
use crate::state::State;
use crate::stream::Stream;

/// A reference as it goes into a message, and what becomes of the sender's.
type Outgoing = Option<(WireReference, Carried)>;

/// To whom a message goes that carries a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receivers {
    /// To one receiver, reliably.
    One,
    /// To any number of receivers, or it may be lost: no port goes with it that only one can
    /// have.
    Any,
}

impl<P: Platform> State<P> {
    /// The copy that `slot` sends of the reference in `descriptor`.
    pub(crate) fn copy_reference(
        &mut self,
        slot: Slot,
        descriptor: &RefDescrip,
        receivers: Receivers,
    ) -> Result<Outgoing, CallError> {
        let ref_type = descriptor.ref_type().ok_or(CallError::BadArgument)?;
        if ref_type == RefType::None {
            return Ok(None);
        }
        let wanted = descriptor.domain().ok_or(CallError::BadArgument)?;
        if ref_type == RefType::Buffer {
            return self.copy_buffer(slot, descriptor, wanted).map(Some);
        }
        let ghost = self.ports.ghost_of(slot);
        let incarnation = self.caller(slot);
        let (id, rdc) = (incarnation.id, incarnation.rdc);
        let index = incarnation.references.index(descriptor.rd_obj.id.get())?;
        let reference = incarnation.references.at(index).ok_or(CallError::NoSuchReference)?;
        if reference.ref_type() != ref_type {
            return Err(CallError::WrongReferenceType);
        }
        let mut wire = write_wire(reference, descriptor.flags(), (id, ghost))?;
        wire.domain = narrower(domain_of(reference)?, wanted)? as u8;
        wire.rdc = U32::new(rdc.get());
        let carried = match (reference, descriptor.keep()) {
            (Reference::Port(port), keep) => {
                if receivers == Receivers::Any && port.channel_type()? == ChannelType::Unicast {
                    return Err(CallError::NoPropagation);
                }
                let holds = descriptor.flags() & port_flags::HOLD != 0;
                wire.base = U32::new(u32::from(keep == Keep::Keep));
                Carried::Port(Offered { index, keep, holds })
            }
            (_, Keep::Keep) => Carried::Copy,
            (_, Keep::Destroy) => Carried::Closing(index),
        };
        if matches!(carried, Carried::Port(_)) && self.is_backup(slot, index) {
            return Err(CallError::NoPropagation);
        }
        Ok(Some((wire, carried)))
    }

    /// The form of the reference at `index` of `slot` in a request of its kernel, which needs
    /// no permission to pass it on.
    pub(crate) fn wire_of(&mut self, slot: Slot, index: u16) -> Result<WireReference, CallError> {
        let ghost = self.ports.ghost_of(slot);
        let incarnation = self.caller(slot);
        let reference = incarnation.references.at(index).ok_or(CallError::NoSuchReference)?;
        write_wire(reference, reference.flags(), (incarnation.id, ghost))
    }

    /// A handle to a buffer of the sender itself.
    fn copy_buffer(
        &mut self,
        slot: Slot,
        descriptor: &RefDescrip,
        domain: Domain,
    ) -> Result<(WireReference, Carried), CallError> {
        let rights = descriptor.flags() & (buffer_rights::READ | buffer_rights::WRITE);
        let base = UserAddr(descriptor.rd_obj.id.get());
        let range = UserRange { base, length: descriptor.rd_obj.count.get() };
        if base.range(range.length).is_none() {
            return Err(CallError::BadLength);
        }
        let access = if rights & buffer_rights::WRITE == 0 { Access::Read } else { Access::Write };
        self.memory.check(slot, range, access).map_err(|_| CallError::BadAddress)?;
        let ghost = self.ports.ghost_of(slot);
        let incarnation = self.caller(slot);
        let handle = Reference::Buffer(BufferHandle {
            owner: incarnation.id,
            ghost,
            base,
            length: range.length,
            rights,
            domain,
        });
        let rdc = incarnation.rdc;
        let mut wire = write_wire(&handle, rights, (incarnation.id, ghost))?;
        wire.domain = domain as u8;
        wire.rdc = U32::new(rdc.get());
        Ok((wire, Carried::Copy))
    }
}

/// Where a reference may be propagated at most.
pub(crate) fn domain_of(reference: &Reference) -> Result<Domain, CallError> {
    match reference {
        Reference::Incarnation(handle) => Ok(handle.domain),
        Reference::Stream(stream) => Ok(stream.domain),
        Reference::Port(port) => Ok(port.domain),
        Reference::StreamHandle(handle) => Ok(handle.domain),
        Reference::PortHandle(handle) => Ok(handle.domain),
        Reference::Buffer(buffer) => Ok(buffer.domain),
        Reference::Reply(_) => Err(CallError::NoPropagation),
    }
}

/// The narrower of what the sender has and what he gives.
fn narrower(own: Domain, given: Domain) -> Result<Domain, CallError> {
    match (own, given) {
        (Domain::NoFurther, _) => Err(CallError::NoPropagation),
        (_, Domain::NoFurther) => Ok(Domain::NoFurther),
        (Domain::Rdc, _) | (_, Domain::Rdc) => Ok(Domain::Rdc),
        (Domain::Any, Domain::Any) => Ok(Domain::Any),
    }
}

/// The form of a reference in a message, with no more rights than `rights`; `owner` is who
/// sends it. Domain and RDC are left open.
pub(crate) fn write_wire(
    reference: &Reference,
    rights: u32,
    owner: (GlobalId, KernelPort),
) -> Result<WireReference, CallError> {
    let mut wire = WireReference {
        kind: reference.ref_type() as u8,
        domain: Domain::NoFurther as u8,
        channel_type: U16::ZERO,
        rights: U32::ZERO,
        id: U64::new(owner.0.bits()),
        port: U32::new(owner.1.0),
        object: U64::ZERO,
        base: U32::ZERO,
        length: U32::ZERO,
        rdc: U32::ZERO,
    };
    match reference {
        Reference::Incarnation(handle) => {
            wire.rights = U32::new(handle.rights & rights);
            wire.id = U64::new(handle.id.bits());
            wire.port = U32::new(handle.ghost.0);
        }
        Reference::Stream(stream) => {
            wire.channel_type = U16::new(stream.channel_type as u16);
            wire.id = U64::new(stream.channel.bits());
            wire.port = U32::new(stream.port.0);
        }
        Reference::StreamHandle(handle) => {
            wire.id = U64::new(handle.owner.bits());
            wire.port = U32::new(handle.ghost.0);
            wire.object = U64::new(handle.stream.bits());
        }
        Reference::Buffer(buffer) => {
            wire.rights = U32::new(buffer.rights & rights);
            wire.id = U64::new(buffer.owner.bits());
            wire.port = U32::new(buffer.ghost.0);
            wire.base = U32::new(buffer.base.0);
            wire.length = U32::new(buffer.length);
        }
        Reference::PortHandle(handle) => {
            wire.id = U64::new(handle.owner.bits());
            wire.port = U32::new(handle.ghost.0);
            wire.object = U64::new(handle.port.bits());
        }
        // Its channels are told when it is fetched.
        Reference::Port(port) => {
            wire.channel_type = U16::new(port.channel_type()? as u16);
            wire.rights = U32::new(rights & (port_flags::MOVE_QUEUE | port_flags::HOLD));
            wire.object = U64::new(port.id.bits());
            wire.length = U32::new(port.offers.into());
        }
        Reference::Reply(_) => return Err(CallError::NoPropagation),
    }
    Ok(wire)
}

/// The reference in a message; `None` if it is none that this kernel knows.
pub(crate) fn read_wire(wire: &WireReference) -> Option<Reference> {
    let id = GlobalId::from_bits(wire.id.get())?;
    let port = KernelPort(wire.port.get());
    let domain = Domain::from_value(i32::from(wire.domain))?;
    Some(match RefType::from_value(i32::from(wire.kind))? {
        RefType::Incarnation => Reference::Incarnation(IncHandle {
            id,
            ghost: port,
            rights: wire.rights.get(),
            domain,
            interest: 0,
            pending: Pending::default(),
            answers: Answers::Missing(0),
        }),
        // The stream of the copy is a stream of its own, whose identity is set by whoever
        // enters it into a table.
        RefType::Stream => {
            let channel_type = ChannelType::from_value(i32::from(wire.channel_type.get()))?;
            Reference::Stream(Stream { domain, ..Stream::new(id, id, channel_type, port) })
        }
        RefType::StreamHandle => Reference::StreamHandle(StreamHandle {
            stream: GlobalId::from_bits(wire.object.get())?,
            owner: id,
            ghost: port,
            domain,
            interest: Interest::Unregistered,
            state: StreamState::Open,
        }),
        RefType::PortHandle => Reference::PortHandle(PortHandle {
            port: GlobalId::from_bits(wire.object.get())?,
            owner: id,
            ghost: port,
            domain,
        }),
        RefType::BufferHandle => Reference::Buffer(BufferHandle {
            owner: id,
            ghost: port,
            base: UserAddr(wire.base.get()),
            length: wire.length.get(),
            rights: wire.rights.get(),
            domain,
        }),
        _ => return None,
    })
}
