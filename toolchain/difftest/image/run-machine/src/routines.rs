//! Calls between Rust and routines in assembly, by the C ABI.

use core::ffi::{CStr, c_char};
use core::fmt::{self, Write};
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("routines::scalars", scalars),
    ("routines::pointers", pointers),
    ("routines::callbacks", callbacks),
    ("routines::tables", tables),
];

/// What [`call_back`] calls.
type Callback = extern "C" fn(i8, u16, u64, *const c_char) -> i32;

// `asm/routines.S`
// SAFETY: it has these routines, with these types. `behind` adds `count` to an address, where the
// text goes on.
unsafe extern "C" {
    safe fn add(a: u32, b: u32) -> u32;
    safe fn widen(high: u32, low: u32) -> u64;
    safe fn narrow(a: i8, b: u16) -> i8;
    fn behind(string: *const c_char, count: u32) -> *const c_char;
    safe fn call_back(f: Callback) -> i32;
}

fn scalars(out: &mut dyn Write) -> fmt::Result {
    let [a, b] = black_box([0xffff_fff0_u32, 0x21]);
    let (c, d) = black_box((-100i8, 28u16));
    writeln!(out, "{:#x} {:#x} {}", add(a, b), widen(a, b), narrow(c, d))
}

fn pointers(out: &mut dyn Write) -> fmt::Result {
    let text = black_box(c"a pointer comes back");
    // SAFETY: the text has more than two bytes, so the rest is a string, too.
    let rest = unsafe { CStr::from_ptr(behind(text.as_ptr(), 2)) };
    writeln!(out, "{rest:?}")
}

static SUM: AtomicU32 = AtomicU32::new(0);

extern "C" fn called(small: i8, middle: u16, large: u64, text: *const c_char) -> i32 {
    // SAFETY: `call_back` hands over a string that is never written to.
    let text = unsafe { CStr::from_ptr(text) };
    SUM.fetch_add((large >> 32 ^ large & 0xffff_ffff) as u32, Ordering::Relaxed);
    i32::from(small) + i32::from(middle) + text.count_bytes() as i32
}

fn callbacks(out: &mut dyn Write) -> fmt::Result {
    let result = call_back(called);
    writeln!(out, "{result} {:08x}", SUM.load(Ordering::Relaxed))
}

extern "C" fn multiply(a: u32, b: u32) -> u32 {
    a.wrapping_mul(b)
}

/// Rust's and assembly's functions in one table.
static OPERATIONS: [(&str, extern "C" fn(u32, u32) -> u32); 2] =
    [("add", add_from_table), ("multiply", multiply)];

extern "C" fn add_from_table(a: u32, b: u32) -> u32 {
    add(a, b)
}

fn tables(out: &mut dyn Write) -> fmt::Result {
    for (name, operation) in black_box(&OPERATIONS) {
        write!(out, "{name} {} ", operation(6, 7))?;
    }
    writeln!(out)
}
