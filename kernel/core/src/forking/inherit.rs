//! The references of a forked child (§5.3): those of its parent under the same identifiers, but
//! for its ports, which are its own.

use abi::constants::{ChannelType, Domain};
use abi::error::CallError;
use abi::ids::{GlobalId, RefId};
use abi::message::WireReference;

use super::parent::{ADDRESSES, FIRST_ADDRESS};
use super::record::{AttachedRecord, EntryRecord, FreeRecord, entry, take};
use crate::delivery::references::read_wire;
use crate::loader::own_handle;
use crate::operation::Answer;
use crate::platform::{Platform, Slot};
use crate::port::{Attachment, Port};
use crate::reference::{IncHandle, Reference};
use crate::state::State;
use crate::stream::Stream;

impl<P: Platform> State<P> {
    /// Enters the references in a block behind those that the child in `slot` has already. The
    /// addresses of ports that its parent wants to know go into `answer`.
    pub(super) fn inherit_references(
        &mut self,
        slot: Slot,
        (block, total): (u16, u32),
        answer: &mut Answer,
    ) -> Result<(), CallError> {
        let mut at = 0;
        while at < total as usize {
            let mut rest = self.pool.data(block, total as usize).get(at..).unwrap_or_default();
            let before = rest.len();
            let record: EntryRecord = take(&mut rest).ok_or(CallError::PeerLost)?;
            let (mut free, mut wire, mut attached) = (None, None, None);
            match record.kind {
                entry::FREE => free = take::<FreeRecord>(&mut rest),
                entry::COPY => wire = take::<WireReference>(&mut rest),
                entry::ATTACHED => attached = take::<AttachedRecord>(&mut rest),
                _ => {}
            }
            at += before - rest.len();
            let generation = record.generation.get();
            if let Some(free) = free {
                self.caller(slot).references.restore_free(generation, free.count.get())?;
                continue;
            }
            let reference = match (record.kind, wire, attached) {
                (entry::MYSELF, ..) => Some(self.child_itself(slot, record.domain)),
                (entry::PORT, ..) => Some(Reference::Port(self.child_port(record.domain))),
                (entry::COPY, Some(wire), _) => self.copy_for_child(&wire),
                (entry::ATTACHED, _, Some(attached)) => {
                    let port = self.attach_for_child(slot, record.domain, &attached, answer)?;
                    Some(Reference::Port(port))
                }
                _ => return Err(CallError::PeerLost),
            };
            let references = &mut self.caller(slot).references;
            match reference {
                Some(reference) => references.restore(generation, reference)?,
                None => references.restore_free(generation, 1)?,
            }
        }
        Ok(())
    }

    fn child_itself(&mut self, slot: Slot, domain: u8) -> Reference {
        let ghost = self.ports.ghost_of(slot);
        let handle = own_handle(self.caller(slot).id, ghost);
        Reference::Incarnation(IncHandle { domain: domain_from(domain), ..handle })
    }

    /// A port that is attached to nothing, so that its owner decides when messages come (§5.3).
    fn child_port(&mut self, domain: u8) -> Port {
        Port { domain: domain_from(domain), ..Port::new(self.new_id()) }
    }

    /// What the parent has, in a place of its own. What this kernel does not know is nothing.
    fn copy_for_child(&mut self, wire: &WireReference) -> Option<Reference> {
        match read_wire(wire)? {
            Reference::Stream(stream) => {
                let (id, limit) = (self.new_id(), wire.length.get());
                Some(Reference::Stream(Stream { id, limit, ..stream }))
            }
            other => Some(other),
        }
    }

    /// A port that is attached to the channel that was chosen for it.
    fn attach_for_child(
        &mut self,
        slot: Slot,
        domain: u8,
        attached: &AttachedRecord,
        answer: &mut Answer,
    ) -> Result<Port, CallError> {
        let channel = GlobalId::from_bits(attached.channel.get());
        let channel_type = ChannelType::from_value(i32::from(attached.channel_type.get()));
        let (Some(channel), Some(channel_type)) = (channel, channel_type) else {
            return Err(CallError::PeerLost);
        };
        let index = self.caller(slot).references.slots();
        let kernel_port = self.ports.open(slot, index, channel).ok_or(CallError::NoMemory)?;
        let mut port = self.child_port(domain);
        port.attach(Attachment { channel, channel_type, generation: 0, kernel_port });
        let address = self.ports.address(kernel_port);
        let place = usize::from(attached.place.get());
        if channel_type == ChannelType::Unicast && place < ADDRESSES {
            answer.values[FIRST_ADDRESS + place] = address.0.into();
        }
        self.attached_here(channel, address);
        Ok(port)
    }

    /// Which of its ports are the standard and the auxiliary port of the child in `slot`.
    pub(super) fn name_own_ports(&mut self, slot: Slot, standard: u32, auxiliary: u32) {
        let incarnation = self.caller(slot);
        let known = |raw: u32| {
            let (_, port) = incarnation.references.port(raw).ok()?;
            Some((RefId::from_raw(raw)?, port.attached_to().next()?.channel))
        };
        let (standard, auxiliary) = (known(standard), known(auxiliary));
        incarnation.standard = standard.map(|port| port.0);
        incarnation.auxiliary = auxiliary;
    }
}

fn domain_from(number: u8) -> Domain {
    Domain::from_value(i32::from(number)).unwrap_or(Domain::NoFurther)
}
