//! The files that are to be counted, and what was found in them.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rdc::fs::Kind;
use wordcount::tally::Tally;

use crate::Failure;

/// The files of a folder.
pub struct Files {
    paths: Vec<String>,
    /// Those that no worker has.
    waiting: VecDeque<u32>,
    /// How many are done.
    done: usize,
    tally: Tally,
    bytes: u64,
}

impl Files {
    /// The files of a folder, in the order of their names.
    pub fn in_folder(folder: &str) -> Result<Files, Failure> {
        let entries =
            rdc::fs::read_dir(folder).map_err(|error| format!("cannot list {folder}: {error}"))?;
        let files = entries.into_iter().filter(|entry| entry.kind == Kind::File);
        let mut paths: Vec<String> =
            files.map(|entry| format!("{folder}/{}", entry.name)).collect();
        paths.sort();
        let waiting = (0..paths.len() as u32).collect();
        Ok(Files { paths, waiting, done: 0, tally: Tally::default(), bytes: 0 })
    }

    /// A file for a worker, if one is left.
    pub fn next(&mut self) -> Option<u32> {
        self.waiting.pop_front()
    }

    /// A worker was lost with this file.
    pub fn give_back(&mut self, file: u32) {
        self.waiting.push_front(file);
    }

    /// Where a file is.
    pub fn path(&self, file: u32) -> &str {
        self.paths.get(file as usize).map_or("", String::as_str)
    }

    /// A file was counted.
    pub fn found(&mut self, bytes: u32, tally: &Tally) {
        self.done += 1;
        self.bytes += u64::from(bytes);
        self.tally.merge(tally);
    }

    /// Whether all were counted.
    pub fn all_done(&self) -> bool {
        self.done == self.paths.len()
    }

    /// How many there are.
    pub fn number(&self) -> usize {
        self.paths.len()
    }

    /// How many are not counted yet.
    pub fn left(&self) -> usize {
        self.paths.len() - self.done
    }

    /// What was found in all.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Bytes of all that were counted.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
