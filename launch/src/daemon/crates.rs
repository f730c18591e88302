//! What the daemon needs of the crate that it owns: QEMU's, or one in this process.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use abi::ids::{Epoch, NodeId};
use bus::Signals;
use bus::backplane::Backplane;
use qemu::{Bells, Pool, PoolEvent};

use super::Event;

/// A crate of nodes, which sends [`PoolEvent`]s.
pub trait Crate {
    /// The bells of node 0.
    type Bells: Signals + 'static;

    /// The memory.
    fn backplane(&self) -> &Arc<Backplane>;

    /// The epoch of node 0.
    fn epoch(&self) -> Epoch;

    /// The bells of node 0.
    fn bells(&self) -> Self::Bells;

    /// Starts a node again, in a new epoch. Its events tell what comes of it.
    fn restart(&mut self, node: NodeId);
}

impl Crate for Pool {
    type Bells = Bells;

    fn backplane(&self) -> &Arc<Backplane> {
        Pool::backplane(self)
    }

    fn epoch(&self) -> Epoch {
        Pool::epoch(self)
    }

    fn bells(&self) -> Bells {
        Pool::bells(self).clone()
    }

    fn restart(&mut self, node: NodeId) {
        Pool::restart(self, node);
    }
}

/// Passes what a pool tells on to the daemon. A bell that finds no room is not missed: the
/// daemon looks at its rings after each of the events that are in its way.
pub fn events_of_pool(events: SyncSender<Event>) -> impl Fn(PoolEvent) + Send + Sync + 'static {
    move |event| {
        // The receiver is gone only when the daemon ends, and the pool with it.
        if matches!(event, PoolEvent::Bell) {
            let _ = events.try_send(Event::Pool(event));
        } else {
            let _ = events.send(Event::Pool(event));
        }
    }
}
