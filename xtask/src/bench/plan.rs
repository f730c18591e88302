//! What is measured, with what it is compared: the project's aims, the measurements of 1990
//! (dissertation, tables A.1–A.3), and Linux on the same emulator.

mod changes;
mod tables;

use super::driver::{Order, Place};
pub use tables::{CELLS, Table};

/// Instructions in a microsecond of the original's MC68020 boards.
const INSTRUCTIONS_PER_US: f64 = 2.5;

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Guest instructions outside idle, all nodes added up.
    Instructions,
    /// Microseconds on the host's clock.
    Us,
    /// Milliseconds on the host's clock.
    Ms,
    /// Times of the board's own memcpy.
    MemcpyRatio,
}

impl Unit {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Instructions => "instructions",
            Unit::Us => "us",
            Unit::Ms => "ms",
            Unit::MemcpyRatio => "memcpy ratio",
        }
    }
}

/// What a number is to be.
#[derive(Clone, Copy, Debug)]
pub enum Aim {
    /// At most this.
    AtMost(f64),
    /// At most so many times another number, and so much more.
    Beside(&'static str, f64, f64),
}

/// How a number is got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Many calls, and a share of their cost for each.
    Calls(Order),
    /// A change of the receiver during many calls: what it costs beside the same calls without.
    Change(Order),
    /// The time of so many calls together.
    Together(Order, u32),
    /// The time of a call that carries data, in times of a memcpy of the same bytes.
    Bulk(Order),
    /// From a node's first instruction to the first request of the first program.
    Boot,
    /// Until a pool of so many nodes is ready.
    Up(u8),
    /// From the wish to launch a program to its first request.
    Launch,
}

/// A number that is measured.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name in the file of results.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// How it is got.
    pub method: Method,
    /// What it is to be.
    pub aim: Option<Aim>,
    /// What the original took, in microseconds.
    pub original_us: Option<f64>,
    /// What Linux takes.
    pub linux: &'static str,
}

impl Row {
    fn new(name: impl Into<String>, unit: Unit, method: Method) -> Row {
        let name = name.into();
        Row { name, unit, method, aim: None, original_us: None, linux: "" }
    }

    fn aim(self, at_most: f64) -> Row {
        Row { aim: Some(Aim::AtMost(at_most)), ..self }
    }

    fn beside(self, original_us: Option<f64>, linux: &'static str) -> Row {
        Row { original_us, linux, ..self }
    }

    /// What the original took, in this row's unit.
    pub fn original(&self) -> Option<f64> {
        let us = self.original_us?;
        match self.unit {
            Unit::Instructions => Some(us * INSTRUCTIONS_PER_US),
            Unit::Us => Some(us),
            Unit::Ms => Some(us / 1000.0),
            Unit::MemcpyRatio => None,
        }
    }
}

/// Everything that is measured: first the numbers that have aims, then the tables.
pub fn rows() -> Vec<Row> {
    let mut rows = numbers();
    rows.extend(CELLS.iter().flat_map(tables::Cell::rows));
    rows.extend(changes::rows());
    rows
}

/// The numbers that have aims.
fn numbers() -> Vec<Row> {
    let calls = |name: &str, call, place, bytes| {
        Row::new(name, Unit::Instructions, Method::Calls(Order::new(call, place, bytes)))
    };
    let far = Place::Far;
    let one_kilobyte = Some(Aim::Beside("inc_invoke.two_nodes", 1.0, 400.0));
    let invoke = |bytes| Order::new("invoke", far, bytes);
    let multicast = |name: &str, nodes| {
        let order = Order { nodes, ..Order::new("multicast", far, 0) };
        Row::new(name, Unit::Instructions, Method::Calls(order)).beside(Some(3228.0), "")
    };
    let crowd = Order { nodes: 4, ..Order::new("crowd", far, 0) };
    vec![
        calls("inc_self", "null", Place::Near, 0).aim(60.0).beside(None, "72"),
        calls("inc_invoke.same_node", "invoke", Place::Near, 0)
            .aim(600.0)
            .beside(Some(2918.0), "4286 (pipes)"),
        calls("inc_invoke.two_nodes", "invoke", far, 0)
            .aim(1200.0)
            .beside(Some(2863.0), "24700 (UDP)"),
        calls("inc_send.two_nodes", "send", far, 0).aim(700.0).beside(Some(2098.0), ""),
        calls("inc_dgram.two_nodes", "dgram", far, 0).aim(500.0).beside(Some(940.0), ""),
        multicast("inc_send.multicast_two", 3).aim(1000.0),
        multicast("inc_send.multicast_two.16_nodes", 16),
        calls("copy.100k", "copyfrom", far, 100 << 10),
        Row {
            aim: Some(Aim::Beside("copy.100k", 1.1, 20_000.0)),
            ..calls("inc_fork.100k", "fork", far, 100 << 10)
        },
        calls("inc_create.two_nodes", "create", far, 0)
            .aim(25_000.0)
            .beside(None, "103901 (fork+exec)"),
        calls("ss_get.cached", "ss_get", far, 0).aim(200.0),
        calls("ss_get.uncached", "ss_get_uncached", far, 0).aim(2500.0).beside(Some(3000.0), ""),
        Row::new("boot", Unit::Instructions, Method::Boot).aim(2e6).beside(None, "71900000"),
        Row {
            aim: one_kilobyte,
            ..calls("inc_invoke.1k", "invoke", far, 1 << 10).beside(Some(3377.0), "")
        },
        Row::new("inc_invoke.64k", Unit::MemcpyRatio, Method::Bulk(invoke(64 << 10)))
            .aim(1.0 / 0.75)
            .beside(None, "20 (TCP)"),
        Row::new("wall.inc_invoke.two_nodes", Unit::Us, Method::Calls(invoke(0)))
            .aim(80.0)
            .beside(Some(2863.0), "142-265 (UDP)"),
        Row::new("wall.up.16_nodes", Unit::Ms, Method::Up(16)).aim(3000.0),
        Row::new("wall.launch.100k", Unit::Ms, Method::Launch).aim(100.0),
        Row::new("wall.create_100", Unit::Ms, Method::Together(crowd, 100)).aim(500.0),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_number_has_one_name() {
        let rows = rows();
        let names: BTreeSet<_> = rows.iter().map(|row| &row.name).collect();
        assert_eq!(names.len(), rows.len());
    }

    #[test]
    fn aims_refer_to_numbers_before_them() {
        let rows = rows();
        for (index, row) in rows.iter().enumerate() {
            if let Some(Aim::Beside(other, ..)) = row.aim {
                assert!(rows[..index].iter().any(|row| row.name == other), "{other}");
            }
        }
    }
}
