//! Where the parts of one space lie, and how far they have grown: `abi::space` with
//! what changes while an incarnation runs.

use crate::address::PAGE_BYTES;
use abi::rdc_file::{USER_BEGIN, USER_END};
use abi::space::{PARAMETERS, PARAMETERS_MAX, STACK_TOP, SpaceLayout};
use core::ops::Range;
use kernel::platform::{MemoryError, SpaceSpec, UserRange};

/// A part of a space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Text and read-only data: mapped from the start, shared.
    Text,
    /// Data and heap: mapped when touched.
    Data,
    /// The stack: mapped when touched.
    Stack,
    /// The start parameters: mapped when touched.
    Parameters,
}

/// The parts' extents.
#[derive(Clone, Copy, Debug)]
pub struct Regions {
    layout: SpaceLayout,
    text_end: u32,
    parameters_end: u32,
    /// The end of the heap now.
    brk: u32,
}

/// The smallest stack: the frame of the first function must fit.
const STACK_MIN: u32 = 8;

fn to_pages(bytes: u32) -> u32 {
    bytes.div_ceil(PAGE_BYTES)
}

impl Regions {
    /// The parts of a new space; none if they do not fit.
    pub fn new(spec: &SpaceSpec) -> Option<Regions> {
        let SpaceSpec { text, data, bss, heap_max, stack_max, parameters, .. } = *spec;
        if parameters > PARAMETERS_MAX || stack_max < STACK_MIN {
            return None;
        }
        let layout = SpaceLayout::new(text, data, bss, heap_max, stack_max)?;
        let text_end = USER_BEGIN + to_pages(text) * PAGE_BYTES;
        let parameters_end = PARAMETERS + to_pages(parameters) * PAGE_BYTES;
        Some(Regions { layout, text_end, parameters_end, brk: layout.heap })
    }

    /// Where the parts begin and may end.
    pub fn layout(&self) -> &SpaceLayout {
        &self.layout
    }

    /// Pages of all that is private: what has to be reserved.
    pub fn private_pages(&self) -> u32 {
        let bytes = (self.layout.heap_end - self.layout.data)
            + (STACK_TOP - self.layout.stack_low)
            + (self.parameters_end - PARAMETERS);
        bytes / PAGE_BYTES
    }

    /// The part that an address lies in. Parts are whole pages.
    pub fn part(&self, at: u32) -> Option<Part> {
        if at >= self.layout.data {
            if at < self.heap_pages_end() {
                Some(Part::Data)
            } else if at >= self.layout.stack_low && at < STACK_TOP {
                Some(Part::Stack)
            } else if at >= PARAMETERS && at < self.parameters_end {
                Some(Part::Parameters)
            } else {
                None
            }
        } else if at >= USER_BEGIN && at < self.text_end {
            Some(Part::Text)
        } else {
            None
        }
    }

    /// The pages of the private parts, as far as they may be touched now, in their order.
    pub fn private_parts(&self) -> [Range<u32>; 3] {
        let Regions { layout, parameters_end, .. } = *self;
        [
            layout.data..self.heap_pages_end(),
            layout.stack_low..STACK_TOP,
            PARAMETERS..parameters_end,
        ]
    }

    /// Whether a range that is not empty lies in one private part.
    #[inline]
    pub fn is_private(&self, range: UserRange) -> bool {
        let (begin, length) = (range.base.0, range.length);
        let lies_in =
            |from: u32, to: u32| (from..to).contains(&begin) && (1..=to - begin).contains(&length);
        lies_in(self.layout.stack_low, STACK_TOP)
            || lies_in(self.layout.data, self.heap_pages_end())
            || lies_in(PARAMETERS, self.parameters_end)
    }

    /// The end of the heap.
    pub fn brk(&self) -> u32 {
        self.brk
    }

    /// The end of the heap's last page.
    pub fn heap_pages_end(&self) -> u32 {
        self.brk.next_multiple_of(PAGE_BYTES)
    }

    /// Whether the heap may end there: [`MemoryError::NoMemory`] above its bound.
    pub fn admit_brk(&self, end: u32) -> Result<(), MemoryError> {
        if end < self.layout.heap || end >= USER_END {
            Err(MemoryError::BadRange)
        } else if end > self.layout.heap_end {
            Err(MemoryError::NoMemory)
        } else {
            Ok(())
        }
    }

    /// Moves the end of the heap.
    ///
    /// # Panics
    /// If [`Regions::admit_brk`] does not admit it.
    pub fn set_brk(&mut self, end: u32) {
        assert_eq!(self.admit_brk(end), Ok(()));
        self.brk = end;
    }
}
