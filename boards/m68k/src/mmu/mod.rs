//! Address translation: what a mapping is, whichever MMU carries it out.
//!
//! `m68040` builds the tables of the 68040, `control` is its registers, `kernel` the
//! address space that the kernel itself runs in, `user` what spaces need of the MMU.

pub mod control;
pub mod kernel;
pub mod m68040;
#[cfg(test)]
mod m68040_tests;
pub mod user;

use crate::address::{PhysAddr, VirtAddr};
use core::fmt;

/// What may be done to a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Reads and instruction fetches; neither MMU tells these apart.
    ReadOnly,
    /// Writes too.
    ReadWrite,
}

/// Who may do it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Supervisor mode only.
    Supervisor,
    /// User mode too.
    User,
}

/// How a page is protected. Pages are cached by copyback; what must not be
/// cached lies in a window of its own (see [`control`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protection {
    /// What may be done.
    pub access: Access,
    /// By whom.
    pub owner: Owner,
}

/// Why a mapping could not be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapError {
    /// An address is not the start of a page.
    Misaligned,
    /// The page is mapped already.
    Mapped(VirtAddr),
    /// The page is not mapped.
    NotMapped(VirtAddr),
    /// No memory is left for tables.
    NoTableMemory,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MapError::Misaligned => f.write_str("the address is not the start of a page"),
            MapError::Mapped(page) => write!(f, "page {page} is mapped already"),
            MapError::NotMapped(page) => write!(f, "page {page} is not mapped"),
            MapError::NoTableMemory => f.write_str("no memory is left for page tables"),
        }
    }
}

impl core::error::Error for MapError {}

/// The memory that tables live in.
pub trait TableMemory {
    /// Reads a descriptor.
    fn read(&self, at: PhysAddr) -> u32;

    /// Writes a descriptor.
    fn write(&mut self, at: PhysAddr, descriptor: u32);

    /// Writes descriptors that follow one another in one table.
    fn write_all(&mut self, at: PhysAddr, descriptors: impl ExactSizeIterator<Item = u32>) {
        for (descriptor, offset) in descriptors.zip((0..).step_by(size_of::<u32>())) {
            self.write(at.offset(offset), descriptor);
        }
    }

    /// Zeroed memory for a table, aligned to its size, or none if all is used.
    fn allocate(&mut self, bytes: u32) -> Option<PhysAddr>;
}

/// One level of a table walk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// The level's name in the manual.
    pub level: &'static str,
    /// The descriptor's place in its table.
    pub index: u32,
    /// The descriptor.
    pub descriptor: u32,
}

/// How an address is translated, level by level, ending with the page
/// descriptor or the first one that is not resident.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Walk {
    /// The levels that were reached.
    pub steps: heapless::Vec<Step, 3>,
    /// The physical address and the protection, if a page is mapped.
    pub target: Option<(PhysAddr, Protection)>,
}
