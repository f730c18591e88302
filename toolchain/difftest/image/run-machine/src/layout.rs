//! What the linker places: sections, alignments, symbols of its script.

use core::fmt::{self, Write};
use core::hint::black_box;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("layout::collected_table", collected_table),
    ("layout::alignment", alignment),
    ("layout::sections", sections),
    ("layout::addresses_in_statics", addresses_in_statics),
];

/// An entry of a table that the linker puts together.
#[repr(C)]
struct Entry {
    name: &'static str,
    weight: u32,
}

macro_rules! entry {
    ($name:ident, $weight:literal) => {
        #[used]
        // SAFETY: the linker script collects the section, in which all are of this type.
        #[unsafe(link_section = ".table")]
        static $name: Entry = Entry { name: stringify!($name), weight: $weight };
    };
}
entry!(FIRST, 1);
entry!(SECOND, 20);
entry!(THIRD, 300);

// Symbols of `support/image.ld`
// SAFETY: the script defines them; only their addresses are used.
unsafe extern "C" {
    static table_start: [usize; 0];
    static table_end: [usize; 0];
    static text_end: u8;
    static bss_start: u8;
    static heap_start: u8;
    static heap_end: u8;
    static stack_top: u8;
}

fn collected_table(out: &mut dyn Write) -> fmt::Result {
    let (start, end) = ((&raw const table_start).cast::<Entry>(), (&raw const table_end).addr());
    let count = (end - start.addr()) / size_of::<Entry>();
    // SAFETY: the linker script collects these entries and nothing else here.
    let entries = unsafe { core::slice::from_raw_parts(start, count) };
    let sum: u32 = entries.iter().map(|entry| entry.weight).sum();
    let letters: usize = entries.iter().map(|entry| entry.name.len()).sum();
    writeln!(out, "{count} entries, {sum}, {letters} letters")
}

#[repr(align(4096))]
struct Page(AtomicU8);
#[repr(align(64))]
struct Line([u8; 3]);

static PAGES: [Page; 2] = [const { Page(AtomicU8::new(5)) }; 2];
static ZERO_PAGE: Page = Page(AtomicU8::new(0));
static LINE: Line = Line([1, 2, 3]);

fn alignment(out: &mut dyn Write) -> fmt::Result {
    let addresses =
        [(&raw const PAGES[1]).addr(), (&raw const ZERO_PAGE).addr(), (&raw const LINE).addr()];
    let [pages, zero, line] = black_box(addresses);
    PAGES[1].0.fetch_add(1, Ordering::Relaxed);
    let sum = PAGES[0].0.load(Ordering::Relaxed) + PAGES[1].0.load(Ordering::Relaxed);
    writeln!(out, "{} {} {} {sum} {:?}", pages % 4096, zero % 4096, line % 64, black_box(&LINE).0)
}

static CONSTANT: [u16; 4] = [1, 2, 3, 4];
static CHANGING: AtomicU32 = AtomicU32::new(9);
static EMPTY: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

fn sections(out: &mut dyn Write) -> fmt::Result {
    let [text, bss] = [(&raw const text_end).addr(), (&raw const bss_start).addr()];
    let [heap, end] = [(&raw const heap_start).addr(), (&raw const heap_end).addr()];
    let top = (&raw const stack_top).addr();
    writeln!(
        out,
        "function in text {}, constant behind {}, data before bss {}, zeros in bss {} {}",
        (sections as *const () as usize) < text,
        (&raw const CONSTANT).addr() >= text,
        (&raw const CHANGING).addr() < bss,
        (&raw const EMPTY).addr() >= bss && (&raw const EMPTY).addr() < heap,
        EMPTY.iter().map(|word| word.load(Ordering::Relaxed)).sum::<u32>(),
    )?;
    let local = 0u8;
    let here = black_box(&raw const local).addr();
    writeln!(out, "heap of {:#x} bytes, stack {}", end - heap, here > end && here < top)
}

/// A list in statics that point at each other and into each other.
struct Node {
    next: Option<&'static Node>,
    text: &'static str,
    tail: &'static [u16],
    run: fn(u32) -> u32,
}

static HEAD: Node =
    Node { next: Some(&MIDDLE), text: "head", tail: CONSTANT.split_at(1).1, run: |x| x + 1 };
static MIDDLE: Node =
    Node { next: Some(&LAST), text: "middle", tail: CONSTANT.split_at(3).1, run: |x| x * 2 };
static LAST: Node = Node { next: None, text: "last", tail: &[], run: u32::swap_bytes };

fn addresses_in_statics(out: &mut dyn Write) -> fmt::Result {
    let mut node = Some(black_box(&HEAD));
    while let Some(Node { next, text, tail, run }) = node {
        write!(out, "{text} {tail:?} {} ", run(3))?;
        node = *next;
    }
    writeln!(out)
}
