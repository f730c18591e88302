//! Scripted programs: what incarnations do in the simulator.
//!
//! A program is a small interpreter that makes real system calls with arguments in
//! simulated user memory, chosen by dice of its own. It tells the oracle what it
//! asks for and what it is told, and holds the kernel to what the calls promise.

pub mod desk;
mod enclosure;
pub mod payload;
mod post;
mod root;
mod worker;

use std::fmt;

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::constants::EventType;
use abi::error::CallError;
use abi::interrupt::InterruptFrame;
use abi::structs::EvDesc;
use zerocopy::byteorder::big_endian::U32;

pub use root::{Arguments, Plan, Root};
pub use worker::Worker;

use crate::oracle::{IncUid, Oracle, StreamUid, Violation};
use crate::pool::Farewell;
use crate::queue::Micros;
use desk::Desk;

/// What a program may know of the run.
pub struct World<'a> {
    /// who checks what it does
    pub oracle: &'a mut Oracle,
    /// whether new work may begin
    pub phase: Phase,
    /// virtual time
    pub now_us: Micros,
    /// the nodes of the pool, the host included
    pub nodes: u8,
}

/// The phases of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// traffic and faults
    Busy,
    /// no more faults and no new work: everything must come to rest
    Draining,
    /// everything has come to rest: what kernels still keep must age and go
    Resting,
    /// every RDC ends in this way, and its incarnations with it
    Ending(Farewell),
}

/// How a program goes on.
#[derive(Debug, Clone)]
pub enum Entry {
    /// its call has returned this
    Returned(i32),
    /// handlers are called: their frames on its stack, the innermost last
    Interrupted(Vec<Frame>),
}

impl Entry {
    /// A number that says how.
    pub fn digest(&self) -> u64 {
        match self {
            Entry::Returned(result) => *result as u64,
            Entry::Interrupted(frames) => frames.iter().fold(1, |digest, frame| {
                let EvDesc { ed_reference, ed_evtype, .. } = frame.content.if_event;
                digest << 8 ^ u64::from(ed_reference.get()) << 4 ^ u64::from(ed_evtype.get())
            }),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Returned(result) => write!(f, "{result}"),
            Entry::Interrupted(frames) => {
                frames.iter().try_for_each(|Frame { content, .. }| {
                    let EvDesc { ed_reference, ed_evtype, .. } = content.if_event;
                    let result = content.if_data[0].get() as i32;
                    write!(f, "({result}) event {ed_evtype} of {ed_reference:x}")
                })
            }
        }
    }
}

/// What lies on the stack while a handler runs.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// where
    pub address: u32,
    /// its bytes
    pub content: InterruptFrame,
}

/// How a program enters the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// it makes a call
    Call,
    /// it does what no program may do
    Fault,
}

/// A system call that a program makes.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// whether it gets as far as the call
    pub trap: Trap,
    /// which
    pub call: Call,
    /// its arguments
    pub registers: [u32; ARGUMENTS_MAX],
    /// the time after which it must have returned
    pub bound_us: Micros,
    /// the number of the invocation that it is, 0 for another call
    pub invocation: u32,
    /// the message that it sends
    pub message: Option<(StreamUid, u32)>,
}

/// The time in which every call must return whose arguments do not say otherwise.
pub const PATIENCE_US: Micros = 60_000_000;

impl Request {
    /// A call with these arguments.
    pub fn new<const N: usize>(call: Call, arguments: [u32; N]) -> Request {
        let mut registers = [0; ARGUMENTS_MAX];
        registers[..N].copy_from_slice(&arguments);
        Request {
            trap: Trap::Call,
            call,
            registers,
            bound_us: PATIENCE_US,
            invocation: 0,
            message: None,
        }
    }
}

/// The description of an event that is to be waited for.
fn awaited(reference: u32, event: EventType) -> EvDesc {
    EvDesc {
        ed_reference: U32::new(reference),
        ed_evtype: U32::new(event as u32),
        ed_info1: U32::ZERO,
        ed_info2: U32::ZERO,
    }
}

/// What an incarnation is given when it starts.
#[derive(Debug, Clone, Copy)]
pub struct Birth {
    /// its number
    pub uid: IncUid,
    /// its standard port
    pub port: u32,
    /// its handle to itself
    pub myself: u32,
}

/// The program of one incarnation.
pub enum Program {
    /// makes the others and looks after them
    Root(Root),
    /// serves and is served
    Worker(Box<Worker>),
}

impl Program {
    /// Goes on from the result of the last call to the next one.
    pub fn step(
        &mut self,
        entry: &Entry,
        desk: &mut Desk<'_>,
        world: &mut World<'_>,
    ) -> Result<Request, Violation> {
        match self {
            Program::Root(root) => root.step(entry, desk, world),
            Program::Worker(worker) => worker.step(entry, desk, world),
        }
    }

    /// Whether it has nothing more to do once the faults have stopped.
    pub fn is_at_rest(&self) -> bool {
        match self {
            Program::Root(root) => root.is_at_rest(),
            Program::Worker(worker) => worker.is_at_rest(),
        }
    }
}

/// The number that `call` returned to `who`, or the error, which must be one that
/// the call documents.
pub fn outcome(who: IncUid, call: Call, result: i32) -> Result<Result<u32, CallError>, Violation> {
    if result >= 0 {
        return Ok(Ok(result as u32));
    }
    match CallError::from_code(result) {
        Some(error) if call.info().errors.contains(&error) => Ok(Err(error)),
        Some(error) => {
            Err(Violation::UndocumentedError { incarnation: who, call: call.name(), error })
        }
        None => Err(Violation::WrongResult { incarnation: who, call: call.name(), result }),
    }
}
