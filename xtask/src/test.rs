//! `cargo xtask test`: on the host, of the compiler, of the kernel in QEMU, and of pools.

use std::ops::Add;

use ::difftest::Extent;
use clap::Args;
use cross::{Image, Toolchain};
use miette::{IntoDiagnostic, Result, bail};
use qemu::Config;
use qemu::harness::{self, Limits};

use crate::lanes::both;
use crate::progress::{Step, say};
use crate::workspace::{self, HOST_PROGRAMS, KERNEL, Profile, host_cargo, root, workspace_cargo};
use crate::{command, difftest, pool};

/// The image that holds the kernel's own tests.
const KERNEL_TESTS: &str = "qemu-virt-tests";
/// The workspaces that have tests for the host. What the difftest's images run is compared, and
/// has none.
const WITH_TESTS: &[&str] = &["", "boards", "rdcs"];

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

    fn any_on_target(self) -> bool {
        self.compiler || self.kernel || self.pool || self.hostile
    }

    fn or_everything(self) -> Selection {
        if self.host || self.any_on_target() { self } else { Selection::everything() }
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

impl Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

impl Count {
    /// As a step's result.
    pub fn summary(self) -> String {
        match self.failed {
            0 => format!("{} passed", self.passed),
            failed => format!("{} passed, {failed} failed", self.passed),
        }
    }
}

/// Runs the tests and ends with their number; an error if one has failed.
pub fn test(toolchain: &Toolchain, selection: Selection) -> Result<()> {
    let selection = selection.or_everything();
    let (small, large) = both(|| small(toolchain, selection), || large(toolchain, selection))?;
    conclude(small + large)
}

/// The tests of a selection that need no image: those on the host, and those of the compiler.
pub fn small(toolchain: &Toolchain, selection: Selection) -> Result<Count> {
    let mut count = Count::default();
    if selection.host {
        for name in WITH_TESTS {
            count = count + host(name)?;
        }
    }
    if selection.compiler {
        let ll2c = &workspace::ll2c()?;
        count = count + difftest::small_programs(toolchain, ll2c)?;
        count = count + difftest::cases(toolchain, ll2c, selection.extent())?;
    }
    Ok(count)
}

/// The tests of a selection that need the images and the RDCs, on which GCC works for minutes
/// with one thread. Those that cargo compiles for the host come last, since cargo does one thing
/// at a time in one folder.
pub fn large(toolchain: &Toolchain, selection: Selection) -> Result<Count> {
    let mut count = Count::default();
    if !selection.any_on_target() {
        return Ok(count);
    }
    let ll2c = &workspace::ll2c()?;
    if selection.kernel {
        // Unoptimised, nothing else is looked at.
        for (profile, wanted) in
            [(Profile::Dev, &["--bin", KERNEL_TESTS][..]), (Profile::Release, &[])]
        {
            let images = workspace::boards(toolchain, ll2c, profile, wanted)?;
            count = count + inside(&images, profile)?;
        }
    }
    if selection.kernel {
        count = count + outside(&workspace::boards(toolchain, ll2c, Profile::Release, &[])?)?;
    }
    if selection.pool {
        count = count + pool::test()?;
    }
    if selection.hostile {
        count = count + pool::hostile()?;
    }
    Ok(count)
}

/// Ends with the number of tests; an error if one has failed.
pub fn conclude(count: Count) -> Result<()> {
    println!("{} passed, {} failed", count.passed, count.failed);
    if count.failed > 0 {
        bail!("{} tests failed; what they saw stands above", count.failed);
    }
    Ok(())
}

/// The tests of a workspace on the host. A failure ends everything: cargo shows it.
fn host(name: &str) -> Result<Count> {
    let mut cargo = workspace_cargo(&root().join(name), "test");
    let name = workspace::title(name);
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
    let mut cargo = host_cargo(root(), &["test", "--package=qemu", "--test=images", "--test=pool"]);
    cargo.args(HOST_PROGRAMS).args(["--", "--ignored"]);
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
