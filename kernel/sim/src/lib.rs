//! Runs whole pools of kernels in one process: N nodes, one seed, virtual time and
//! faults, with an oracle that watches every promise of the system.
//!
//! The kernels are the real ones; below them is a platform of queues and buffers,
//! above them are scripted programs that make real system calls.
//!
//! | module | subject |
//! |---|---|
//! | [`queue`], [`random`] | virtual time, and dice that a seed decides |
//! | [`fault`], [`plant`] | what goes wrong: in the world, and on purpose in the kernels |
//! | [`backplane`], [`bus`], [`memory`], [`machine`] | the platform below the kernels |
//! | [`program`] | the incarnations |
//! | [`oracle`] | what was asked for and promised, and whether it was kept |
//! | [`pool`] | all of it together, event by event |
//! | [`coverage`], [`digest`] | what was tried, and a hash of all that happened |
//!
//! A defect of a kernel shows itself as a [`Violation`](oracle::Violation) together
//! with the command that repeats the run.

pub mod backplane;
pub mod bus;
pub mod coverage;
pub mod digest;
pub mod fault;
pub mod machine;
pub mod memory;
pub mod oracle;
pub mod plant;
pub mod pool;
pub mod program;
pub mod queue;
pub mod random;
