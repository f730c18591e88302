//! What a node posts in its slice for all to read, without being asked and also after
//! its end: its status block and its trace ring.

use alloc::vec::Vec;

use abi::ids::NodeId;
use abi::slice::TRACE_RECORDS;
use abi::status::StatusWord;
use abi::trace::{RECORD_BYTES, Record};
use zerocopy::{FromZeros, IntoBytes};

use crate::memory::Memory;

/// Posts one word of this node's status.
pub fn post_status<M: Memory>(memory: &M, word: StatusWord, value: u32) {
    memory.store(status_place(memory, memory.own(), word), value);
}

/// What `node` has posted last as this word of its status.
pub fn status<M: Memory>(memory: &M, node: NodeId, word: StatusWord) -> u32 {
    memory.load(status_place(memory, node, word))
}

/// Where `node` posts this word of its status.
pub fn status_place<M: Memory>(memory: &M, node: NodeId, word: StatusWord) -> M::Place {
    memory.place(node, memory.layout().status(node) + word.offset(), 4)
}

/// This node's trace ring. It goes on where an earlier boot has ended, so that the last
/// records of a node that died are still there when it is back.
#[derive(Debug)]
pub struct TraceRing<M: Memory> {
    ring: M::Place,
    traced_word: M::Place,
    traced: u32,
}

impl<M: Memory> TraceRing<M> {
    /// The ring of this node.
    pub fn start(memory: &M) -> TraceRing<M> {
        let (layout, own) = (memory.layout(), memory.own());
        let traced_word = memory.place(own, layout.traced_word(own), 4);
        TraceRing {
            ring: memory.place(own, layout.trace(own), TRACE_RECORDS * RECORD_BYTES),
            traced_word,
            traced: memory.load(traced_word),
        }
    }

    /// Writes a record over the oldest one.
    pub fn write(&mut self, memory: &M, record: &Record) {
        for (index, bytes) in record.as_bytes().chunks_exact(4).enumerate() {
            let word = record_word(memory, self.ring, self.traced, index as u32);
            memory.store(word, u32::from_be_bytes(bytes.try_into().expect("four bytes")));
        }
        self.traced = self.traced.wrapping_add(1);
        memory.store(self.traced_word, self.traced);
    }
}

/// The records in the trace ring of `node`, oldest first; at most [`TRACE_RECORDS`].
/// Records that the node writes meanwhile are not among them.
pub fn records<M: Memory>(memory: &M, node: NodeId) -> Vec<Record> {
    let layout = memory.layout();
    let ring = memory.place(node, layout.trace(node), TRACE_RECORDS * RECORD_BYTES);
    let traced_word = memory.place(node, layout.traced_word(node), 4);
    let end = memory.load(traced_word);
    let first = end.saturating_sub(TRACE_RECORDS);
    let mut records: Vec<_> = (first..end).map(|at| read(memory, ring, at)).collect();
    // The record that is written now has overwritten one that is not counted yet.
    let written = memory.load(traced_word).wrapping_add(1);
    let overwritten = written.saturating_sub(TRACE_RECORDS).saturating_sub(first);
    records.drain(..records.len().min(overwritten as usize));
    records
}

fn read<M: Memory>(memory: &M, ring: M::Place, at: u32) -> Record {
    let mut record = Record::new_zeroed();
    for (index, bytes) in record.as_mut_bytes().chunks_exact_mut(4).enumerate() {
        let word = memory.load(record_word(memory, ring, at, index as u32));
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    record
}

/// A word of the record number `at`.
#[expect(unsafe_code, reason = "a place in the ring is reckoned")]
fn record_word<M: Memory>(memory: &M, ring: M::Place, at: u32, index: u32) -> M::Place {
    let bytes = at % TRACE_RECORDS * RECORD_BYTES + index * 4 % RECORD_BYTES;
    // SAFETY: `ring` is a trace ring, and the offset is below its size and a multiple of
    // four.
    unsafe { memory.further(ring, bytes) }
}
