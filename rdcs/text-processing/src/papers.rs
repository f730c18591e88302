//! Reading again what was printed.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::abi::service::ServiceError;
use rdc::fs::{Error, File, OpenOptions};
use text_processing::print::Paper;

use crate::Failure;
use crate::ledger::{Ledger, State};

/// Where the paper of a printer is.
pub fn path(folder: &str, printer: u32) -> String {
    format!("{folder}/printer-{printer}.txt")
}

/// Reads the paper of a printer. One whose spooler was lost at once has none.
fn read(path: &str) -> Result<Paper, Failure> {
    match File::open(path).and_then(|mut file| file.read_to_end()) {
        Ok(text) => Ok(Paper::read(&String::from_utf8_lossy(&text))),
        Err(Error::Refused(ServiceError::NotFound)) => Ok(Paper::default()),
        Err(error) => Err(format!("cannot read {path}: {error}")),
    }
}

/// The printer is lost: what it has not printed whole is torn off its paper. Answers the numbers
/// of the documents that it has printed.
pub fn tear_off(path: &str) -> Result<Vec<u32>, Failure> {
    let paper = read(path)?;
    if paper.torn.is_some() {
        let whole = OpenOptions::new().write().open(path);
        let cut = whole.and_then(|file| file.set_size(paper.whole_bytes as u64));
        cut.map_err(|error| format!("cannot cut {path}: {error}"))?;
    }
    Ok(paper.whole.iter().map(|label| label.number).collect())
}

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
        let path = path(folder, printer);
        let paper = read(&path)?;
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
            let (name, places) = (&entry.name, listed(&places));
            return Err(format!("{name} was printed on {places}, not on {}", listed(&expected)));
        }
    }
    match found.first_key_value() {
        Some((document, _)) => Err(format!("document {document} was printed, and is none")),
        None => Ok(summary),
    }
}

fn listed(printers: &[u32]) -> String {
    match printers {
        [] => "no printer".to_string(),
        _ => format!("printer {}", text_processing::console::listed(printers)),
    }
}
