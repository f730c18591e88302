//! Panics ten calls deep, through all kinds of calls, and prints the way there.
//!
//! The comment `// in NAME` marks the line that the test expects for that frame.

#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::hint::black_box;
use core::panic::PanicInfo;
use core::slice;

use backtrace::{Pc, Registers, Table};

/// The console of QEMU's machine virt: a word stored there is a character.
const TTY: *mut u32 = 0xff00_8000 as *mut u32;
/// The register of virt-ctrl that takes commands.
const CONTROL: *mut u32 = 0xff00_9004 as *mut u32;
/// Ends QEMU.
const HALT: u32 = 2;

// SAFETY: the linker script defines the symbols, of which only the addresses are used; the
// assembly has the routines: the first writes three words, the second calls its argument.
unsafe extern "C" {
    static __backtrace_start: u8;
    static __backtrace_end: u8;
    static __stack_top: u8;
    fn capture_registers(registers: &mut [u32; 3]);
    fn through_assembly(callee: extern "C" fn(u32) -> u32, argument: u32) -> u32;
}

struct Tty;

impl Write for Tty {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the register exists and takes any word.
            unsafe { TTY.write_volatile(byte.into()) };
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Tty, "{}", info.message());
    let mut registers = [0; 3];
    // SAFETY: the routine writes these three words.
    unsafe { capture_registers(&mut registers) };
    let _ = print_backtrace(registers);
    loop {
        // SAFETY: the register exists; the command ends QEMU.
        unsafe { CONTROL.write_volatile(HALT) };
    }
}

fn print_backtrace([pc, sp, fp]: [u32; 3]) -> fmt::Result {
    let table = match Table::new(section()) {
        Ok(table) => table,
        Err(error) => return writeln!(Tty, "no backtrace: {error}"),
    };
    let top = (&raw const __stack_top) as u32;
    let read = |address: u32| {
        // SAFETY: it is a word of the stack, at an even address.
        (sp..=top - 4).contains(&address).then(|| unsafe { *(address as *const u32) })
    };
    let mut walk = table.unwind(Registers { pc: Pc::Return(pc), sp, fp }, read);
    for frame in walk.by_ref() {
        writeln!(Tty, "{frame}")?;
    }
    walk.end().map_or(Ok(()), |end| writeln!(Tty, "{end}"))
}

fn section() -> &'static [u8] {
    let (start, end) = (&raw const __backtrace_start, &raw const __backtrace_end);
    // SAFETY: the linker script puts both around one read-only section.
    unsafe { slice::from_raw_parts(start, end.addr() - start.addr()) }
}

// SAFETY: the assembly calls it so, and nothing else has its name.
#[unsafe(no_mangle)]
extern "C" fn begin() {
    let sum = first(black_box(1_u64)); // in begin
    let _ = writeln!(Tty, "{sum}");
}

/// A generic function.
#[inline(never)]
fn first<T: Into<u64>>(value: T) -> u64 {
    let step: &dyn Step = black_box(&Twice);
    step.second(value.into() as u32) + 1 // in first
}

trait Step {
    fn second(&self, value: u32) -> u64;
}

struct Twice;

impl Step for Twice {
    /// A method called by its table.
    #[inline(never)]
    fn second(&self, value: u32) -> u64 {
        let factor = black_box(2);
        let closure = |value| fourth(value * factor) ^ 1; // in closure
        let third: &dyn Fn(u32) -> u32 = black_box(&closure);
        u64::from(third(value)) + 2 // in second
    }
}

/// A recursion.
#[inline(never)]
fn fourth(value: u32) -> u32 {
    if value < 8 {
        return fourth(black_box(value * 2)) + 1; // in fourth
    }
    // SAFETY: the routine calls what it is given and keeps the registers.
    unsafe { through_assembly(fifth, value) + 2 } // in the last fourth
}

/// A block with an alignment that no stack has by itself.
#[repr(align(64))]
struct Aligned([u8; 256]);

/// A function called from assembly, whose frame is not counted from SP.
extern "C" fn fifth(value: u32) -> u32 {
    let mut block = Aligned([value as u8; 256]);
    let sum = sixth([1, 2, 3], value, 5, 6, 7, 8, &mut block.0); // in fifth
    sum as u32 + u32::from(black_box(&block).0[3])
}

/// More arguments than there are registers, and a large result.
#[inline(never)]
fn sixth(a: [u64; 3], b: u32, c: u32, d: u32, e: u32, f: u32, block: &mut [u8]) -> u128 {
    block[b as usize] = c as u8;
    let table = [b, c, d, e, f].map(black_box);
    let result = u128::from(seventh(&table, block)); // in sixth
    result * u128::from(a[black_box(1)])
}

#[inline(never)]
fn seventh(table: &[u32], block: &mut [u8]) -> u64 {
    let mut pairs = [(0, 0); 5];
    for (pair, word) in pairs.iter_mut().zip(table) {
        *pair = (*word, u64::from(block[3]));
    }
    eighth(black_box(&pairs), table.len() * 7) + 9 // in seventh
}

#[inline(never)]
fn eighth(pairs: &[(u32, u64)], index: usize) -> u64 {
    // The check of the index panics, deep in Rust's library.
    black_box(pairs)[black_box(index)].1 + 3 // in eighth
}
