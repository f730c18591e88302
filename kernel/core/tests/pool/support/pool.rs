//! The pool: its nodes, its clock, and the launch endpoint on node 0.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use abi::calls::Call;
use abi::constants::InitialState;
use abi::error::CallError;
use abi::ids::{Epoch, NodeId, RdcId, UserAddr};
use abi::start::StartBlock;
use kernel::platform::{Instant, Machine, PeerState, Slot, SpaceSpec};
use kernel::{Config, Image, LaunchSpec, Module, Next, Node, SystemRights};
use zerocopy::FromBytes;

use super::TestPlatform;
use super::bus::{TestBus, Weather, Wires};
use super::machine::TestMachine;
use super::memory::{BASE, TestMemory};
use super::user::Inc;

/// Pages of each node.
const PAGES: u32 = 2000;
/// Bytes of text and of initialised data of the module.
pub const TEXT: u32 = 5000;
pub const DATA: u32 = 600;
/// The RDC of these tests.
pub const RDC: u32 = 77;

/// A pool of nodes.
pub struct Pool {
    pub nodes: Vec<Option<Node<TestPlatform>>>,
    pub wires: Rc<RefCell<Wires>>,
    pub clock: Rc<Cell<u64>>,
    /// Bytes of zeroed data of the module.
    pub module_bss: u32,
    config: Config,
    epochs: u16,
}

impl Pool {
    /// A pool of `nodes` nodes, all up.
    pub fn new(nodes: usize) -> Self {
        Self::with_config(nodes, Config { incarnations: 8, references: 32, ..Config::default() })
    }

    /// A pool whose kernels have tables of these sizes.
    pub fn with_config(nodes: usize, config: Config) -> Self {
        let wires = Wires::new(nodes);
        let mut pool = Self {
            nodes: (0..nodes).map(|_| None).collect(),
            wires,
            clock: Rc::new(Cell::new(1_000_000)),
            module_bss: 0x60000,
            config,
            epochs: 0,
        };
        for node in 0..nodes {
            pool.boot(node as u8);
        }
        pool.settle();
        pool
    }

    /// Boots a node, in a new epoch.
    pub fn boot(&mut self, node: u8) {
        self.epochs += 1;
        let epoch = Epoch::new(self.epochs).expect("not 0");
        self.wires.borrow_mut().set_peer(NodeId(node), PeerState::Up(epoch));
        let bus = TestBus::new(NodeId(node), epoch, self.wires.clone());
        let machine = TestMachine::new(self.clock.clone());
        let memory = TestMemory::new(PAGES);
        self.nodes[usize::from(node)] = Some(Node::new(self.config, bus, memory, machine));
    }

    /// Kills a node.
    pub fn kill(&mut self, node: u8) {
        self.nodes[usize::from(node)] = None;
        self.wires.borrow_mut().set_peer(NodeId(node), PeerState::Down);
    }

    pub fn is_up(&self, node: u8) -> bool {
        self.nodes[usize::from(node)].is_some()
    }

    pub fn node(&mut self, node: u8) -> &mut Node<TestPlatform> {
        self.nodes[usize::from(node)].as_mut().expect("the node is up")
    }

    /// Lets all nodes work until none has anything to do at this time.
    pub fn settle(&mut self) {
        for _ in 0..1000 {
            let before = self.wires.borrow().sent.len();
            let mut busy = false;
            for node in self.nodes.iter_mut().flatten() {
                node.interrupt();
                busy |= node.next() == Next::Again;
                node.integrity().expect("the kernel's tables agree");
            }
            if !busy && self.wires.borrow().sent.len() == before {
                return;
            }
        }
        panic!("the pool does not come to rest");
    }

    /// Gives each node one turn.
    pub fn turn(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.interrupt();
            node.next();
        }
    }

    /// Lets `ms` milliseconds pass, with an interrupt wherever a node has asked for one.
    pub fn pass_ms(&mut self, ms: u64) {
        let end = self.clock.get() + ms * 1000;
        loop {
            self.settle();
            let alarms = self.nodes.iter_mut().flatten();
            let next = alarms.filter_map(|node| node.machine().alarm).min();
            match next {
                Some(Instant(at)) if at <= end => self.clock.set(at.max(self.clock.get())),
                _ => break,
            }
        }
        self.clock.set(end);
        self.settle();
    }

    /// Makes a launch endpoint on node 0, with two modules, and allocates all nodes to it.
    pub fn launch(&mut self) -> Inc {
        self.launch_everywhere(SystemRights::None)
    }

    /// The same for an RDC with these rights.
    pub fn launch_everywhere(&mut self, rights: SystemRights) -> Inc {
        let launch = self.launch_with(0, RDC, rights).expect("room");
        for node in 0..self.nodes.len() as u32 {
            assert_eq!(launch.call(self, Call::NodeAlloc, [node, RDC, 0, 0, 0]), 0);
        }
        launch
    }

    /// Makes the launch endpoint of an RDC on `node`.
    pub fn launch_endpoint(&mut self, node: u8, rdc: u32) -> Inc {
        self.try_launch(node, rdc).expect("room")
    }

    /// The same where there may be no room.
    pub fn try_launch(&mut self, node: u8, rdc: u32) -> Result<Inc, CallError> {
        self.launch_with(node, rdc, SystemRights::None)
    }

    /// Makes the launch endpoint of an RDC with these rights.
    pub fn launch_with(
        &mut self,
        node: u8,
        rdc: u32,
        rights: SystemRights,
    ) -> Result<Inc, CallError> {
        let text = vec![0x4e; TEXT as usize];
        let data = vec![0xda; DATA as usize];
        let base = UserAddr(BASE + 0x8000);
        let spec = SpaceSpec {
            text_id: 0,
            text: 0,
            data: 0x40000,
            bss: 0,
            heap_max: 0,
            stack_max: 0,
            parameters: 0,
        };
        let image = Image {
            text_id: 1234.into(),
            text: TEXT.into(),
            data: DATA.into(),
            bss: self.module_bss.into(),
            heap_max: 0x4000.into(),
            stack_max: 0x1000.into(),
            entry: BASE.into(),
        };
        let module = Module { name: b"worker".to_vec(), image, base };
        let second = Module { name: b"helper".to_vec(), ..module.clone() };
        let spec = LaunchSpec {
            rdc: RdcId::new(rdc).expect("positive"),
            modules: vec![module, second],
            stream_space: None,
            rights,
            space: spec,
        };
        let launched = self.node(node).launch(spec)?;
        let mut launch =
            Inc::new(node, launched.slot, launched.myself.get(), launched.port.get(), 0);
        launch.write(self, base.0, &text);
        launch.write(self, base.0 + TEXT, &data);
        Ok(launch)
    }

    /// Has `creator` create an incarnation on `node`; answers it, and the creator's handle and
    /// stream to it.
    pub fn create(&mut self, creator: &mut Inc, node: u8) -> (Inc, u32, u32) {
        let (handle, stream) = creator.create(self, node, &[]).expect("created");
        self.settle();
        let inc = self.newest(node);
        (inc, handle, stream)
    }

    /// As [`Pool::create`], from an INCHOATE incarnation.
    pub fn create_by_template(
        &mut self,
        creator: &mut Inc,
        template: u32,
        node: u8,
    ) -> (Inc, u32, u32) {
        let made = creator.create_from(self, template, node, InitialState::Started);
        let (handle, stream) = made.expect("created");
        self.settle();
        (self.newest(node), handle, stream)
    }

    /// The incarnation that was started last on `node`.
    pub fn newest(&mut self, node: u8) -> Inc {
        let residents = self.node(node).residents();
        let newest = residents.iter().filter(|resident| resident.slot != Slot(0) || node != 0);
        let slot = newest.max_by_key(|resident| resident.id).expect("it is there").slot;
        self.started_in(node, slot)
    }

    /// The incarnation that was started in `slot` of `node`.
    pub fn started_in(&mut self, node: u8, slot: Slot) -> Inc {
        let parameters = self.node(node).machine().started[&slot];
        let block = self.node(node).memory().load(slot, parameters.0, size_of::<StartBlock>());
        let block = StartBlock::read_from_bytes(&block).expect("50 bytes");
        let (inc, port) = (block.sb_inc.get(), block.sb_port.get());
        let mut inc = Inc::new(node, slot, inc, port, block.sb_launch.get());
        (inc.auxiliary, inc.parameters) = (block.sb_aux.get(), parameters.0);
        inc
    }

    /// Sets what happens to packets from now on.
    pub fn weather(&mut self, weather: Weather) {
        self.wires.borrow_mut().weather = weather;
    }

    /// The time at the nodes.
    pub fn now(&mut self) -> u64 {
        self.node(0).machine().now().0
    }
}
