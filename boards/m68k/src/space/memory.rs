//! The spaces as the portable kernel sees them.

#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

use super::access::MessagePlace;
use super::{Spaces, Translation};
use crate::mmu;
use abi::ids::{NodeId, UserAddr};
use abi::structs::Msg;
use kernel::platform::{
    Access, BadAddress, GrantError, Memory, MemoryError, Side, Slot, SpaceMap, SpaceSpec, Usage,
    UserRange,
};
use kernel::shared_bus::SharedMemory;

impl<T: Translation> Memory for Spaces<T> {
    fn create(&mut self, slot: Slot, spec: &SpaceSpec) -> Result<SpaceMap, MemoryError> {
        self.make(slot, spec)
    }

    fn loaded(&mut self, slot: Slot) {
        self.complete(slot);
    }

    fn destroy(&mut self, slot: Slot) {
        self.end(slot);
    }

    fn check(&mut self, slot: Slot, range: UserRange, access: Access) -> Result<(), BadAddress> {
        let access = match access {
            Access::Read => mmu::Access::ReadOnly,
            Access::Write => mmu::Access::ReadWrite,
        };
        self.check_range(slot, range, access)
    }

    fn copy_in(&mut self, slot: Slot, from: UserAddr, into: &mut [u8]) -> Result<(), BadAddress> {
        self.read(slot, from, into)
    }

    fn copy_out(&mut self, slot: Slot, to: UserAddr, from: &[u8]) -> Result<(), BadAddress> {
        self.write(slot, to, from)
    }

    type Place = MessagePlace;
    const NOWHERE: MessagePlace = MessagePlace::NOWHERE;

    #[inline(always)]
    fn place(&mut self, slot: Slot, at: UserAddr) -> Option<MessagePlace> {
        self.message_place(slot, at.0)
    }

    #[inline(always)]
    fn edit<R>(&mut self, place: MessagePlace, edit: impl FnOnce(&mut Msg) -> R) -> Option<R> {
        self.edit_message(place, edit)
    }

    #[inline(always)]
    fn pass<R>(
        &mut self,
        from: MessagePlace,
        to: MessagePlace,
        edit: impl FnOnce(&Msg, &mut Msg) -> R,
    ) -> Option<R> {
        self.pass_message(from, to, edit)
    }

    fn copy_across(
        &mut self,
        from: (Slot, UserAddr),
        to: (Slot, UserRange),
    ) -> Result<(), BadAddress> {
        self.transfer(from, to)
    }

    fn brk(&mut self, slot: Slot, end: UserAddr) -> Result<UserAddr, MemoryError> {
        self.move_brk(slot, end)
    }

    fn touched(&self, slot: Slot, from: UserAddr, most: u32) -> Option<UserRange> {
        self.touched_pages(slot, from.0, most)
    }

    fn usage(&self, slot: Slot) -> Usage {
        self.space(slot).map_or_else(Usage::default, |space| Usage {
            text: self.texts.frames(space.text).len() as u16,
            heap: space.data_pages,
            stack: space.stack_pages,
        })
    }

    fn free_pages(&self) -> u32 {
        self.frames.available() + self.texts.unused_pages()
    }
}

impl<T: Translation> SharedMemory for Spaces<T> {
    fn pin(&mut self, slot: Slot, range: UserRange) -> Result<u32, GrantError> {
        self.keep(slot, range)
    }

    fn unpin(&mut self, record: u32) {
        self.let_go(record);
    }

    fn write_from(
        &mut self,
        slot: Slot,
        to: UserRange,
        side: Side,
        node: NodeId,
        offset: u32,
    ) -> Result<(), BadAddress> {
        self.fetch((slot, to, side), node, offset)
    }
}
