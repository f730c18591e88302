//! The papers of printers, which are files of the host.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::print::{Paper, Reader};
use rdc::abi::service::ServiceError;
use rdc::fs::{Error, File, OpenOptions};
use rdc::io::Read;

/// Bytes of paper that are read at once.
const PIECE: usize = 32 << 10;

/// Where the paper of a printer is.
pub fn path(folder: &str, printer: u32) -> String {
    format!("{folder}/printer-{printer}.txt")
}

/// Reads the paper of a printer. One whose spooler was lost at once has none.
pub fn read(path: &str) -> Result<Paper, String> {
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
pub fn tear_off(path: &str) -> Result<Vec<u32>, String> {
    let paper = read(path)?;
    if paper.torn.is_some() {
        let whole = OpenOptions::new().write().open(path);
        let cut = whole.and_then(|file| file.set_size(paper.whole_bytes));
        cut.map_err(|error| format!("cannot cut {path}: {error}"))?;
    }
    Ok(paper.whole.iter().map(|label| label.number).collect())
}
