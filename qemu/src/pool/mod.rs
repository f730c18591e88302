//! A pool: the nodes of a crate as QEMU processes, which the caller joins as node 0.
//!
//! Two threads work for a pool: the router of the doorbells ([`crate::bells`]) and a
//! supervisor that starts the processes, reads their consoles and tells of their ends.

mod image;
mod lines;
mod memory;
mod node;
mod supervisor;

use std::path::PathBuf;
use std::sync::Arc;

use abi::ids::{Epoch, NodeId};
use bus::backplane::Backplane;

use crate::bells::{Bells, Router};
use crate::{Error, Exit, Time};
use image::Image;
use memory::CrateMemory;
use supervisor::{Order, Orders, Supervisor};

/// What a pool is.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    image: PathBuf,
    nodes: usize,
    time: Time,
}

impl PoolConfig {
    /// A pool of so many nodes, the host included, that all run one kernel image.
    pub fn new(image: impl Into<PathBuf>, nodes: usize) -> PoolConfig {
        PoolConfig { image: image.into(), nodes, time: Time::Host }
    }

    /// With another clock in all nodes but the host. With [`Time::Instructions`] a
    /// node's clock counts its instructions while it works, and stands still while it
    /// idles with no alarm set; with one, it follows the host's time. So what happens
    /// between nodes does not repeat exactly, but the time that a node has spent outside
    /// idle is the number of its instructions.
    #[must_use]
    pub fn time(mut self, time: Time) -> PoolConfig {
        self.time = time;
        self
    }
}

/// What happens in a pool. Told on the threads of the pool, which wait meanwhile.
#[derive(Debug)]
pub enum PoolEvent {
    /// The host's bell was rung: it is to look at its rings.
    Bell,
    /// A node's console says a line; a long one comes in several.
    Console {
        /// The node.
        node: NodeId,
        /// The line, without its end.
        line: String,
    },
    /// The kernel of a node runs.
    Up {
        /// The node.
        node: NodeId,
        /// Its boot.
        epoch: Epoch,
    },
    /// A node has ended, or could not be started. Its links are closed already, and the
    /// bells of all others have rung.
    Ended {
        /// The node.
        node: NodeId,
        /// Its boot.
        epoch: Epoch,
        /// How it ended.
        exit: Exit,
        /// What QEMU itself complained of.
        errors: String,
    },
}

/// Takes the events of a pool.
pub(crate) type Events = Arc<dyn Fn(PoolEvent) + Send + Sync>;

/// A running pool. Drop ends all its nodes.
#[derive(Debug)]
pub struct Pool {
    // In the order of their ends.
    supervisor: Supervisor,
    bells: Bells,
    backplane: Arc<Backplane>,
}

impl Pool {
    /// Starts all nodes but the host, side by side. [`PoolEvent::Up`] says when each is
    /// ready.
    pub fn start(
        config: &PoolConfig,
        events: impl Fn(PoolEvent) + Send + Sync + 'static,
    ) -> Result<Pool, Error> {
        let image = Image::read(&config.image)?;
        let memory = CrateMemory::new(config.nodes)?;
        let backplane = Arc::clone(memory.backplane());
        let events: Events = Arc::new(events);
        let host = Arc::clone(&events);
        let bells = Bells::new(config.nodes, Box::new(move || host(PoolEvent::Bell)));
        let (orders, incoming) = Orders::new()?;
        let failures = orders.clone();
        let failed = move |node, epoch, why| failures.give(Order::GiveUp(node, epoch, why));
        let router = Router::start(Arc::clone(&backplane), bells.clone(), Box::new(failed))?;
        let machines = node::Machines { image, memory, time: config.time };
        let orders = (orders, incoming);
        let supervisor = Supervisor::start(machines, router, bells.clone(), events, orders)?;
        Ok(Pool { supervisor, bells, backplane })
    }

    /// The memory of the crate, with the place of node 0 free for the caller.
    pub fn backplane(&self) -> &Arc<Backplane> {
        &self.backplane
    }

    /// The boot of node 0: the memory is new with each pool, so there is but one.
    pub fn epoch(&self) -> Epoch {
        const { Epoch::new(1).unwrap() }
    }

    /// The bells of all nodes, for node 0 to ring.
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// Ends a node as a failure of power would. [`PoolEvent::Ended`] follows, unless it
    /// does not run.
    pub fn kill(&self, node: NodeId) {
        self.supervisor.order(Order::Kill(node));
    }

    /// Starts a node again, with the next boot epoch; one that runs is killed first.
    pub fn restart(&self, node: NodeId) {
        self.supervisor.order(Order::Restart(node));
    }
}
