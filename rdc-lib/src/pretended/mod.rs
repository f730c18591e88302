//! A kernel for the tests of this crate, one for each thread: it answers calls as a test has
//! said, and serves the launch endpoint's stream from a made-up host.

#![allow(unsafe_code, reason = "it writes memory that was lent to a call, as a kernel does")]

mod host;

use std::cell::RefCell;
use std::collections::VecDeque;

use abi::calls::{ARGUMENTS_MAX, Call};
use abi::error::CallError;
use abi::start::StartBlock;
use abi::structs::Msg;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use crate::start::Start;
use crate::window::Access;

pub use host::Host;

/// The identifiers that the start block has.
pub const MYSELF: u32 = 0x10000;
pub const PORT: u32 = 0x10001;
pub const LAUNCH: u32 = 0x10002;
pub const SPACE: u32 = 0x10003;
pub const NAMES: u32 = 0x10004;
pub const AUXILIARY: u32 = 0x10005;

/// Addresses have the number of a piece of lent memory above these bits.
const OFFSET_BITS: u32 = 24;

/// What a call that a test expects is answered.
type Answer = Box<dyn FnOnce([u32; ARGUMENTS_MAX]) -> Result<u32, CallError>>;

#[derive(Default)]
struct Kernel {
    /// Memory that was lent to the next call: address, length, access.
    lent: Vec<(usize, usize, Access)>,
    expected: VecDeque<(Call, Answer)>,
    closed: Vec<u32>,
    host: Host,
}

thread_local! {
    static KERNEL: RefCell<Kernel> = RefCell::default();
}

/// Starts the library as a kernel would, for all tests, and answers what the test's own host
/// is to do from now on.
pub fn start() {
    let block = StartBlock {
        sb_inc: MYSELF.into(),
        sb_port: PORT.into(),
        sb_aux: AUXILIARY.into(),
        sb_launch: LAUNCH.into(),
        sb_space: SPACE.into(),
        sb_names: NAMES.into(),
        ..StartBlock::new_zeroed()
    };
    let block = Box::leak(Box::new(block));
    Start::new(block, b"parameters", &[]).expect("all references are given").install();
}

/// Looks at or changes the made-up host.
pub fn host<T>(look: impl FnOnce(&mut Host) -> T) -> T {
    KERNEL.with_borrow_mut(|kernel| look(&mut kernel.host))
}

/// The next call but closing and those to the host is to be this one.
pub fn expect(
    call: Call,
    answer: impl FnOnce([u32; ARGUMENTS_MAX]) -> Result<u32, CallError> + 'static,
) {
    KERNEL.with_borrow_mut(|kernel| kernel.expected.push_back((call, Box::new(answer))));
}

/// The references that were closed so far.
pub fn closed() -> Vec<u32> {
    KERNEL.with_borrow(|kernel| kernel.closed.clone())
}

/// Lends memory to the next call; answers its address.
pub fn lend(at: usize, length: usize, access: Access) -> u32 {
    KERNEL.with_borrow_mut(|kernel| {
        kernel.lent.push((at, length, access));
        (kernel.lent.len() as u32) << OFFSET_BITS
    })
}

/// A call, by its number.
pub fn call(number: u32, arguments: [u32; ARGUMENTS_MAX]) -> u32 {
    let call = Call::try_from(number).expect("the stubs know the numbers");
    let result = answer(call, arguments);
    KERNEL.with_borrow_mut(|kernel| kernel.lent.clear());
    result.unwrap_or_else(|error| error.code() as u32)
}

fn answer(call: Call, arguments: [u32; ARGUMENTS_MAX]) -> Result<u32, CallError> {
    match call {
        Call::Close => {
            KERNEL.with_borrow_mut(|kernel| kernel.closed.push(arguments[0]));
            Ok(0)
        }
        Call::Invoke if arguments[0] == LAUNCH => Ok(serve(arguments[1])),
        _ => {
            let next = KERNEL.with_borrow_mut(|kernel| kernel.expected.pop_front());
            let (expected, answer) = next.unwrap_or_else(|| panic!("unexpected {call:?}"));
            assert_eq!(call, expected);
            answer(arguments)
        }
    }
}

/// An invocation of the launch endpoint.
fn serve(at: u32) -> u32 {
    let mut message = message(at);
    let data = read(message.m_base.get(), message.m_cnt.get());
    let (head, reply) = host(|host| host.serve(&message.m_head, &data));
    message.m_head = head;
    write(at, message.as_bytes());
    assert!(reply.len() as u32 <= message.m_nreply.get(), "the reply has no room");
    write(message.m_base.get(), &reply);
    reply.len() as u32
}

/// The message at an address that was lent.
pub fn message(at: u32) -> Msg {
    Msg::read_from_bytes(&read(at, size_of::<Msg>() as u32)).expect("the size is right")
}

/// Where lent memory really is.
fn find(address: u32, length: u32, access: Access) -> *mut u8 {
    let (begin, size, given) =
        KERNEL.with_borrow(|kernel| kernel.lent[(address >> OFFSET_BITS) as usize - 1]);
    let offset = address & ((1 << OFFSET_BITS) - 1);
    assert!((offset + length) as usize <= size, "{length} bytes at {offset} of {size}");
    assert!(access == Access::Read || given == Access::Write, "memory was lent to be read");
    std::ptr::with_exposed_provenance_mut(begin + offset as usize)
}

/// Reads memory that was lent to this call.
pub fn read(address: u32, length: u32) -> Vec<u8> {
    if length == 0 {
        return Vec::new();
    }
    let from = find(address, length, Access::Read);
    // SAFETY: the caller of the library waits in this call and has lent these bytes to it.
    unsafe { std::slice::from_raw_parts(from, length as usize) }.to_vec()
}

/// Writes memory that was lent to this call.
pub fn write(address: u32, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let to = find(address, bytes.len() as u32, Access::Write);
    // SAFETY: as above, and it has lent them to be overwritten.
    unsafe { std::slice::from_raw_parts_mut(to, bytes.len()) }.copy_from_slice(bytes);
}
