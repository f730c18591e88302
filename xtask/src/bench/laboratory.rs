//! Measures rows: starts the pools that are needed, once each, and repeats.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use miette::{IntoDiagnostic, Result, WrapErr, bail, miette};
use qemu::{Config, Exit, Machine, Time};

use super::driver::{self, Cost, Order, Place, Total};
use super::plan::{Method, Row, Unit};
use super::pool::Pool;

/// How long the kernel may measure its memcpy.
const MEMCPY_LIMIT: Duration = Duration::from_mins(2);
/// Datagrams between two invocations of the program, which are subtracted.
const DGRAMS_AHEAD: u32 = 8;
/// What costs as much as the lines around the calls: no calls.
const NOTHING: Order = Order::new("null", Place::Near, 0);

/// How often things are done.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Runs, of which the median counts.
    pub runs: usize,
    /// Calls in a run.
    pub calls: u32,
}

/// What is known of a row after its runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measured {
    /// The median.
    pub value: f64,
    /// Runs.
    pub n: usize,
    /// The largest less the smallest.
    pub spread: f64,
}

/// What the pools' clocks count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Clock {
    Instructions,
    Host,
}

impl Clock {
    fn of(unit: Unit) -> Clock {
        if unit == Unit::Instructions { Clock::Instructions } else { Clock::Host }
    }

    fn time(self) -> Time {
        match self {
            Clock::Instructions => Time::Instructions,
            Clock::Host => Time::Host,
        }
    }

    /// Instructions, or microseconds.
    fn read(self, cost: &Cost) -> f64 {
        match self {
            Clock::Instructions => cost.busy.as_secs_f64() * 1e9,
            Clock::Host => cost.elapsed.as_secs_f64() * 1e6,
        }
    }
}

/// Where rows are measured.
pub struct Laboratory {
    image: PathBuf,
    program: Vec<u8>,
    effort: Effort,
    /// Only one at a time: two would take the processors from each other.
    pool: Option<((Clock, u8), Rc<Pool>)>,
    /// Orders and their costs for each call: several rows may show one.
    known: BTreeMap<(Clock, Order), Measured>,
    /// What no calls cost, by clock and nodes.
    nothing: BTreeMap<(Clock, u8), f64>,
}

impl Laboratory {
    /// With this kernel image and the RDC file of `rdcs/bench`.
    pub fn new(image: &Path, program: &Path, effort: Effort) -> Result<Laboratory> {
        let file = std::fs::read(program)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot read {}", program.display()))?;
        let (pool, known, nothing) = Default::default();
        Ok(Laboratory { image: image.to_owned(), program: file, effort, pool, known, nothing })
    }

    /// Measures a row.
    pub fn measure(&mut self, row: &Row) -> Result<Measured> {
        match row.method {
            Method::Calls(order) => self.calls(Clock::of(row.unit), order),
            Method::Change(order) => self.change(Clock::of(row.unit), order),
            Method::Together(order, count) => self.together(order, count),
            Method::Bulk(order) => self.bulk(order),
            Method::Boot => self.boot(),
            Method::Up(nodes) => self.up(nodes),
            Method::Launch => self.launch(),
        }
    }

    fn calls(&mut self, clock: Clock, order: Order) -> Result<Measured> {
        if let Some(known) = self.known.get(&(clock, order)) {
            return Ok(*known);
        }
        let count = self.effort.count(order);
        let lines = self.nothing(clock, order.nodes)?;
        // Invocations that only wait for the receiver.
        let waits = match order.call {
            // The program makes one more at its end.
            "dgram" => count / DGRAMS_AHEAD + 1,
            "create" => count,
            _ => 0,
        };
        let wait = Order { call: "invoke", bytes: 0, ..order };
        let wait = if waits == 0 { 0.0 } else { self.calls(clock, wait)?.value };
        let pool = self.pool(clock, order.nodes)?;
        let measured = self.repeat(|laboratory| {
            let Total { cost, laps } = driver::run(&pool, &laboratory.program, order, count)?;
            let around = lines * f64::from(laps) + wait * f64::from(waits);
            Ok((clock.read(&cost) - around) / f64::from(count))
        })?;
        self.known.insert((clock, order), measured);
        Ok(measured)
    }

    /// What a change of the receiver costs, beside the same run without any.
    fn change(&mut self, clock: Clock, order: Order) -> Result<Measured> {
        let every = order.alternation.map_or(0, |alternation| alternation.every);
        let count = self.effort.count(order);
        let changes = count.checked_div(every).ok_or_else(|| miette!("{order:?}: no changes"))?;
        let pool = self.pool(clock, order.nodes)?;
        self.repeat(|laboratory| {
            let cost = |order| {
                let total = driver::run(&pool, &laboratory.program, order, count)?;
                Ok::<_, miette::Report>(clock.read(&total.cost))
            };
            Ok((cost(order)? - cost(order.without_changes())?) / f64::from(changes))
        })
    }

    /// What a run without calls costs.
    fn nothing(&mut self, clock: Clock, nodes: u8) -> Result<f64> {
        if let Some(known) = self.nothing.get(&(clock, nodes)) {
            return Ok(*known);
        }
        let pool = self.pool(clock, nodes)?;
        let nothing = self.repeat(|laboratory| {
            Ok(clock.read(&driver::run(&pool, &laboratory.program, NOTHING, 0)?.cost))
        })?;
        let nothing = nothing.value;
        self.nothing.insert((clock, nodes), nothing);
        Ok(nothing)
    }

    /// A pool of so many nodes with this clock.
    fn pool(&mut self, clock: Clock, nodes: u8) -> Result<Rc<Pool>> {
        match &self.pool {
            Some((running, pool)) if *running == (clock, nodes) => Ok(Rc::clone(pool)),
            _ => {
                self.pool = None;
                let pool = Rc::new(Pool::up(&self.image, nodes, clock.time())?);
                self.pool = Some(((clock, nodes), Rc::clone(&pool)));
                Ok(pool)
            }
        }
    }

    /// Milliseconds that so many calls take together.
    fn together(&mut self, order: Order, count: u32) -> Result<Measured> {
        let clock = Clock::Host;
        let lines = self.nothing(clock, order.nodes)?;
        let pool = self.pool(clock, order.nodes)?;
        self.repeat(|laboratory| {
            let Total { cost, laps } = driver::run(&pool, &laboratory.program, order, count)?;
            Ok((clock.read(&cost) - lines * f64::from(laps)) / 1e3)
        })
    }

    fn bulk(&mut self, order: Order) -> Result<Measured> {
        let call = self.calls(Clock::Host, order)?;
        self.pool = None;
        let memcpy_us = f64::from(order.bytes) / self.memcpy_mb_per_s()?;
        let (value, spread) = (call.value / memcpy_us, call.spread / memcpy_us);
        Ok(Measured { value, spread, ..call })
    }

    /// How fast the kernel's own memcpy is, as the kernel itself measures it.
    fn memcpy_mb_per_s(&self) -> Result<f64> {
        let mut machine =
            Machine::start(&Config::new(&self.image).option("batch")).into_diagnostic()?;
        let (exit, errors) = machine.wait(MEMCPY_LIMIT).into_diagnostic()?;
        let console = machine.console();
        if exit != Exit::Success {
            bail!("the kernel that measures its memcpy ended: {exit}\n{console}{errors}");
        }
        memcpy_in(&console).ok_or_else(|| miette!("no speed of memcpy is in:\n{console}"))
    }

    /// The first program runs: what the node has done since its first instruction.
    fn boot(&mut self) -> Result<Measured> {
        self.pool = None;
        self.repeat(|laboratory| {
            let pool = Pool::up(&laboratory.image, 1, Time::Instructions)?;
            let cost = driver::launch_only(&pool, &laboratory.program)?;
            Ok(Clock::Instructions.read(&cost))
        })
    }

    fn up(&mut self, nodes: u8) -> Result<Measured> {
        self.pool = None;
        self.repeat(|laboratory| {
            let start = Instant::now();
            let pool = Pool::up(&laboratory.image, nodes, Time::Host)?;
            let elapsed = start.elapsed();
            drop(pool);
            Ok(elapsed.as_secs_f64() * 1e3)
        })
    }

    fn launch(&mut self) -> Result<Measured> {
        let pool = self.pool(Clock::Host, NOTHING.nodes)?;
        self.repeat(|laboratory| {
            let cost = driver::launch_only(&pool, &laboratory.program)?;
            Ok(cost.elapsed.as_secs_f64() * 1e3)
        })
    }

    fn repeat(&self, once: impl Fn(&Laboratory) -> Result<f64>) -> Result<Measured> {
        let values = (0..self.effort.runs).map(|_| once(self)).collect::<Result<_>>()?;
        Ok(Measured::of(values))
    }
}

impl Effort {
    /// How many calls of an order a run makes: fewer of those that take long, more of those
    /// that cost little beside the lines around them.
    fn count(self, order: Order) -> u32 {
        match order.call {
            "null" => self.calls * 10,
            "create" | "fork" => self.calls.div_ceil(10),
            _ if order.alternation.is_some_and(|it| it.every > 10) => self.calls * 10,
            _ => self.calls,
        }
    }
}

impl Measured {
    fn of(mut values: Vec<f64>) -> Measured {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let value = f64::midpoint(values[(n - 1) / 2], values[n / 2]);
        Measured { value, n, spread: values[n - 1] - values[0] }
    }
}

/// The speed for the longest blocks, in the kernel's table.
fn memcpy_in(console: &str) -> Option<f64> {
    let line = console.lines().find(|line| line.trim_start().starts_with("memcpy "))?;
    line.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spreads() {
        let measured = Measured::of(vec![5.0, 1.0, 4.0, 2.0]);
        assert_eq!(measured, Measured { value: 3.0, n: 4, spread: 4.0 });
        assert_eq!(Measured::of(vec![7.0]), Measured { value: 7.0, n: 1, spread: 0.0 });
    }

    #[test]
    fn the_kernels_table_is_read() {
        let console = "MB/s, bytes:        64    4096   65536\n  memcpy          900    4000    5100\n  move.l loop     1       2      3\n";
        assert_eq!(memcpy_in(console), Some(5100.0));
        assert_eq!(memcpy_in("memset 1 2 3"), None);
    }
}
