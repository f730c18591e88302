//! The running hash of a run: one line of state per event goes in, and two runs
//! of one seed have the same hash after the same number of events.

use xxhash_rust::xxh3::Xxh3Default;

/// A hash over all lines so far.
#[derive(Default)]
pub struct Digest(Xxh3Default);

impl Digest {
    /// Adds numbers that describe an event.
    pub fn add(&mut self, words: &[u64]) {
        for word in words {
            self.0.update(&word.to_le_bytes());
        }
    }

    /// Adds bytes that belong to an event.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was added.
    pub fn value(&self) -> u64 {
        self.0.digest()
    }
}
