//! The differential tests of ll2c, and `cargo xtask fuzz-ll2c`.

use std::path::Path;

use ::difftest::{Bench, Extent, Report};
use clap::Args;
use cross::Toolchain;
use miette::{IntoDiagnostic, Result, bail};

use crate::progress::{Step, say};
use crate::test::Count;
use crate::workspace;

/// How many random functions each run of the tests compares.
const STANDARD_FUNCTIONS: usize = 200;

/// Which random programs.
#[derive(Args)]
pub struct Fuzz {
    /// What the first program is made from; another one each time if not given
    #[arg(long)]
    seed: Option<u64>,
    /// How many functions in all
    #[arg(long, default_value_t = 2000)]
    functions: usize,
}

/// Compares the cases, which take GCC a minute in each configuration.
pub fn cases(toolchain: &Toolchain, ll2c: &Path, extent: Extent) -> Result<Count> {
    let title = "the same programs on both sides";
    compare(toolchain, ll2c, title, |bench| bench.cases("", extent))
}

/// Compares small programs in all configurations, some of them random ones.
pub fn small_programs(toolchain: &Toolchain, ll2c: &Path) -> Result<Count> {
    let machine = |bench: &Bench| bench.machine();
    let machine = compare(toolchain, ll2c, "what only a 680x0 can do", machine)?;
    let fuzz = Fuzz { seed: None, functions: STANDARD_FUNCTIONS };
    Ok(machine + fuzz.run(toolchain, ll2c)?)
}

/// Compares random programs; a difference is an error.
pub fn fuzz(toolchain: &Toolchain, ll2c: &Path, fuzz: &Fuzz) -> Result<()> {
    let count = fuzz.run(toolchain, ll2c)?;
    if count.failed > 0 {
        bail!("{} comparisons differ; the programs are kept, see above", count.failed);
    }
    Ok(())
}

impl Fuzz {
    fn run(&self, toolchain: &Toolchain, ll2c: &Path) -> Result<Count> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        let title = format!("{} random functions of seed {seed}", self.functions);
        compare(toolchain, ll2c, &title, |bench| {
            let report = bench.fuzz(seed, self.functions)?;
            if !report.failures.is_empty() {
                say(&format!("kept in {}", bench.failures().display()));
            }
            Ok(report)
        })
    }
}

fn compare(
    toolchain: &Toolchain,
    ll2c: &Path,
    title: &str,
    job: impl FnOnce(&Bench) -> ::difftest::Result<Report>,
) -> Result<Count> {
    let step = Step::start(title);
    let work = workspace::target().join("difftest");
    let note = |line: &str| step.note(line);
    let kernels = workspace::m68k();
    let report = job(&Bench::new(toolchain, ll2c, &work, &kernels, &note)).into_diagnostic();
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            step.failed("failed");
            return Err(error);
        }
    };
    let count = Count { passed: report.passed, failed: report.failures.len() };
    step.end(count);
    for failure in &report.failures {
        say(&failure.to_string());
    }
    Ok(count)
}
