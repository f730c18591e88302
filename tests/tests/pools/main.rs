//! Whole pools: programs that check themselves, programs that do what they must not, and nodes
//! that die. See the crate's documentation for how they are run.

mod hostile;
mod killed_node;
mod selftest;
