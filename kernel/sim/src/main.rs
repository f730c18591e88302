//! `sim`: runs pools under one seed or many, and says how to replay a failure.

mod options;
mod output;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sim::pool::{Failure, Pool, Report, Shape};

use options::Options;
use output::Summary;

fn main() -> ExitCode {
    let options = Options::parse();
    let summary = run_all(&options);
    if options.json {
        output::print_json(&summary);
    } else {
        output::print_text(&summary);
    }
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs every seed, on as many threads as asked for.
fn run_all(options: &Options) -> Summary {
    let seeds = options.seeds();
    let bar = progress(seeds.end - seeds.start);
    let next = AtomicU64::new(seeds.start);
    let summary = Mutex::new(Summary::default());
    let started = Instant::now();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let shape = options.shape(seed);
            let outcome = run_one(shape.clone(), options);
            let mut summary = summary.lock().expect("no thread panics with the summary");
            summary.add(&shape, outcome);
            bar.set_message(format!("{} failed", summary.failures.len()));
            bar.inc(1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.jobs() {
            scope.spawn(work);
        }
        work();
    });
    bar.finish_and_clear();
    let mut summary = summary.into_inner().expect("no thread panicked");
    summary.finish(started.elapsed());
    summary
}

fn run_one(shape: Shape, options: &Options) -> Result<Report, Failure> {
    let mut pool = Pool::new(shape);
    if options.traces() {
        pool.trace_to(Box::new(std::io::stdout().lock()));
    }
    pool.run()
}

fn progress(runs: u64) -> ProgressBar {
    if runs < 2 {
        return ProgressBar::hidden();
    }
    let template = "{bar:30} {pos}/{len} seeds, {msg}, {eta} to go";
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    ProgressBar::new(runs).with_style(style)
}
