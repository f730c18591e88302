//! Doorbells: how the nodes of a crate wake each other.
//!
//! A guest counts a bell in its own memory and writes a register of its doorbell
//! device, a virtio device whose other end is a socket of this process. The *router*
//! then compares the guest's counts with what it saw last, and interrupts exactly the
//! nodes whose counts have changed. The host rings without the router, and is rung by a
//! call.
//!
//! Bells may coalesce and ring for nothing; what there is to do stands in memory.

mod device;
mod router;
#[cfg(test)]
mod tests;

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use abi::ids::NodeId;
use bus::Signals;

use device::Call;
pub(crate) use router::Router;

/// What rings the host.
pub(crate) type HostBell = Box<dyn Fn() + Send + Sync>;

/// The bells of all nodes: the host's [`Signals`]. Clones are the same bells.
#[derive(Clone)]
pub struct Bells {
    calls: Arc<[Call]>,
    host: Arc<HostBell>,
}

impl std::fmt::Debug for Bells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bells").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl Bells {
    /// The bells of so many nodes, the host included; none of them is set up.
    pub(crate) fn new(nodes: usize, host: HostBell) -> Bells {
        Bells { calls: (0..nodes).map(|_| Call::default()).collect(), host: Arc::new(host) }
    }

    /// Wakes a node. One that has not set up its bell looks at its rings before it
    /// sleeps, and needs none.
    pub(crate) fn ring(&self, node: NodeId) {
        if node == NodeId::HOST {
            return (self.host)();
        }
        let call = self.calls[node.index()].lock().expect("nobody panics with a bell in hand");
        if let Some(call) = &*call {
            // The only failure is a count that is full, which wakes as well.
            let _ = rustix::io::write(call.as_fd(), &1u64.to_ne_bytes());
        }
    }

    /// Wakes all nodes but one.
    pub(crate) fn ring_all_but(&self, silent: NodeId) {
        let nodes = (0..self.calls.len()).map(|node| NodeId(node as u8));
        nodes.filter(|node| *node != silent).for_each(|node| self.ring(node));
    }

    /// What interrupts a node.
    fn call(&self, node: NodeId) -> Call {
        Arc::clone(&self.calls[node.index()])
    }
}

impl Signals for Bells {
    fn fence_store_load(&self) {
        fence(Ordering::SeqCst);
    }

    fn ring_bell(&self, node: NodeId) {
        self.ring(node);
    }
}
