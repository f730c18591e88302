//! Running an image in QEMU, for the tests that look at what it says.

use std::path::Path;
use std::process::Command;

/// Seconds, on a busy machine: the images run for milliseconds.
const QEMU_TIMEOUT_S: &str = "60";

/// What an image says on QEMU's console before it halts.
pub fn console(kernel: &Path) -> String {
    let output = Command::new("timeout")
        .args([QEMU_TIMEOUT_S, "qemu-system-m68k", "-M", "virt", "-cpu", "m68040", "-no-reboot"])
        .args(["-display", "none", "-monitor", "none", "-serial", "stdio", "-kernel"])
        .arg(kernel)
        .output()
        .expect("QEMU starts");
    let console = String::from_utf8(output.stdout).expect("the console shows text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {console}{errors}", output.status);
    console
}
