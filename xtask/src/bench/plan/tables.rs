//! The original's tables of calls (dissertation, A.1): each call with each size of data.

use super::{Method, Order, Place, Row, Unit};

/// A table of the dissertation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Invocation times between nodes.
    A1,
    /// Invocation times on the same node.
    A2,
    /// Times to copy data between nodes.
    A3,
}

impl Table {
    /// Its name in the file of results.
    fn name(self) -> &'static str {
        match self {
            Table::A1 => "a1",
            Table::A2 => "a2",
            Table::A3 => "a3",
        }
    }

    fn place(self) -> Place {
        if self == Table::A2 { Place::Near } else { Place::Far }
    }
}

/// One number of a table.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The table.
    pub table: Table,
    /// The row of the table.
    pub label: &'static str,
    /// The call, as `rdcs/bench` knows it.
    call: &'static str,
    /// The column: bytes of data.
    pub bytes: u32,
    /// What the original took for a call, in microseconds.
    pub original_us: f64,
}

impl Cell {
    /// The name of what it comes to on the host's clock.
    pub fn wall_name(&self) -> String {
        format!("wall.{}", self.name())
    }

    fn name(&self) -> String {
        let (table, label, kilobytes) = (self.table.name(), self.label, self.bytes >> 10);
        format!("{table}.{label}.{kilobytes}k")
    }

    /// It is measured in instructions and on the host's clock.
    pub fn rows(&self) -> [Row; 2] {
        let order = Order::new(self.call, self.table.place(), self.bytes);
        let row = |name, unit| {
            Row::new(name, unit, Method::Calls(order)).beside(Some(self.original_us), "")
        };
        [row(self.name(), Unit::Instructions), row(self.wall_name(), Unit::Us)]
    }
}

const fn cell(
    table: Table,
    (label, call): (&'static str, &'static str),
    kilobytes: u32,
    original_us: f64,
) -> Cell {
    Cell { table, label, call, bytes: kilobytes << 10, original_us }
}

const RELEASE: (&str, &str) = ("inc_invoke.no_reply", "release");
const INVOKE: (&str, &str) = ("inc_invoke.reply", "invoke");
const STREAM: (&str, &str) = ("inc_invoke.stream", "stream");
const ASINVOKE: (&str, &str) = ("inc_asinvoke", "asinvoke");
const SEND: (&str, &str) = ("inc_send", "send");
const DGRAM: (&str, &str) = ("inc_dgram", "dgram");
const COPYTO: (&str, &str) = ("inc_copyto", "copyto");
const COPYFROM: (&str, &str) = ("inc_copyfrom", "copyfrom");

/// All numbers of the tables but those of multicast.
pub const CELLS: &[Cell] = &[
    cell(Table::A1, RELEASE, 0, 2270.0),
    cell(Table::A1, RELEASE, 1, 2771.0),
    cell(Table::A1, RELEASE, 32, 13957.0),
    cell(Table::A1, RELEASE, 64, 25480.0),
    cell(Table::A1, INVOKE, 0, 2863.0),
    cell(Table::A1, INVOKE, 1, 3377.0),
    cell(Table::A1, INVOKE, 32, 14570.0),
    cell(Table::A1, INVOKE, 64, 26100.0),
    cell(Table::A1, STREAM, 0, 3288.0),
    cell(Table::A1, ASINVOKE, 0, 3860.0),
    cell(Table::A1, ASINVOKE, 1, 4430.0),
    cell(Table::A1, ASINVOKE, 32, 14783.0),
    cell(Table::A1, ASINVOKE, 64, 25493.0),
    cell(Table::A1, SEND, 0, 2098.0),
    cell(Table::A1, SEND, 1, 3553.0),
    cell(Table::A1, DGRAM, 0, 940.0),
    cell(Table::A1, DGRAM, 1, 1374.0),
    cell(Table::A2, RELEASE, 0, 2370.0),
    cell(Table::A2, RELEASE, 1, 2733.0),
    cell(Table::A2, RELEASE, 32, 9022.0),
    cell(Table::A2, RELEASE, 64, 15467.0),
    cell(Table::A2, INVOKE, 0, 2918.0),
    cell(Table::A2, INVOKE, 1, 3777.0),
    cell(Table::A2, INVOKE, 32, 9568.0),
    cell(Table::A2, INVOKE, 64, 16007.0),
    cell(Table::A2, ASINVOKE, 0, 3790.0),
    cell(Table::A2, ASINVOKE, 1, 4318.0),
    cell(Table::A2, ASINVOKE, 32, 13536.0),
    cell(Table::A2, ASINVOKE, 64, 23016.0),
    cell(Table::A3, COPYTO, 1, 2802.0),
    cell(Table::A3, COPYTO, 32, 13990.0),
    cell(Table::A3, COPYFROM, 1, 2779.0),
    cell(Table::A3, COPYFROM, 32, 13240.0),
];
