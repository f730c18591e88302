//! Whole pools: programs that check themselves, in Rust and in C, programs that do what they
//! must not, and nodes that die. See the crate's documentation for how they are run.

mod c;
mod hostile;
mod killed_node;
mod office;
mod printer_server;
mod rendezvous;
mod selftest;
mod text_processing;
