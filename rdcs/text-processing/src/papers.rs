//! Reading again what was printed.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::abi::service::ServiceError;
use rdc::fs::{Error, File, OpenOptions};
use rdc::io::Read;
use text_processing::print::{Paper, Reader};

use crate::Failure;
use crate::ledger::{Ledger, State};

/// Bytes of paper that are read at once.
const PIECE: usize = 32 << 10;

/// Where the paper of a printer is.
pub fn path(folder: &str, printer: u32) -> String {
    format!("{folder}/printer-{printer}.txt")
}

/// Reads the paper of a printer. One whose spooler was lost at once has none.
fn read(path: &str) -> Result<Paper, Failure> {
    match File::open(path).and_then(|mut file| read_file(&mut file)) {
        Err(Error::Refused(ServiceError::NotFound)) => Ok(Paper::default()),
        read => read.map_err(|error| format!("cannot read {path}: {error}")),
    }
}

fn read_file(file: &mut File) -> Result<Paper, Error> {
    let mut reader = Reader::default();
    let mut piece = alloc::vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(reader.end()),
            length => reader.read(&piece[..length]),
        }
    }
}

/// The printer is lost: what it has not printed whole is torn off its paper. Answers the numbers
/// of the documents that it has printed.
pub fn tear_off(path: &str) -> Result<Vec<u32>, Failure> {
    let paper = read(path)?;
    if paper.torn.is_some() {
        let whole = OpenOptions::new().write().open(path);
        let cut = whole.and_then(|file| file.set_size(paper.whole_bytes));
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
