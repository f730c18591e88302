//! Launch: the simulator in the place of the host's daemon, which begins RDCs, and
//! of the processor, which begins incarnations.

use abi::ids::{NodeId, RdcId, UserAddr};
use abi::start::StartBlock;
use kernel::platform::{Slot, SpaceSpec};
use kernel::{Image, LaunchSpec, Module, SystemRights};
use zerocopy::FromBytes;

use super::Pool;
use super::shape::WORKERS_OF_ROOT;
use crate::memory::{DATA_BASE, PARAMETERS_BASE, Region, TEXT_BASE};
use crate::oracle::{ChannelUid, IncUid, Violation};
use crate::program::desk::{ANCHOR, Anchor, DATA_BYTES, Desk};
use crate::program::payload::{fill, matches};
use crate::program::{Arguments, Birth, Plan, Program, Root, Worker};
use crate::random::Dice;

/// Text of a worker, in bytes; its key is its text id.
const TEXT_BYTES: u32 = 0x5008;
/// Initialised data of a worker, in bytes.
const INITIALISED_BYTES: u32 = 0xf00;
/// The key of the initialised data of a worker.
const INITIALISED_KEY: u64 = 0x6461_7461;
/// The most that heap and stack of a worker may grow to.
const HEAP_BYTES: u32 = 0x4000;
const STACK_BYTES: u32 = 0x1000;

impl Pool {
    /// Launches as many RDCs as the workers need.
    pub(super) fn launch(&mut self) -> Result<(), Violation> {
        let mut workers = self.shape.workers;
        for number in 1..=self.shape.roots() as u32 {
            self.launch_one(number, workers.min(WORKERS_OF_ROOT))?;
            workers -= workers.min(WORKERS_OF_ROOT);
        }
        self.wake(NodeId::HOST);
        Ok(())
    }

    /// Launches an RDC that keeps `workers` workers running.
    fn launch_one(&mut self, number: u32, workers: usize) -> Result<(), Violation> {
        let uid = self.oracle.register.ask();
        let board = self.sites[0].board.as_mut().expect("the host has power");
        let spec = launch_spec(RdcId::new(number).expect("RDCs count from 1"));
        let launched = board.kernel.launch(spec).map_err(|error| Violation::Kernel {
            node: NodeId::HOST,
            what: format!("an RDC could not be launched: {error}"),
        })?;
        let slot = launched.slot;
        let region = board.memory.borrow().data(slot).expect("a launch endpoint has memory");
        write_module(&mut region.borrow_mut());
        board.processor.borrow_mut().begin(slot);
        let plan = Plan { rdc: number, workers, creations: workers * 4 };
        let dice = Dice::of_program(self.shape.seed, uid.0);
        let root = Root::new(uid, launched.myself.get(), plan, self.shape.nodes, dice);
        self.settle(NodeId::HOST, slot, uid, Program::Root(root))
    }

    /// The incarnation in `slot` begins: who is it, and has all of its module arrived?
    pub(super) fn start(
        &mut self,
        node: NodeId,
        slot: Slot,
        parameters: UserAddr,
    ) -> Result<(), Violation> {
        let board = self.sites[node.index()].board.as_ref().expect("a node with power");
        let memory = board.memory.borrow();
        let broken = |what: &str| Violation::Kernel { node, what: what.to_owned() };
        let region = memory.parameters(slot).ok_or_else(|| broken("starts without a space"))?;
        let bytes = region.borrow();
        let at = |address: u32| bytes.get(address.wrapping_sub(PARAMETERS_BASE) as usize..);
        let block = at(parameters.0).and_then(|bytes| StartBlock::read_from_prefix(bytes).ok());
        let (block, _) = block.ok_or_else(|| broken("gives no start parameters"))?;
        let given = at(block.sb_params.ip_dataargs.get());
        let given = given.and_then(|bytes| Arguments::read_from_prefix(bytes).ok());
        let (given, _) = given.ok_or_else(|| broken("gives no data arguments"))?;
        if !module_is_complete(memory.text(slot), memory.data(slot)) {
            return Err(broken("starts a module that has not wholly arrived"));
        }
        drop(bytes);
        drop(memory);
        let uid = IncUid(given.uid.get());
        let birth = Birth { uid, port: block.sb_port.get(), myself: block.sb_inc.get() };
        let dice = Dice::of_program(self.shape.seed, uid.0);
        let worker = Worker::new(&birth, ChannelUid(given.channel.get()), dice);
        self.settle(node, slot, uid, Program::Worker(Box::new(worker)))
    }

    /// Moves a program into a slot.
    fn settle(
        &mut self,
        node: NodeId,
        slot: Slot,
        uid: IncUid,
        program: Program,
    ) -> Result<(), Violation> {
        self.oracle.register.started(uid, node)?;
        let board = self.sites[node.index()].board.as_mut().expect("a node with power");
        board.settle(slot, uid);
        let index = uid.0 as usize;
        if self.programs.len() <= index {
            self.programs.resize_with(index + 1, || None);
        }
        self.programs[index] = Some(program);
        let region = board.memory.borrow().data(slot).expect("whoever starts has memory");
        let anchor = Anchor { uid_and_one: uid.0 + 1, reserved: 0, steps: 0 };
        Desk::new(&mut region.borrow_mut()).write(ANCHOR, &anchor);
        Ok(())
    }
}

/// An RDC of one module, the worker's, which lies behind the desk of its root.
fn launch_spec(rdc: RdcId) -> LaunchSpec {
    let image = Image {
        text_id: u64::from(TEXT_BYTES).into(),
        text: TEXT_BYTES.into(),
        data: INITIALISED_BYTES.into(),
        bss: (DATA_BYTES - INITIALISED_BYTES).into(),
        heap_max: HEAP_BYTES.into(),
        stack_max: STACK_BYTES.into(),
        entry: TEXT_BASE.into(),
    };
    let module = Module { name: b"worker".to_vec(), image, base: UserAddr(DATA_BASE + DATA_BYTES) };
    let space = SpaceSpec {
        text_id: 0,
        text: 0,
        data: DATA_BYTES + TEXT_BYTES + INITIALISED_BYTES,
        bss: 0,
        heap_max: 0,
        stack_max: STACK_BYTES,
        parameters: 0,
    };
    LaunchSpec {
        rdc,
        modules: vec![module],
        stream_space: None,
        rights: SystemRights::ManageNodes,
        space,
    }
}

/// Writes text and data of the worker behind the desk of its root.
fn write_module(memory: &mut [u8]) {
    let (text, data) = memory[DATA_BYTES as usize..].split_at_mut(TEXT_BYTES as usize);
    fill(text, u64::from(TEXT_BYTES), 0);
    fill(data, INITIALISED_KEY, 0);
}

fn module_is_complete(text: Option<Region>, data: Option<Region>) -> bool {
    let (Some(text), Some(data)) = (text, data) else { return false };
    let data = data.borrow();
    let initialised = &data[..INITIALISED_BYTES as usize];
    matches(&text.borrow(), u64::from(TEXT_BYTES), 0) && matches(initialised, INITIALISED_KEY, 0)
}
