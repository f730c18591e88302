//! The host's side of a pool: the daemon, which is node 0 for everybody and owns the crate,
//! the launch program, which serves an RDC its files and its console, and the commands.
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`], [`commands`] | the command line and what each command does |
//! | [`program`], [`files`] | the launch program and the files that it serves |
//! | [`protocol`], [`connection`] | what daemon and commands say to each other |
//! | [`rdc`] | the RDC files that both are given |
//! | [`daemon`] | nodes, users, RDCs, connections |
//! | [`endpoint`], [`host`] | node 0: launch endpoints, and the platform of the kernel |
//! | [`descriptors`] | the files that describe a pool |

pub mod cli;
pub mod commands;
pub mod connection;
pub mod daemon;
pub mod descriptors;
pub mod endpoint;
pub mod failure;
pub mod files;
pub mod host;
pub mod place;
pub mod program;
pub mod progress;
pub mod protocol;
pub mod rdc;
