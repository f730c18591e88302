//! `cargo xtask test`: on the host, of the compiler, of the kernel in QEMU, and of pools.

use std::path::Path;

use ::difftest::Extent;
use clap::Args;
use cross::{Image, Toolchain};
use miette::{IntoDiagnostic, Result, bail};
use qemu::Config;
use qemu::harness::{self, Limits};

use crate::progress::{Step, say};
use crate::workspace::{self, KERNEL, Profile, host_cargo, root};
use crate::{command, difftest, pool};

/// The image that holds the kernel's own tests.
const KERNEL_TESTS: &str = "qemu-virt-tests";

/// Which tests; all of them if none is named.
#[derive(Args, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Selection {
    /// Those of the host's crates
    #[arg(long)]
    host: bool,
    /// Those that compare programs on the host and on the 680x0; alone, in all
    /// configurations of rustc and GCC instead of one
    #[arg(long)]
    compiler: bool,
    /// Those inside the kernel, in QEMU
    #[arg(long)]
    kernel: bool,
    /// Those of whole pools: programs that check themselves, nodes that are killed
    #[arg(long)]
    pool: bool,
    /// Ten million random calls; not among all tests, which make fewer
    #[arg(long)]
    hostile: bool,
}

impl Selection {
    /// All tests.
    pub fn everything() -> Selection {
        Selection { host: true, compiler: true, kernel: true, pool: true, hostile: false }
    }

    /// How much of the compiler is tested.
    fn extent(self) -> Extent {
        if self.host || self.kernel || self.pool { Extent::Sample } else { Extent::Whole }
    }

    fn or_everything(self) -> Selection {
        let any = self.host || self.compiler || self.kernel || self.pool || self.hostile;
        if any { self } else { Selection::everything() }
    }
}

/// How many tests passed and failed.
#[derive(Clone, Copy, Default)]
pub struct Count {
    /// these did
    pub passed: usize,
    /// these did not
    pub failed: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// As a step's result.
    pub fn summary(self) -> String {
        match self.failed {
            0 => format!("{} passed", self.passed),
            failed => format!("{} passed, {failed} failed", self.passed),
        }
    }
}

/// Runs the tests and ends with their number; an error if one has failed.
pub fn test(toolchain: &Toolchain, ll2c: &Path, selection: Selection) -> Result<()> {
    let selection = selection.or_everything();
    let mut count = Count::default();
    if selection.host {
        count.add(host("tree", root())?);
        count.add(host("boards", &root().join("boards"))?);
    }
    if selection.kernel {
        for profile in [Profile::Dev, Profile::Release] {
            let images = workspace::boards(toolchain, ll2c, profile, &[])?;
            count.add(inside(&images, profile)?);
            if profile == Profile::Release {
                count.add(outside(&images)?);
            }
        }
    }
    if selection.compiler {
        count.add(difftest::standard(toolchain, ll2c, selection.extent())?);
    }
    if selection.pool {
        count.add(pool::test()?);
    }
    if selection.hostile {
        count.add(pool::hostile()?);
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed > 0 {
        bail!("{} tests failed; what they saw stands above", count.failed);
    }
    Ok(())
}

/// The tests of a workspace on the host. A failure ends everything: cargo shows it.
fn host(name: &str, folder: &Path) -> Result<Count> {
    let mut cargo = host_cargo(folder, &["test", "--workspace"]);
    let summary = |output: &str| passed_in(output).summary();
    let output = command::run(&format!("tests on the host, {name}"), &mut cargo, summary)?;
    Ok(passed_in(&output))
}

/// Adds up the lines `test result: ok. 12 passed; …`.
pub fn passed_in(output: &str) -> Count {
    let passed = output
        .lines()
        .filter_map(|line| line.strip_prefix("test result: ok. "))
        .filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok())
        .sum();
    Count { passed, failed: 0 }
}

/// The tests inside the kernel.
fn inside(images: &[Image], profile: Profile) -> Result<Count> {
    let image = workspace::image(images, KERNEL_TESTS)?;
    let step = Step::start(format!("tests in the kernel, {}", profile.name()));
    let mut count = Count::default();
    let mut failures = Vec::new();
    harness::run(&Config::new(image), Limits::default(), |result| {
        step.note(&result.name);
        if let harness::Outcome::Failed(failure) = &result.outcome {
            count.failed += 1;
            failures.push(format!("{}: {failure}\n{}", result.name, result.output));
        } else {
            count.passed += 1;
        }
    })
    .into_diagnostic()?;
    step.end(count);
    for failure in &failures {
        say(failure);
    }
    Ok(count)
}

/// The tests that look at the images from outside: their monitor, their
/// reports, their way of ending.
fn outside(images: &[Image]) -> Result<Count> {
    let mut cargo = host_cargo(root(), &["test", "--package=qemu", "--test=*", "--", "--ignored"]);
    cargo.env("KERNEL_IMAGE", workspace::image(images, KERNEL)?);
    cargo.env("TEST_IMAGE", workspace::image(images, KERNEL_TESTS)?);
    let output =
        command::run("tests of the images", &mut cargo, |output| passed_in(output).summary())?;
    Ok(passed_in(&output))
}

#[cfg(test)]
mod tests {
    use super::passed_in;

    #[test]
    fn counts_what_cargo_says() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\
                      test result: ok. 40 passed; 0 failed; 1 ignored\n";
        assert_eq!(passed_in(output).passed, 42);
    }
}
