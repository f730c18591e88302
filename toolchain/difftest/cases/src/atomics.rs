//! Atomic operations of every width that the target has.

use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicUsize, Ordering, compiler_fence, fence,
};

use crate::cases;
use crate::sample::{Fingerprint, Sampler};

cases![
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    booleans,
    pointers,
    orderings,
    in_structures,
    spin_lock,
    free_list,
    counters_in_statics
];

macro_rules! atomic_cases {
    ($($type:ident $atomic:ident;)*) => { $(
        fn $type(out: &mut dyn Write) -> fmt::Result {
            use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
            let mut sampler = Sampler::new(111);
            let mut print = Fingerprint::new();
            let atomic = $atomic::new(5);
            for _ in 0..200 {
                let (a, b) = (sampler.edge() as $type, sampler.edge() as $type);
                let old = [
                    atomic.fetch_add(a, Relaxed),
                    atomic.fetch_sub(b, Acquire),
                    atomic.fetch_xor(a, Release),
                    atomic.fetch_or(b, AcqRel),
                    atomic.fetch_and(!a, SeqCst),
                    atomic.fetch_nand(b, SeqCst),
                    atomic.fetch_max(a, Relaxed),
                    atomic.fetch_min(b, SeqCst),
                    atomic.swap(a ^ b, AcqRel),
                ];
                old.into_iter().for_each(|value| print.word(value as u128));
                let expected = if sampler.below(2) == 0 { a ^ b } else { b };
                match atomic.compare_exchange(expected, a, AcqRel, Acquire) {
                    Ok(value) => print.word(value as u128),
                    Err(value) => print.word(!(value as u128)),
                }
                let mut seen = atomic.load(Relaxed);
                while let Err(now) = atomic.compare_exchange_weak(seen, b, SeqCst, Relaxed) {
                    seen = now;
                }
                let updated = atomic.fetch_update(SeqCst, Relaxed, |value| value.checked_add(a));
                print.flag(updated.is_ok());
                print.word(atomic.load(SeqCst) as u128);
                atomic.store(a, Release);
            }
            writeln!(out, "{print} {:?}", atomic.into_inner())
        }
    )* };
}
atomic_cases!(
    u8 AtomicU8;
    i8 AtomicI8;
    u16 AtomicU16;
    i16 AtomicI16;
    u32 AtomicU32;
    i32 AtomicI32;
);

fn booleans(out: &mut dyn Write) -> fmt::Result {
    let flag = AtomicBool::new(black_box(true));
    let old = [
        flag.fetch_and(false, Ordering::SeqCst),
        flag.fetch_or(true, Ordering::SeqCst),
        flag.fetch_xor(true, Ordering::SeqCst),
        flag.fetch_nand(true, Ordering::SeqCst),
        flag.fetch_not(Ordering::SeqCst),
        flag.swap(true, Ordering::SeqCst),
    ];
    let exchanged = flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::SeqCst);
    writeln!(out, "{old:?} {exchanged:?} {flag:?}")
}

fn pointers(out: &mut dyn Write) -> fmt::Result {
    let mut all = black_box([10u16, 20, 30]);
    let base = all.as_mut_ptr();
    let pointer = AtomicPtr::new(base);
    let first = pointer.swap(base.wrapping_add(2), Ordering::AcqRel);
    let failed = pointer.compare_exchange(base, base, Ordering::SeqCst, Ordering::Relaxed);
    let steps = [first, failed.unwrap_or_else(|now| now), pointer.load(Ordering::Acquire)];
    writeln!(out, "{:?}", steps.map(|step| (step.addr() - base.addr()) / size_of::<u16>()))
}

fn orderings(out: &mut dyn Write) -> fmt::Result {
    let [a, b] = [AtomicU32::new(0), AtomicU32::new(0)];
    for round in 0..black_box(100) {
        a.store(round, Ordering::Relaxed);
        fence(Ordering::Release);
        b.store(round * 2, Ordering::Release);
        compiler_fence(Ordering::SeqCst);
        assert_eq!(b.load(Ordering::Acquire), a.load(Ordering::Relaxed) * 2);
        fence(Ordering::SeqCst);
    }
    writeln!(out, "{a:?} {b:?}")
}

/// Narrow atomics side by side: an operation leaves the neighbours alone.
#[derive(Default, Debug)]
struct Neighbours {
    a: AtomicU8,
    b: AtomicU8,
    c: AtomicU16,
    d: AtomicI8,
    e: AtomicI16,
    f: AtomicU32,
}

fn in_structures(out: &mut dyn Write) -> fmt::Result {
    let all: [Neighbours; 2] = Default::default();
    for _ in 0..black_box(300) {
        let each = &all[1];
        each.a.fetch_add(3, Ordering::Relaxed);
        each.b.fetch_sub(1, Ordering::Relaxed);
        each.c.fetch_add(1000, Ordering::Relaxed);
        each.d.fetch_sub(7, Ordering::Relaxed);
        each.e.fetch_xor(0x1111, Ordering::Relaxed);
        each.f.fetch_add(0x0101_0101, Ordering::Relaxed);
        all[0].e.fetch_add(1, Ordering::Relaxed);
    }
    writeln!(out, "{all:?}")
}

fn spin_lock(out: &mut dyn Write) -> fmt::Result {
    let lock = AtomicBool::new(false);
    let mut held = 0u32;
    for round in 0..black_box(50u32) {
        while lock.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err()
        {
            core::hint::spin_loop();
        }
        held += round;
        lock.store(false, Ordering::Release);
    }
    writeln!(out, "{held} {}", lock.load(Ordering::Relaxed))
}

/// A list of free slots as one atomic word: a count of changes and an index.
fn free_list(out: &mut dyn Write) -> fmt::Result {
    const NONE: u32 = 0xffff;
    let next: Vec<AtomicU32> =
        (1..=8).map(|n| AtomicU32::new(if n == 8 { NONE } else { n })).collect();
    let head = AtomicU32::new(0);
    let change = |index: u32, old: u32| (old & 0xffff_0000).wrapping_add(0x1_0000) | index;
    let take = || {
        let taken = head.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| {
            let slot = next.get((old & 0xffff) as usize)?;
            Some(change(slot.load(Ordering::Relaxed), old))
        });
        taken.ok().map(|old| old & 0xffff)
    };
    let give = |index: u32| {
        let old = head.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| {
            next[index as usize].store(old & 0xffff, Ordering::Relaxed);
            Some(change(index, old))
        });
        assert!(old.is_ok());
    };
    let taken: Vec<_> = (0..5).map(|_| take()).collect();
    give(3);
    give(black_box(0));
    let more: Vec<_> = (0..6).map(|_| take()).collect();
    writeln!(out, "{taken:?} {more:?} {:#x}", head.load(Ordering::Relaxed))
}

static CALLS: AtomicUsize = AtomicUsize::new(0);
static SUMS: [AtomicU32; 3] = [const { AtomicU32::new(100) }; 3];

fn counters_in_statics(out: &mut dyn Write) -> fmt::Result {
    #[inline(never)]
    fn count(n: u32) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        SUMS[n as usize % 3].fetch_add(n, Ordering::Relaxed);
    }
    let before = CALLS.swap(0, Ordering::Relaxed);
    (0..black_box(20)).for_each(count);
    let sums = SUMS.each_ref().map(|sum| sum.swap(100, Ordering::Relaxed));
    writeln!(out, "{before} {} {sums:?}", CALLS.swap(0, Ordering::Relaxed))
}
