//! The page frames of a node: which are free, how many are promised, and how many
//! hold each of the others. Portable, and tested on the host.
//!
//! A frame is free when nobody holds it. Spaces reserve frames before they need
//! them, so that their growth cannot fail: a free frame that is not reserved is
//! *available*.

use crate::address::{PAGE_BYTES, PhysAddr};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// No frames are available.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfFrames;

/// All page frames that are not the kernel's own.
pub struct Frames {
    first: PhysAddr,
    /// How many hold each frame: a space or a text that it belongs to, and grants.
    holders: Vec<u16>,
    /// Numbers of the free frames; there is room for all.
    free: Vec<u16>,
    reserved: u32,
}

impl Frames {
    /// The frames of a range of memory, all free; number `start`, modulo their count, is
    /// taken first. Nodes that do the same start at different ones: QEMU's TLB is
    /// indexed by the low bits of page numbers, and a copy between pages of equal
    /// offset in two slices is ten times slower than any other.
    ///
    /// # Panics
    /// If the range does not start at a page, or has more than 65,535 of them.
    pub fn new(first: PhysAddr, bytes: u32, start: u32) -> Frames {
        assert!(first.0.is_multiple_of(PAGE_BYTES), "frames are pages");
        let count = u16::try_from(bytes / PAGE_BYTES).expect("a node has at most 256 MB");
        let start = start.checked_rem(u32::from(count)).unwrap_or(0) as u16;
        // Taken from the end, one after the other, so that what is granted lies in
        // few pieces.
        let free = (0..start).rev().chain((start..count).rev()).collect();
        Frames { first, holders: vec![0; usize::from(count)], free, reserved: 0 }
    }

    /// Frames in all.
    pub fn count(&self) -> u32 {
        self.holders.len() as u32
    }

    /// Free frames that nobody has reserved.
    pub fn available(&self) -> u32 {
        self.free.len() as u32 - self.reserved
    }

    /// Keeps `count` free frames for [`Frames::take_reserved`].
    pub fn reserve(&mut self, count: u32) -> Result<(), OutOfFrames> {
        if count > self.available() {
            return Err(OutOfFrames);
        }
        self.reserved += count;
        Ok(())
    }

    /// Gives reserved frames back.
    pub fn unreserve(&mut self, count: u32) {
        assert!(count <= self.reserved, "only what was reserved is given back");
        self.reserved -= count;
    }

    /// Takes a frame that was not reserved, held once.
    pub fn take(&mut self) -> Result<PhysAddr, OutOfFrames> {
        self.reserve(1)?;
        Ok(self.take_reserved())
    }

    /// Takes a frame that was reserved, held once.
    pub fn take_reserved(&mut self) -> PhysAddr {
        self.unreserve(1);
        let number = self.free.pop().expect("reserved frames are free ones");
        self.holders[usize::from(number)] = 1;
        self.first.offset(u32::from(number) * PAGE_BYTES)
    }

    /// Whether the address lies in one of these frames.
    pub fn contains(&self, at: PhysAddr) -> bool {
        at >= self.first && at.0 - self.first.0 < self.count() * PAGE_BYTES
    }

    /// Holds frames once more: `count` of them, from `first` on.
    pub fn hold(&mut self, first: PhysAddr, count: u32) {
        let first = self.number(first);
        for holders in &mut self.holders[first..first + count as usize] {
            assert!(*holders > 0, "a free frame is taken, not held");
            *holders += 1;
        }
    }

    /// Holds frames once less: `count` of them, from `first` on. The last to do so makes one
    /// free.
    pub fn let_go(&mut self, first: PhysAddr, count: u32) {
        let first = self.number(first);
        for (number, holders) in (first..).zip(&mut self.holders[first..first + count as usize]) {
            assert!(*holders > 0, "only a held frame is released");
            *holders -= 1;
            if *holders == 0 {
                self.free.push(number as u16);
            }
        }
    }

    /// How many hold a frame.
    pub fn holders(&self, frame: PhysAddr) -> u16 {
        self.holders[self.number(frame)]
    }

    /// Holds a frame once less; the last to do so makes it free.
    pub fn release(&mut self, frame: PhysAddr) {
        self.let_go(frame, 1);
    }

    #[inline]
    fn number(&self, frame: PhysAddr) -> usize {
        assert!(self.contains(frame), "{frame} is no frame for spaces");
        ((frame.0 - self.first.0) / PAGE_BYTES) as usize
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("first", &self.first)
            .field("count", &self.count())
            .field("free", &self.free.len())
            .field("reserved", &self.reserved)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: PhysAddr = PhysAddr(0x0150_0000);

    #[test]
    fn frames_come_in_order_and_return() {
        let mut frames = Frames::new(FIRST, 3 * PAGE_BYTES + 100, 0);
        assert_eq!((frames.count(), frames.available()), (3, 3));
        let first = frames.take().unwrap();
        assert_eq!(first, FIRST);
        assert_eq!(frames.take(), Ok(FIRST.offset(PAGE_BYTES)));
        frames.release(first);
        assert_eq!(frames.available(), 2);
        assert_eq!(frames.take(), Ok(first));
    }

    #[test]
    fn frames_start_where_they_are_told_to_and_go_round() {
        let mut frames = Frames::new(FIRST, 3 * PAGE_BYTES, 5);
        let taken: Vec<u32> = (0..3).map(|_| frames.take().unwrap().0 - FIRST.0).collect();
        assert_eq!(taken, [2 * PAGE_BYTES, 0, PAGE_BYTES]);
        assert_eq!(Frames::new(FIRST, 0, 5).available(), 0);
    }

    #[test]
    fn reserved_frames_are_for_who_reserved_them() {
        let mut frames = Frames::new(FIRST, 3 * PAGE_BYTES, 0);
        frames.reserve(2).unwrap();
        frames.take().unwrap();
        assert_eq!(frames.take(), Err(OutOfFrames));
        assert_eq!(frames.reserve(1), Err(OutOfFrames));
        frames.take_reserved();
        frames.unreserve(1);
        assert!(frames.take().is_ok());
        assert_eq!(frames.available(), 0);
    }

    #[test]
    fn a_frame_is_free_when_the_last_lets_it_go() {
        let mut frames = Frames::new(FIRST, PAGE_BYTES, 0);
        let frame = frames.take().unwrap();
        frames.hold(frame, 1);
        frames.release(frame);
        assert_eq!((frames.holders(frame), frames.available()), (1, 0));
        frames.release(frame);
        assert_eq!(frames.available(), 1);
    }

    #[test]
    fn frames_beside_each_other_are_held_at_once() {
        let mut frames = Frames::new(FIRST, 3 * PAGE_BYTES, 0);
        let taken: Vec<_> = (0..3).map(|_| frames.take().unwrap()).collect();
        frames.hold(taken[1], 2);
        taken.iter().rev().for_each(|frame| frames.release(*frame));
        assert_eq!(frames.take(), Ok(taken[0]));
        assert!(frames.take().is_err(), "two are still held");
        frames.let_go(taken[1], 2);
        assert_eq!([1, 2].map(|index| frames.holders(taken[index])), [0, 0]);
        assert_eq!(frames.available(), 2);
    }
}
