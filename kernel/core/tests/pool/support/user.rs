//! User code of an incarnation, played by a test: its calls with arguments in its own memory.

use abi::calls::Call;
use abi::constants::{EventType, InitialState, RefType};
use abi::error::CallError;
use abi::interrupt::{ENTRY_OFFSET, InterruptFrame};
use abi::structs::{EvDesc, IncCreateParams, Msg, RefDescrip};
use kernel::platform::{Machine, Registers, Slot};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::Pool;
use super::memory::BASE;

/// Where in its memory an incarnation of these tests keeps its messages: 256 bytes each.
const MESSAGES: u32 = BASE + 0x4000;
/// Where it keeps results that calls write.
pub const RESULTS: u32 = BASE + 0x6000;
/// Where it keeps a list of events.
pub const EVENTS: u32 = RESULTS + 512;
/// Where it keeps extra data.
pub const BUFFER: u32 = BASE + 0x10000;
/// Time within which every call that can end has ended, in milliseconds.
const BOUND_MS: u64 = 30_000;

/// An incarnation, as the test that plays it sees it.
#[derive(Clone, Debug)]
pub struct Inc {
    pub node: u8,
    pub slot: Slot,
    pub myself: u32,
    pub port: u32,
    pub auxiliary: u32,
    pub launch: u32,
    pub parameters: u32,
}

/// A message as it was received.
#[derive(Clone, Debug)]
pub struct Got {
    /// What the call returned.
    pub result: u32,
    pub head: Vec<u8>,
    pub data: Vec<u8>,
    pub reference: RefDescrip,
    pub capacity: u32,
}

impl Inc {
    pub fn new(node: u8, slot: Slot, myself: u32, port: u32, launch: u32) -> Self {
        Self { node, slot, myself, port, auxiliary: 0, launch, parameters: 0 }
    }

    /// Begins a call.
    pub fn start(&self, pool: &mut Pool, call: Call, args: [u32; 5]) {
        let node = pool.node(self.node);
        node.machine().results.remove(&self.slot);
        node.call(self.slot, call as u32, args);
    }

    /// What the call that was begun has returned, if it has.
    pub fn result(&self, pool: &mut Pool) -> Option<i32> {
        pool.settle();
        self.returned(pool)
    }

    /// The same, of a pool that does nothing for it now.
    pub fn returned(&self, pool: &mut Pool) -> Option<i32> {
        pool.node(self.node).machine().results.get(&self.slot).copied()
    }

    /// Waits until the call that was begun returns.
    pub fn finish(&self, pool: &mut Pool) -> i32 {
        let end = pool.now() + BOUND_MS * 1000;
        loop {
            if let Some(result) = self.result(pool) {
                return result;
            }
            assert!(pool.now() < end, "{self:?}: the call has not returned");
            pool.pass_ms(10);
        }
    }

    /// Makes a call and waits until it returns.
    pub fn call(&self, pool: &mut Pool, call: Call, args: [u32; 5]) -> i32 {
        self.start(pool, call, args);
        self.finish(pool)
    }

    /// Makes a call that returns at once.
    pub fn quick(&self, pool: &mut Pool, call: Call, args: [u32; 5]) -> i32 {
        self.start(pool, call, args);
        self.returned(pool).expect("the call returns at once")
    }

    pub fn write(&mut self, pool: &mut Pool, at: u32, bytes: &[u8]) {
        let side = kernel::platform::Side::User;
        let mut memory = pool.node(self.node).memory();
        memory.store(self.slot, abi::ids::UserAddr(at), bytes, side).expect("own memory");
    }

    pub fn read(&self, pool: &mut Pool, at: u32, length: usize) -> Vec<u8> {
        pool.node(self.node).memory().load(self.slot, at, length)
    }

    pub fn read_word(&self, pool: &mut Pool, at: u32) -> u32 {
        let bytes = self.read(pool, at, 4);
        u32::from_be_bytes(bytes.try_into().expect("4 bytes"))
    }

    /// Puts a message into place `at` of the incarnation's memory; answers its address.
    pub fn message(&mut self, pool: &mut Pool, at: u32, head: &[u8], data: &[u8]) -> u32 {
        self.full_message(pool, at, head, data, RefDescrip::NONE, 0)
    }

    /// The same with a reference and room for a reply.
    pub fn full_message(
        &mut self,
        pool: &mut Pool,
        at: u32,
        head: &[u8],
        data: &[u8],
        reference: RefDescrip,
        room: u32,
    ) -> u32 {
        let mut message = Msg::new_zeroed();
        message.m_head[..head.len()].copy_from_slice(head);
        message.m_ref = reference;
        message.m_cnt = (data.len() as u32).into();
        message.m_nreply = room.into();
        let base = BUFFER + at * 0x10000;
        message.m_base = base.into();
        self.write(pool, base, data);
        let address = MESSAGES + at * 256;
        self.write(pool, address, message.as_bytes());
        address
    }

    /// A message that `head` and `data` of which can be received into.
    pub fn room(&mut self, pool: &mut Pool, at: u32, room: u32) -> u32 {
        let address = self.message(pool, at, &[], &[]);
        self.write(pool, address + 46, &room.to_be_bytes());
        address
    }

    /// What lies in the message at place `at` after a call that returned `result`.
    pub fn got(&self, pool: &mut Pool, at: u32, result: i32) -> Got {
        let result = u32::try_from(result)
            .unwrap_or_else(|_| panic!("the call failed with {:?}", CallError::from_code(result)));
        let bytes = self.read(pool, MESSAGES + at * 256, size_of::<Msg>());
        let message = Msg::read_from_bytes(&bytes).expect("58 bytes");
        let data = self.read(pool, message.m_base.get(), message.m_cnt.get() as usize);
        let capacity = message.m_nreply.get();
        let reference = message.m_ref;
        Got { result, head: message.m_head.to_vec(), data, reference, capacity }
    }

    /// Begins to receive at `port`, with `room` for data, into place 3.
    pub fn start_receive(&mut self, pool: &mut Pool, port: u32, waits: bool, room: u32) {
        let message = self.room(pool, 3, room);
        self.start(pool, Call::Receive, [port, message, u32::from(waits), 0, u32::MAX]);
    }

    /// Receives at `port`.
    pub fn receive(&mut self, pool: &mut Pool, port: u32, waits: bool) -> Got {
        self.start_receive(pool, port, waits, 0x8000);
        let result = self.finish(pool);
        self.got(pool, 3, result)
    }

    /// Receives at `port` what is there, if anything.
    pub fn poll(&mut self, pool: &mut Pool, port: u32) -> Option<Got> {
        let message = self.room(pool, 3, 0x8000);
        let result = self.call(pool, Call::Receive, [port, message, 1, 0, 0]);
        (result != 0).then(|| self.got(pool, 3, result))
    }

    pub fn send(&mut self, pool: &mut Pool, stream: u32, head: &[u8], data: &[u8]) -> i32 {
        let message = self.message(pool, 0, head, data);
        self.call(pool, Call::Send, [stream, message, 0, 0, 0])
    }

    /// Begins an invocation with room for `room` bytes of reply, in place 1.
    pub fn start_invoke(
        &mut self,
        pool: &mut Pool,
        stream: u32,
        head: &[u8],
        data: &[u8],
        room: u32,
    ) {
        let message = self.full_message(pool, 1, head, data, RefDescrip::NONE, room);
        self.start(pool, Call::Invoke, [stream, message, 0, 0, 0]);
    }

    /// The reply to the invocation that was begun, its data cut to what was returned.
    pub fn replied(&self, pool: &mut Pool) -> Got {
        let result = self.finish(pool);
        let mut got = self.got(pool, 1, result);
        got.data = self.read(pool, BUFFER + 0x10000, got.result as usize);
        got
    }

    pub fn reply(&mut self, pool: &mut Pool, handle: u32, head: &[u8], data: &[u8]) -> i32 {
        let message = self.message(pool, 2, head, data);
        self.call(pool, Call::Reply, [handle, message, 0, 0, 0])
    }

    /// Creates a channel; answers stream and port.
    pub fn channel(&mut self, pool: &mut Pool) -> (u32, u32) {
        let result = self.quick(pool, Call::ChanCreate, [0, RESULTS, RESULTS + 4, 0, 0]);
        assert_eq!(result, 0, "inc_chanCreate");
        (self.read_word(pool, RESULTS), self.read_word(pool, RESULTS + 4))
    }

    /// Creates an incarnation of module 0 on `node` with these data arguments; answers handle
    /// and stream.
    pub fn create(
        &mut self,
        pool: &mut Pool,
        node: u8,
        data: &[u8],
    ) -> Result<(u32, u32), CallError> {
        let args = self.prepare_create(pool, node, data);
        self.finish_create(pool, args)
    }

    /// Creates an incarnation in `state` on `node` from `blueprint`; answers handle and stream.
    pub fn create_from(
        &mut self,
        pool: &mut Pool,
        blueprint: u32,
        node: u8,
        state: InitialState,
    ) -> Result<(u32, u32), CallError> {
        let args = self.prepare_create_from(pool, blueprint, node, state);
        self.finish_create(pool, args)
    }

    fn finish_create(&self, pool: &mut Pool, args: [u32; 5]) -> Result<(u32, u32), CallError> {
        match CallError::from_code(self.call(pool, Call::Create, args)) {
            Some(error) => Err(error),
            None => Ok((self.read_word(pool, RESULTS), self.read_word(pool, RESULTS + 4))),
        }
    }

    /// The arguments with which an incarnation in `state` is created on `node` from `blueprint`.
    pub fn prepare_create_from(
        &mut self,
        pool: &mut Pool,
        blueprint: u32,
        node: u8,
        state: InitialState,
    ) -> [u32; 5] {
        let mut args = self.prepare_create(pool, node, &[]);
        args[0] = blueprint;
        self.write(pool, args[4], &(state as u32).to_be_bytes());
        args
    }

    /// The arguments with which it is created, put in place.
    pub fn prepare_create(&mut self, pool: &mut Pool, node: u8, data: &[u8]) -> [u32; 5] {
        let mut params = IncCreateParams::new_zeroed();
        params.ic_state = 1.into();
        params.ic_params.ip_datasize = (data.len() as i32).into();
        params.ic_params.ip_dataargs = (RESULTS + 64).into();
        self.write(pool, RESULTS + 16, params.as_bytes());
        self.write(pool, RESULTS + 64, data);
        [0, u32::from(node), RESULTS, RESULTS + 4, RESULTS + 16]
    }

    /// Writes a list of events, reference and type of each; answers where it is.
    pub fn event_list(&mut self, pool: &mut Pool, events: &[(u32, u32)]) -> u32 {
        for (at, (reference, event)) in events.iter().enumerate() {
            let mut entry = EvDesc::new_zeroed();
            entry.ed_reference = (*reference).into();
            entry.ed_evtype = (*event).into();
            self.write(pool, EVENTS + at as u32 * 16, entry.as_bytes());
        }
        EVENTS
    }

    /// Begins to wait for events: reference and type of each.
    pub fn start_events(&mut self, pool: &mut Pool, events: &[(u32, u32)], timeout: i32) {
        let list = self.event_list(pool, events);
        let args = [events.len() as u32, list, timeout as u32, 0, 0];
        self.start(pool, Call::EventWait, args);
    }

    /// The events that were waited for and have occurred.
    pub fn occurred(&self, pool: &mut Pool) -> Vec<EvDesc> {
        let count = self.finish(pool);
        assert!(count >= 0, "{:?}", CallError::from_code(count));
        let bytes = self.read(pool, EVENTS, count as usize * 16);
        bytes.chunks(16).map(|entry| EvDesc::read_from_bytes(entry).expect("16 bytes")).collect()
    }

    /// What it has in its registers.
    pub fn registers(&self, pool: &mut Pool) -> Registers {
        let found = pool.node(self.node).machine().registers(self.slot);
        found.expect("it is between two instructions")
    }

    /// Where it is about to call a handler: the frame that the kernel has pushed.
    pub fn frame(&self, pool: &mut Pool) -> Option<InterruptFrame> {
        pool.settle();
        let registers = self.registers(pool);
        let is_interrupted = registers.pc == BASE + ENTRY_OFFSET;
        is_interrupted.then(|| self.frame_at(pool, registers.sp()))
    }

    pub fn frame_at(&self, pool: &mut Pool, at: u32) -> InterruptFrame {
        let bytes = self.read(pool, at, size_of::<InterruptFrame>());
        InterruptFrame::read_from_bytes(&bytes).expect("the bytes of a frame")
    }

    /// The handler that it is about to call.
    pub fn handler(&self, pool: &mut Pool) -> Option<u32> {
        self.frame(pool).map(|frame| frame.if_handler.get())
    }

    /// The handler ends: the stub of the library has the incarnation go on where it was.
    pub fn end_handler(&self, pool: &mut Pool) {
        assert!(self.frame(pool).is_some(), "{self:?}: no handler runs");
        self.start(pool, Call::InterruptReturn, [0; 5]);
    }

    /// Gives messages at a port a handler.
    pub fn handle_port(&self, pool: &mut Pool, port: u32, handler: u32, priority: u32) -> i32 {
        self.quick(pool, Call::SetPortHandler, [port, handler, priority, 0, 0])
    }

    /// Gives an event at an incarnation a handler.
    pub fn handle_inc(
        &self,
        pool: &mut Pool,
        child: u32,
        event: EventType,
        handler: u32,
        priority: u32,
    ) -> i32 {
        self.call(pool, Call::SetIncHandler, [child, 1, event as u32, handler, priority])
    }

    /// Sets its interrupt priority; answers the old one.
    pub fn set_priority(&self, pool: &mut Pool, priority: u32) -> i32 {
        self.quick(pool, Call::SetInterruptPriority, [priority, 0, 0, 0, 0])
    }

    /// Gives a copy of a reference to whoever receives from `stream`.
    pub fn give(&mut self, pool: &mut Pool, stream: u32, reference: RefDescrip) -> i32 {
        let message = self.full_message(pool, 0, b"take", &[], reference, 0);
        self.call(pool, Call::Send, [stream, message, 0, 0, 0])
    }
}

/// A copy of a reference that keeps the original.
pub fn copy_of(ref_type: RefType, id: u32, flags: u32) -> RefDescrip {
    RefDescrip::new(ref_type, id, abi::constants::Domain::Any, flags)
}
