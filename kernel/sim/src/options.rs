//! The command line.

use std::num::NonZeroUsize;
use std::ops::Range;

use clap::Parser;
use sim::fault::FaultSet;
use sim::plant::Plant;
use sim::pool::{Farewell, Shape, Tables};

/// Runs the kernels of whole pools in virtual time, with faults, and checks every
/// promise of the system.
#[derive(Debug, Parser)]
#[command(name = "sim")]
pub struct Options {
    /// The seed of a single run
    #[arg(long, default_value_t = 0, conflicts_with = "seeds")]
    seed: u64,
    /// Many seeds, as FIRST..END
    #[arg(long, value_parser = parse_range)]
    seeds: Option<Range<u64>>,
    /// Nodes of the pool, the host included [default: 3 to 8, by the seed]
    #[arg(long, value_parser = clap::value_parser!(u8).range(2..))]
    nodes: Option<u8>,
    /// Incarnations that the pool keeps running [default: 4 to 23, by the seed]
    #[arg(long)]
    workers: Option<usize>,
    /// Events until the faults stop and everything must come to rest
    #[arg(long, default_value_t = 5_000)]
    events: u64,
    /// What may go wrong: all, crate (what shared memory can show), none, or a list
    #[arg(long, default_value_t = FaultSet::all())]
    faults: FaultSet,
    /// How large the tables of the kernels are [default: usual or tight, by the seed]
    #[arg(long, value_enum)]
    tables: Option<Tables>,
    /// How everything ends [default: by the seed]
    #[arg(long, value_enum)]
    farewell: Option<Farewell>,
    /// A defect to plant, to see whether it is found
    #[arg(long, value_enum)]
    plant: Option<Plant>,
    /// Runs at a time [default: one per processor]
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Print a line of state for each event
    #[arg(long, conflicts_with = "seeds")]
    trace: bool,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    /// The seeds to run.
    pub fn seeds(&self) -> Range<u64> {
        self.seeds.clone().unwrap_or(self.seed..self.seed + 1)
    }

    /// What the run of `seed` is to be.
    pub fn shape(&self, seed: u64) -> Shape {
        let usual = Shape::of_seed(seed);
        Shape {
            nodes: self.nodes.unwrap_or(usual.nodes),
            workers: self.workers.unwrap_or(usual.workers),
            events: self.events,
            faults: self.faults,
            tables: self.tables.unwrap_or(usual.tables),
            farewell: self.farewell.unwrap_or(usual.farewell),
            plant: self.plant,
            ..usual
        }
    }

    /// Runs at a time.
    pub fn jobs(&self) -> usize {
        let asked = self.jobs.or_else(|| std::thread::available_parallelism().ok());
        asked.map_or(1, NonZeroUsize::get)
    }

    /// Whether each event is to be printed.
    pub fn traces(&self) -> bool {
        self.trace
    }
}

fn parse_range(text: &str) -> Result<Range<u64>, String> {
    let wrong = || format!("\"{text}\" is no range of seeds such as 0..100");
    let (first, end) = text.split_once("..").ok_or_else(wrong)?;
    let number = |part: &str| part.parse::<u64>().map_err(|_| wrong());
    let range = number(first)?..number(end)?;
    if range.is_empty() { Err(wrong()) } else { Ok(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_a_first_and_an_end() {
        assert_eq!(parse_range("3..7"), Ok(3..7));
        for wrong in ["3", "7..3", "3..3", "a..b", ""] {
            assert!(parse_range(wrong).is_err(), "{wrong}");
        }
    }
}
