//! Reading again what was printed.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use text_processing::console::listed;
use text_processing::papers;

use crate::Failure;
use crate::ledger::{Ledger, State};

/// Looks whether all documents are on one of the papers, and once, and whole, as the books say.
/// Answers how many documents and lines each printer has printed.
pub fn verify(
    ledger: &Ledger,
    folder: &str,
    printers: impl Iterator<Item = u32>,
) -> Result<Vec<(u32, usize, u32)>, Failure> {
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut summary = Vec::new();
    for printer in printers {
        let path = papers::path(folder, printer);
        let paper = papers::read(&path)?;
        if let Some(torn) = paper.torn {
            return Err(format!("in {path}: {torn}"));
        }
        for label in &paper.whole {
            found.entry(label.number).or_default().push(printer);
        }
        let lines = paper.whole.iter().map(|label| label.lines).sum();
        summary.push((printer, paper.whole.len(), lines));
    }
    for (document, entry) in (0..).zip(ledger.entries()) {
        let places = found.remove(&document).unwrap_or_default();
        let expected = match entry.state {
            State::Printed(printer) => Vec::from([printer]),
            State::Open | State::Printing(_) | State::Failed => Vec::new(),
        };
        if places != expected {
            let (name, places) = (&entry.name, printers_of(&places));
            return Err(format!(
                "{name} was printed on {places}, not on {}",
                printers_of(&expected)
            ));
        }
    }
    match found.first_key_value() {
        Some((document, _)) => Err(format!("document {document} was printed, and is none")),
        None => Ok(summary),
    }
}

fn printers_of(printers: &[u32]) -> String {
    match printers {
        [] => "no printer".to_string(),
        _ => format!("printer {}", listed(printers)),
    }
}
