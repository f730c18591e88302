//! On what it was measured.

use std::fs;
use std::process::Command;
use std::thread;

use crate::workspace::root;

/// Processor, QEMU and commit, a line each.
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let qemu = first_line(Command::new("qemu-system-m68k").arg("--version"));
    let commit = first_line(
        Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root()),
    );
    format!("processor: {}, {cores} cores\nemulator: {qemu}\ncommit: {commit}\n", processor())
}

fn processor() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned());
    model.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// What a program prints first.
fn first_line(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").to_owned()
}
