//! The bus: rings over the memory that all nodes of a crate share.
//!
//! A ring for each ordered pair of nodes lies in the receiver's slice; the sender
//! alone writes it. Each index word lies in its writer's slice. Nothing is ever
//! read, changed and written back by two: plain 32-bit loads and stores suffice,
//! as they must, since neither QEMU between processes nor a VME bus offers more.
//! `abi::slice` says where things lie, `abi::ring` what their bits mean.
//!
//! # The path of a message
//!
//! The sender writes payload, shape word and commit word of the next slot
//! ([`ring::Sender`]), and after a batch its *sent* word. Then comes a barrier that
//! keeps the loads behind it from overtaking the stores before it, then a look at
//! the receiver's sleep word, and a bell only if that says *asleep*. The receiver
//! finds the changed *sent* word ([`Bus::poll`]), reads the slot where it lies and
//! stores its *taken* word.
//!
//! A node that wants to sleep stores its sleep word, passes the same barrier, and
//! looks at all words it waits for once more ([`Bus::prepare_to_sleep`]). Of two
//! nodes that each store and then load behind a barrier, at least one sees the
//! other's store: either the sleeper sees the message or the sender rings.
//!
//! A full ring works alike: the slot that fills it carries the note that space is
//! wanted; who takes it looks at the sender's sleep word; and a sender that could
//! not send looks at *taken* before it sleeps.
//!
//! # Restarts
//!
//! Memory survives a restart and nobody may clear another's words, so words of
//! boots that are gone lie about. Every word therefore names its writer's epoch,
//! and two nodes agree on a *pair of epochs* before they talk ([`link::Link`]):
//!
//! ```text
//!          peer's boot is new              peer's pair word = (theirs, ours)
//!   Down ────────────────────▶ Greeting ────────────────────────────▶ Up
//!    ▲   indices := 0, then       │                                   │
//!    │   pair := (ours, theirs)   │ peer's boot is another            │ peer's sent word
//!    ├────────────────────────────┘                                   │ has another epoch
//!    ├──────────────────────── pair word has another epoch ───────────┤
//!    │ peer's boot is another                                         │ same boot: it has
//!    └─────────────────────── Closed ◀────────────────────────────────┘ closed the link
//!                               ▲ Bus::close: pair := (ours, none), sent := 0
//! ```
//!
//! A boot's first stores are its pair words (ours, none), then its *sent* and
//! *taken* words with its epoch and index 0. Stores are releases and loads are
//! acquires, so whoever sees a store sees all that the writer stored before.
//! Let *i* and *j* be two nodes and (a, b) their epochs.
//!
//! 1. *A pair of epochs is used at most once.* A boot enters Greeting with a given
//!    boot of the peer at most once: it leaves that pair only to Down, when the
//!    peer's boot is another, or to Closed, which it leaves only then. Epochs of
//!    gone boots do not return.
//! 2. *In Up, a sent word with epoch a counts slots of this pair.* Boot b of *j* is
//!    Up after it has seen the pair word (a, b). Before that store, boot a set its
//!    sent word to (a, 0); by 1 it never counts for another pair after it. A later
//!    boot of *i* writes another epoch into it before it does anything else with
//!    the link. So *j* reads a count of this pair, or a foreign epoch, by which it
//!    leaves Up.
//! 3. *Nothing stale is delivered.* By 2 all slots up to the count were written by
//!    boot a for this pair: boot a writes slots only in Up, thus after it saw
//!    (b, a), which boot b stored after it began counting at 0. An earlier boot of
//!    *j* cannot be confused, since its pair word was (b', a). As a second line of
//!    defence the commit word of each slot must be (a, index).
//! 4. *Nothing is delivered twice.* Boot b counts what it takes, from 0, and moves
//!    on by one for each slot; by 1 it begins only once.
//! 5. *Nothing of one pair is lost while both live.* Boot a overwrites a slot only
//!    if *taken* with epoch b says so; by the mirror of 2 that is a count of this
//!    pair, and boot b moved it only after delivery. Slots are taken in order.
//! 6. *A restart never goes unnoticed.* In every state the node watches one word of
//!    the peer ([`Bus::poll`] compares it with what it was): in Up the sent word,
//!    which every boot begins by changing; else the pair word. A boot rings the
//!    bells of sleepers when it has written them.
//!
//! Slots that were published but not taken when either side restarts are gone with
//! the pair: the layers above repeat what was not acknowledged.
//!
//! # Tests
//!
//! `cargo test -p bus` runs random interleavings with restarts in the middle of
//! each operation against a model. `RUSTFLAGS="--cfg loom" cargo test -p bus
//! --release --test loom` explores the interleavings of two threads.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod backplane;
mod bus;
pub mod grants;
pub mod link;
pub mod mapped;
pub mod memory;
pub mod ring;

pub use bus::{Bus, Notice, Rest};
pub use mapped::Mapped;
pub use memory::{Memory, Signals};
pub use ring::{SendError, Slot};
