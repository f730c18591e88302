//! Reading and writing users' memory for the kernel. Ranges are allegations: each
//! page is looked up, and grows as it would by an access of the user's own.

#![expect(clippy::inline_always, reason = "parts of the paths of messages")]

use super::near::Near;
use super::{Content, Spaces, Translation, rest_of_page};
use crate::address::{PAGE_BYTES, VirtAddr};
use crate::mmu::Access;
use abi::ids::{NodeId, UserAddr};
use abi::structs::Msg;
use core::ptr::{self, NonNull};
use kernel::NOBODY;
use kernel::platform::{BadAddress, Side, Slot, UserRange};

/// Where the kernel sees a message structure of user code.
#[derive(Clone, Copy, Debug)]
pub struct MessagePlace {
    message: NonNull<Msg>,
    /// Whose it is.
    slot: Slot,
    /// How often pages had been unmapped when it was found; 0 if there is none.
    unmapped: u32,
}

impl MessagePlace {
    /// No structure.
    pub(super) const NOWHERE: MessagePlace =
        MessagePlace { message: NonNull::dangling(), slot: NOBODY, unmapped: 0 };
}

impl<T: Translation> Spaces<T> {
    /// Where the kernel sees an address that user code of `slot` may access so.
    #[inline]
    pub(super) fn reach(
        &mut self,
        slot: Slot,
        at: u32,
        access: Access,
    ) -> Result<NonNull<u8>, BadAddress> {
        let space = self.space(slot).ok_or(BadAddress)?;
        match space.near[space.half(at)].page(VirtAddr(at)) {
            Some((page, allowed)) if allowed == Access::ReadWrite || allowed == access => {
                Ok(self.own.pointer(page.offset(at % PAGE_BYTES)))
            }
            _ => self.walk(slot, at, access),
        }
    }

    /// As [`Spaces::reach`], by all tables.
    #[inline(never)]
    fn walk(&mut self, slot: Slot, at: u32, access: Access) -> Result<NonNull<u8>, BadAddress> {
        let space = self.space(slot).ok_or(BadAddress)?;
        let page = match space.tables.page(VirtAddr(at)) {
            Some((page, Access::ReadWrite)) => page,
            Some((page, Access::ReadOnly)) if access == Access::ReadOnly => page,
            Some(_) => return Err(BadAddress),
            None => self.grow(slot, at, Content::Zeros)?,
        };
        let space = self.slots.get_mut(slot.index()).and_then(Option::as_mut);
        if let Some(space) = space
            && let Some(table) = space.tables.page_table(VirtAddr(at))
        {
            // SAFETY: it was just found in the tables of this space, which stay.
            let near = unsafe { Near::new(VirtAddr(at), self.own.pointer(table).cast()) };
            space.near[space.half(at)] = near;
        }
        Ok(self.own.pointer(page.offset(at % PAGE_BYTES)))
    }

    /// As [`Spaces::reach`] to write `length` bytes, on behalf of `side`.
    fn reach_to_write(
        &mut self,
        slot: Slot,
        at: u32,
        length: u32,
        side: Side,
    ) -> Result<NonNull<u8>, BadAddress> {
        let access = match side {
            Side::User => Access::ReadWrite,
            Side::Loader => self.prepare_to_load(slot, at, length)?,
        };
        self.reach(slot, at, access)
    }

    /// A loader also writes text that is not complete, and what it writes as a whole page need
    /// not be cleared before: answers which access is to be allowed.
    fn prepare_to_load(&mut self, slot: Slot, at: u32, length: u32) -> Result<Access, BadAddress> {
        let space = self.space(slot).ok_or(BadAddress)?;
        if at < space.regions.layout().data && self.texts.is_incomplete(space.text) {
            return Ok(Access::ReadOnly);
        }
        let is_whole = rest_of_page(at) == PAGE_BYTES && length >= PAGE_BYTES;
        if is_whole && space.tables.page(VirtAddr(at)).is_none() {
            self.grow(slot, at, Content::Anything)?;
        }
        Ok(Access::ReadWrite)
    }

    /// Hands the pieces of a range, none of which crosses a page, to `each`, with
    /// the number of bytes before them.
    fn pieces(
        range: UserRange,
        mut each: impl FnMut(u32, u32, u32) -> Result<(), BadAddress>,
    ) -> Result<(), BadAddress> {
        let base = range.base.0;
        base.checked_add(range.length).ok_or(BadAddress)?;
        let mut done = 0;
        while done < range.length {
            let at = base + done;
            let length = rest_of_page(at).min(range.length - done);
            each(at, length, done)?;
            done += length;
        }
        Ok(())
    }

    pub(super) fn check_range(
        &mut self,
        slot: Slot,
        range: UserRange,
        access: Access,
    ) -> Result<(), BadAddress> {
        // Pages of one private part are all there, or grow when they are reached.
        if self.space(slot).is_some_and(|space| space.regions.is_private(range)) {
            return Ok(());
        }
        Self::pieces(range, |at, _, _| self.reach(slot, at, access).map(|_| ()))
    }

    /// Where a message structure lies that user code of `slot` may read and write, if it
    /// lies in one page. The page is remembered: the next message often lies there, too.
    #[inline(always)]
    pub(super) fn message_place(&mut self, slot: Slot, at: u32) -> Option<MessagePlace> {
        let offset = at % PAGE_BYTES;
        if offset > PAGE_BYTES - size_of::<Msg>() as u32 {
            return None;
        }
        let (page, mut frame) = self.slots.get(slot.index())?.as_ref()?.message_page;
        if page != at - offset {
            frame = self.find_message_page(slot, at - offset)?;
        }
        // SAFETY: the offset lies in the page.
        let message = unsafe { frame.add(offset as usize) }.cast();
        Some(MessagePlace { message, slot, unmapped: self.unmapped })
    }

    #[cold]
    fn find_message_page(&mut self, slot: Slot, page: u32) -> Option<NonNull<u8>> {
        let frame = self.reach(slot, page, Access::ReadWrite).ok()?;
        self.slots.get_mut(slot.index())?.as_mut()?.message_page = (page, frame);
        Some(frame)
    }

    #[inline(always)]
    pub(super) fn edit_message<R>(
        &mut self,
        mut place: MessagePlace,
        edit: impl FnOnce(&mut Msg) -> R,
    ) -> Option<R> {
        if place.unmapped != self.unmapped {
            return None;
        }
        // SAFETY: the structure lies in a page of user code, which does not run now and has
        // kept all its pages since the place was found; any bytes at any address are one.
        Some(edit(unsafe { place.message.as_mut() }))
    }

    #[inline(always)]
    pub(super) fn pass_message<R>(
        &mut self,
        from: MessagePlace,
        mut to: MessagePlace,
        edit: impl FnOnce(&Msg, &mut Msg) -> R,
    ) -> Option<R> {
        let hold = from.unmapped == self.unmapped && to.unmapped == self.unmapped;
        if !hold || from.slot == to.slot {
            return None;
        }
        // SAFETY: as in `edit_message`; no two spaces have a writable page in common.
        Some(edit(unsafe { from.message.as_ref() }, unsafe { to.message.as_mut() }))
    }

    pub(super) fn read(
        &mut self,
        slot: Slot,
        from: UserAddr,
        into: &mut [u8],
    ) -> Result<(), BadAddress> {
        let range = UserRange { base: from, length: into.len() as u32 };
        Self::pieces(range, |at, length, done| {
            let source = self.reach(slot, at, Access::ReadOnly)?;
            let into = &mut into[done as usize..(done + length) as usize];
            // SAFETY: so many bytes of the page lie at `source`; user pages and the
            // kernel's own memory are apart.
            unsafe {
                ptr::copy_nonoverlapping(source.as_ptr(), into.as_mut_ptr(), into.len());
            }
            Ok(())
        })
    }

    pub(super) fn write(
        &mut self,
        slot: Slot,
        to: UserAddr,
        from: &[u8],
    ) -> Result<(), BadAddress> {
        let range = UserRange { base: to, length: from.len() as u32 };
        Self::pieces(range, |at, length, done| {
            let target = self.reach(slot, at, Access::ReadWrite)?;
            let from = &from[done as usize..(done + length) as usize];
            // SAFETY: as in `read`. A packet that lies in a ring is no user page.
            unsafe { ptr::copy_nonoverlapping(from.as_ptr(), target.as_ptr(), from.len()) }
            Ok(())
        })
    }

    /// Copies between two spaces, or inside one.
    pub(super) fn transfer(
        &mut self,
        (from_slot, from): (Slot, UserAddr),
        (to_slot, to): (Slot, UserRange),
    ) -> Result<(), BadAddress> {
        from.0.checked_add(to.length).ok_or(BadAddress)?;
        Self::pieces(to, |at, length, done| {
            let target = self.reach(to_slot, at, Access::ReadWrite)?;
            let source = UserRange { base: UserAddr(from.0 + done), length };
            Self::pieces(source, |at, length, done| {
                let source = self.reach(from_slot, at, Access::ReadOnly)?;
                // SAFETY: so many bytes of their pages lie at both; they may be the
                // same page.
                unsafe {
                    ptr::copy(source.as_ptr(), target.add(done as usize).as_ptr(), length as usize);
                }
                Ok(())
            })
        })
    }

    /// Bytes of a slice; this node's own are not reached through the window, whose
    /// accesses no cache sees.
    fn source(&self, node: NodeId, offset: u32, length: u32) -> Option<*const u8> {
        let place = self.windows.local(node, offset, length)?;
        if node != bus::Memory::own(&self.windows) {
            return Some(place);
        }
        Some(self.own.pointer(self.own.start().offset(offset)).as_ptr().cast_const())
    }

    /// Copies from the slice of any node.
    pub(super) fn fetch(
        &mut self,
        (slot, to, side): (Slot, UserRange, Side),
        node: NodeId,
        offset: u32,
    ) -> Result<(), BadAddress> {
        to.base.0.checked_add(to.length).ok_or(BadAddress)?;
        let source = self.source(node, offset, to.length).ok_or(BadAddress)?;
        let mut done = 0;
        while done < to.length {
            let (at, left) = (to.base.0 + done, to.length - done);
            let (target, length) = self.run_to_write(slot, at, left, side)?;
            // SAFETY: so many bytes of pages that follow one another lie at `target`, and of
            // the slice at `source`; the copy may show a mixture of what the owner writes
            // meanwhile, which its grant then tells.
            unsafe {
                let source = source.add(done as usize);
                ptr::copy(source, target.as_ptr(), length as usize);
            }
            done += length;
        }
        Ok(())
    }

    /// Where the kernel sees an address, and how many bytes of `most` follow it there.
    fn run_to_write(
        &mut self,
        slot: Slot,
        at: u32,
        most: u32,
        side: Side,
    ) -> Result<(NonNull<u8>, u32), BadAddress> {
        let start = self.reach_to_write(slot, at, most, side)?;
        let mut length = rest_of_page(at).min(most);
        while length < most {
            let next = self.reach_to_write(slot, at + length, most - length, side)?;
            if next.addr().get().wrapping_sub(start.addr().get()) != length as usize {
                break;
            }
            length += PAGE_BYTES.min(most - length);
        }
        Ok((start, length))
    }
}
