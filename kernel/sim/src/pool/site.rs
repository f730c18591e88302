//! The place of one node: its kernel, its memory, its processor, and who lives
//! there.

use std::cell::RefCell;
use std::rc::Rc;

use abi::ids::{Epoch, NodeId};
use abi::message::Kind;
use kernel::platform::{Platform, Slot};
use kernel::{Config, Node};

use crate::backplane::Backplane;
use crate::bus::SimBus;
use crate::machine::{Processor, SimMachine};
use crate::memory::{SimMemory, UserMemory};
use crate::oracle::IncUid;
use crate::queue::Micros;

/// Pages of user memory of a node.
const PAGES: u32 = 4096;

/// The simulator as a platform.
pub struct SimPlatform;

impl Platform for SimPlatform {
    type Bus = SimBus;
    type Memory = SimMemory;
    type Machine = SimMachine;
}

/// One place of the crate. The node in it comes and goes.
pub struct Site {
    /// its number
    pub id: NodeId,
    /// what runs there, if it has power
    pub board: Option<Board>,
    /// its last boot
    pub epoch: u16,
    /// by how much it is slower than normal
    pub slowness: u64,
    /// what it sent last
    pub last_sent: Option<Kind>,
}

/// A node that has power.
pub struct Board {
    /// its kernel
    pub kernel: Node<SimPlatform>,
    /// its user memory
    pub memory: Rc<RefCell<UserMemory>>,
    /// its processor
    pub processor: Rc<RefCell<Processor>>,
    /// when it was started
    pub booted_us: Micros,
    /// whether a step of it is in the event queue
    pub step: Scheduled,
    /// the alarm event in the queue that comes first
    pub alarm_us: Option<Micros>,
    /// who lives in each slot
    pub residents: Vec<Option<IncUid>>,
}

/// Whether something is in the event queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduled {
    /// not there
    No,
    /// there
    Yes,
}

impl Site {
    /// An empty place.
    pub fn new(id: NodeId) -> Site {
        Site { id, board: None, epoch: 0, slowness: 1, last_sent: None }
    }

    /// Boots the node in its next epoch.
    pub fn boot(&mut self, config: Config, backplane: &Rc<RefCell<Backplane>>, now_us: Micros) {
        self.epoch += 1;
        let epoch = Epoch::new(self.epoch).expect("epochs count from 1");
        backplane.borrow_mut().boot(self.id, epoch);
        let memory = Rc::new(RefCell::new(UserMemory::new(PAGES)));
        let processor = Rc::new(RefCell::new(Processor::default()));
        let kernel = Node::new(
            config,
            SimBus::new(self.id, epoch, backplane.clone()),
            SimMemory::new(memory.clone()),
            SimMachine::new(processor.clone()),
        );
        self.board = Some(Board {
            kernel,
            memory,
            processor,
            booted_us: now_us,
            step: Scheduled::No,
            alarm_us: None,
            residents: Vec::new(),
        });
    }
}

impl Board {
    /// Who lives in `slot`.
    pub fn resident(&self, slot: Slot) -> Option<IncUid> {
        self.residents.get(slot.index()).copied().flatten()
    }

    /// Notes that `uid` moves into `slot`.
    pub fn settle(&mut self, slot: Slot, uid: IncUid) {
        if self.residents.len() <= slot.index() {
            self.residents.resize(slot.index() + 1, None);
        }
        self.residents[slot.index()] = Some(uid);
    }
}
