//! `equus trace`: the trace rings of all nodes, merged.

use std::path::Path;

use abi::trace::{Record, TraceEvent};
use console::style;
use serde::Serialize;
use zerocopy::FromBytes;

use super::lists;
use crate::cli::ListArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::protocol::{FromDaemon, NodeTrace, ToDaemon};

/// A record with the node that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Entry {
    /// Microseconds since the pool was started, about.
    at_us: u64,
    node: String,
    event: String,
    values: [u32; 5],
    text: String,
}

/// Shows the traces.
pub fn trace(socket: &Path, node: Option<String>, list: ListArgs) -> Result<(), Failure> {
    let answer = Connection::open(socket)?.ask(&ToDaemon::Trace { node })?;
    let FromDaemon::Traces(traces) = answer else { return Err(Failure::Unexpected) };
    let entries = merge(&traces);
    if list.json {
        return lists::json(&entries);
    }
    let width = traces.iter().map(|trace| trace.node.len()).max().unwrap_or_default();
    for entry in entries {
        let at = format!("{:5}.{:06}", entry.at_us / 1_000_000, entry.at_us % 1_000_000);
        let name = style(format!("{:width$}", entry.node)).cyan();
        println!("{} {name} {}", style(at).dim(), entry.text);
    }
    Ok(())
}

/// All records by time; those of one node stay in their order.
fn merge(traces: &[NodeTrace]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = traces.iter().flat_map(entries).collect();
    entries.sort_by_key(|entry| entry.at_us);
    entries
}

fn entries(trace: &NodeTrace) -> impl Iterator<Item = Entry> {
    let records = trace.records.chunks_exact(size_of::<Record>());
    records.filter_map(|bytes| {
        let record = Record::read_from_bytes(bytes).ok()?;
        let event = TraceEvent::from_number(record.event.get());
        let text = record.to_string();
        // The time in front is the node's own.
        let text = text.trim_start().split_once(' ').map_or("", |(_, text)| text).to_owned();
        Some(Entry {
            at_us: trace.began_us.saturating_add(record.time_ns.get() / 1000),
            node: trace.node.clone(),
            event: event.map_or_else(|| record.event.to_string(), |event| format!("{event:?}")),
            values: record.values.map(zerocopy::big_endian::U32::get),
            text,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::IntoBytes;

    fn trace(node: &str, began_us: u64, times_us: &[u64]) -> NodeTrace {
        let record = |at: &u64| Record::new(at * 1000, 0, TraceEvent::PeerUp, &[*at as u32, 1]);
        let records: Vec<_> = times_us.iter().map(record).collect();
        NodeTrace { node: node.to_owned(), began_us, records: records.as_bytes().to_vec() }
    }

    #[test]
    fn records_of_all_nodes_are_merged_by_time() {
        let traces = [trace("a", 0, &[5, 30]), trace("b", 10, &[1, 2])];
        let entries = merge(&traces);
        let seen: Vec<_> = entries.iter().map(|entry| (&entry.node[..], entry.at_us)).collect();
        assert_eq!(seen, [("a", 5), ("b", 11), ("b", 12), ("a", 30)]);
        assert_eq!(entries[1].text, "PeerUp peer=1 epoch=1");
        assert_eq!((&entries[1].event[..], entries[1].values[0]), ("PeerUp", 1));
    }

    #[test]
    fn a_torn_record_is_left_out() {
        let mut torn = trace("a", 0, &[1, 2]);
        torn.records.truncate(40);
        assert_eq!(merge(&[torn]).len(), 1);
    }
}
