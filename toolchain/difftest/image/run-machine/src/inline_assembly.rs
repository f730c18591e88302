//! Each kind of operand that `asm!` has on this target.

use core::arch::asm;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("asm::pinned", pinned),
    ("asm::classes", classes),
    ("asm::tied", tied),
    ("asm::early_clobber", early_clobber),
    ("asm::late_outputs", late_outputs),
    ("asm::memory", memory),
    ("asm::clobbers", clobbers),
    ("asm::constants", constants),
    ("asm::symbols", symbols),
    ("asm::labels", labels),
    ("asm::pure", pure),
    ("asm::widths", widths),
    ("asm::escapes", escapes),
];

fn pinned(out: &mut dyn Write) -> fmt::Result {
    let (sum, kept): (u32, u32);
    // SAFETY: registers only.
    unsafe {
        asm!("add.l %d1, %d0", "move.l %d1, %a1",
            inout("d0") black_box(40u32) => sum, in("d1") black_box(2u32), out("a1") kept);
    }
    let mut all = [1u32, 2, 3, 4, 5];
    let [a, b, c, d, e] = &mut all;
    // SAFETY: registers only.
    unsafe {
        asm!(
            "add.l %d3, %d2",
            "add.l %d4, %d3",
            "add.l %d6, %d4",
            "exg %d6, %d7",
            inout("d2") * a,
            inout("d3") * b,
            inout("d4") * c,
            inout("d6") * d,
            inout("d7") * e
        );
    }
    writeln!(out, "{sum} {kept} {all:?}")
}

fn classes(out: &mut dyn Write) -> fmt::Result {
    let words = black_box([10u32, 20, 30]);
    let (address, value): (u32, u32);
    // SAFETY: the address stays within `words`.
    unsafe {
        asm!("lea ({base},{index}.l*4), {address}", "move.l ({address}), {value}",
            base = in(reg_addr) words.as_ptr(), index = in(reg_data) black_box(2u32),
            address = out(reg_addr) address, value = out(reg) value);
    }
    writeln!(out, "{} {value}", address - words.as_ptr().addr() as u32)
}

fn tied(out: &mut dyn Write) -> fmt::Result {
    let mut x = black_box(0x1234_5678_u32);
    let y: u32;
    // SAFETY: registers only.
    unsafe {
        asm!("swap {0}", inout(reg_data) x);
        asm!("not.l {0}", inout(reg_data) x => y);
    }
    writeln!(out, "{x:08x} {y:08x}")
}

/// The output is written before the second input is read.
fn early_clobber(out: &mut dyn Write) -> fmt::Result {
    let sum: u32;
    // SAFETY: registers only.
    unsafe {
        asm!("move.l {a}, {sum}", "add.l {b}, {sum}", "add.l {c}, {sum}",
            sum = out(reg_data) sum, a = in(reg) black_box(100u32),
            b = in(reg) black_box(20u32), c = in(reg) black_box(3u32));
    }
    writeln!(out, "{sum}")
}

fn late_outputs(out: &mut dyn Write) -> fmt::Result {
    let (low, high): (u32, u32);
    let (quotient, remainder): (u32, u32);
    // SAFETY: registers only; the quotient fits 32 bits.
    unsafe {
        asm!("mulu.l {factor}, {high}:{low}", factor = in(reg_data) black_box(0x1_0001_u32),
            low = inlateout(reg_data) black_box(0xffff_ffff_u32) => low, high = out(reg_data) high);
        asm!("divu.l {divisor}, {remainder}:{quotient}", divisor = in(reg_data) black_box(7u32),
            quotient = inout(reg_data) black_box(1000u32) => quotient,
            remainder = inout(reg_data) black_box(1u32) => remainder);
    }
    writeln!(out, "{high:08x} {low:08x} {quotient} {remainder}")
}

/// Memory that assembly changes is read again behind it.
fn memory(out: &mut dyn Write) -> fmt::Result {
    let mut counter = 5u32;
    let mut bytes = [0u8; 8];
    // SAFETY: both addresses are those of variables that live long enough.
    unsafe {
        asm!("addq.l #3, ({0})", in(reg_addr) &raw mut counter);
        asm!("move.l {value}, ({to})+", "move.w {value}, ({to})",
            value = in(reg_data) 0x6162_6364_u32, to = inout(reg_addr) bytes.as_mut_ptr() => _);
    }
    let before = counter;
    // SAFETY: as above; nothing is written.
    let read = unsafe {
        let value: u32;
        asm!("move.l ({0}), {1}", in(reg_addr) &raw const counter, out(reg_data) value,
            options(readonly, nostack, preserves_flags));
        value
    };
    writeln!(out, "{before} {read} {bytes:?}")
}

fn clobbers(out: &mut dyn Write) -> fmt::Result {
    let values = black_box([11u32, 22, 33, 44]);
    let [a, b, c, d] = values;
    // SAFETY: all that is overwritten is named.
    unsafe {
        asm!("moveq #-1, %d2", "moveq #-1, %d3", "move.l %d2, %a2", "move.l %d3, %a3",
            out("d2") _, out("d3") _, out("a2") _, out("a3") _);
    }
    writeln!(out, "{a} {b} {c} {d}")
}

fn constants(out: &mut dyn Write) -> fmt::Result {
    const STEP: u32 = 3 * 4;
    let mut value = black_box(100u32);
    // SAFETY: registers only.
    unsafe { asm!("add.l #{step}, {value}", step = const STEP, value = inout(reg_data) value) };
    writeln!(out, "{value}")
}

static MARKED: AtomicU32 = AtomicU32::new(77);

fn symbols(out: &mut dyn Write) -> fmt::Result {
    let value: u32;
    // SAFETY: it reads a static.
    unsafe { asm!("move.l {marked}, {value}", marked = sym MARKED, value = out(reg_data) value) };
    writeln!(out, "{value} {}", MARKED.load(Ordering::Relaxed))
}

/// A loop, several times in one function.
fn labels(out: &mut dyn Write) -> fmt::Result {
    for steps in black_box([1u32, 10, 1000]) {
        let mut sum = 0u32;
        // SAFETY: registers only.
        unsafe {
            asm!("2:", "add.l {n}, {sum}", "subq.l #1, {n}", "bne 2b",
                n = inout(reg_data) steps => _, sum = inout(reg_data) sum);
        }
        write!(out, "{sum} ")?;
    }
    writeln!(out)
}

/// What depends on nothing but its inputs may be done once, or not at all.
fn pure(out: &mut dyn Write) -> fmt::Result {
    let ones = |mut value: u32| {
        // SAFETY: registers only.
        unsafe { asm!("neg.l {0}", inout(reg_data) value, options(pure, nomem, nostack)) };
        value as i32
    };
    let [a, b] = black_box([5, 0x8000_0001]);
    let _unused = ones(a);
    writeln!(out, "{} {} {}", ones(a), ones(a), ones(b))
}

fn widths(out: &mut dyn Write) -> fmt::Result {
    let (mut byte, mut word, mut signed) =
        (black_box(250u8), black_box(0x1234u16), black_box(-5i16));
    // SAFETY: registers only.
    unsafe {
        asm!("add.b #10, {0}", inout(reg_data) byte);
        asm!("ror.w #4, {0}", inout(reg_data) word);
        asm!("muls.w #-7, {0}", inout(reg_data) signed);
    }
    writeln!(out, "{byte} {word:04x} {signed}")
}

/// What GCC's own operand syntax would take for its own.
fn escapes(out: &mut dyn Write) -> fmt::Result {
    let (status, base, stack): (u16, u32, u32);
    // SAFETY: these registers are only read.
    unsafe {
        asm!("move.w %sr, {0}", out(reg_data) status, options(nomem, nostack));
        asm!("movec %vbr, {0} | 100% of {{it}} $x", out(reg) base, options(nomem, nostack));
        asm!("move.l %sp, {}", out(reg) stack, options(nomem, nostack));
    }
    writeln!(out, "{:04x} {} {}", status & 0xff00, base != 0, stack.is_multiple_of(2))
}
