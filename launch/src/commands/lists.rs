//! `equus ps`, `equus nodes` and `equus logs`: questions and tables.

use std::path::Path;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, Table};
use console::style;
use serde::Serialize;

use crate::cli::ListArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::protocol::{FromDaemon, NodeInfo, NodeState, RdcInfo, ToDaemon};

/// Shows the RDCs.
pub fn ps(socket: &Path, list: ListArgs) -> Result<(), Failure> {
    let FromDaemon::Rdcs(rdcs) = Connection::open(socket)?.ask(&ToDaemon::Ps)? else {
        return Err(Failure::Unexpected);
    };
    if list.json {
        return json(&rdcs);
    }
    let mut table = table(["RDC", "NAME", "USER", "AGE", "INCARNATIONS", "WHERE"]);
    right(&mut table, &[0, 3, 4]);
    for rdc in &rdcs {
        let count = rdc.incarnations.len().to_string();
        let (number, age) = (rdc.rdc.to_string(), duration(rdc.age_s));
        table.add_row([number, rdc.name.clone(), rdc.user.clone(), age, count, places(rdc)]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

/// Each node of an RDC with the number of its incarnations there.
fn places(rdc: &RdcInfo) -> String {
    let count = |node: &str| rdc.incarnations.iter().filter(|inc| inc.node == node).count();
    let places = rdc.nodes.iter().map(|node| format!("{node}:{}", count(node)));
    places.collect::<Vec<_>>().join(" ")
}

/// Shows the nodes.
pub fn nodes(socket: &Path, list: ListArgs) -> Result<(), Failure> {
    let FromDaemon::Nodes(nodes) = Connection::open(socket)?.ask(&ToDaemon::Nodes)? else {
        return Err(Failure::Unexpected);
    };
    if list.json {
        return json(&nodes);
    }
    let columns = ["NODE", "NAME", "GROUPS", "STATE", "LOAD", "FREE", "INCS", "BOOT", "UP", "LOST"];
    let mut table = table(columns);
    right(&mut table, &[0, 4, 5, 6, 7, 8, 9]);
    for node in &nodes {
        table.add_row(row(node));
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

fn row(node: &NodeInfo) -> [Cell; 10] {
    let state = match node.state {
        NodeState::Up => Cell::new("up").fg(Color::Green),
        NodeState::Starting => Cell::new("starting").fg(Color::Yellow),
        NodeState::Lost => Cell::new("lost").fg(Color::Red),
    };
    [
        Cell::new(node.node),
        Cell::new(&node.name),
        Cell::new(node.groups.join(",")),
        state,
        Cell::new(format!("{:.2}", f64::from(node.load) / 256.0)),
        Cell::new(format!("{}.{} MB", node.free_kb / 1024, node.free_kb % 1024 * 10 / 1024)),
        Cell::new(node.incarnations),
        Cell::new(node.epoch),
        Cell::new(duration(node.uptime_s)),
        Cell::new(node.losses),
    ]
}

/// Shows console lines.
pub fn logs(socket: &Path, node: Option<String>, list: ListArgs) -> Result<(), Failure> {
    let FromDaemon::Logs(lines) = Connection::open(socket)?.ask(&ToDaemon::Logs { node })? else {
        return Err(Failure::Unexpected);
    };
    if list.json {
        return json(&lines);
    }
    for line in lines {
        let at = format!("{:5}.{:03}", line.at_ms / 1000, line.at_ms % 1000);
        println!("{} {} {}", style(at).dim(), style(line.node).cyan(), line.text);
    }
    Ok(())
}

fn table<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(columns);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// Numbers stand to the right.
fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints a list for scripts.
pub fn json(list: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(list).map_err(std::io::Error::from);
    println!("{}", text.map_err(Failure::system("write the list"))?);
    Ok(())
}

fn duration(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        assert_eq!(duration(59), "59 s");
        assert_eq!(duration(61), "1 min 1 s");
        assert_eq!(duration(7261), "2 h 1 min");
    }
}
