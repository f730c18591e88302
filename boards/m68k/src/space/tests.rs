//! Spaces in a vector.

use super::{Spaces, Translation};
use crate::address::{PAGE_BYTES, PhysAddr, VirtAddr};
use crate::frames::Frames;
use crate::own_memory::OwnMemory;
use crate::windows::Windows;
use abi::ids::{NodeId, UserAddr};
use abi::rdc_file::{USER_BEGIN, USER_END};
use abi::slice::SliceLayout;
use abi::space::{PARAMETERS, STACK_TOP};
use core::ptr::NonNull;
use kernel::platform::{
    Access, BadAddress, GrantError, Memory, MemoryError, Side, Slot, SpaceSpec, TextState, Usage,
    UserRange,
};
use kernel::shared_bus::SharedMemory;

const SLICE: PhysAddr = PhysAddr(0x0100_0000);
const FRAMES: u32 = 64;
/// The first frame, behind what stands for the kernel.
const FIRST: u32 = 4 * PAGE_BYTES;

const A: Slot = Slot(0);
const B: Slot = Slot(1);

const SPEC: SpaceSpec = SpaceSpec {
    text_id: 7,
    text: PAGE_BYTES + 100,
    data: 50,
    bss: 100,
    heap_max: 4 * PAGE_BYTES,
    stack_max: 2 * PAGE_BYTES,
    parameters: 60,
};
/// Where the data of such a space begins.
const DATA: u32 = USER_BEGIN + 2 * PAGE_BYTES;
/// Pages that it reserves: data and heap, stack, parameters.
const PRIVATE_PAGES: u32 = 5 + 2 + 1;
const TEXT_PAGES: u32 = 2;
const TABLE_PAGES: u32 = 1;

/// The root of no tables.
const NOTHING: PhysAddr = PhysAddr(0);

/// An MMU that forgets nothing, since it knows nothing.
#[derive(Default)]
struct NoMmu {
    forgotten: Vec<VirtAddr>,
    roots: Vec<PhysAddr>,
}

impl Translation for NoMmu {
    fn nothing(&self) -> PhysAddr {
        NOTHING
    }

    fn switch(&mut self, root: PhysAddr) {
        self.roots.push(root);
    }

    fn forget(&mut self, page: VirtAddr) {
        self.forgotten.push(page);
    }

    fn publish_code(&mut self) {}
}

/// A page of a host's memory.
#[derive(Clone)]
#[repr(C, align(4096))]
struct Page([u8; PAGE_BYTES as usize]);

/// Spaces in memory that is freed with them.
struct Bench {
    spaces: Spaces<NoMmu>,
    memory: Vec<Page>,
}

impl Bench {
    fn new() -> Bench {
        // What a frame held before must never be seen.
        let mut memory = vec![Page([0xEE; 4096]); (FRAMES + 4) as usize];
        let base = NonNull::new(memory.as_mut_ptr()).unwrap().cast();
        let bytes = (FRAMES + 4) * PAGE_BYTES;
        // SAFETY: the vector lives as long as the spaces and is not resized.
        let own = unsafe { OwnMemory::new(base, SLICE, bytes) };
        let layout = SliceLayout::new(2, 16 << 20).unwrap();
        // SAFETY: the tests pull from this node's own slice only.
        let windows = unsafe { Windows::new(layout, NodeId(1)) };
        let frames = Frames::new(SLICE.offset(FIRST), FRAMES * PAGE_BYTES, 0);
        Bench { spaces: Spaces::new(own, windows, frames, NoMmu::default()), memory }
    }

    /// A space whose text and data have been written.
    fn loaded(&mut self, slot: Slot) -> TextState {
        let map = self.spaces.create(slot, &SPEC).unwrap();
        if map.text_state == TextState::Missing {
            let offset = FIRST - PAGE_BYTES;
            let page = &mut self.memory[3].0;
            page.fill(0x4E);
            for at in (0..map.text.length).step_by(PAGE_BYTES as usize) {
                let length = PAGE_BYTES.min(map.text.length - at);
                let to = UserRange { base: UserAddr(map.text.base.0 + at), length };
                self.spaces.write_from(slot, to, Side::Loader, NodeId(1), offset).unwrap();
            }
        }
        self.spaces.loaded(slot);
        map.text_state
    }

    fn read(&mut self, slot: Slot, at: u32, length: usize) -> Result<Vec<u8>, BadAddress> {
        let mut bytes = vec![0; length];
        self.spaces.copy_in(slot, UserAddr(at), &mut bytes).map(|()| bytes)
    }

    fn write(&mut self, slot: Slot, at: u32, bytes: &[u8]) -> Result<(), BadAddress> {
        self.spaces.copy_out(slot, UserAddr(at), bytes)
    }
}

fn range(base: u32, length: u32) -> UserRange {
    UserRange { base: UserAddr(base), length }
}

#[test]
fn what_a_loader_writes_in_part_is_cleared_first() {
    let mut bench = Bench::new();
    bench.loaded(A);
    bench.memory[2].0.fill(0x11);
    bench.memory[3].0.fill(0x22);
    bench.spaces.brk(A, UserAddr(DATA + 3 * PAGE_BYTES)).unwrap();
    let length = PAGE_BYTES + 100;
    let to = range(DATA, length);
    let from = FIRST - 2 * PAGE_BYTES;
    bench.spaces.write_from(A, to, Side::Loader, NodeId(1), from).unwrap();
    let loaded = [vec![0x11; 4096], vec![0x22; 100], vec![0; 3996 + 4096]].concat();
    assert_eq!(bench.read(A, DATA, 3 * PAGE_BYTES as usize), Ok(loaded));
    assert_eq!(bench.spaces.usage(A).heap, 3);
}

/// All ranges of pages that were touched, `most` bytes at a time.
fn touched(bench: &Bench, slot: Slot, most: u32) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(range) = bench.spaces.touched(slot, UserAddr(from), most) {
        found.push((range.base.0, range.length));
        from = range.base.0 + range.length;
    }
    found
}

#[test]
fn the_pages_that_were_touched_are_known() {
    let mut bench = Bench::new();
    bench.loaded(A);
    let stack = (STACK_TOP - PAGE_BYTES, PAGE_BYTES);
    assert_eq!(touched(&bench, A, 1 << 20), [stack], "the frame of the first function");
    bench.spaces.brk(A, UserAddr(DATA + 4 * PAGE_BYTES + 1)).unwrap();
    for page in [0, 1, 4] {
        bench.write(A, DATA + page * PAGE_BYTES + 7, &[1]).unwrap();
    }
    bench.write(A, PARAMETERS, &[1]).unwrap();
    let last = (DATA + 4 * PAGE_BYTES, PAGE_BYTES);
    let parameters = (PARAMETERS, PAGE_BYTES);
    let all = [(DATA, 2 * PAGE_BYTES), last, stack, parameters];
    assert_eq!(touched(&bench, A, 1 << 20), all);
    let second = (DATA + PAGE_BYTES, PAGE_BYTES);
    let all = [(DATA, PAGE_BYTES), second, last, stack, parameters];
    assert_eq!(touched(&bench, A, PAGE_BYTES), all, "a page at a time");
    assert_eq!(touched(&bench, B, PAGE_BYTES), [], "there is no such space");
}

#[test]
fn all_but_text_is_zero_and_only_what_is_touched_is_mapped() {
    let mut bench = Bench::new();
    bench.loaded(A);
    assert_eq!(bench.spaces.usage(A), Usage { text: 2, heap: 0, stack: 1 });
    assert_eq!(bench.read(A, USER_BEGIN, 8), Ok(vec![0x4E; 8]));
    assert_eq!(bench.read(A, USER_BEGIN + SPEC.text, 20), Ok(vec![0; 20]), "behind the text");
    assert_eq!(bench.read(A, DATA, 150), Ok(vec![0; 150]));
    assert_eq!(bench.read(A, STACK_TOP - 2 * PAGE_BYTES, 8), Ok(vec![0; 8]));
    assert_eq!(bench.read(A, PARAMETERS, 60), Ok(vec![0; 60]));
    let frame = [[0; 4], PARAMETERS.to_be_bytes()].concat();
    assert_eq!(bench.read(A, STACK_TOP - 8, 8), Ok(frame), "no caller, one argument");
    assert_eq!(bench.spaces.usage(A), Usage { text: 2, heap: 1, stack: 2 });
}

#[test]
fn bad_ranges_of_every_kind() {
    let mut bench = Bench::new();
    bench.loaded(A);
    let heap_end = DATA + PAGE_BYTES;
    let low = STACK_TOP - SPEC.stack_max;
    let bad = [
        (0, 4),
        (USER_BEGIN - 1, 2),
        (heap_end - 2, 4),
        (heap_end, 1),
        (low - 1, 4),
        (STACK_TOP - 2, 4),
        (PARAMETERS + PAGE_BYTES, 1),
        (USER_END - 1, 1),
        (0xC000_1000, 4),
        (0xFF00_0000, 4),
        (u32::MAX, 2),
        (DATA, u32::MAX),
    ];
    for (base, length) in bad {
        for access in [Access::Read, Access::Write] {
            let checked = bench.spaces.check(A, range(base, length), access);
            assert_eq!(checked, Err(BadAddress), "{base:#x}+{length:#x}");
        }
        assert_eq!(bench.read(A, base, length.min(8) as usize).is_err(), length < 9);
        assert_eq!(bench.spaces.pin(A, range(base, length)), Err(GrantError::BadAddress));
        let across = bench.spaces.copy_across((A, UserAddr(DATA)), (A, range(base, length)));
        assert_eq!(across, Err(BadAddress));
    }
    assert_eq!(bench.spaces.check(A, range(USER_BEGIN, 8), Access::Write), Err(BadAddress));
    assert_eq!(bench.spaces.check(A, range(USER_BEGIN, SPEC.text), Access::Read), Ok(()));
    assert_eq!(bench.spaces.check(A, range(0xFFFF_FFFF, 0), Access::Write), Ok(()));
    assert_eq!(bench.spaces.check(B, range(DATA, 1), Access::Read), Err(BadAddress), "no space");
    assert_eq!(bench.write(A, USER_BEGIN + 4, b"x"), Err(BadAddress));
}

#[test]
fn text_is_shared_once_it_is_complete() {
    let mut bench = Bench::new();
    let before = bench.spaces.free_pages();
    assert_eq!(bench.loaded(A), TextState::Missing);
    let one = PRIVATE_PAGES + TEXT_PAGES + TABLE_PAGES;
    assert_eq!(bench.spaces.free_pages(), before - one);
    assert_eq!(bench.loaded(B), TextState::Present);
    assert_eq!(bench.spaces.free_pages(), before - one - PRIVATE_PAGES - TABLE_PAGES);
    assert_eq!(bench.read(B, USER_BEGIN + PAGE_BYTES, 4), Ok(vec![0x4E; 4]));
    let to = range(USER_BEGIN, 4);
    let written = bench.spaces.write_from(B, to, Side::Loader, NodeId(1), FIRST - PAGE_BYTES);
    assert_eq!(written, Err(BadAddress), "a complete text is nobody's to write");
    let other = SpaceSpec { text_id: 8, ..SPEC };
    let map = bench.spaces.create(Slot(2), &other).unwrap();
    assert_eq!(map.text_state, TextState::Missing);
}

#[test]
fn an_unused_text_stays_until_memory_is_short() {
    let mut bench = Bench::new();
    let before = bench.spaces.free_pages();
    bench.loaded(A);
    bench.spaces.destroy(A);
    assert_eq!(bench.spaces.free_pages(), before, "it counts as free");
    let of_pages = |pages| {
        let heap_max = (pages - (PRIVATE_PAGES - 4) - TEXT_PAGES - TABLE_PAGES) * PAGE_BYTES;
        SpaceSpec { text_id: 9, heap_max, ..SPEC }
    };
    let too_large = bench.spaces.create(B, &of_pages(before + 1));
    assert_eq!(too_large, Err(MemoryError::NoMemory));
    assert_eq!(bench.loaded(A), TextState::Present, "nothing was dropped in vain");
    bench.spaces.destroy(A);
    bench.spaces.create(B, &of_pages(before)).unwrap();
    assert_eq!(bench.spaces.free_pages(), 0);
    bench.spaces.destroy(B);
    assert_eq!(bench.loaded(A), TextState::Missing, "the text had to go");
}

#[test]
fn a_text_that_was_not_completed_ends_with_its_space() {
    let mut bench = Bench::new();
    let before = bench.spaces.free_pages();
    bench.spaces.create(A, &SPEC).unwrap();
    bench.spaces.create(B, &SPEC).unwrap();
    bench.spaces.loaded(B);
    bench.spaces.loaded(A);
    bench.spaces.destroy(A);
    bench.spaces.destroy(B);
    assert_eq!(bench.spaces.free_pages(), before);
    bench.spaces.create(A, &SPEC).unwrap();
    bench.spaces.destroy(A);
    bench.spaces.create(B, &SpaceSpec { text_id: 8, ..SPEC }).unwrap();
    bench.spaces.destroy(B);
    assert_eq!(bench.loaded(A), TextState::Present);
    bench.spaces.destroy(A);
    assert_eq!(bench.spaces.free_pages(), before);
}

#[test]
fn what_a_space_may_have_it_gets_however_full_memory_is() {
    let mut bench = Bench::new();
    bench.loaded(A);
    let mut others = 0;
    while bench.spaces.create(Slot(1 + others), &SPEC).is_ok() {
        others += 1;
    }
    assert!(others > 3);
    assert_eq!(bench.spaces.brk(A, UserAddr(DATA + 5 * PAGE_BYTES)), Ok(UserAddr(DATA + 150)));
    for page in 0..5 {
        assert_eq!(bench.write(A, DATA + page * PAGE_BYTES, b"full"), Ok(()));
    }
    assert_eq!(bench.write(A, STACK_TOP - SPEC.stack_max, b"full"), Ok(()));
    assert_eq!(bench.spaces.usage(A), Usage { text: 2, heap: 5, stack: 2 });
}

#[test]
fn the_heap_moves_within_its_bounds_and_is_zero() {
    let mut bench = Bench::new();
    bench.loaded(A);
    let heap = DATA + 150;
    let free = bench.spaces.free_pages();
    assert_eq!(bench.spaces.brk(A, UserAddr(0)), Ok(UserAddr(heap)));
    let above = UserAddr(DATA + 5 * PAGE_BYTES + 1);
    assert_eq!(bench.spaces.brk(A, above), Err(MemoryError::NoMemory));
    for bad in [heap - 1, USER_END, u32::MAX, 1] {
        assert_eq!(bench.spaces.brk(A, UserAddr(bad)), Err(MemoryError::BadRange), "{bad:#x}");
    }
    let end = heap + 2 * PAGE_BYTES;
    assert_eq!(bench.spaces.brk(A, UserAddr(end)), Ok(UserAddr(heap)));
    bench.write(A, heap, &[1; 2 * PAGE_BYTES as usize]).unwrap();
    assert_eq!(bench.spaces.brk(A, UserAddr(heap + 10)), Ok(UserAddr(end)));
    assert_eq!(bench.spaces.usage(A).heap, 1);
    assert_eq!(bench.read(A, heap + PAGE_BYTES, 1), Err(BadAddress));
    bench.spaces.brk(A, UserAddr(end)).unwrap();
    let bytes = bench.read(A, heap, 2 * PAGE_BYTES as usize).unwrap();
    assert!(bytes[..10] == [1; 10] && bytes[10..].iter().all(|&byte| byte == 0));
    assert_eq!(bench.spaces.free_pages(), free, "all was reserved");
}

#[test]
fn granted_pages_outlive_their_place_and_their_space() {
    let mut bench = Bench::new();
    let before = bench.spaces.free_pages();
    bench.loaded(A);
    bench.spaces.brk(A, UserAddr(DATA + 3 * PAGE_BYTES)).unwrap();
    bench.write(A, DATA + PAGE_BYTES, b"granted").unwrap();
    let record = bench.spaces.pin(A, range(DATA + PAGE_BYTES, 2 * PAGE_BYTES)).unwrap();
    bench.spaces.brk(A, UserAddr(DATA + 150)).unwrap();
    bench.spaces.brk(A, UserAddr(DATA + 3 * PAGE_BYTES)).unwrap();
    assert_eq!(bench.read(A, DATA + PAGE_BYTES, 7), Ok(vec![0; 7]), "another frame");
    bench.spaces.destroy(A);
    assert_eq!(bench.spaces.free_pages(), before - 2);
    bench.spaces.unpin(record);
    assert_eq!(bench.spaces.free_pages(), before);
}

#[test]
fn a_heap_gives_no_granted_page_up_that_cannot_be_replaced() {
    let mut bench = Bench::new();
    bench.loaded(A);
    bench.spaces.brk(A, UserAddr(DATA + 2 * PAGE_BYTES)).unwrap();
    let record = bench.spaces.pin(A, range(DATA + PAGE_BYTES, 1)).unwrap();
    let rest = bench.spaces.free_pages() - PRIVATE_PAGES - TABLE_PAGES;
    let heap_max = SPEC.heap_max + rest * PAGE_BYTES;
    bench.spaces.create(B, &SpaceSpec { heap_max, ..SPEC }).unwrap();
    assert_eq!(bench.spaces.free_pages(), 0);
    assert_eq!(bench.spaces.brk(A, UserAddr(DATA + 150)), Err(MemoryError::NoMemory));
    bench.spaces.unpin(record);
    assert!(bench.spaces.brk(A, UserAddr(DATA + 150)).is_ok());
}

#[test]
fn copies_go_across_pages_and_spaces() {
    let mut bench = Bench::new();
    bench.loaded(A);
    bench.loaded(B);
    for slot in [A, B] {
        bench.spaces.brk(slot, UserAddr(DATA + 5 * PAGE_BYTES)).unwrap();
    }
    let bytes: Vec<u8> = (0..3 * PAGE_BYTES).map(|at| (at / 7) as u8).collect();
    bench.write(A, DATA + 100, &bytes).unwrap();
    let to = range(DATA + 3000, bytes.len() as u32);
    bench.spaces.copy_across((A, UserAddr(DATA + 100)), (B, to)).unwrap();
    assert_eq!(bench.read(B, DATA + 3000, bytes.len()), Ok(bytes));
    assert_eq!(bench.read(B, DATA, 3000), Ok(vec![0; 3000]));
}

#[test]
fn a_thousand_spaces_leave_nothing_behind() {
    let mut bench = Bench::new();
    let before = bench.spaces.free_pages();
    for round in 0..1000 {
        bench.loaded(A);
        bench.spaces.activate(A);
        bench.write(A, DATA, b"data").unwrap();
        let record = bench.spaces.pin(A, range(DATA, 100)).unwrap();
        bench.loaded(B);
        bench.spaces.destroy(if round % 2 == 0 { A } else { B });
        bench.spaces.unpin(record);
        bench.spaces.destroy(if round % 2 == 0 { B } else { A });
        assert_eq!(bench.spaces.free_pages(), before, "round {round}");
    }
}

#[test]
fn the_mmu_hears_of_switches_and_of_changes_in_the_active_space() {
    let mut bench = Bench::new();
    bench.loaded(A);
    bench.loaded(B);
    bench.spaces.activate(A);
    bench.spaces.activate(A);
    bench.write(B, DATA, b"b").unwrap();
    bench.write(A, DATA, b"a").unwrap();
    assert_eq!(bench.spaces.mmu.forgotten, [VirtAddr(DATA)]);
    bench.spaces.activate(B);
    bench.spaces.destroy(B);
    let roots = &bench.spaces.mmu.roots;
    assert_eq!(roots.len(), 3);
    assert!(roots[0] != NOTHING && roots[1] != NOTHING && roots[0] != roots[1]);
    assert_eq!(roots[2], NOTHING);
}
