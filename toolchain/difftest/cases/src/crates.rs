//! Crates that kernels use.

use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::hash::{Hash, Hasher};
use core::hint::black_box;

use bitflags::bitflags;
use heapless::spsc::Queue;
use heapless::{Deque, LinearMap, binary_heap};
use spin::{Mutex, Once, RwLock};
use volatile::{VolatileFieldAccess, VolatileRef};
use zerocopy::byteorder::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes, Unaligned};

use crate::cases;
use crate::sample::Fingerprint;

cases![
    flags,
    heapless_vectors_and_texts,
    heapless_queues,
    heapless_maps_and_heaps,
    spin_locks,
    volatile_registers,
    zerocopy_headers,
    zerocopy_slices,
    hashing,
];

bitflags! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Access: u16 {
        const READ = 1;
        const WRITE = 1 << 1;
        const EXECUTE = 1 << 9;
        const ALL = Self::READ.bits() | Self::WRITE.bits() | Self::EXECUTE.bits();
    }
}

fn flags(out: &mut dyn Write) -> fmt::Result {
    let mut access = Access::from_bits_truncate(black_box(0xfff1));
    access.toggle(Access::WRITE | Access::EXECUTE);
    access.set(Access::EXECUTE, access.contains(Access::WRITE));
    let names: Vec<_> = Access::ALL.iter_names().map(|(name, flag)| (name, flag.bits())).collect();
    write!(out, "{access:?} {:?} {names:?} ", !access)?;
    let unknown = Access::from_bits(black_box(4));
    writeln!(out, "{unknown:?} {:?} {}", (access - Access::READ) & Access::ALL, access.is_all())
}

fn heapless_vectors_and_texts(out: &mut dyn Write) -> fmt::Result {
    let mut vector: heapless::Vec<[u8; 3], 5> = heapless::Vec::new();
    let results: Vec<_> = (0..black_box(7u8)).map(|n| vector.push([n, n * 2, n * 3])).collect();
    vector.swap_remove(1);
    vector.retain(|triple| triple[0] != 2);
    let mut text: heapless::String<12> = heapless::String::new();
    let written = [write!(text, "{:05}", -42), write!(text, "{}", "ä€"), write!(text, "too long")];
    writeln!(out, "{results:?} {vector:?} {text:?} {written:?} {}", text.capacity())
}

fn heapless_queues(out: &mut dyn Write) -> fmt::Result {
    let mut queue: Queue<u32, 5> = Queue::new();
    let (mut producer, mut consumer) = queue.split();
    let mut print = Fingerprint::new();
    for n in 0..black_box(40u32) {
        print.flag(producer.enqueue(n * n).is_ok());
        if n % 3 > 0 {
            print.word(consumer.dequeue().map_or(9, u128::from));
        }
    }
    let mut deque: Deque<u64, 4> = Deque::new();
    let pushed = [
        deque.push_back(1),
        deque.push_front(2),
        deque.push_back(3),
        deque.push_front(4),
        deque.push_back(5),
    ];
    deque.rotate_by_one();
    writeln!(out, "{print} {} {pushed:?} {:?} {:?}", consumer.len(), deque.pop_front(), deque)
}

/// A turn of a heapless deque.
trait RotateByOne {
    fn rotate_by_one(&mut self);
}
impl<T, const N: usize> RotateByOne for Deque<T, N> {
    fn rotate_by_one(&mut self) {
        if let Some(front) = self.pop_front() {
            // There is room for what was just taken out.
            let _ = self.push_back(front);
        }
    }
}

fn heapless_maps_and_heaps(out: &mut dyn Write) -> fmt::Result {
    let mut map: LinearMap<u16, &str, 3> = LinearMap::new();
    let inserted = [(5, "a"), (9, "b"), (5, "c"), (1, "d"), (2, "e")]
        .map(|(key, value)| map.insert(key, value));
    let mut heap: heapless::BinaryHeap<i64, binary_heap::Min, 6> = heapless::BinaryHeap::new();
    let full = black_box([5, -3, i64::MIN, 8, 0, 7, 1]).map(|n| heap.push(n).is_err());
    let sorted: Vec<_> = core::iter::from_fn(|| heap.pop()).collect();
    let removed = map.remove(&9);
    writeln!(out, "{inserted:?} {:?} {removed:?} {full:?} {sorted:?}", map.get(&5))
}

static SHARED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static TABLE: RwLock<[u64; 4]> = RwLock::new([1, 2, 3, 4]);
static ONCE: Once<u32> = Once::new();

fn spin_locks(out: &mut dyn Write) -> fmt::Result {
    SHARED.lock().extend([1, black_box(2), 3]);
    let guard = SHARED.lock();
    let refused = SHARED.try_lock().is_none();
    let sum: u32 = guard.iter().sum();
    drop(guard);
    SHARED.lock().clear();
    TABLE.write()[2] = u64::from(sum) << 40;
    let (first, second) = (TABLE.read(), TABLE.read());
    let blocked = TABLE.try_write().is_none();
    let once = (*ONCE.call_once(|| black_box(7)), *ONCE.call_once(|| 8), ONCE.get().copied());
    writeln!(out, "{refused} {sum} {:?} {blocked} {} {once:?}", *first, second[2])
}

#[derive(Clone, Copy, Debug, Default, VolatileFieldAccess)]
#[repr(C)]
struct Registers {
    status: u32,
    data: u16,
    command: u8,
}

fn volatile_registers(out: &mut dyn Write) -> fmt::Result {
    let mut registers = Registers::default();
    let mut volatile = VolatileRef::from_mut_ref(&mut registers);
    let device = volatile.as_mut_ptr();
    for n in 0..black_box(5) {
        device.status().update(|status| status << 4 | n);
        device.data().write(device.data().read() ^ 0x1111 * n as u16);
        device.command().update(|command| command.wrapping_sub(n as u8));
    }
    writeln!(out, "{registers:x?}")
}

/// A header of a packet, its numbers in network order and without gaps.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug)]
#[repr(C)]
struct Header {
    kind: u8,
    length: U16,
    source: U32,
    time: U64,
}

#[derive(
    TryFromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Clone, Copy, Debug, PartialEq,
)]
#[repr(u8)]
enum Color {
    Red = 1,
    Green = 7,
}

fn zerocopy_headers(out: &mut dyn Write) -> fmt::Result {
    let bytes: [u8; 20] = core::array::from_fn(|n| n as u8 * 11 + 1);
    let (header, rest) =
        Header::ref_from_prefix(black_box(&bytes)).expect("20 bytes hold a header");
    let mut copy = *header;
    copy.length += U16::new(1000);
    copy.time.set(copy.time.get() ^ u64::from(copy.source.get()));
    let colors = black_box([1u8, 7, 2]).map(|byte| Color::try_read_from_bytes(&[byte]).ok());
    writeln!(out, "{header:?} {} {:?} {colors:?}", rest.len(), copy.as_bytes())
}

fn zerocopy_slices(out: &mut dyn Write) -> fmt::Result {
    let mut bytes: Vec<u8> = (0..black_box(47u8)).collect();
    let (headers, rest) =
        <[Header]>::mut_from_prefix_with_elems(&mut bytes, 3).expect("47 bytes hold three headers");
    headers.swap(0, 2);
    headers.iter_mut().for_each(|header| header.kind ^= 0xf0);
    let sum: u32 = headers.iter().map(|header| u32::from(header.length.get())).sum();
    let (left, refused) = (rest.len(), Header::ref_from_bytes(rest).is_err());
    writeln!(out, "{sum} {left} {refused} {bytes:?}")
}

/// A hasher that is told the same on every machine: no bytes in native order.
struct Told(Fingerprint);

impl Hasher for Told {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0.byte(byte));
    }
    fn write_u8(&mut self, value: u8) {
        self.0.word(value.into());
    }
    fn write_u16(&mut self, value: u16) {
        self.0.word(value.into());
    }
    fn write_u32(&mut self, value: u32) {
        self.0.word(value.into());
    }
    fn write_u64(&mut self, value: u64) {
        self.0.word(value.into());
    }
    fn write_u128(&mut self, value: u128) {
        self.0.word(value);
    }
    fn write_usize(&mut self, value: usize) {
        self.0.word(value as u128);
    }
    fn write_isize(&mut self, value: isize) {
        self.0.word(value as u128);
    }
    fn finish(&self) -> u64 {
        self.0.value()
    }
}

#[derive(Hash)]
enum Key<'a> {
    Pair(u8, i64),
    Text(&'a str),
    Nested(Option<alloc::boxed::Box<Key<'a>>>),
    Wide { number: u128, letter: char },
}

fn hashing(out: &mut dyn Write) -> fmt::Result {
    let keys = black_box([
        Key::Pair(3, -1),
        Key::Text("text"),
        Key::Nested(Some(Key::Nested(None).into())),
        Key::Wide { number: 1 << 99, letter: 'ß' },
    ]);
    for key in &keys {
        let mut told = Told(Fingerprint::new());
        key.hash(&mut told);
        write!(out, "{:016x} ", told.finish())?;
    }
    let mut told = Told(Fingerprint::new());
    (keys, true, [1u8, 2], ()).hash(&mut told);
    writeln!(out, "{:016x}", told.finish())
}
