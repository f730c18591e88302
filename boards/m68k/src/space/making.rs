//! How spaces are made and how they end.

use super::near::Near;
use super::regions::Regions;
use super::tables::{self, SpaceTables};
use super::{NO_PAGE, Space, Spaces, Translation, USER_READ_ONLY};
use crate::address::{PAGE_BYTES, PhysAddr, VirtAddr};
use crate::frames::Frames;
use crate::mmu::m68040::PageTables;
use abi::ids::UserAddr;
use abi::rdc_file::USER_BEGIN;
use abi::space::{PARAMETERS, STACK_TOP};
use alloc::vec::Vec;
use kernel::NOBODY;
use kernel::platform::{MemoryError, Slot, SpaceMap, SpaceSpec, TextState, UserRange};

/// What the first function finds on its stack: no caller, and its only argument.
const FIRST_FRAME: [u8; 8] = u64::to_be_bytes(PARAMETERS as u64);
const FIRST_STACK: u32 = STACK_TOP - size_of_val(&FIRST_FRAME) as u32;

impl<T: Translation> Spaces<T> {
    pub(super) fn make(&mut self, slot: Slot, spec: &SpaceSpec) -> Result<SpaceMap, MemoryError> {
        let regions = Regions::new(spec).ok_or(MemoryError::BadRange)?;
        if self.slots.len() <= slot.index() {
            self.slots.resize_with(slot.index() + 1, || None);
        }
        assert!(self.slots[slot.index()].is_none(), "{slot:?} has a space already");
        let joined = self.texts.join(spec.text_id, spec.text);
        let text_state = joined.map_or(TextState::Missing, |_| TextState::Present);
        let text_pages = if joined.is_some() { 0 } else { spec.text.div_ceil(PAGE_BYTES) };
        let table_frames = tables::frames_for(regions.layout());
        let made = self.reserve(regions.private_pages(), text_pages, table_frames);
        let (text_frames, table_frames) = made.inspect_err(|_| {
            if let Some(text) = joined {
                self.texts.leave(text, &mut self.frames);
            }
        })?;
        let text = joined.unwrap_or_else(|| {
            self.clear_tail(&text_frames, spec.text);
            self.texts.add(spec.text_id, spec.text, text_frames)
        });
        let tables = PageTables::new(SpaceTables::new(self.own, table_frames));
        let mut tables = tables.expect("a root table has its frame");
        let frames = self.texts.frames(text);
        let mapped = tables.map_all(VirtAddr(USER_BEGIN), frames, USER_READ_ONLY);
        mapped.expect("the space is empty, with tables for all parts");
        let reserved = regions.private_pages();
        let space = Space {
            tables,
            regions,
            text,
            message_page: NO_PAGE,
            near: [Near::NONE; 2],
            reserved,
            data_pages: 0,
            stack_pages: 0,
        };
        self.roots[slot.bounded()] = space.tables.root();
        self.slots[slot.index()] = Some(space);
        self.write_first_frame(slot);
        Ok(SpaceMap {
            text: UserRange { base: UserAddr(USER_BEGIN), length: spec.text },
            text_state,
            data: UserRange { base: UserAddr(regions.layout().data), length: spec.data },
            parameters: UserRange { base: UserAddr(PARAMETERS), length: spec.parameters },
            stack: UserAddr(FIRST_STACK),
        })
    }

    /// Reserves a space's private pages, and takes the frames of its text and its
    /// tables. Texts that nobody uses make room.
    fn reserve(
        &mut self,
        private_pages: u32,
        text_pages: u32,
        table_frames: u32,
    ) -> Result<(Vec<PhysAddr>, Vec<PhysAddr>), MemoryError> {
        let pages = private_pages.checked_add(text_pages + table_frames);
        let pages = pages.ok_or(MemoryError::NoMemory)?;
        if pages > self.frames.available() + self.texts.unused_pages() {
            return Err(MemoryError::NoMemory);
        }
        self.texts.make_room(pages, &mut self.frames);
        self.frames.reserve(pages).map_err(|_| MemoryError::NoMemory)?;
        let mut take = |count| {
            let taken = take_reserved(&mut self.frames, count);
            taken.ok_or(MemoryError::NoMemory)
        };
        let text = match take(text_pages) {
            Ok(frames) => frames,
            Err(error) => {
                self.frames.unreserve(pages);
                return Err(error);
            }
        };
        match take(table_frames) {
            Ok(tables) => Ok((text, tables)),
            Err(error) => {
                self.frames.unreserve(pages - text_pages);
                for frame in text {
                    self.frames.release(frame);
                }
                Err(error)
            }
        }
    }

    /// A text's last page is not left with what it held before.
    fn clear_tail(&mut self, frames: &[PhysAddr], bytes: u32) {
        if let Some(last) = frames.last().filter(|_| !bytes.is_multiple_of(PAGE_BYTES)) {
            // SAFETY: the frame has just been taken.
            unsafe { self.own.clear_page(*last) };
        }
    }

    fn write_first_frame(&mut self, slot: Slot) {
        let written = self.write(slot, UserAddr(FIRST_STACK), &FIRST_FRAME);
        written.expect("a stack has room for the first frame");
    }

    pub(super) fn complete(&mut self, slot: Slot) {
        if let Some(space) = self.space(slot) {
            self.texts.complete(space.text);
            self.mmu.publish_code();
        }
    }

    pub(super) fn end(&mut self, slot: Slot) {
        let Some(space) = self.slots.get_mut(slot.index()).and_then(Option::take) else {
            return;
        };
        self.count_unmapping();
        self.roots[slot.bounded()] = self.mmu.nothing();
        if self.active == slot {
            self.mmu.switch(self.mmu.nothing());
            self.active = NOBODY;
        }
        let data = space.regions.layout().data;
        // What was taken last is given back first: so the frames of the next space follow one
        // another as those of this one did, and what it grants lies in few pieces.
        space.tables.for_each_page(|page, frame| {
            if page.0 >= data {
                self.frames.release(frame);
            }
        });
        for frame in space.tables.memory().frames().iter().rev() {
            self.frames.release(*frame);
        }
        self.frames.unreserve(space.reserved);
        self.texts.leave(space.text, &mut self.frames);
    }
}

/// Takes reserved frames; none, and nothing taken, if there is no room for the list.
fn take_reserved(frames: &mut Frames, count: u32) -> Option<Vec<PhysAddr>> {
    let mut list = Vec::new();
    list.try_reserve_exact(count as usize).ok()?;
    list.extend((0..count).map(|_| frames.take_reserved()));
    Some(list)
}
