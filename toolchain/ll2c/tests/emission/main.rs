//! What C each construct of the IR becomes: IR in, C out, one test per construct.
//!
//! GCC compiles every C text that these tests show, so a snapshot cannot keep what is
//! not C. What the C computes is the subject of other tests: `widths.rs` runs it.

mod aggregates;
mod arithmetic;
mod assembly;
mod atomics;
mod calls;
mod comparisons;
mod control;
mod conversions;
mod floats;
mod intrinsics;
mod lines;
mod memory;
mod refusals;
mod symbols;
mod variables;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use ll2c::emit::{RUNTIME, emit};
use ll2c::error::{Error, Result};
use ll2c::options::{Lines, Options};
use ll2c::program::Program;

/// Translates with plain options: soft float, no `#line`.
fn translate(ir: &str) -> Result<String> {
    let options = Options { lines: Lines::C, ..Options::default() };
    let c = emit(&mut Program::from_text(ir)?, &options)?;
    compile(&c);
    Ok(c)
}

/// Panics if GCC has anything to say against the C.
fn compile(c: &str) {
    let options = ["-std=gnu11", "-m68020", "-msoft-float", "-O1", "-ffreestanding"];
    let strict = ["-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Wno-missing-field-initializers"];
    let lax = ["-Wno-type-limits", "-Wno-missing-braces", "-Wno-div-by-zero"];
    let mut gcc = Command::new("m68k-linux-gnu-gcc")
        .args(options)
        .args(strict)
        .args(lax)
        .args(["-S", "-o", "/dev/null", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("m68k-linux-gnu-gcc is installed (Debian: gcc-m68k-linux-gnu)");
    let mut input = gcc.stdin.take().expect("its input is piped");
    input.write_all(c.as_bytes()).expect("GCC reads its input");
    drop(input);
    let output = gcc.wait_with_output().expect("GCC ends");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "GCC refuses this:\n{c}\n{messages}");
}

/// What follows `runtime.h`.
fn program(ir: &str) -> String {
    let c = translate(ir).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    let text = c.strip_prefix(RUNTIME).expect("it starts with runtime.h");
    text.trim_start().trim_start_matches("/* ---- the program ---- */").trim().to_owned()
}

/// The statements of the last function, without declarations of variables.
fn statements(ir: &str) -> String {
    let c = program(ir);
    let head = c.lines().rfind(|line| !line.starts_with(' ') && line.ends_with('{'));
    let (_, body) = c.rsplit_once(head.expect("it has a function")).expect("it is a line of it");
    let body = body.trim_end().trim_end_matches('}').trim();
    let is_type = |word: &str| {
        let names = ["u8", "u16", "u32", "u64", "u128", "u256", "ptr", "f32", "f64", "register"];
        names.contains(&word) || word.starts_with('T')
    };
    let is_declaration = |line: &&str| line.split_once(' ').is_some_and(|(word, _)| is_type(word));
    let lines = body.lines().map(str::trim).filter(|line| !is_declaration(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The statements for one instruction with a result `%r`.
fn instruction(result: &str, params: &str, text: &str) -> String {
    let ir = format!("define {result} @f({params}) {{\n  %r = {text}\n  ret {result} %r\n}}\n");
    let text = statements(&ir);
    text.trim_end_matches(|c| c != '\n').trim_end().to_owned()
}

/// The same for several widths, of which `{T}` stands for the type.
fn over_widths(widths: &[u32], result: &str, params: &str, text: &str) -> String {
    let mut list = String::new();
    for width in widths {
        let fill = |text: &str| text.replace("{T}", &format!("i{width}"));
        let statements = instruction(&fill(result), &fill(params), &fill(text));
        let _ = writeln!(list, "i{width}: {}", statements.replace('\n', "\n    "));
    }
    list
}

/// One width of each kind: full and partial, of each container.
const WIDTHS: &[u32] = &[1, 8, 12, 16, 24, 32, 48, 64, 100, 128, 200, 256];

/// Why a translation fails, as the user reads it.
fn refusal(ir: &str) -> String {
    match translate(ir) {
        Ok(c) => panic!("it is translated:\n{c}"),
        Err(Error::Unsupported { construct, at }) => format!("{construct} is not supported\n{at}"),
        Err(error) => error.to_string(),
    }
}
