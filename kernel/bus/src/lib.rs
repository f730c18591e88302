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
//! Whoever has said that he sleeps may say that he is awake at any time ([`Bus::woke`]),
//! with no barrier, if he goes on to look: a sender who has not seen it yet rings for
//! nothing, and what a sender who has seen it published is found by a look or, at the
//! latest, by the last one before sleep. So a node that expects an answer soon looks for
//! a while before it sleeps ([`Bus::has_news`]; [`patience`] says whether), and needs no
//! bell meanwhile.
//!
//! A node that runs user code says that it is *running*. That is as good as asleep: it looks
//! once more after it has said so, and does not stop before it has said that it sleeps and
//! looked again. A sender who sees it may put the bell off, if he looks at the word again
//! before he sleeps or runs user code ([`Bus::flush`]). If it then says something else, the
//! node has said that after the sender's first look; so by the argument above its own next
//! look shows it the message.
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
//!          peer's boot is known            peer's pair word = (theirs, ours)
//!   Down ────────────────────▶ Greeting ────────────────────────────▶ Up
//!    ▲   counts := 0, then        │                                   │
//!    │   pair := (ours, theirs)   │ peer's pair word                  │ peer's sent word
//!    ├────────────────────────────┘ has another epoch                 │ has another epoch
//!    ├────────────────────────────────────────────────────────────────┘
//!    │ peer's pair word has another epoch
//!    └────────────────────────────────── Closed ◀── Bus::close, from Greeting and Up:
//!                                                   pair := (ours, none), counts := none
//! ```
//!
//! A boot's first store about a peer is its pair word (ours, none): it is there. Then
//! come those of its greeting. Stores are releases and loads are acquires, so whoever
//! sees a store sees all that the writer stored before. Let *i* and *j* be two nodes
//! and (a, b) their epochs.
//!
//! 1. *A pair of epochs is up at most once.* Boot a leaves Up with boot b in two
//!    ways. By closing: it stays in Closed as long as it sees boot b, so its pair
//!    word never again says (a, b), which boot b needs to be Up. Or because the
//!    sent word of *j* has another epoch: boot b is gone, or has closed. Epochs of
//!    gone boots do not return.
//! 2. *In Up, a sent word with epoch a counts slots of this pair.* Boot b of *j* is
//!    Up after it has seen the pair word (a, b). Before that store, boot a set its
//!    sent word to (a, 0), and by 1 it counts for no other boot of *j* until it has
//!    seen that b is gone. A later boot of *i*, and boot a when it closes, write
//!    another epoch into it before they do anything else with the link. So *j*
//!    reads a count of this pair, or another epoch, by which it leaves Up.
//! 3. *Nothing stale is delivered.* By 2 all slots up to the count were written by
//!    boot a for this pair: boot a writes slots only in Up, thus after it saw
//!    (b, a), which boot b stored after it had begun counting at 0. As a second
//!    line of defence the commit word of each slot must be (a, index).
//! 4. *Nothing is delivered twice.* Boot b counts what it takes, from 0, and moves
//!    on by one for each slot; by 1 it begins only once.
//! 5. *Nothing of one pair is lost while both live.* Boot a overwrites a slot only
//!    if *taken* with epoch b says so; by the mirror of 2 that is a count of this
//!    pair, and boot b moved it only after delivery. Slots are taken in order.
//! 6. *A restart never goes unnoticed.* In every state the node watches one word of
//!    the peer ([`Bus::poll`] compares it with what it was): in Up the sent word,
//!    which every greeting changes; else the pair word. Of two boots, the one that
//!    polls later sees the other's pair word, greets it, and rings its bell.
//!
//! Slots that were published but not taken when either side restarts are gone with
//! the pair: the layers above repeat what was not acknowledged.
//!
//! A boot that has died cannot close its links. Whoever knows of its death does it in
//! its name ([`bury`]).
//!
//! # Costs
//!
//! The usual poll finds nothing and costs a load and a comparison for each node of the
//! pool. A message is written where it will lie ([`Bus::reserve`]) and read where it
//! lies ([`Bus::peek`]): nothing is copied in between. A batch costs one barrier.
//!
//! # Tests
//!
//! `tests/model.rs` runs random interleavings of everything nodes do, with restarts
//! at any store, against a model. `tests/interleavings` has loom go through the
//! orders in which two threads' loads and stores can take effect.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod backplane;
mod burial;
mod bus;
pub mod grants;
pub mod link;
mod local;
pub mod mapped;
pub mod memory;
pub mod patience;
pub mod posts;
pub mod ring;

pub use burial::bury;
pub use bus::{Bell, Bus, Notice, Rest, Took};
pub use local::LocalParts;
pub use mapped::Mapped;
pub use memory::{Memory, Signals};
pub use ring::{SendError, Slot};
