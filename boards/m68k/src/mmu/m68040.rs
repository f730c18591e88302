//! Page tables of the 68040 with 4 KB pages: a root table of 128 pointers, each
//! to a pointer table of 128, each to a page table of 64 (MC68040 User's Manual,
//! 3.2). Portable: the memory that holds them is a parameter.
//!
//! A table, once made, stays for the life of its address space.

use super::{Access, MapError, Owner, Protection, Step, TableMemory, Walk};
use crate::address::{PAGE_BYTES, PhysAddr, VirtAddr};
use bitflags::bitflags;

bitflags! {
    /// The bits of descriptors; a page descriptor's upper 20 bits are the page.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Descriptor: u32 {
        /// Page descriptors: the page is in memory.
        const RESIDENT = 1 << 0;
        /// Table descriptors: the table is in memory.
        const TABLE_RESIDENT = 1 << 1;
        /// Writes fault.
        const WRITE_PROTECTED = 1 << 2;
        /// The processor has used the descriptor. Set ahead, since then it need
        /// not be set by a locked access when it is used first.
        const USED = 1 << 3;
        /// The page was written to. Set ahead for the same reason: dirty pages
        /// are told by write protection, which works on every MMU.
        const MODIFIED = 1 << 4;
        /// Cached by copyback.
        const COPYBACK = 1 << 5;
        /// User accesses fault.
        const SUPERVISOR = 1 << 7;
    }
}

const ENTRY_BYTES: u32 = 4;

/// One level of the tree.
struct Level {
    name: &'static str,
    /// Where its index starts in an address.
    shift: u32,
    entries: u32,
}

impl Level {
    fn index(&self, address: VirtAddr) -> u32 {
        address.0 >> self.shift & (self.entries - 1)
    }

    fn bytes(&self) -> u32 {
        self.entries * ENTRY_BYTES
    }

    fn entry(&self, table: PhysAddr, address: VirtAddr) -> PhysAddr {
        table.offset(self.index(address) * ENTRY_BYTES)
    }
}

const ROOT: Level = Level { name: "root", shift: 25, entries: 128 };
const POINTER: Level = Level { name: "pointer", shift: 18, entries: 128 };
const PAGE: Level = Level { name: "page", shift: 12, entries: 64 };

/// The levels whose descriptors point to tables, with the level they point to.
const BRANCHES: [(Level, Level); 2] = [(ROOT, POINTER), (POINTER, PAGE)];

/// A tree of tables.
#[derive(Debug)]
pub struct PageTables<M> {
    root: PhysAddr,
    memory: M,
}

impl<M: TableMemory> PageTables<M> {
    /// A tree that maps nothing.
    pub fn new(mut memory: M) -> Result<PageTables<M>, MapError> {
        let root = memory.allocate(ROOT.bytes()).ok_or(MapError::NoTableMemory)?;
        Ok(PageTables { root, memory })
    }

    /// The root table, for a root pointer register.
    pub fn root(&self) -> PhysAddr {
        self.root
    }

    /// The memory of the tables.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// Maps a page that is not mapped.
    pub fn map(
        &mut self,
        virt: VirtAddr,
        phys: PhysAddr,
        protection: Protection,
    ) -> Result<(), MapError> {
        if !(virt.0 | phys.0).is_multiple_of(PAGE_BYTES) {
            return Err(MapError::Misaligned);
        }
        let entry = self.page_entry_or_new(virt)?;
        if is_resident(self.memory.read(entry)) {
            return Err(MapError::Mapped(virt));
        }
        self.memory.write(entry, page_descriptor(phys, protection));
        Ok(())
    }

    /// Maps frames from a page on, one after the other, where nothing is mapped.
    pub fn map_all(
        &mut self,
        first: VirtAddr,
        frames: &[PhysAddr],
        protection: Protection,
    ) -> Result<(), MapError> {
        if !first.0.is_multiple_of(PAGE_BYTES) {
            return Err(MapError::Misaligned);
        }
        let (mut virt, mut left) = (first, frames);
        while !left.is_empty() {
            let entry = self.page_entry_or_new(virt)?;
            let room = (PAGE.entries - PAGE.index(virt)) as usize;
            let (now, later) = left.split_at(room.min(left.len()));
            let flags = page_descriptor(PhysAddr(0), protection);
            self.memory.write_all(entry, now.iter().map(|frame| frame.0 | flags));
            (virt, left) = (virt.offset(now.len() as u32 * PAGE_BYTES), later);
        }
        Ok(())
    }

    /// Unmaps a page and says where it was mapped to.
    pub fn unmap(&mut self, virt: VirtAddr) -> Result<PhysAddr, MapError> {
        let (entry, descriptor) = self.mapped(virt)?;
        self.memory.write(entry, 0);
        Ok(page_of(descriptor))
    }

    /// Changes the protection of a mapped page.
    pub fn protect(&mut self, virt: VirtAddr, protection: Protection) -> Result<(), MapError> {
        let (entry, descriptor) = self.mapped(virt)?;
        self.memory.write(entry, page_descriptor(page_of(descriptor), protection));
        Ok(())
    }

    /// Follows the tables as the processor does.
    pub fn walk(&self, virt: VirtAddr) -> Walk {
        let mut walk = Walk::default();
        let mut table = self.root;
        for level in [ROOT, POINTER, PAGE] {
            let descriptor = self.memory.read(level.entry(table, virt));
            let step = Step { level: level.name, index: level.index(virt), descriptor };
            // There are as many places for steps as levels.
            let _ = walk.steps.push(step);
            if level.shift == PAGE.shift {
                walk.target = is_resident(descriptor).then(|| {
                    let offset = virt.0 - virt.page().0;
                    (page_of(descriptor).offset(offset), protection_of(descriptor))
                });
            } else if let Some(next) = table_of(descriptor) {
                table = next;
            } else {
                break;
            }
        }
        walk
    }

    /// The page that is mapped where an address lies, and what may be done to it.
    #[inline]
    pub fn page(&self, virt: VirtAddr) -> Option<(PhysAddr, Access)> {
        let pages = self.page_table(virt)?;
        mapped_by(self.memory.read(PAGE.entry(pages, virt)))
    }

    /// The page table for an address, and for all others of the same part
    /// ([`part_of`]).
    #[inline]
    pub fn page_table(&self, virt: VirtAddr) -> Option<PhysAddr> {
        let pointers = table_of(self.memory.read(ROOT.entry(self.root, virt)))?;
        table_of(self.memory.read(POINTER.entry(pointers, virt)))
    }

    /// Hands each mapped page and what it is mapped to to `each`, the last page first.
    pub fn for_each_page(&self, mut each: impl FnMut(VirtAddr, PhysAddr)) {
        for (root_part, pointers) in self.tables_in(self.root, &ROOT) {
            for (pointer_part, pages) in self.tables_in(pointers, &POINTER) {
                for index in (0..PAGE.entries).rev() {
                    let descriptor = self.memory.read(pages.offset(index * ENTRY_BYTES));
                    if is_resident(descriptor) {
                        let virt = VirtAddr(root_part | pointer_part | index << PAGE.shift);
                        each(virt, page_of(descriptor));
                    }
                }
            }
        }
    }

    /// The tables that a table points to, the last one first, each with its part of the
    /// addresses.
    fn tables_in(&self, table: PhysAddr, level: &Level) -> impl Iterator<Item = (u32, PhysAddr)> {
        let shift = level.shift;
        (0..level.entries).rev().filter_map(move |index| {
            let next = table_of(self.memory.read(table.offset(index * ENTRY_BYTES)))?;
            Some((index << shift, next))
        })
    }

    /// The entry and descriptor of a mapped page.
    fn mapped(&self, virt: VirtAddr) -> Result<(PhysAddr, u32), MapError> {
        if virt.page() != virt {
            return Err(MapError::Misaligned);
        }
        let mut table = self.root;
        for (level, _) in BRANCHES {
            let descriptor = self.memory.read(level.entry(table, virt));
            table = table_of(descriptor).ok_or(MapError::NotMapped(virt))?;
        }
        let entry = PAGE.entry(table, virt);
        let descriptor = self.memory.read(entry);
        if is_resident(descriptor) {
            Ok((entry, descriptor))
        } else {
            Err(MapError::NotMapped(virt))
        }
    }

    /// The place of a page's descriptor; tables on the way are made.
    fn page_entry_or_new(&mut self, virt: VirtAddr) -> Result<PhysAddr, MapError> {
        let mut table = self.root;
        for (level, next_level) in BRANCHES {
            let entry = level.entry(table, virt);
            table = match table_of(self.memory.read(entry)) {
                Some(next) => next,
                None => self.grow(entry, &next_level)?,
            };
        }
        Ok(PAGE.entry(table, virt))
    }

    fn grow(&mut self, entry: PhysAddr, level: &Level) -> Result<PhysAddr, MapError> {
        let table = self.memory.allocate(level.bytes()).ok_or(MapError::NoTableMemory)?;
        let flags = Descriptor::TABLE_RESIDENT | Descriptor::USED;
        self.memory.write(entry, table.0 | flags.bits());
        Ok(table)
    }
}

/// What addresses of one page table have in common.
#[inline]
pub fn part_of(virt: VirtAddr) -> u32 {
    virt.0 >> POINTER.shift
}

/// The number of a page's descriptor in its page table.
#[inline]
pub fn index_in_table(virt: VirtAddr) -> usize {
    PAGE.index(virt) as usize
}

/// The page that a page descriptor maps, and what may be done to it.
#[inline]
pub fn mapped_by(descriptor: u32) -> Option<(PhysAddr, Access)> {
    is_resident(descriptor).then(|| (page_of(descriptor), access_of(descriptor)))
}

fn is_resident(descriptor: u32) -> bool {
    Descriptor::from_bits_retain(descriptor).contains(Descriptor::RESIDENT)
}

/// The table that a descriptor points to. The low bits of smaller tables'
/// addresses are zero by their alignment, and flags lie below 16.
fn table_of(descriptor: u32) -> Option<PhysAddr> {
    Descriptor::from_bits_retain(descriptor)
        .contains(Descriptor::TABLE_RESIDENT)
        .then_some(PhysAddr(descriptor & !0xF))
}

fn page_of(descriptor: u32) -> PhysAddr {
    PhysAddr(descriptor & !(PAGE_BYTES - 1))
}

fn page_descriptor(page: PhysAddr, protection: Protection) -> u32 {
    let mut flags =
        Descriptor::RESIDENT | Descriptor::USED | Descriptor::MODIFIED | Descriptor::COPYBACK;
    flags.set(Descriptor::WRITE_PROTECTED, protection.access == Access::ReadOnly);
    flags.set(Descriptor::SUPERVISOR, protection.owner == Owner::Supervisor);
    page.0 | flags.bits()
}

fn access_of(descriptor: u32) -> Access {
    let flags = Descriptor::from_bits_retain(descriptor);
    if flags.contains(Descriptor::WRITE_PROTECTED) { Access::ReadOnly } else { Access::ReadWrite }
}

fn protection_of(descriptor: u32) -> Protection {
    let flags = Descriptor::from_bits_retain(descriptor);
    let owner =
        if flags.contains(Descriptor::SUPERVISOR) { Owner::Supervisor } else { Owner::User };
    Protection { access: access_of(descriptor), owner }
}
