//! The heap: blocks are disjoint and aligned, nothing leaks, an end is an answer.

use alloc::alloc::{Layout, alloc, dealloc};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::hint::black_box;
use m68k::{heap, test};

fn collections_give_everything_back() {
    let before = heap::usage().used_bytes;
    {
        let mut map = BTreeMap::new();
        for number in 0..500_u32 {
            map.insert(number.wrapping_mul(2_654_435_761), number.to_string());
        }
        let boxed: Box<dyn Fn(u32) -> Option<usize>> =
            Box::new(move |key| map.get(&key).map(String::len));
        assert_eq!(boxed(0), Some(1));
        assert!(heap::usage().used_bytes > before);
    }
    assert_eq!(heap::usage().used_bytes, before);
}
test!(collections_give_everything_back);

fn blocks_are_aligned_and_disjoint() {
    let layouts = [(1, 1), (24, 4), (100, 2), (512, 512), (4096, 4096), (3, 8)]
        .map(|(bytes, align)| Layout::from_size_align(bytes, align).expect("a valid layout"));
    // SAFETY: no layout is empty.
    let blocks = layouts.map(|layout| unsafe { alloc(layout) });
    for (first, (block, layout)) in blocks.iter().zip(layouts).enumerate() {
        assert!(!block.is_null());
        assert!(block.addr().is_multiple_of(layout.align()), "{layout:?}");
        for (other, other_layout) in blocks.iter().zip(layouts).skip(first + 1) {
            let apart = block.addr() + layout.size() <= other.addr()
                || other.addr() + other_layout.size() <= block.addr();
            assert!(apart, "{layout:?} and {other_layout:?} overlap");
        }
    }
    for (block, layout) in blocks.into_iter().zip(layouts) {
        // SAFETY: each block came from `alloc` with its layout.
        unsafe { dealloc(block, layout) };
    }
}
test!(blocks_are_aligned_and_disjoint);

/// A block of so many bytes, if there is room. The compiler may remove a block
/// that nobody looks at.
fn block(bytes: usize) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    block.try_reserve_exact(bytes).ok()?;
    Some(black_box(block))
}

fn an_exhausted_heap_refuses() {
    let size = heap::usage().size_bytes;
    assert!(block(size + 1).is_none());
    let more_than_half = size / 2 + 64;
    let first = block(more_than_half);
    assert!(first.is_some());
    assert!(block(more_than_half).is_none());
    drop(first);
    assert!(block(more_than_half).is_some());
}
test!(an_exhausted_heap_refuses);

fn freed_blocks_are_joined() {
    let size = heap::usage().size_bytes;
    let blocks: Vec<_> = (0..8).map(|_| block(size / 16)).collect();
    assert!(blocks.iter().all(Option::is_some));
    drop(blocks);
    assert!(block(size / 4 * 3).is_some());
}
test!(freed_blocks_are_joined);
