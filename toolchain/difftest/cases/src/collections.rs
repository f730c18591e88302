//! The collections of alloc.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::ops::Bound;

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    map_grows_and_shrinks,
    map_entries,
    map_ranges,
    map_of_texts,
    map_splits,
    sets,
    deque_around_the_corner,
    deque_as_slices,
    heap,
    linked_list,
    nested,
    drops_are_counted,
];

fn map_grows_and_shrinks(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(101);
    let mut map = BTreeMap::new();
    let mut print = Fingerprint::new();
    for round in 0..4000u32 {
        let key = sampler.below(700) as u16;
        if round % 3 == 2 || round > 3000 {
            print.word(map.remove(&key).unwrap_or(1).into());
        } else {
            print.word(map.insert(key, round * 3).unwrap_or(2).into());
        }
    }
    map.iter().for_each(|(key, value)| print.word(u128::from(*key) << 32 | u128::from(*value)));
    let last = map.pop_last();
    writeln!(out, "{print} {} {:?} {last:?}", map.len(), map.first_key_value())
}

fn map_entries(out: &mut dyn Write) -> fmt::Result {
    let mut counts: BTreeMap<char, (u32, Vec<usize>)> = BTreeMap::new();
    for (at, letter) in black_box("the rain in spain stays mainly in the plain").chars().enumerate()
    {
        let (count, places) = counts.entry(letter).or_default();
        *count += 1;
        places.push(at);
    }
    counts.entry('z').or_insert((9, Vec::new())).0 += 1;
    counts.entry('a').and_modify(|entry| entry.1.truncate(2));
    if let Entry::Occupied(entry) = counts.entry(' ') {
        entry.remove();
    }
    counts.retain(|_, (count, _)| *count % 2 == 0);
    writeln!(out, "{counts:?}")
}

fn map_ranges(out: &mut dyn Write) -> fmt::Result {
    let mut map: BTreeMap<i64, u8> = (0..black_box(200)).map(|n| (n * n - 5000, n as u8)).collect();
    let near: Vec<_> = map.range(-30..=200).map(|(key, _)| *key).collect();
    let back = map.range(..0).next_back();
    let open: Vec<_> = map.range((Bound::Excluded(-5000), Bound::Included(-4964))).collect();
    let result = alloc::format!("{near:?} {back:?} {open:?}");
    map.range_mut(30_000..).for_each(|(_, value)| *value ^= 0xff);
    writeln!(
        out,
        "{result} {:?} {:?}",
        map.values().rev().take(3).collect::<Vec<_>>(),
        map.last_key_value()
    )
}

fn map_of_texts(out: &mut dyn Write) -> fmt::Result {
    let mut map: BTreeMap<String, Option<String>> = BTreeMap::new();
    for n in 0..black_box(120u32) {
        let key = alloc::format!("{:b}", n * 37 % 101);
        map.entry(key).and_modify(|old| *old = None).or_insert_with(|| Some(n.to_string()));
    }
    let kept: Vec<_> =
        map.iter().filter_map(|(key, value)| Some((key, value.as_ref()?))).step_by(9).collect();
    writeln!(out, "{} {kept:?} {:?}", map.len(), map.get("1010"))
}

fn map_splits(out: &mut dyn Write) -> fmt::Result {
    let mut low: BTreeMap<u32, u64> =
        (0..black_box(500)).map(|n| (n * 3, u64::from(n) << 35)).collect();
    let mut high = low.split_off(&700);
    high.append(&mut BTreeMap::from([(1, 1), (701, 2)]));
    low.extend(high.iter().take(5));
    let extracted: Vec<_> =
        high.extract_if(.., |key, _| key % 100 == 1).map(|pair| pair.0).collect();
    writeln!(out, "{} {} {extracted:?} {:?}", low.len(), high.len(), low.into_iter().next_back())
}

fn sets(out: &mut dyn Write) -> fmt::Result {
    let a: BTreeSet<u16> = (0..black_box(60)).map(|n| n * 7 % 101).collect();
    let b: BTreeSet<u16> = (0..60).map(|n| n * 11 % 103).collect();
    let sizes = [(&a & &b).len(), (&a | &b).len(), (&a - &b).len(), (&a ^ &b).len()];
    let both: Vec<_> = a.intersection(&b).step_by(8).collect();
    let truths = (a.is_subset(&b), a.is_disjoint(&BTreeSet::from([102])), a.contains(&7));
    let pairs: BTreeSet<(Reverse<u8>, &str)> =
        [(Reverse(1), "a"), (Reverse(9), "b"), (Reverse(1), "0")].into();
    writeln!(out, "{sizes:?} {both:?} {truths:?} {pairs:?} {:?}", a.range(50..).next())
}

fn deque_around_the_corner(out: &mut dyn Write) -> fmt::Result {
    let mut deque = VecDeque::with_capacity(8);
    let mut sampler = Sampler::new(102);
    let mut print = Fingerprint::new();
    for n in 0..2000u32 {
        match sampler.below(5) {
            0 | 1 => deque.push_back(n),
            2 => deque.push_front(n ^ 0xffff),
            3 => print.word(deque.pop_front().unwrap_or(7).into()),
            _ => print.word(deque.pop_back().unwrap_or(8).into()),
        }
    }
    deque.rotate_left(deque.len() / 3);
    deque.iter().for_each(|&n| print.word(n.into()));
    writeln!(out, "{print} {} {:?}", deque.len(), deque.get(3))
}

fn deque_as_slices(out: &mut dyn Write) -> fmt::Result {
    let mut deque: VecDeque<u8> = (0..black_box(10)).collect();
    deque.rotate_right(3);
    deque.extend([50, 60]);
    deque.insert(4, 99);
    let removed = (deque.remove(1), deque.swap_remove_back(2));
    deque.make_contiguous().sort_unstable_by(|a, b| b.cmp(a));
    let tail: Vec<_> = deque.drain(6..).collect();
    deque.truncate(5);
    writeln!(
        out,
        "{removed:?} {tail:?} {deque:?} {:?} {:?}",
        deque.binary_search_by(|n| 10u8.cmp(n)),
        deque.as_slices().0
    )
}

fn heap(out: &mut dyn Write) -> fmt::Result {
    let mut sampler = Sampler::new(103);
    let mut heap = BinaryHeap::new();
    let mut taken = Vec::new();
    for n in 0..300u32 {
        heap.push((sampler.below(50) as u8, Reverse(n)));
        if n % 4 == 3 {
            taken.push(heap.pop().map(|(key, _)| key).unwrap_or_default());
        }
    }
    if let Some(mut top) = heap.peek_mut() {
        top.0 = 0;
    }
    heap.retain(|(key, _)| key % 2 == 0);
    let (left, top) = (heap.len(), heap.peek().copied());
    writeln!(out, "{taken:?} {left} {top:?} {:?}", heap.into_sorted_vec().first())
}

fn linked_list(out: &mut dyn Write) -> fmt::Result {
    let mut list: LinkedList<String> = (0..black_box(6)).map(|n: u8| n.to_string()).collect();
    let mut tail = list.split_off(4);
    tail.push_front("x".into());
    list.push_back("y".into());
    tail.append(&mut list);
    tail.iter_mut().rev().step_by(2).for_each(|text| text.push('!'));
    let ends = (tail.pop_front(), tail.back().cloned(), tail.contains(&"y".to_string()));
    writeln!(out, "{tail:?} {ends:?} {}", list.is_empty())
}

fn nested(out: &mut dyn Write) -> fmt::Result {
    let mut graph: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
    for n in 1..black_box(30u8) {
        let square = (u32::from(n).pow(2) % 31) as u8;
        graph.entry(n % 7).or_default().insert(square);
        graph.entry(square).or_default().insert(n % 5);
    }
    let mut reached = BTreeSet::from([1]);
    let mut queue = VecDeque::from([1u8]);
    while let Some(node) = queue.pop_front() {
        queue.extend(graph.get(&node).into_iter().flatten().filter(|next| reached.insert(**next)));
    }
    let degrees: BTreeMap<usize, Vec<u8>> =
        graph.iter().fold(BTreeMap::new(), |mut degrees, (node, next)| {
            degrees.entry(next.len()).or_insert_with(Vec::new).push(*node);
            degrees
        });
    writeln!(out, "{reached:?} {degrees:?}")
}

fn drops_are_counted(out: &mut dyn Write) -> fmt::Result {
    struct Counted<'a>(&'a core::cell::Cell<u32>, u32);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get().wrapping_mul(3).wrapping_add(self.1));
        }
    }
    let dropped = core::cell::Cell::new(0);
    let make = |n| Counted(&dropped, n % 2);
    let mut map: BTreeMap<u32, Counted> = (0..black_box(40)).map(|n| (n, make(n))).collect();
    map.retain(|key, _| key % 3 > 0);
    let mut deque: VecDeque<_> = map.into_values().skip(10).collect();
    deque.truncate(9);
    let after_map = dropped.get();
    let list: LinkedList<_> = deque.into_iter().rev().take(4).collect();
    drop(list);
    writeln!(out, "{after_map} {}", dropped.get())
}
