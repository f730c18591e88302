//! Machines that run the images of `boards/qemu-virt`. `cargo xtask test` builds
//! these and says where they are; plain `cargo test` leaves these tests out.

use qemu::harness::{self, Failure, Limits, Outcome, TestResult};
use qemu::{Config, Error, Exit, Machine};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More than any answer takes on a busy host.
const LIMIT: Duration = Duration::from_mins(2);

fn image(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`"))
        .into()
}

fn kernel() -> Config {
    Config::new(image("KERNEL_IMAGE"))
}

/// A machine at the monitor's first prompt.
fn monitor() -> Machine {
    let mut machine = Machine::start(&kernel()).unwrap();
    machine.wait_for("> ", LIMIT).unwrap();
    machine
}

/// Types a line and returns the answer, up to the next prompt.
fn ask(machine: &mut Machine, line: &str) -> String {
    machine.send(&format!("{line}\r")).unwrap();
    machine.wait_for("\n", LIMIT).unwrap();
    machine.wait_for("> ", LIMIT).unwrap()
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn batch_describes_measures_and_ends() {
    let mut machine = Machine::start(&kernel().option("batch")).unwrap();
    let (exit, errors) = machine.wait(LIMIT).unwrap();
    let console = machine.console();
    assert_eq!((exit, errors.as_str()), (Exit::Success, ""), "{console}");
    for wanted in ["MC68040", "131072 KB", "boot ", "memcpy", "movem loop"] {
        assert!(console.contains(wanted), "no {wanted:?} in {console}");
    }
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn memory_is_what_the_machine_has() {
    let mut machine = Machine::start(&kernel().option("batch").memory_mb(32)).unwrap();
    machine.wait_for("memory   32768 KB", LIMIT).unwrap();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn the_monitor_answers() {
    let mut machine = monitor();
    assert!(ask(&mut machine, "help").contains("walk the page tables"));
    assert!(ask(&mut machine, "map c0001000").contains("c0001000 is 00001000, read-only"));
    assert!(ask(&mut machine, "irq").contains("level 6"));
    assert!(ask(&mut machine, "mem c0001000 10").starts_with("c0001000  46 fc 27 00"));
    assert!(ask(&mut machine, "nonsense").contains("no such command"));
    assert!(ask(&mut machine, "mem c0001000").contains("usage: mem ADDR LEN"));
    machine.send("halt\r").unwrap();
    assert_eq!(machine.wait(LIMIT).unwrap().0, Exit::Success);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn bad_addresses_are_answers() {
    let mut machine = monitor();
    for command in ["mem 0 4", "peek 0", "peek e0000000", "poke c0001000 0", "poke 0 0"] {
        let answer = ask(&mut machine, command);
        assert!(answer.contains("access fault: supervisor"), "{command}: {answer}");
    }
    assert!(ask(&mut machine, "map e0000000").contains("not mapped"));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn poked_values_can_be_peeked() {
    let mut machine = monitor();
    assert_eq!(ask(&mut machine, "poke c7fffffc cafe0123"), "> ");
    assert!(ask(&mut machine, "peek c7fffffc").starts_with("c7fffffc  cafe0123"));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn lines_are_edited() {
    let mut machine = monitor();
    assert!(ask(&mut machine, "wrong\x15irx\x7fq").contains("level 1"));
    machine.send("wrong\x03").unwrap();
    machine.wait_for("^C", LIMIT).unwrap();
    machine.wait_for("> ", LIMIT).unwrap();
    assert!(ask(&mut machine, "irq").contains("level 1"));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn input_faster_than_it_is_read_is_kept() {
    let mut machine = monitor();
    let lines = 100;
    machine.send(&"mem c0001000 10\r".repeat(lines)).unwrap();
    for _ in 0..lines {
        machine.wait_for("c0001000  46 fc", LIMIT).unwrap();
    }
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_panic_is_a_failure_with_a_report() {
    let mut machine = monitor();
    machine.send("panic\r").unwrap();
    assert_eq!(machine.wait(LIMIT).unwrap().0, Exit::Failure);
    let console = machine.console();
    let report = [
        "panic: asked for at the monitor",
        "monitor/mod.rs:",
        "d0-d7",
        "m68k::monitor::panic+",
        "m68k::monitor::run+",
        "kernel_main+",
        "at_virtual+",
        "end of the stack",
    ];
    let mut rest = console.as_str();
    for wanted in report {
        let at = rest.find(wanted).unwrap_or_else(|| panic!("no {wanted:?} in {console}"));
        rest = &rest[at..];
    }
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_slice_must_be_where_the_image_is() {
    let mut machine = Machine::start(&kernel().option("node=1")).unwrap();
    assert_eq!(machine.wait(LIMIT).unwrap().0, Exit::Failure);
    let console = machine.console();
    assert!(console.contains("loaded at 00000000, its slice is at 01000000"), "{console}");
}

/// A copy of the kernel image that is loaded into another slice: what a launcher
/// of pools will make. Program headers start at the offset that the long at 28
/// says, 32 bytes each, with the load address at 12 (System V ABI, chapter 5).
fn image_in_slice(node: u32, folder: &Path) -> PathBuf {
    let mut bytes = std::fs::read(kernel().image()).unwrap();
    let long = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let headers = long(&bytes, 28) as usize;
    for header in 0..usize::from(u16::from_be_bytes(bytes[44..46].try_into().unwrap())) {
        let at = headers + 32 * header + 12;
        let moved = long(&bytes, at) + (node << 24);
        bytes[at..at + 4].copy_from_slice(&moved.to_be_bytes());
    }
    let path = folder.join("kernel");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_node_runs_in_its_slice_and_sees_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new(image_in_slice(2, folder.path())).option("node=2").memory_mb(64);
    let mut machine = Machine::start(&config).unwrap();
    let boot = machine.wait_for("> ", LIMIT).unwrap();
    assert!(boot.contains("16384 KB at 02000000"), "{boot}");
    assert!(ask(&mut machine, "map c0001000").contains("c0001000 is 02001000, read-only"));
    assert!(ask(&mut machine, "mem 02001000 4").starts_with("02001000  46 fc 27 00"));
    assert_eq!(ask(&mut machine, "poke 03000000 12345678"), "> ");
    assert!(ask(&mut machine, "peek 03000000").contains("12345678"));
    assert!(ask(&mut machine, "peek 04000000").contains("access fault"));
}

/// Runs the tests inside the test image.
fn run_tests(limits: Limits) -> Vec<TestResult> {
    let mut results = Vec::new();
    harness::run(&Config::new(image("TEST_IMAGE")), limits, |result| results.push(result)).unwrap();
    results
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn too_small_a_budget_fails_some_tests_and_no_others() {
    let limits = Limits { instructions: 1_000_000, ..Limits::default() };
    let results = run_tests(limits);
    let failed = |wanted: &str| {
        let result = results.iter().find(|result| result.name.ends_with(wanted));
        !result.unwrap_or_else(|| panic!("no test {wanted}")).passed()
    };
    // One that waits, one that computes, and one on each side of them.
    assert!(failed("timer::a_schedule_does_not_drift"));
    assert!(failed("copy::memcpy_is_a_byte_loop"));
    assert!(!failed("timer::the_clock_never_goes_back"));
    assert!(!failed("exceptions::trace"));
    let overrun = Outcome::Failed(Failure::Overrun);
    let waited = results.iter().find(|result| result.name.ends_with("a_schedule_does_not_drift"));
    assert_ne!(waited.unwrap().outcome, overrun, "the image itself reports a wait");
    let computed = results.iter().find(|result| result.name.ends_with("memcpy_is_a_byte_loop"));
    assert_eq!(computed.unwrap().outcome, overrun);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn all_tests_pass_and_repeat_exactly() {
    let run = || -> Vec<(String, Outcome)> {
        let results = run_tests(Limits::default());
        for result in &results {
            assert!(result.passed(), "{}: {:?}\n{}", result.name, result.outcome, result.output);
        }
        results.into_iter().map(|result| (result.name, result.outcome)).collect()
    };
    let (first, second) = (run(), run());
    assert!(first.len() >= 60, "{} tests", first.len());
    assert_eq!(first, second);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn an_image_without_tests_does_not_pass() {
    let result = harness::run(&kernel().option("batch"), Limits::default(), |_| {});
    assert!(matches!(result, Err(Error::Boot { .. })), "{result:?}");
}

#[test]
fn a_missing_image_is_named() {
    let error = Machine::start(&Config::new("/nowhere/kernel")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/kernel"), "{error}");
}
