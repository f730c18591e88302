//! The whole kernel on this board, as a pool of one node: what the test launches runs in
//! user mode, and the test is its launch endpoint.

use crate::user::{Program, program};
use abi::calls::Call;
use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::ids::{Epoch, NodeId, RdcId, UserAddr};
use abi::rdc_file::USER_BEGIN;
use abi::slice::SliceLayout;
use abi::structs::{EvDesc, IncCreateParams, Msg};
use alloc::vec;
use kernel::platform::{Memory, SpaceSpec};
use kernel::{Config, Image, LaunchSpec, Launched, Module, Next, SystemRights};
use m68k::exception::Vector;
use m68k::mmu::control::{self, Window};
use m68k::node::Runner;
use m68k::test;
use qemu_virt::doorbell::Doorbell;
use qemu_virt::memory::SLICE_BYTES;
use qemu_virt::pool::{self, BoardClock, Membership};
use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// Where the endpoint keeps what it passes to calls.
const PARAMETERS: u32 = USER_BEGIN;
const RESULTS: u32 = USER_BEGIN + 0x100;
const MESSAGE: u32 = USER_BEGIN + 0x200;
/// Where it keeps the module.
const MODULE: u32 = USER_BEGIN + 0x1000;

/// A node, and the launch endpoint that the test plays on it.
struct Pool {
    runner: Runner<Doorbell, BoardClock>,
    endpoint: Launched,
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: the kernel, whose bus uses the window, ends with this value.
        unsafe { control::close_slices() }
    }
}

impl Pool {
    /// Boots the kernel and makes a launch endpoint for a program.
    fn new(program: Program) -> Pool {
        let layout = SliceLayout::new(1, SLICE_BYTES).expect("a pool of one node");
        let epoch = Epoch::new(1).expect("an epoch");
        let member = Membership { node: NodeId(0), layout, epoch };
        // SAFETY: the machine's memory begins with this slice; `drop` closes the
        // window again, and tests run one after the other.
        let mut kernel = unsafe {
            control::open_slices(Window::covering(SLICE_BYTES));
            pool::boot(member, Config::default())
        };
        let endpoint = kernel.launch(launch_spec(program)).expect("there is room");
        // The endpoint's calls are the test's: its context only takes results.
        kernel.machine().context(endpoint.slot).start(0, 0);
        let mut pool = Pool { runner: Runner::new(kernel), endpoint };
        pool.write(MODULE, program.bytes());
        pool
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        let written = self.runner.node.memory().copy_out(self.endpoint.slot, UserAddr(at), bytes);
        written.expect("the endpoint's own memory");
    }

    fn read<T: FromBytes + IntoBytes>(&mut self, at: u32) -> T {
        let mut value = T::new_zeroed();
        let slot = self.endpoint.slot;
        let read = self.runner.node.memory().copy_in(slot, UserAddr(at), value.as_mut_bytes());
        read.expect("the endpoint's own memory");
        value
    }

    /// Makes a call as the endpoint, and lets the node run until it returns.
    fn call(&mut self, call: Call, arguments: [u32; 5]) -> Result<u32, CallError> {
        let slot = self.endpoint.slot;
        self.runner.node.call(slot, call as u32, arguments);
        loop {
            match self.runner.node.next() {
                Next::Run(running) if running == slot => break,
                next => {
                    self.runner.serve_while(next, |running| running != slot);
                }
            }
        }
        let result = self.runner.node.machine().context(slot).registers().data[0];
        CallError::from_code(result as i32).map_or(Ok(result), Err)
    }

    /// Allocates the node and starts the primary incarnation; answers the handle to it.
    fn start(&mut self) -> u32 {
        assert_eq!(self.call(Call::NodeAlloc, [0, RDC, 0, 0, 0]), Ok(0));
        let mut parameters = IncCreateParams::new_zeroed();
        parameters.ic_state = 1.into();
        self.write(PARAMETERS, parameters.as_bytes());
        let created = self.call(Call::Create, [0, 0, RESULTS, RESULTS + 4, PARAMETERS]);
        assert_eq!(created, Ok(0));
        self.read::<U32>(RESULTS).get()
    }

    /// Waits for the end of an incarnation; answers its reason and the detail.
    fn end_of(&mut self, handle: u32) -> (u32, u32) {
        let mut event = EvDesc::new_zeroed();
        event.ed_reference = handle.into();
        event.ed_evtype = (EventType::Dead as u32).into();
        self.write(RESULTS, event.as_bytes());
        assert_eq!(self.call(Call::EventWait, [1, RESULTS, u32::MAX, 0, 0]), Ok(1));
        let event: EvDesc = self.read(RESULTS);
        (event.ed_info1.get(), event.ed_info2.get())
    }

    fn free_pages(&mut self) -> u32 {
        self.runner.node.memory().free_pages()
    }
}

const RDC: u32 = 77;

fn launch_spec(program: Program) -> LaunchSpec {
    let image = Image {
        text_id: 1.into(),
        text: (program.bytes().len() as u32).into(),
        data: 0.into(),
        bss: 64.into(),
        heap_max: 0x4000.into(),
        stack_max: 0x2000.into(),
        entry: USER_BEGIN.into(),
    };
    let module = Module { name: b"primary".to_vec(), image, base: UserAddr(MODULE) };
    LaunchSpec {
        rdc: RdcId::new(RDC).expect("positive"),
        modules: vec![module],
        stream_space: None,
        rights: SystemRights::ManageNodes,
        space: SpaceSpec {
            text_id: 0,
            text: 0,
            data: 0x4000,
            bss: 0,
            heap_max: 0,
            stack_max: 0x1000,
            parameters: 0,
        },
    }
}

fn an_incarnation_invokes_and_exits() {
    let mut pool = Pool::new(program!(user_client, user_client_end));
    pool.start();
    pool.write(MESSAGE, Msg::new_zeroed().as_bytes());
    let port = pool.endpoint.port.get();
    let received = pool.call(Call::Receive, [port, MESSAGE, 1, 0, u32::MAX]);
    let handle = received.expect("a message comes");
    let mut message: Msg = pool.read(MESSAGE);
    assert_eq!(message.m_head[..4], *b"ping");
    message.m_head[..4].copy_from_slice(&1234_u32.to_be_bytes());
    pool.write(MESSAGE, message.as_bytes());
    assert_eq!(pool.call(Call::Reply, [handle, MESSAGE, 0, 0, 0]), Ok(0));
    let myself = pool.endpoint.myself.get();
    assert_eq!(pool.end_of(myself), (EndReason::RdcEnded as u32, 1234));
}
test!(an_incarnation_invokes_and_exits);

fn a_fault_ends_the_incarnation_and_nothing_else() {
    let mut pool = Pool::new(program!(user_push, user_push_end));
    let pages = pool.free_pages();
    let child = pool.start();
    let faulted = (EndReason::Faulted as u32, u32::from(Vector::ACCESS_FAULT.0));
    assert_eq!(pool.end_of(child), faulted, "it has used its stack up");
    assert_eq!(pool.free_pages(), pages);
    assert_eq!(pool.runner.node.integrity(), Ok(()));
}
test!(a_fault_ends_the_incarnation_and_nothing_else);

fn endless_code_keeps_nobody_from_running() {
    let mut pool = Pool::new(program!(user_count, user_count_end));
    let pages = pool.free_pages();
    let child = pool.start();
    for _ in 0..3 {
        assert_eq!(pool.call(Call::Sleep, [20, 0, 0, 0, 0]), Ok(0));
    }
    assert_eq!(pool.call(Call::Destroy, [child, 0, 0, 0, 0]), Ok(0));
    assert_eq!(pool.end_of(child).0, EndReason::Destroyed as u32);
    assert_eq!(pool.free_pages(), pages);
}
test!(endless_code_keeps_nobody_from_running);
