//! Pools of kernels in one process: what user code sees of them.

mod arguments;
mod creation;
mod events;
mod exhaustion;
mod faults;
mod messages;
mod support;
