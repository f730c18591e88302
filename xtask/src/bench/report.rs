//! The results, for programs and for people.

use std::fmt::{self, Write};

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use super::laboratory::Measured;
use super::plan::{Aim, Row};

/// A number of `latest.json`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Entry {
    /// What it is.
    pub name: String,
    /// What it counts.
    pub unit: &'static str,
    /// The median of the runs.
    pub value: f64,
    /// Runs.
    pub n: usize,
    /// The largest less the smallest of the runs.
    pub spread: f64,
}

impl Entry {
    /// What was measured of a row.
    pub fn new(row: &Row, measured: Measured) -> Entry {
        let Measured { value, n, spread } = measured;
        Entry { name: row.name.clone(), unit: row.unit.name(), value, n, spread }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", number(self.value), self.unit)
    }
}

/// A table of all results, which is Markdown, too.
pub fn table(rows: &[Row], entries: &[Entry]) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["name", "measured", "unit", "spread", "aim", "", "1990", "Linux/m68k"]);
    for (row, entry) in rows.iter().zip(entries) {
        let aim = aim(row, entries);
        let verdict = match aim {
            Some(aim) if entry.value <= aim => "✓",
            Some(_) => "✗",
            None => "",
        };
        table.add_row([
            row.name.clone(),
            number(entry.value),
            entry.unit.to_owned(),
            number(entry.spread),
            aim.map_or(String::new(), |aim| format!("≤ {}", number(aim))),
            verdict.to_owned(),
            row.original().map_or(String::new(), number),
            row.linux.to_owned(),
        ]);
    }
    for column in [1, 3, 4, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// The report: machine, table, and what its columns mean.
pub fn markdown(machine: &str, rows: &[Row], entries: &[Entry]) -> String {
    let mut text = String::from("# Benchmarks\n\n");
    for line in machine.lines() {
        // Writing into a string does not fail.
        let _ = writeln!(text, "- {line}");
    }
    let _ = write!(text, "\n{}\n\n{EXPLANATION}", table(rows, entries));
    text
}

const EXPLANATION: &str = "\
Medians; the spread is the largest less the smallest of the runs. Instructions are those that
all nodes together have made outside idle, from user code to user code. The column 1990 is what
the original took on its MC68020 boards: elapsed time, as instructions × 2.5 for each
microsecond. Linux is Linux/m68k 6.1 on the same emulator.

![Invocation times, 0-1k](figure-a1.svg)

![Invocation times, 0-64k](figure-a2.svg)
";

/// What a row is to be at most.
fn aim(row: &Row, entries: &[Entry]) -> Option<f64> {
    match row.aim? {
        Aim::AtMost(most) => Some(most),
        Aim::Beside(other, times, more) => {
            let other = entries.iter().find(|entry| entry.name == other)?;
            Some(other.value * times + more)
        }
    }
}

/// Three digits at least, and no more behind the point than help.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan;

    fn entries(rows: &[Row], value: f64) -> Vec<Entry> {
        let measured = Measured { value, n: 3, spread: 1.0 };
        rows.iter().map(|row| Entry::new(row, measured)).collect()
    }

    #[test]
    fn the_file_has_the_numbers_with_aims() {
        let rows = plan::rows();
        let json = serde_json::to_value(entries(&rows, 50.0)).unwrap();
        let expected = [
            ("inc_self", "instructions"),
            ("inc_invoke.same_node", "instructions"),
            ("inc_invoke.two_nodes", "instructions"),
            ("inc_send.two_nodes", "instructions"),
            ("inc_dgram.two_nodes", "instructions"),
            ("inc_create.two_nodes", "instructions"),
            ("boot", "instructions"),
            ("reconfigure.propagate", "instructions"),
            ("reconfigure.attach", "instructions"),
            ("reconfigure.rebind", "instructions"),
            ("inc_invoke.1k", "instructions"),
            ("inc_invoke.64k", "memcpy ratio"),
            ("wall.inc_invoke.two_nodes", "us"),
        ];
        for (name, unit) in expected {
            let list = json.as_array().unwrap();
            let entry = list.iter().find(|entry| entry["name"] == name);
            let entry = entry.unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(entry["unit"], unit, "{name}");
            assert_eq!(
                (&entry["value"], &entry["n"], &entry["spread"]),
                (&50.0.into(), &3.into(), &1.0.into())
            );
        }
    }

    #[test]
    fn a_missed_aim_shows() {
        let rows: Vec<_> = plan::rows().into_iter().filter(|row| row.name == "inc_self").collect();
        let good = table(&rows, &entries(&rows, 60.0));
        assert!(good.contains('✓') && good.contains("≤ 60.0"), "{good}");
        let bad = table(&rows, &entries(&rows, 60.5));
        assert!(bad.contains('✗'), "{bad}");
    }
}
