//! The spaces of the host's incarnations, in the host's slice of the crate.

use std::rc::Rc;
use std::sync::Arc;

use abi::grant::{Piece, RECORD_HEAD_BYTES, record_bytes};
use abi::ids::{NodeId, UserAddr};
use abi::slice::{GRANTS, PAGE_BYTES};
use abi::space::{PARAMETERS, STACK_TOP, SpaceLayout};
use abi::structs::Msg;
use bus::LocalParts;
use bus::backplane::Backplane;
use kernel::platform::{
    Access, BadAddress, GrantError, Memory, MemoryError, Side, Slot, SpaceMap, SpaceSpec,
    TextState, Usage, UserRange,
};
use kernel::shared_bus::SharedMemory;
use zerocopy::IntoBytes;

use super::pages::{Pages, Run};

/// Who may write a part of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writable {
    /// The incarnation and the loader.
    All,
    /// The loader alone: it is text.
    Loader,
}

/// A part of a space: user addresses that follow each other, over a run of pages.
#[derive(Debug)]
struct Part {
    base: u32,
    /// Bytes that may be accessed.
    length: u32,
    /// Bytes that it may grow to.
    room: u32,
    writable: Writable,
    run: Rc<Run>,
}

/// A space: text, data with heap, stack, parameters; empty parts are left out.
#[derive(Debug)]
struct Space {
    parts: Vec<Part>,
    /// Where the heap begins.
    heap: u32,
}

/// The memory of node 0.
#[derive(Debug)]
pub struct HostMemory {
    own: NodeId,
    slices: LocalParts,
    pages: Pages,
    spaces: Vec<Option<Space>>,
    /// Records of pinned pages, each of one piece.
    records: Run,
    /// For each record, the pages that it keeps.
    pins: Vec<Option<Rc<Run>>>,
}

impl HostMemory {
    /// The memory of node `own`, whose bus has begun.
    pub fn new(backplane: &Arc<Backplane>, own: NodeId) -> Self {
        let slices = backplane.local_parts(own);
        let pages = Pages::new(backplane.layout().local_bytes());
        let records = pages.take(GRANTS as u32 * record_bytes(1));
        let records = records.expect("a slice has room for its records");
        let pins = (0..GRANTS).map(|_| None).collect();
        Self { own, slices, pages, spaces: Vec::new(), records, pins }
    }

    /// The part of `slot` that holds all of `range`, and where the range begins in its slice.
    fn resolve(&self, slot: Slot, range: UserRange) -> Result<(&Part, u32), BadAddress> {
        let space = self.spaces.get(slot.index()).and_then(Option::as_ref).ok_or(BadAddress)?;
        let (first, end) = range.base.range(range.length).ok_or(BadAddress)?;
        let holds = |part: &&Part| first.0 >= part.base && end.0 <= part.base + part.length;
        let part = space.parts.iter().find(holds).ok_or(BadAddress)?;
        Ok((part, part.run.offset() + (first.0 - part.base)))
    }

    /// Where in the slice `range` of `slot` begins, if `side` may write it.
    fn resolve_to(&self, slot: Slot, range: UserRange, side: Side) -> Result<u32, BadAddress> {
        let (part, offset) = self.resolve(slot, range)?;
        match (part.writable, side) {
            (Writable::Loader, Side::User) => Err(BadAddress),
            _ => Ok(offset),
        }
    }

    /// Copies within the crate, a page at a time.
    fn copy(&self, node: NodeId, from: u32, to: u32, length: u32) {
        let mut page = [0; PAGE_BYTES as usize];
        let mut done = 0;
        while done < length {
            let piece = PAGE_BYTES.min(length - done);
            let bytes = &mut page[..piece as usize];
            self.slices.read(node, from + done, bytes);
            self.slices.write(to + done, bytes);
            done += piece;
        }
    }

    fn zero(&self, offset: u32, length: u32) {
        let zeros = [0; PAGE_BYTES as usize];
        let mut done = 0;
        while done < length {
            let piece = PAGE_BYTES.min(length - done);
            self.slices.write(offset + done, &zeros[..piece as usize]);
            done += piece;
        }
    }

    fn part(&self, base: u32, length: u32, room: u32, writable: Writable) -> Option<Part> {
        let run = Rc::new(self.pages.take(room)?);
        self.zero(run.offset(), room);
        Some(Part { base, length, room, writable, run })
    }
}

impl SharedMemory for HostMemory {
    fn pin(&mut self, slot: Slot, range: UserRange) -> Result<u32, GrantError> {
        let (part, offset) = self.resolve(slot, range).map_err(|_| GrantError::BadAddress)?;
        let run = part.run.clone();
        let free = self.pins.iter().position(Option::is_none).ok_or(GrantError::TableFull)?;
        self.pins[free] = Some(run);
        let record = self.records.offset() + free as u32 * record_bytes(1);
        let piece = Piece { offset: offset.into(), bytes: range.length.into() };
        self.slices.write(record, &1u32.to_be_bytes());
        self.slices.write(record + RECORD_HEAD_BYTES, piece.as_bytes());
        Ok(record)
    }

    fn unpin(&mut self, record: u32) {
        let index = record.wrapping_sub(self.records.offset()) / record_bytes(1);
        if let Some(pin) = self.pins.get_mut(index as usize) {
            *pin = None;
        }
    }

    fn write_from(
        &mut self,
        slot: Slot,
        to: UserRange,
        side: Side,
        node: NodeId,
        offset: u32,
    ) -> Result<(), BadAddress> {
        let target = self.resolve_to(slot, to, side)?;
        self.copy(node, offset, target, to.length);
        Ok(())
    }
}

impl Memory for HostMemory {
    fn create(&mut self, slot: Slot, spec: &SpaceSpec) -> Result<SpaceMap, MemoryError> {
        let layout =
            SpaceLayout::new(spec.text, spec.data, spec.bss, spec.heap_max, spec.stack_max)
                .ok_or(MemoryError::BadRange)?;
        let text = abi::rdc_file::USER_BEGIN;
        let data = layout.data;
        let wanted = [
            (text, spec.text, spec.text, Writable::Loader),
            (data, layout.heap - data, layout.heap_end - data, Writable::All),
            (
                layout.stack_low,
                STACK_TOP - layout.stack_low,
                STACK_TOP - layout.stack_low,
                Writable::All,
            ),
            (PARAMETERS, spec.parameters, spec.parameters, Writable::All),
        ];
        let mut parts = Vec::new();
        for (base, length, room, writable) in wanted {
            if room > 0 {
                let part = self.part(base, length, room, writable);
                parts.push(part.ok_or(MemoryError::NoMemory)?);
            }
        }
        if self.spaces.len() <= slot.index() {
            self.spaces.resize_with(slot.index() + 1, || None);
        }
        self.spaces[slot.index()] = Some(Space { parts, heap: layout.heap });
        let range = |base, length| UserRange { base: UserAddr(base), length };
        Ok(SpaceMap {
            text: range(text, spec.text),
            text_state: TextState::Missing,
            data: range(data, spec.data),
            parameters: range(PARAMETERS, spec.parameters),
            stack: UserAddr(STACK_TOP),
        })
    }

    fn loaded(&mut self, _: Slot) {}

    fn destroy(&mut self, slot: Slot) {
        if let Some(space) = self.spaces.get_mut(slot.index()) {
            *space = None;
        }
    }

    fn check(&mut self, slot: Slot, range: UserRange, access: Access) -> Result<(), BadAddress> {
        if range.length == 0 {
            return Ok(());
        }
        match access {
            Access::Read => self.resolve(slot, range).map(drop),
            Access::Write => self.resolve_to(slot, range, Side::User).map(drop),
        }
    }

    fn copy_in(&mut self, slot: Slot, from: UserAddr, into: &mut [u8]) -> Result<(), BadAddress> {
        if into.is_empty() {
            return Ok(());
        }
        let range = UserRange { base: from, length: into.len() as u32 };
        let (_, offset) = self.resolve(slot, range)?;
        self.slices.read(self.own, offset, into);
        Ok(())
    }

    fn copy_out(&mut self, slot: Slot, to: UserAddr, from: &[u8]) -> Result<(), BadAddress> {
        if from.is_empty() {
            return Ok(());
        }
        let range = UserRange { base: to, length: from.len() as u32 };
        let offset = self.resolve_to(slot, range, Side::User)?;
        self.slices.write(offset, from);
        Ok(())
    }

    type Place = ();
    const NOWHERE: () = ();

    fn place(&mut self, _: Slot, _: UserAddr) -> Option<()> {
        None
    }

    fn edit<R>(&mut self, (): (), _: impl FnOnce(&mut Msg) -> R) -> Option<R> {
        None
    }

    fn pass<R>(&mut self, (): (), (): (), _: impl FnOnce(&Msg, &mut Msg) -> R) -> Option<R> {
        None
    }

    fn copy_across(
        &mut self,
        from: (Slot, UserAddr),
        to: (Slot, UserRange),
    ) -> Result<(), BadAddress> {
        if to.1.length == 0 {
            return Ok(());
        }
        let range = UserRange { base: from.1, length: to.1.length };
        let (_, source) = self.resolve(from.0, range)?;
        let target = self.resolve_to(to.0, to.1, Side::User)?;
        self.copy(self.own, source, target, to.1.length);
        Ok(())
    }

    fn brk(&mut self, slot: Slot, end: UserAddr) -> Result<UserAddr, MemoryError> {
        let space = self.spaces.get_mut(slot.index()).and_then(Option::as_mut);
        let space = space.ok_or(MemoryError::BadRange)?;
        let heap = space.heap;
        let holds = |part: &&mut Part| heap >= part.base && heap <= part.base + part.room;
        let part = space.parts.iter_mut().find(holds).ok_or(MemoryError::BadRange)?;
        let old = part.base + part.length;
        if end.0 != 0 {
            if end.0 < heap || end.0 > part.base + part.room {
                return Err(MemoryError::BadRange);
            }
            let (low, high) = (old.min(end.0), old.max(end.0));
            let offset = part.run.offset() + (low - part.base);
            part.length = end.0 - part.base;
            self.zero(offset, high - low);
        }
        Ok(UserAddr(old))
    }

    /// All pages are taken, and count as touched.
    fn touched(&self, slot: Slot, from: UserAddr, most: u32) -> Option<UserRange> {
        let space = self.spaces.get(slot.index())?.as_ref()?;
        let end = |part: &Part| part.base + part.length;
        let is_next =
            |part: &&Part| part.writable == Writable::All && from.0.max(part.base) < end(part);
        let part = space.parts.iter().filter(is_next).min_by_key(|part| part.base)?;
        let base = from.0.max(part.base);
        Some(UserRange { base: UserAddr(base), length: (end(part) - base).min(most) })
    }

    fn usage(&self, slot: Slot) -> Usage {
        let Some(Some(space)) = self.spaces.get(slot.index()) else { return Usage::default() };
        let pages = |part: &Part| part.room.div_ceil(PAGE_BYTES).min(u16::MAX.into()) as u16;
        let heap = space.parts.iter().filter(|part| part.writable == Writable::All);
        Usage { text: 0, heap: heap.map(pages).fold(0, u16::saturating_add), stack: 0 }
    }

    fn free_pages(&self) -> u32 {
        self.pages.free()
    }
}
