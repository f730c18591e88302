//! Pools of kernels in one process: what user code sees of them.

mod arguments;
mod backups;
mod book;
mod creation;
mod dependency;
mod errors;
mod events;
mod exhaustion;
mod fast_paths;
mod faults;
mod forking;
mod hostile_calls;
mod hostile_peer;
mod interrupts;
mod load;
mod lost_peer;
mod messages;
mod moving;
mod nodes;
mod support;
mod templates;
