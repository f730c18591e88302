//! What the command says at the end: for people, or as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use abi::message::Kind;
use serde::Serialize;
use sim::coverage::Coverage;
use sim::fault::Fault;
use sim::pool::{Failure, Report, Shape};

/// All runs taken together.
#[derive(Debug, Default)]
pub struct Summary {
    /// the runs that failed
    pub failures: Vec<Failed>,
    passed: Vec<Passed>,
    coverage: Coverage,
    took: Duration,
}

/// A run without a violation.
#[derive(Debug, Serialize)]
struct Passed {
    seed: u64,
    events: u64,
    virtual_us: u64,
    incarnations: usize,
    streams: usize,
    /// handlers that have run
    handled: u64,
    /// those that have interrupted another one
    nested: u64,
    hash: String,
}

/// A run with one.
#[derive(Debug, Serialize)]
pub struct Failed {
    seed: u64,
    event: u64,
    virtual_us: u64,
    violation: String,
    replay: String,
}

impl Summary {
    /// Adds the outcome of a run.
    pub fn add(&mut self, shape: &Shape, outcome: Result<Report, Failure>) {
        match outcome {
            Ok(report) => {
                self.coverage.add(&report.coverage);
                self.passed.push(Passed {
                    seed: shape.seed,
                    events: report.events,
                    virtual_us: report.time_us,
                    incarnations: report.incarnations,
                    streams: report.streams,
                    handled: report.interrupts.handled,
                    nested: report.interrupts.nested,
                    hash: format!("{:016x}", report.hash),
                });
            }
            Err(failure) => self.failures.push(Failed {
                seed: shape.seed,
                event: failure.event,
                virtual_us: failure.time_us,
                violation: failure.violation.to_string(),
                replay: shape.replay_command(),
            }),
        }
    }

    /// Notes how long all runs took, and puts them in order.
    pub fn finish(&mut self, took: Duration) {
        self.took = took;
        self.passed.sort_by_key(|passed| passed.seed);
        self.failures.sort_by_key(|failed| failed.seed);
    }

    fn events(&self) -> u64 {
        let passed: u64 = self.passed.iter().map(|passed| passed.events).sum();
        passed + self.failures.iter().map(|failed| failed.event).sum::<u64>()
    }

    fn events_per_second(&self) -> u64 {
        let per_second = u128::from(self.events()) * 1_000_000 / self.took.as_micros().max(1);
        u64::try_from(per_second).unwrap_or(u64::MAX)
    }
}

/// Prints the table of what was tried, the failures and how to replay them.
pub fn print_text(summary: &Summary) {
    println!("{}\n", summary.coverage.table());
    if let [passed] = summary.passed.as_slice() {
        let Passed { seed, virtual_us, incarnations, streams, hash, .. } = passed;
        println!(
            "seed {seed}: {incarnations} incarnations, {streams} streams, {virtual_us} µs of virtual time, hash {hash}"
        );
    }
    for failed in &summary.failures {
        let Failed { seed, event, virtual_us, violation, replay } = failed;
        println!("seed {seed}, event {event}, {virtual_us} µs: {violation}\n    {replay}");
    }
    let count = |of: fn(&Passed) -> u64| summary.passed.iter().map(of).sum::<u64>();
    let (handled, nested) = (count(|passed| passed.handled), count(|passed| passed.nested));
    println!("{handled} software interrupts, {nested} of them within another one");
    let runs = summary.passed.len() + summary.failures.len();
    println!(
        "{runs} runs, {} failed; {} events in {:.1} s, {} events/s",
        summary.failures.len(),
        summary.events(),
        summary.took.as_secs_f64(),
        summary.events_per_second(),
    );
}

/// Prints everything as one JSON object.
pub fn print_json(summary: &Summary) {
    let object = serde_json::json!({
        "passed": summary.passed,
        "failed": summary.failures,
        "events": summary.events(),
        "seconds": summary.took.as_secs_f64(),
        "events_per_second": summary.events_per_second(),
        "coverage": coverage(&summary.coverage),
    });
    println!("{object:#}");
}

/// Packet kind → fault → how often the fault met the packet.
fn coverage(coverage: &Coverage) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
    let row = |kind| {
        let hits = Fault::ALL.into_iter().map(|fault| (fault.name(), coverage.hits(fault, kind)));
        hits.chain([("sent", coverage.packets(kind))]).collect()
    };
    Kind::ALL.into_iter().map(|kind| (format!("{kind:?}"), row(kind))).collect()
}
