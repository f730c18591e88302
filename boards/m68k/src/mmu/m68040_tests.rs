//! The tables of the 68040 in a vector.

use super::m68040::PageTables;
use super::{Access, MapError, Owner, Protection, TableMemory};
use crate::address::{PhysAddr, VirtAddr};

const BASE: u32 = 0x0200_0000;
const READ_WRITE: Protection = Protection { access: Access::ReadWrite, owner: Owner::Supervisor };
const USER_READ_ONLY: Protection = Protection { access: Access::ReadOnly, owner: Owner::User };

/// Table memory of a fixed size from `BASE` on.
struct Words {
    words: Vec<u32>,
    used_bytes: u32,
}

impl Words {
    fn new(bytes: u32) -> Words {
        Words { words: vec![0; bytes as usize / 4], used_bytes: 0 }
    }

    fn slot(at: PhysAddr) -> usize {
        (at.0 - BASE) as usize / 4
    }
}

impl TableMemory for Words {
    fn read(&self, at: PhysAddr) -> u32 {
        self.words[Words::slot(at)]
    }

    fn write(&mut self, at: PhysAddr, descriptor: u32) {
        self.words[Words::slot(at)] = descriptor;
    }

    fn allocate(&mut self, bytes: u32) -> Option<PhysAddr> {
        let start = self.used_bytes.next_multiple_of(bytes);
        let end = start + bytes;
        (end as usize <= self.words.len() * 4).then(|| {
            self.used_bytes = end;
            PhysAddr(BASE + start)
        })
    }
}

fn tables() -> PageTables<Words> {
    PageTables::new(Words::new(8192)).unwrap()
}

#[test]
fn a_page_is_found_where_the_manual_puts_it() {
    let mut tables = tables();
    let virt = VirtAddr(0xC004_3000);
    tables.map(virt, PhysAddr(0x0104_3000), READ_WRITE).unwrap();
    let walk = tables.walk(virt.offset(0x123));
    let indices: Vec<u32> = walk.steps.iter().map(|step| step.index).collect();
    assert_eq!(indices, [0xC004_3000 >> 25, 1, 3]);
    // Root and pointer tables take 512 bytes each, so the page table follows.
    assert_eq!(walk.steps[0].descriptor, (BASE + 512) | 0x0A);
    assert_eq!(walk.steps[1].descriptor, (BASE + 1024) | 0x0A);
    assert_eq!(walk.steps[2].descriptor, 0x0104_3000 | 0xB9);
    assert_eq!(walk.target, Some((PhysAddr(0x0104_3123), READ_WRITE)));
}

#[test]
fn protection_is_in_the_descriptor() {
    let mut tables = tables();
    let virt = VirtAddr(0x1000);
    tables.map(virt, PhysAddr(0x5000), USER_READ_ONLY).unwrap();
    assert_eq!(tables.walk(virt).steps[2].descriptor, 0x5000 | 0x3D);
    tables.protect(virt, READ_WRITE).unwrap();
    assert_eq!(tables.walk(virt).target, Some((PhysAddr(0x5000), READ_WRITE)));
}

#[test]
fn neighbours_share_tables_and_nothing_else() {
    let mut tables = tables();
    for page in 0..64 {
        tables.map(VirtAddr(page << 12), PhysAddr((page + 100) << 12), READ_WRITE).unwrap();
    }
    assert_eq!(tables.memory().used_bytes, 512 + 512 + 256);
    assert_eq!(tables.unmap(VirtAddr(7 << 12)), Ok(PhysAddr(107 << 12)));
    assert_eq!(tables.walk(VirtAddr(7 << 12)).target, None);
    assert!(tables.walk(VirtAddr(6 << 12)).target.is_some());
    assert!(tables.walk(VirtAddr(8 << 12)).target.is_some());
}

#[test]
fn walks_end_at_what_is_not_there() {
    let mut tables = tables();
    assert_eq!(tables.walk(VirtAddr(0x1000)).steps.len(), 1);
    tables.map(VirtAddr(0), PhysAddr(0), READ_WRITE).unwrap();
    assert_eq!(tables.walk(VirtAddr(1 << 18)).steps.len(), 2);
    assert_eq!(tables.walk(VirtAddr(0x1000)).steps.len(), 3);
    assert_eq!(tables.walk(VirtAddr(0x1000)).target, None);
}

#[test]
fn wrong_changes_are_refused() {
    let mut tables = tables();
    let page = VirtAddr(0x4000);
    assert_eq!(tables.map(VirtAddr(0x4002), PhysAddr(0), READ_WRITE), Err(MapError::Misaligned));
    assert_eq!(tables.map(page, PhysAddr(0x10), READ_WRITE), Err(MapError::Misaligned));
    assert_eq!(tables.unmap(page), Err(MapError::NotMapped(page)));
    assert_eq!(tables.protect(page, READ_WRITE), Err(MapError::NotMapped(page)));
    tables.map(page, PhysAddr(0), READ_WRITE).unwrap();
    assert_eq!(tables.map(page, PhysAddr(0), READ_WRITE), Err(MapError::Mapped(page)));
    assert_eq!(tables.unmap(VirtAddr(0x4004)), Err(MapError::Misaligned));
}

#[test]
fn an_end_of_memory_is_an_answer() {
    let mut tables = PageTables::new(Words::new(512 + 512 + 256)).unwrap();
    tables.map(VirtAddr(0), PhysAddr(0), READ_WRITE).unwrap();
    assert_eq!(
        tables.map(VirtAddr(1 << 18), PhysAddr(0), READ_WRITE),
        Err(MapError::NoTableMemory)
    );
    assert!(PageTables::new(Words::new(256)).is_err());
}

#[test]
fn frames_are_mapped_one_after_the_other_over_the_ends_of_tables() {
    let frames: Vec<PhysAddr> =
        (0..100).map(|page| PhysAddr(0x0300_0000 + 0x2000 * page)).collect();
    let first = VirtAddr(0x0003_0000);
    let mut at_once = PageTables::new(Words::new(0x4000)).unwrap();
    at_once.map_all(first, &frames, USER_READ_ONLY).unwrap();
    let mut one_by_one = PageTables::new(Words::new(0x4000)).unwrap();
    for (frame, page) in frames.iter().zip(0..) {
        one_by_one.map(first.offset(page * 0x1000), *frame, USER_READ_ONLY).unwrap();
    }
    assert_eq!(at_once.memory().words, one_by_one.memory().words);
    assert_eq!(at_once.map_all(VirtAddr(1), &frames, READ_WRITE), Err(MapError::Misaligned));
}
