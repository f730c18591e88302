//! What the kernel of an incarnation that forks keeps for it, and yields to its child.

use alloc::vec::Vec;

use abi::constants::{ChannelType, Domain};
use abi::error::CallError;
use abi::ids::{GlobalId, RefId, UserAddr};
use abi::message::{INLINE_DATA, KernelPort, WireReference};
use abi::slice::PAGE_BYTES;
use zerocopy::IntoBytes;

use super::record::{
    AttachedRecord, ENTRY_MAX, EntryRecord, FreeRecord, HandlerRecord, RUNS, RunRecord, RunsRecord,
    StateRecord, Writer, entry,
};
use crate::delivery::references::{domain_of, write_wire};
use crate::delivery::reply::Contents;
use crate::incarnation::{Blocked, Incarnation};
use crate::letter::Data;
use crate::loader::child_handle;
use crate::operation::{Answer, Finish, Part, Request};
use crate::platform::{Machine, Memory, Platform, Slot};
use crate::pool::Granted;
use crate::quota::Holder;
use crate::reference::Reference;
use crate::state::State;
use crate::stream::Stream;

/// Bytes of a run of memory at most: the list of its pages is short.
const RUN_MAX: u32 = 64 * PAGE_BYTES;

/// The place of a port that the caller has not listed.
const NOWHERE: u16 = u16::MAX;

/// Ports of the child whose addresses its parent is told at once.
pub(super) const ADDRESSES: usize = 3;

/// The place of the first of these in an [`Answer`].
pub(super) const FIRST_ADDRESS: usize = 4;

/// A fork that its caller waits for.
#[derive(Debug)]
pub struct Fork {
    child: GlobalId,
    ports: Vec<Listed>,
    /// What the child reads now.
    lent: heapless::Vec<Granted, RUNS>,
}

/// A port that is attached in the child.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Its index.
    pub index: u16,
    /// Its place among those that the caller has listed.
    pub place: Option<u16>,
    /// The channel that it is attached to in the child.
    pub channel: GlobalId,
    /// Its type.
    pub channel_type: ChannelType,
}

impl Listed {
    /// The place where the caller gets a stream to the port, if he does.
    fn stream_place(&self) -> Option<u16> {
        self.place.filter(|_| self.channel_type == ChannelType::Unicast)
    }
}

impl Fork {
    /// One whose child is to be `child`, with these ports.
    pub fn new(child: GlobalId, ports: Vec<Listed>) -> Self {
        Self { child, ports, lent: heapless::Vec::new() }
    }

    fn port(&self, index: u16) -> Option<&Listed> {
        self.ports.iter().find(|port| port.index == index)
    }
}

impl<P: Platform> State<P> {
    /// A part of the incarnation in `slot`, for the child that it waits for.
    pub(crate) fn fork_contents(&mut self, slot: Slot, part: Part, request: &Request) -> Contents {
        let refused = |error| Contents::of(Answer::new(Err(error)).head());
        if !self.is_forking(slot, request.id.get()) {
            return refused(CallError::PeerLost);
        }
        let room = self.has_room(Holder::Kernel, true);
        let Some(block) = room.then(|| self.pool.take_block()).flatten() else {
            return refused(CallError::Busy);
        };
        let from = request.other.get() as u32;
        let written = match part {
            Part::Memory => self.write_memory(slot, block, UserAddr(from)),
            Part::References => Ok(self.write_references(slot, block, from as u16)),
            _ => self.write_state(slot, block),
        };
        match written {
            Ok((head, total)) => Contents { total, data: Data::Block(block), ..Contents::of(head) },
            Err(error) => {
                self.pool.free_block(block);
                refused(error)
            }
        }
    }

    /// Whether the incarnation in `slot` waits for the child `id`.
    fn is_forking(&self, slot: Slot, id: u64) -> bool {
        self.incarnation(slot).is_some_and(|incarnation| {
            let Blocked::Operation(operation) = incarnation.blocked else { return false };
            let is_it = |fork: &Fork| fork.child.bits() == id;
            matches!(operation.finish, Finish::Fork { .. })
                && incarnation.fork.as_ref().is_some_and(is_it)
        })
    }

    /// What the kernel keeps of the incarnation, and the first runs of its memory. The head says
    /// what it was loaded from.
    fn write_state(&mut self, slot: Slot, block: u16) -> Result<([u8; 32], u32), CallError> {
        let registers = self.machine.registers(slot).ok_or(CallError::NotSupported)?;
        let brk = self.memory.brk(slot, UserAddr(0)).map_err(|_| CallError::BadAddress)?;
        let (runs, listed) = self.lend(slot, UserAddr(0))?;
        let incarnation = self.locals[slot.index()].incarnation.as_ref();
        let incarnation = incarnation.ok_or(CallError::PeerLost)?;
        let program = incarnation.program.ok_or(CallError::NotSupported)?;
        let handlers = incarnation.interrupts.handlers();
        let raw = |id: Option<RefId>| id.map_or(0, RefId::get).into();
        let state = StateRecord {
            brk: brk.0.into(),
            parameters: program.map.parameters.length.into(),
            priority: u16::from(incarnation.priority.get()).into(),
            level: u16::from(incarnation.interrupts.priority.get()).into(),
            myself: raw(incarnation.myself),
            standard: raw(incarnation.standard),
            auxiliary: raw(incarnation.auxiliary.map(|port| port.0)),
            handlers: (handlers.len() as u16).into(),
            runs: listed,
            ..StateRecord::of(&registers)
        };
        let mut writer = Writer::new(self.pool.data_mut(block, INLINE_DATA));
        writer.put(&state);
        for (reference, event, handler) in handlers {
            writer.put(&HandlerRecord {
                reference: reference.into(),
                event: (event as u16).into(),
                priority: u32::from(handler.priority.get()).into(),
                address: handler.address.0.into(),
            });
        }
        runs.iter().for_each(|run| writer.put(run));
        let head = program.image.as_bytes().try_into().expect("an image has 32 bytes");
        Ok((head, writer.length()))
    }

    /// The next runs of memory, from `from` on.
    fn write_memory(
        &mut self,
        slot: Slot,
        block: u16,
        from: UserAddr,
    ) -> Result<([u8; 32], u32), CallError> {
        let (runs, listed) = self.lend(slot, from)?;
        let mut writer = Writer::new(self.pool.data_mut(block, INLINE_DATA));
        writer.put(&listed);
        runs.iter().for_each(|run| writer.put(run));
        Ok((Answer::new(Ok(0)).head(), writer.length()))
    }

    /// Lets the child read the next runs of memory, from `from` on, in place of those that it
    /// could read before.
    fn lend(
        &mut self,
        slot: Slot,
        from: UserAddr,
    ) -> Result<(heapless::Vec<RunRecord, RUNS>, RunsRecord), CallError> {
        self.take_back(slot);
        let mut runs = heapless::Vec::new();
        let (mut at, mut rest) = (from, 0);
        while let Some(range) = self.memory.touched(slot, at, RUN_MAX) {
            let granted =
                if runs.is_full() { Err(CallError::Busy) } else { self.grant(slot, range) };
            let granted = match granted {
                Ok(granted) => granted,
                Err(error) if runs.is_empty() => return Err(error),
                Err(_) => {
                    rest = range.base.0;
                    break;
                }
            };
            if let Some(fork) = self.caller(slot).fork.as_mut() {
                let _ = fork.lent.push(granted);
            }
            let _ = runs.push(RunRecord::new(range.base.0, granted.grant));
            at = UserAddr((range.base.0 + range.length).next_multiple_of(PAGE_BYTES));
        }
        let listed = RunsRecord { count: (runs.len() as u16).into(), rest: rest.into() };
        Ok((runs, listed))
    }

    /// What the child of `slot` could read it can read no more.
    fn take_back(&mut self, slot: Slot) {
        while let Some(granted) = self.caller(slot).fork.as_mut().and_then(|fork| fork.lent.pop()) {
            self.revoke(granted);
        }
    }

    /// `slot` does not wait for a child any more; the fork that it was waiting for.
    pub(crate) fn end_fork(&mut self, slot: Slot) -> Option<Fork> {
        self.take_back(slot);
        self.caller(slot).fork.take()
    }

    /// References, from index `from` on, as many as there is room for. The head says where the
    /// rest begins, or 0.
    fn write_references(&mut self, slot: Slot, block: u16, from: u16) -> ([u8; 32], u32) {
        let owner = self.ports.ghost_of(slot);
        let mut writer = Writer::new(self.pool.data_mut(block, INLINE_DATA));
        let mut answer = Answer::new(Ok(0));
        if let Some(incarnation) = &self.locals[slot.index()].incarnation {
            let mut index = from;
            while index < incarnation.references.slots() {
                if !writer.has_room(ENTRY_MAX) {
                    answer.values[0] = u32::from(index).into();
                    break;
                }
                index += write_entry(&mut writer, incarnation, index, owner);
            }
        }
        (answer.head(), writer.length())
    }

    /// The child of `slot` is there: enters its handle, and streams to its ports.
    pub(crate) fn finish_fork(
        &mut self,
        slot: Slot,
        fork: &Fork,
        (handle, streams): (UserAddr, UserAddr),
        answer: &Answer,
    ) -> Result<u32, CallError> {
        let child = child_handle(fork.child, answer);
        let child = self.caller(slot).references.insert(Reference::Incarnation(child))?;
        let written = self.memory.copy_out(slot, handle, &child.get().to_be_bytes());
        written.map_err(|_| CallError::BadAddress)?;
        for listed in &fork.ports {
            let Some(place) = listed.stream_place() else { continue };
            let port = answer.values[FIRST_ADDRESS..].get(usize::from(place));
            let port = port.map_or(KernelPort::NONE, |port| KernelPort(port.get()));
            let stream = Stream::new(self.new_id(), listed.channel, listed.channel_type, port);
            let stream = self.caller(slot).references.insert(Reference::Stream(stream))?;
            let at = UserAddr(streams.0 + u32::from(place) * 4);
            let written = self.memory.copy_out(slot, at, &stream.get().to_be_bytes());
            written.map_err(|_| CallError::BadAddress)?;
        }
        Ok(1)
    }
}

/// Writes what the reference of an incarnation at `index` is in its child; answers how many
/// entries that says something of.
fn write_entry(
    writer: &mut Writer,
    incarnation: &Incarnation,
    index: u16,
    ghost: KernelPort,
) -> u16 {
    let references = &incarnation.references;
    let generation = references.generation(index);
    let record = |kind, domain: Domain, generation: u32| EntryRecord {
        kind,
        domain: domain as u8,
        generation: generation.into(),
    };
    let mut free = |generation, count: u16| {
        writer.put(&record(entry::FREE, Domain::NoFurther, generation));
        writer.put(&FreeRecord { count: count.into() });
        count
    };
    let Some(reference) = references.at(index) else {
        return free(generation, references.free_from(index));
    };
    match (reference, copied(reference, (incarnation.id, ghost))) {
        (Reference::Port(port), _) if !port.offer.is_given() => {
            let listed = incarnation.fork.as_ref().and_then(|fork| fork.port(index));
            let kind = if listed.is_some() { entry::ATTACHED } else { entry::PORT };
            writer.put(&record(kind, port.domain, generation));
            if let Some(listed) = listed {
                writer.put(&AttachedRecord {
                    channel: listed.channel.bits().into(),
                    channel_type: (listed.channel_type as u16).into(),
                    place: listed.place.unwrap_or(NOWHERE).into(),
                });
            }
        }
        (Reference::Incarnation(handle), _) if incarnation.myself == references.id(index) => {
            writer.put(&record(entry::MYSELF, handle.domain, generation));
        }
        (_, Some((wire, domain))) => {
            writer.put(&record(entry::COPY, domain, generation));
            writer.put(&wire);
        }
        (_, None) => return free(RefId::next_generation(generation), 1),
    }
    1
}

/// The form of a reference for the child, and where it may be propagated; `None` if the child
/// does not get it: it is a reply handle or a port, or may be propagated no further (§5.3).
fn copied(reference: &Reference, owner: (GlobalId, KernelPort)) -> Option<(WireReference, Domain)> {
    let domain = domain_of(reference).ok().filter(|domain| *domain != Domain::NoFurther)?;
    let mut wire = write_wire(reference, reference.flags(), owner).ok()?;
    wire.domain = domain as u8;
    match reference {
        Reference::Port(_) => return None,
        Reference::Stream(stream) => wire.length = stream.limit.into(),
        _ => {}
    }
    Some((wire, domain))
}
