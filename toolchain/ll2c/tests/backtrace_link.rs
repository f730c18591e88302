//! The table that `--backtrace` makes of a linked image, and linker scripts that
//! cannot take it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use backtrace::{End, Location, Pc, Registers, Table};
use ll2c::backtrace::{CC_FLAG, Detail, link};
use ll2c::error::{Error, Result};
use tempfile::TempDir;

/// A function with an ordinary frame that calls one in assembly, and one that
/// nobody calls, which the linker drops.
const C: &str = "
void callee(int, int, int);
__attribute__((noinline)) int caller(int *numbers) {
    callee(numbers[0], numbers[1], 3);
    return numbers[2] + numbers[3];
}
int dropped(int *numbers) {
    return caller(numbers) + caller(numbers + 1);
}
";

const ASSEMBLY: &str = "
    .cfi_sections .debug_frame
    .section .text.start, \"ax\"
    .globl  _start
_start:
    .cfi_startproc
    .cfi_undefined %pc
    pea     _start
    .cfi_adjust_cfa_offset 4
    jsr     caller
    .cfi_endproc
after:
    nop
    .section .text.callee, \"ax\"
    .globl  callee
    .type   callee, @function
callee:
    .cfi_startproc
    link    %a6, #-16
    .cfi_def_cfa %a6, 8
    .cfi_offset %a6, -8
inside:
    nop
    unlk    %a6
    .cfi_def_cfa %sp, 4
    .cfi_restore %a6
    rts
    .cfi_endproc
    .size   callee, . - callee
    .section .text.silent, \"ax\"
    .globl  silent
silent:
    rts
";

/// The code lies so low that what is left of dropped functions, at address 0,
/// would be in its way.
const SCRIPT: &str = "
ENTRY(_start)
SECTIONS {
    . = 0x10;
    .text : { KEEP(*(.text.start)) KEEP(*(.text.silent)) *(.text .text.*) }
    .backtrace : { KEEP(*(.backtrace)) }
}
";

/// The objects of an image in a folder of their own.
struct Image {
    folder: TempDir,
    script: &'static str,
}

impl Image {
    fn compile(script: &'static str) -> Image {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let flags = "-O2 -m68040 -fomit-frame-pointer -ffunction-sections -ffreestanding -c";
        for (name, text) in [("code.c", C), ("start.S", ASSEMBLY), ("image.ld", script)] {
            fs::write(folder.path().join(name), text).expect("the folder can be written");
        }
        let mut gcc = Command::new("m68k-linux-gnu-gcc");
        gcc.args(flags.split(' ')).args([CC_FLAG, "code.c", "start.S"]);
        run(gcc.current_dir(folder.path()));
        Image { folder, script }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("image.elf")
    }

    fn link(&self, detail: Detail) -> Result<()> {
        link(&self.path(), detail, |table: Option<&Path>| {
            let mut ld = Command::new("m68k-linux-gnu-ld");
            ld.args("--gc-sections -z noexecstack -T image.ld -o image.elf".split(' '));
            ld.args(["code.o", "start.o"]).args(table).current_dir(self.folder.path());
            run(&mut ld);
            Ok(())
        })
    }

    /// The content of the section `.backtrace`.
    fn table(&self, detail: Detail) -> Vec<u8> {
        self.link(detail).expect("the image takes the table");
        let mut objcopy = Command::new("m68k-linux-gnu-objcopy");
        objcopy.args("-O binary -j .backtrace image.elf table".split(' '));
        run(objcopy.current_dir(self.folder.path()));
        fs::read(self.folder.path().join("table")).expect("objcopy wrote the file")
    }

    /// The address of a symbol.
    fn address(&self, symbol: &str) -> u32 {
        let nm = Command::new("m68k-linux-gnu-nm").arg(self.path()).output().expect("nm runs");
        let lines = String::from_utf8(nm.stdout).expect("nm writes text");
        let line = lines.lines().find(|line| line.split(' ').next_back() == Some(symbol));
        let line = line.unwrap_or_else(|| panic!("no {symbol} in {lines}"));
        u32::from_str_radix(&line[..8], 16).expect("nm writes hexadecimal addresses")
    }

    /// What the error says when the script cannot take the table.
    fn refusal(&self) -> String {
        match self.link(Detail::Names) {
            Err(Error::Backtrace { reason, .. }) => reason,
            other => panic!("{other:?} with {}", self.script),
        }
    }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// The name and offset of each frame, and the end of the walk.
fn walk(table: &Table<'_>, start: Registers, stack: &[u32]) -> (Vec<String>, Option<End>) {
    let sp = start.sp;
    let mut walk =
        table.unwind(start, |address| stack.get((address.checked_sub(sp)? / 4) as usize).copied());
    let frames = walk.by_ref().map(|frame| match frame.symbol {
        Some(symbol) => format!("{}+{}", symbol.name, symbol.offset),
        None => "?".to_owned(),
    });
    (frames.collect(), walk.end())
}

#[test]
fn frames_of_all_kinds_are_walked() {
    let image = Image::compile(SCRIPT);
    let bytes = image.table(Detail::Names);
    let table = Table::new(&bytes).expect("a table");
    let (start, caller, inside) =
        (image.address("_start"), image.address("caller"), image.address("inside"));
    // A6 points to the caller's A6, below the return address; caller has pushed
    // A2 and three arguments.
    let (after_call, after_caller) = (call_in(&image, "caller"), start + 12);
    let stack = [0, 0, 0, 0, 0x7777_7777, after_call, 1, 2, 3, 0xa2a2_a2a2, after_caller, start];
    let registers = Registers { pc: Pc::Interrupted(inside), sp: 0x8000, fp: 0x8010 };
    let (frames, end) = walk(&table, registers, &stack);
    let in_caller = format!("caller+{}", after_call - caller);
    assert_eq!(frames, ["callee+4", &in_caller, "_start+12"]);
    assert_eq!(end, Some(End::Outermost));
}

/// The return address of the first call in a function.
fn call_in(image: &Image, function: &str) -> u32 {
    let mut objdump = Command::new("m68k-linux-gnu-objdump");
    objdump.arg("-d").arg(format!("--disassemble={function}")).arg(image.path());
    let text = String::from_utf8(objdump.output().expect("objdump runs").stdout).expect("text");
    let mut lines = text.lines().skip_while(|line| !line.contains("jsr"));
    let next = lines.nth(1).unwrap_or_else(|| panic!("no call in {text}"));
    let address = next.split(':').next().expect("an address before the colon");
    u32::from_str_radix(address.trim(), 16).expect("objdump writes hexadecimal addresses")
}

#[test]
fn code_without_directives_has_a_name_only() {
    let image = Image::compile(SCRIPT);
    let bytes = image.table(Detail::Names);
    let table = Table::new(&bytes).expect("a table");
    for symbol in ["after", "silent"] {
        let pc = Pc::Interrupted(image.address(symbol));
        let (frames, end) = walk(&table, Registers { pc, sp: 0, fp: 0 }, &[]);
        assert_eq!(frames, [format!("{symbol}+0")]);
        assert_eq!(end, Some(End::NoFrameInformation));
    }
}

#[test]
fn labels_inside_a_function_and_dropped_functions_do_not_count() {
    let image = Image::compile(SCRIPT);
    let bytes = image.table(Detail::Names);
    let table = Table::new(&bytes).expect("a table");
    assert_eq!(table.lookup(image.address("inside")).expect("a function").name, "callee");
    assert_eq!(table.lookup(0), None);
    assert_eq!(bytes[8..12], 5_u32.to_be_bytes(), "_start, after, callee, silent, caller");
}

#[test]
fn lines_are_there_on_demand() {
    let image = Image::compile(SCRIPT);
    let bytes = image.table(Detail::Names);
    let call = call_in(&image, "caller") - 1;
    assert_eq!(Table::new(&bytes).expect("a table").location(call), None);
    let bytes = image.table(Detail::Lines);
    let table = Table::new(&bytes).expect("a table");
    let call_in_assembly = image.address("_start") + 11;
    for (pc, expected, number) in [(call, "code.c", 4), (call_in_assembly, "start.S", 10)] {
        let Some(Location { file, line }) = table.location(pc) else { panic!("no line") };
        assert!(Path::new(file).ends_with(expected), "{file}");
        assert_eq!(line, number, "{file}");
    }
}

#[test]
fn a_section_in_front_of_code_is_refused() {
    let reason = Image::compile(
        "ENTRY(_start)
        SECTIONS {
            . = 0x2000;
            .backtrace : { KEEP(*(.backtrace)) }
            .text : { KEEP(*(.text.start)) *(.text .text.*) }
        }",
    )
    .refusal();
    assert!(
        reason.starts_with("the section .backtrace moved code: _start from 0x2000"),
        "{reason}"
    );
}

#[test]
fn a_script_that_drops_the_section_is_refused() {
    let dropping = "ENTRY(_start)
        SECTIONS { . = 0x2000; .text : { *(.text .text.*) } /DISCARD/ : { *(.backtrace) } }";
    let reason = Image::compile(dropping).refusal();
    assert_eq!(reason, "the linker script keeps no section .backtrace");
    let mixing = "ENTRY(_start)
        SECTIONS { . = 0x2000; .text : { *(.text .text.*) }
            .backtrace : { KEEP(*(.backtrace)) LONG(0) } }";
    let reason = Image::compile(mixing).refusal();
    assert_eq!(reason, "the section .backtrace holds something else too");
}
