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

/// What a run of the tests compares.
pub fn standard(toolchain: &Toolchain, ll2c: &Path, extent: Extent) -> Result<Count> {
    let count = compare(toolchain, ll2c, "the same programs on both sides", |bench| {
        let mut report = bench.cases("", extent)?;
        report.merge(bench.machine()?);
        Ok(report)
    })?;
    let fuzz = Fuzz { seed: None, functions: STANDARD_FUNCTIONS };
    let random = fuzz.run(toolchain, ll2c)?;
    Ok(count + random)
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
    let report = job(&Bench::new(toolchain, ll2c, &work, &note)).into_diagnostic();
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
