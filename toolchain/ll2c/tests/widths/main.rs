//! What the C computes: every operation on integers of many widths, also those that
//! rustc rarely emits, run in QEMU and compared with arithmetic on 256 bits here.

mod cases;
#[path = "../console/mod.rs"]
mod console;
mod floats;
mod image;
mod number;

use std::fmt::Write as _;
use std::process::Command;

use cases::cases;
use console::console;
use image::{SCRIPT, START, driver, ir};
use number::{Number, operands};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Builds all cases, runs them and compares.
fn check(options: &[&str]) {
    let cases = cases();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, text) in [
        ("widths.ll", ir(&cases)),
        ("driver.c", driver(&cases)),
        ("start.S", START.to_owned()),
        ("link.ld", SCRIPT.to_owned()),
    ] {
        std::fs::write(path(name), text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_ll2c"))
        .args([path("widths.ll"), path("driver.c"), path("start.S"), "-T".into(), path("link.ld")])
        .args(["-o".into(), path("widths")])
        .args(options.iter().map(|option| format!("--cc-arg={option}")))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let console = console(&path("widths"));
    let lines: Vec<&str> = console.lines().collect();
    assert_eq!(lines.len(), cases.len(), "each case writes one line: {console}");
    let mut failures = String::new();
    for (case, line) in cases.iter().zip(lines) {
        for ((a, b), seen) in operands(case.width).into_iter().zip(line.split_whitespace()) {
            let expected: Vec<u8> =
                (case.expected)(a, b).into_iter().flat_map(Number::bytes).collect();
            let (expected, width) = (hex(&expected), case.width);
            if expected != seen {
                let (a, b) = (a.bits, b.bits);
                let _ = writeln!(
                    failures,
                    "i{width}: {}\n  of {a:#x} and {b:#x}: {seen}, not {expected}",
                    case.body
                );
            }
        }
    }
    assert!(failures.is_empty(), "{options:?}:\n{failures}");
}

#[test]
fn all_widths_for_speed() {
    check(&["-O2", "-m68040"]);
}

#[test]
fn all_widths_for_size() {
    check(&["-Os", "-m68030"]);
}
