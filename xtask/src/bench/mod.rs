//! `cargo xtask bench`: what calls cost on real kernels in QEMU, beside what they are to cost,
//! what they cost in 1990, and what Linux costs on the same emulator.
//!
//! The program `rdcs/bench` makes the calls. Instructions are counted by pools whose clocks
//! count them: a node posts how long it was not idle. Times are taken in pools that run on the
//! host's clock.

mod driver;
mod laboratory;
mod machine;
mod plan;
mod plots;
mod pool;
mod report;

use std::fs;

use clap::Args;
use miette::{IntoDiagnostic, Result, WrapErr, bail};

use crate::progress::{Step, say};
use crate::system::System;
use crate::workspace::{KERNEL, Profile, root, target};
use laboratory::{Effort, Laboratory};
use plan::{Row, Unit};
use report::Entry;

/// The program that makes the calls.
const PROGRAM: &str = "bench";

/// What to measure.
#[derive(Args)]
pub struct Bench {
    /// Only numbers whose names contain this; then no files are written
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// Print the results as JSON, not as a table
    #[arg(long)]
    json: bool,
    /// Few runs with few calls: to see that everything works
    #[arg(long)]
    quick: bool,
}

impl Bench {
    fn effort(&self) -> Effort {
        if self.quick { Effort { runs: 2, calls: 40 } } else { Effort { runs: 10, calls: 1000 } }
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = plan::rows();
        rows.retain(|row| self.filter.as_ref().is_none_or(|part| row.name.contains(part)));
        rows
    }
}

/// Builds everything, measures, and writes `target/bench`.
pub fn bench(bench: &Bench) -> Result<()> {
    let rows = bench.rows();
    if rows.is_empty() {
        bail!("no number has {:?} in its name", bench.filter.as_deref().unwrap_or_default());
    }
    let system = System::build(Profile::Release, &[PROGRAM])?;
    let program = system.path(&format!("{PROGRAM}.rdc"));
    let mut laboratory = Laboratory::new(&system.path(KERNEL), &program, bench.effort())?;
    let entries = measure(&mut laboratory, &rows)?;
    drop(laboratory);
    let json = serde_json::to_string_pretty(&entries).into_diagnostic()?;
    if bench.json {
        println!("{json}");
    } else {
        println!("{}\n{}", machine::describe(), report::table(&rows, &entries));
    }
    if bench.filter.is_none() { write(&rows, &entries, &json) } else { Ok(()) }
}

/// Measures first what needs clocks that count instructions, then the rest; the answers are
/// in the order of the rows.
fn measure(laboratory: &mut Laboratory, rows: &[Row]) -> Result<Vec<Entry>> {
    let mut entries = vec![None; rows.len()];
    for with_instructions in [true, false] {
        for (row, entry) in rows.iter().zip(&mut entries) {
            if (row.unit == Unit::Instructions) == with_instructions {
                let step = Step::start(&row.name);
                let measured = Entry::new(row, laboratory.measure(row)?);
                step.done(&measured.to_string());
                *entry = Some(measured);
            }
        }
    }
    Ok(entries.into_iter().flatten().collect())
}

fn write(rows: &[Row], entries: &[Entry], json: &str) -> Result<()> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder).into_diagnostic()?;
    let report = report::markdown(&machine::describe(), rows, entries);
    for (name, text) in [("latest.json", json), ("report.md", &report)] {
        let file = folder.join(name);
        fs::write(&file, text)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot write {}", file.display()))?;
    }
    plots::draw(&folder, entries)?;
    say(&format!("results: {}", folder.strip_prefix(root()).unwrap_or(&folder).display()));
    Ok(())
}
