//! Who takes part: a launch endpoint that sends, and two incarnations that receive, with all
//! references that they need. All of this comes before anything is left to choice.

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::constants::{Domain, InitialState, RefType};
use abi::ids::{NodeId, RdcId, UserAddr};
use abi::start::StartBlock;
use abi::structs::{IncCreateParams, Msg, RefDescrip};
use kernel::platform::{Slot, SpaceSpec};
use kernel::{Image, LaunchSpec, Module, SystemRights};
use sim::machine::Resume;
use sim::memory::{DATA_BASE, PARAMETERS_BASE, TEXT_BASE};
use sim::program::desk::{CREATE, Desk, MESSAGE, RESULTS};
use zerocopy::byteorder::big_endian::U32;
use zerocopy::{FromBytes, FromZeros};

use crate::player::{Player, Task, write};
use crate::pool::Pool;
use crate::scenario::{Change, Role, Scenario};

/// The RDC that all belong to.
const RDC: u32 = 1;
/// Bytes of the module: text, initialised data, and data in all.
const TEXT_BYTES: u32 = 64;
const INITIALISED_BYTES: u32 = 64;
const DATA_BYTES: u32 = 0x1000;
const STACK_BYTES: u32 = 0x1000;

/// Time that one call of the preparations takes at most, and that comes to rest behind them.
const CALL_US: u64 = 10_000_000;
const REST_US: u64 = 1_000_000;
/// Time after which an owner looks whether the port that he has given away is his again.
const LOOK_MS: u32 = 2_000;

/// Nodes of owner and taker.
const OWNER: NodeId = NodeId(1);
const TAKER: NodeId = NodeId(2);

/// An incarnation that is being prepared.
#[derive(Debug, Clone, Copy)]
struct Member {
    node: NodeId,
    slot: Slot,
    port: u32,
    launch: u32,
}

/// Prepares everybody for a scene.
pub fn assemble(pool: &mut Pool, scenario: &Scenario) -> Vec<Player> {
    let sender = launch(pool);
    for node in [OWNER, TAKER] {
        sender.call(pool, Call::NodeAlloc, [u32::from(node.0), RDC, 0, 0, 0]);
    }
    let (owner, to_owner) = sender.create(pool, OWNER);
    let (taker, to_taker) = sender.create(pool, TAKER);
    let (own_stream, port) = owner.channel(pool);
    let stream = owner.hand(pool, owner.launch, sender, RefType::Stream, own_stream);

    let mut players = [(Role::Sender, sender), (Role::Owner, owner), (Role::Taker, taker)]
        .map(|(role, member)| Player::new(role, member.node, member.slot));
    players[0].tasks.extend((1..=scenario.messages).map(|number| match number % 2 {
        0 => Task::Invoke { stream, number },
        _ => Task::Send { stream, number },
    }));
    let by = sender.hand(pool, to_owner, owner, RefType::Stream, to_taker);
    match scenario.change {
        Change::Propagation | Change::Holding => {
            let flags = match scenario.change {
                Change::Holding => abi::constants::port_flags::HOLD,
                _ => 0,
            };
            players[1].tasks.extend([
                Task::Look { port },
                Task::Give { stream: by, port, flags },
                Task::Sleep { ms: LOOK_MS },
                Task::Serve { port },
            ]);
            players[2].tasks.push_back(Task::AwaitPort { port: taker.port });
        }
        Change::Attachment => {
            let handle = owner.handle(pool, port);
            let old = owner.hand(pool, by, taker, RefType::PortHandle, handle);
            let channel = owner.hand(pool, by, taker, RefType::Stream, own_stream);
            let arguments = [taker.port, old, channel, 1, 0];
            players[1].tasks.push_back(Task::Serve { port });
            players[2].tasks.extend([
                Task::Change { call: Call::AttachPort, arguments, old: 1 },
                Task::Serve { port: taker.port },
            ]);
        }
        Change::Rebinding => {
            let handle = sender.handle(pool, stream);
            let source = sender.hand(pool, to_taker, taker, RefType::StreamHandle, handle);
            let handle = owner.handle(pool, port);
            let old = owner.hand(pool, by, taker, RefType::PortHandle, handle);
            let (new_stream, new_port) = taker.channel(pool);
            let arguments = [source, new_stream, old, 0, 0];
            players[1].tasks.push_back(Task::Serve { port });
            players[2].tasks.extend([
                Task::Change { call: Call::RebindStream, arguments, old: 2 },
                Task::Serve { port: new_port },
            ]);
        }
    }
    rest(pool);
    for member in [sender, owner, taker] {
        member.begin(pool);
    }
    players.into()
}

/// Lets everything come to rest.
fn rest(pool: &mut Pool) {
    let end_us = pool.now_us() + REST_US;
    while pool.pass(end_us) {}
}

/// Launches the RDC.
fn launch(pool: &mut Pool) -> Member {
    let board = pool.board(NodeId::HOST).expect("the host has power");
    let launched = board.kernel.launch(launch_spec()).expect("there is room");
    let node = NodeId::HOST;
    Member { node, slot: launched.slot, port: launched.port.get(), launch: 0 }
}

impl Member {
    /// Lets it run its program.
    fn begin(self, pool: &mut Pool) {
        let board = pool.board(self.node).expect("the node has power");
        board.processor.borrow_mut().begin(self.slot);
        pool.advance(self.node, &[]);
    }

    /// Begins a call.
    fn start(self, pool: &mut Pool, call: Call, arguments: [u32; ARGUMENTS_MAX]) {
        let board = pool.board(self.node).expect("the node has power");
        board.processor.borrow_mut().take_resume(self.slot);
        board.kernel.call(self.slot, call as u32, arguments);
        pool.advance(self.node, &[]);
    }

    /// Waits until it returns with success.
    fn finish(self, pool: &mut Pool) -> u32 {
        let end_us = pool.now_us() + CALL_US;
        loop {
            pool.settle();
            let board = pool.board(self.node).expect("the node has power");
            let resume = board.processor.borrow_mut().take_resume(self.slot);
            if let Resume::Return { result } = resume {
                return u32::try_from(result).expect("nothing goes wrong in the preparations");
            }
            assert!(pool.pass(end_us), "{self:?}: a call of the preparations does not return");
        }
    }

    fn call(self, pool: &mut Pool, call: Call, arguments: [u32; ARGUMENTS_MAX]) -> u32 {
        self.start(pool, call, arguments);
        self.finish(pool)
    }

    /// Does something with its memory.
    fn edit<R>(self, pool: &mut Pool, edit: impl FnOnce(&mut Desk<'_>) -> R) -> R {
        let board = pool.board(self.node).expect("the node has power");
        let region = board.memory.borrow().data(self.slot).expect("it has memory");
        edit(&mut Desk::new(&mut region.borrow_mut()))
    }

    /// The two references that its last call has made.
    fn results(self, pool: &mut Pool) -> (u32, u32) {
        let [first, second]: [U32; 2] = self.edit(pool, |desk| desk.read(RESULTS));
        (first.get(), second.get())
    }

    /// Creates an incarnation on `node`; answers it, and a stream to it.
    fn create(self, pool: &mut Pool, node: NodeId) -> (Member, u32) {
        let mut parameters = IncCreateParams::new_zeroed();
        parameters.ic_state = U32::new(InitialState::Started as u32);
        self.edit(pool, |desk| desk.write(CREATE, &parameters));
        let results = RESULTS.address();
        let at = u32::from(node.0);
        self.call(pool, Call::Create, [0, at, results, results + 4, CREATE.address()]);
        pool.settle();
        let slot = pool.ready(node).expect("the incarnation has started");
        let board = pool.board(node).expect("the node has power");
        let resume = board.processor.borrow_mut().take_resume(slot);
        let Resume::Start { parameters } = resume else { panic!("{resume:?} is no start") };
        let region = board.memory.borrow().parameters(slot).expect("it has parameters");
        let at = (parameters.0 - PARAMETERS_BASE) as usize;
        let block = StartBlock::read_from_prefix(&region.borrow()[at..]).expect("a start block").0;
        let (port, launch) = (block.sb_port.get(), block.sb_launch.get());
        (Member { node, slot, port, launch }, self.results(pool).1)
    }

    /// Creates a channel; answers stream and port.
    fn channel(self, pool: &mut Pool) -> (u32, u32) {
        let results = RESULTS.address();
        self.call(pool, Call::ChanCreate, [0, results, results + 4, 0, 0]);
        self.results(pool)
    }

    /// A handle to a stream or port.
    fn handle(self, pool: &mut Pool, reference: u32) -> u32 {
        self.call(pool, Call::HanCreate, [reference, 0, 0, 0, 0])
    }

    /// Gives a copy of a reference to `to`, by a stream to his standard port; answers his name
    /// of it.
    fn hand(self, pool: &mut Pool, by: u32, to: Member, ref_type: RefType, what: u32) -> u32 {
        let reference = RefDescrip::new(ref_type, what, Domain::Any, 0);
        self.edit(pool, |desk| write(desk, 0, reference));
        self.call(pool, Call::Send, [by, MESSAGE.address(), 0, 0, 0]);
        to.edit(pool, |desk| write(desk, 0, RefDescrip::NONE));
        to.call(pool, Call::Receive, [to.port, MESSAGE.address(), 0, 0, u32::MAX]);
        let message: Msg = to.edit(pool, |desk| desk.read(MESSAGE));
        message.m_ref.rd_obj.id.get()
    }
}

/// An RDC of one module, which lies in the memory of its launch endpoint.
fn launch_spec() -> LaunchSpec {
    let image = Image {
        text_id: 1.into(),
        text: TEXT_BYTES.into(),
        data: INITIALISED_BYTES.into(),
        bss: (DATA_BYTES - INITIALISED_BYTES).into(),
        heap_max: 0.into(),
        stack_max: STACK_BYTES.into(),
        entry: TEXT_BASE.into(),
    };
    let module = Module { name: b"player".to_vec(), image, base: UserAddr(DATA_BASE + DATA_BYTES) };
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
        rdc: RdcId::new(RDC).expect("not 0"),
        modules: vec![module],
        stream_space: None,
        rights: SystemRights::None,
        space,
    }
}
