//! Checks every interleaving of small scenes in which the receiver of messages changes
//! (dissertation, §6.2, §8.5): a port is propagated, another one is attached, a stream is rebound.
//!
//! The transitions are those of the real kernel: a state is the list of choices that led to it,
//! and is reached again by repeating them. What is left to choose is the order in which packets
//! arrive and incarnations run, and a bounded number of faults.
//!
//! | module | subject |
//! |---|---|
//! | [`scenario`] | what is checked, within which bounds |
//! | [`pool`] | kernels, packets between them, and time |
//! | [`cast`], [`player`] | who lives there, and what they do |
//! | [`watch`] | what was promised, and whether it was kept |
//! | [`stage`] | all of it: what can happen next, and what comes of it |
//! | [`model`] | the same, as a model of the checker |
//! | [`check`] | what has come out |

#![forbid(unsafe_code)]

pub mod cast;
pub mod check;
pub mod model;
pub mod player;
pub mod pool;
pub mod scenario;
pub mod stage;
pub mod watch;
