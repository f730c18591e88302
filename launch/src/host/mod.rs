//! Node 0: the platform on which the host runs the portable kernel.
//!
//! Its incarnations are launch endpoints: programs of the host that make calls, with memory
//! in the host's own slice of the crate, where the nodes fetch modules and replies from.

mod machine;
mod memory;
mod pages;
mod station;

use std::marker::PhantomData;

use bus::Signals;
use bus::backplane::Board;
use kernel::platform::Platform;
use kernel::shared_bus::SharedBus;

pub use machine::{Context, HostMachine};
pub use memory::HostMemory;
pub use station::{Load, Station};

/// The host with bells `S`, at its board of the crate.
pub struct HostPlatform<S>(PhantomData<S>);

impl<S: Signals + 'static> Platform for HostPlatform<S> {
    type Bus = SharedBus<Board, S, HostMemory>;
    type Memory = HostMemory;
    type Machine = HostMachine;
}
