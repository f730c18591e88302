//! The image that runs the cases: its IR, its C, its linker script.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::cases::{Case, WIDTHS};
use super::number::operands;

pub const START: &str = "\
    .section .text.start,\"ax\"
    .globl _start
_start:
    move.w #0x2700, %sr
    lea stack_top, %sp
    jsr run
1:  bra 1b
    .section .note.GNU-stack,\"\",@progbits
";

pub const SCRIPT: &str = "\
ENTRY(_start)
PHDRS { all PT_LOAD FLAGS(7); }
SECTIONS {
  . = 0x1000;
  .text : { *(.text.start) *(.text .text.*) } :all
  .rodata : { *(.rodata .rodata.*) }
  .data : { *(.data .data.*) }
  .bss : { *(.bss .bss.*) . = ALIGN(16); . += 0x10000; stack_top = .; }
  /DISCARD/ : { *(.comment) }
}
";

/// Calls each test with each pair of operands and writes the results on QEMU's console.
const DRIVER: &str = "\
static void put(u8 c) { *(volatile unsigned *)0xff008000 = c; }
static void hex(u8 x) { put(\"0123456789abcdef\"[x >> 4]); put(\"0123456789abcdef\"[x & 15]); }
void *memcpy(void *to, const void *from, unsigned n) {
  for (unsigned i = 0; i < n; i++) ((u8 *)to)[i] = ((const u8 *)from)[i];
  return to;
}
void *memset(void *to, int c, unsigned n) {
  for (unsigned i = 0; i < n; i++) ((u8 *)to)[i] = (u8)c;
  return to;
}
void run(void) {
  for (unsigned t = 0; t < sizeof tests / sizeof *tests; t++) {
    for (unsigned p = 0; p < PAIRS; p++) {
      u8 result[64] = {0};
      const u8 *a = tests[t].operands + 2 * p * tests[t].in;
      tests[t].run(result, a, a + tests[t].in);
      for (unsigned i = 0; i < tests[t].out; i++) hex(result[i]);
      put(' ');
    }
    put('\\n');
  }
  *(volatile unsigned *)0xff009004 = 2;
}
";

/// Each case as a function of addresses: of the results, and of the operands.
pub fn ir(cases: &[Case]) -> String {
    let mut text = String::new();
    let mut declared = BTreeSet::new();
    for (number, Case { width, body, results, .. }) in cases.iter().enumerate() {
        let _ = write!(
            text,
            "define void @t{number}(ptr %p, ptr %pa, ptr %pb) {{\n  \
             %a = load i{width}, ptr %pa, align 1\n  %b = load i{width}, ptr %pb, align 1\n  {body}\n"
        );
        let mut offset = 0;
        for (index, result) in results.iter().enumerate() {
            let name = if index == 0 { "%r".to_owned() } else { format!("%r{index}") };
            let _ = write!(
                text,
                "  %p{index} = getelementptr i8, ptr %p, i32 {offset}\n  \
                 store i{result} {name}, ptr %p{index}, align 1\n"
            );
            offset += result.div_ceil(8);
        }
        text.push_str("  ret void\n}\n");
        if let Some((_, call)) = body.split_once("call ") {
            let (head, args) = call.split_once('(').expect("a call has arguments");
            let args = args.split_once(')').expect("they end").0;
            let types: Vec<&str> =
                args.split(", ").map(|arg| arg.split_once(' ').expect("typed").0).collect();
            declared.insert(format!("declare {head}({})\n", types.join(", ")));
        }
    }
    text.extend(declared);
    text
}

/// The C program that calls them all.
pub fn driver(cases: &[Case]) -> String {
    let mut text = String::from("typedef unsigned char u8;\n");
    for &width in WIDTHS {
        let _ = write!(text, "static const u8 operands_{width}[] = {{");
        for (a, b) in operands(width) {
            for byte in a.bytes().into_iter().chain(b.bytes()) {
                let _ = write!(text, "{byte},");
            }
        }
        text.push_str("};\n");
    }
    for number in 0..cases.len() {
        let _ = writeln!(text, "void t{number}(u8 *, const u8 *, const u8 *);");
    }
    text.push_str(
        "static const struct {\n  void (*run)(u8 *, const u8 *, const u8 *);\n  \
         const u8 *operands;\n  unsigned in, out;\n} tests[] = {\n",
    );
    for (number, Case { width, results, .. }) in cases.iter().enumerate() {
        let size: u32 = results.iter().map(|bits| bits.div_ceil(8)).sum();
        let bytes = width.div_ceil(8);
        let _ = writeln!(text, "  {{t{number}, operands_{width}, {bytes}, {size}}},");
    }
    let _ = write!(text, "}};\n#define PAIRS {}\n{DRIVER}", operands(8).len());
    text
}
