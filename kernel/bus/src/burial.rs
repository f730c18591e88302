//! What is done for a node that has died: its links are closed in its name, so that
//! the others learn of the death at their next look at the rings instead of by
//! silence.
//!
//! A dead boot writes no word any more, so whoever knows that it is dead, and starts
//! no other boot of the node meanwhile, is the one writer of its words. These stores
//! are those of [`crate::Bus::close`] for every peer, with pair words of nobody: a boot
//! that closes all its links and ends looks the same. A restart needs nothing else.

use abi::ids::NodeId;
use abi::ring::IndexWord;

use crate::memory::Memory;

/// A word that no boot stands behind: there is no pair, and nobody sleeps.
const NOBODY: u32 = 0;

/// Closes all links of the boot of `node` that was the last, and rings for it no more.
/// Then the bells of all others are to be rung. Nothing of the node runs, and nobody
/// starts it anew before this returns; the view is one that may write its slice.
pub fn bury<M: Memory>(memory: &M, node: NodeId) {
    let layout = memory.layout();
    let store = |offset, value| memory.store(memory.place(node, offset, 4), value);
    for peer in (0..layout.nodes()).map(|peer| NodeId(peer as u8)) {
        // In the order of a close: see there.
        store(layout.pair_word(node, peer), NOBODY);
        store(layout.sent_word(node, peer), IndexWord::CLOSED);
        store(layout.taken_word(node, peer), IndexWord::CLOSED);
    }
    store(layout.sleep_word(node), NOBODY);
}
