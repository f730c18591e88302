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

/// Closes all links of the last boot of the node whose view this is, and rings for it
/// no more. Then the bells of all others are to be rung.
///
/// Nothing of the node runs any more, and nobody starts it anew before this returns.
pub fn bury<M: Memory>(memory: &M) {
    let (layout, own) = (memory.layout(), memory.own());
    let store = |offset, value| memory.store(memory.place(own, offset, 4), value);
    for peer in (0..layout.nodes()).map(|peer| NodeId(peer as u8)) {
        // In the order of a close: see there.
        store(layout.pair_word(own, peer), NOBODY);
        store(layout.sent_word(own, peer), IndexWord::CLOSED);
        store(layout.taken_word(own, peer), IndexWord::CLOSED);
    }
    store(layout.sleep_word(own), NOBODY);
}
