//! What was tried: how often each fault met each step of each protocol.
//!
//! The step that a fault of a packet meets is the packet's kind. A node that is
//! struck is in the middle of whatever it sent last.

use abi::message::Kind;
use comfy_table::{Cell, CellAlignment, Table, presets};

use crate::fault::Fault;

const FAULTS: usize = Fault::ALL.len();
const STEPS: usize = Kind::ALL.len();

/// Counts of faults by the steps that they met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    hits: [[u64; STEPS]; FAULTS],
    sent: [u64; STEPS],
}

impl Coverage {
    /// Notes that a packet of `kind` was sent.
    pub fn sent(&mut self, kind: Kind) {
        self.sent[step(kind)] += 1;
    }

    /// Notes that `fault` met `kind`.
    pub fn hit(&mut self, fault: Fault, kind: Kind) {
        self.hits[fault as usize][step(kind)] += 1;
    }

    /// How often `fault` met `kind`.
    pub fn hits(&self, fault: Fault, kind: Kind) -> u64 {
        self.hits[fault as usize][step(kind)]
    }

    /// How many packets of `kind` were sent.
    pub fn packets(&self, kind: Kind) -> u64 {
        self.sent[step(kind)]
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Coverage) {
        let cells = self.hits.iter_mut().flatten().zip(other.hits.iter().flatten());
        cells.for_each(|(sum, hits)| *sum += hits);
        self.sent.iter_mut().zip(&other.sent).for_each(|(sum, sent)| *sum += sent);
    }

    /// The table for people: a line per kind of packet, a column per fault.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let names = Fault::ALL.into_iter().map(Fault::name);
        table.set_header(["packet", "sent"].into_iter().chain(names));
        for kind in Kind::ALL {
            let faults = Fault::ALL.into_iter().map(|fault| self.hits(fault, kind));
            let counts = std::iter::once(self.packets(kind)).chain(faults);
            let cells = counts.map(|count| Cell::new(count).set_alignment(CellAlignment::Right));
            table.add_row(std::iter::once(Cell::new(format!("{kind:?}"))).chain(cells));
        }
        table
    }
}

const fn step(kind: Kind) -> usize {
    kind as usize - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_two_runs_add_up() {
        let mut first = Coverage::default();
        first.hit(Fault::Loss, Kind::Reply);
        let mut second = first.clone();
        second.hit(Fault::Loss, Kind::Reply);
        second.sent(Kind::Send);
        first.add(&second);
        assert_eq!(first.hits(Fault::Loss, Kind::Reply), 3);
        assert_eq!(first.hits(Fault::Kill, Kind::Reply), 0);
        assert_eq!(first.packets(Kind::Send), 1);
        assert!(first.table().to_string().contains("Reply"));
    }
}
