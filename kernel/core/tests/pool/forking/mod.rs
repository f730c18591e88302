//! Forks (§5.3): what the child has of its parent, what is its own, and what is left if it
//! cannot be made.

mod failures;
mod handlers;
mod references;

use abi::calls::Call;
use abi::constants::EventType;
use abi::error::CallError;
use abi::start::StartBlock;
use kernel::platform::Registers;

use crate::messages::{Cast, client_and_server};
use crate::support::bus::open_grants;
use crate::support::memory::BASE;
use crate::support::pool::RDC;
use crate::support::user::{BUFFER, RESULTS};
use crate::support::{Inc, Pool};

/// Where the handle of a child goes.
const HANDLE: u32 = RESULTS;
/// The list of ports, and that of streams.
const PORTS: u32 = RESULTS + 64;
const STREAMS: u32 = RESULTS + 128;

/// A child, and what its parent has of it.
pub struct Forked {
    pub child: Inc,
    pub handle: u32,
    pub streams: Vec<u32>,
}

/// The arguments of a fork to `node` with these ports, and streams in their places.
pub fn prepare(pool: &mut Pool, inc: &mut Inc, node: u8, list: &[(u32, u32)]) -> [u32; 5] {
    for (at, (port, stream)) in list.iter().enumerate() {
        inc.write(pool, PORTS + at as u32 * 4, &port.to_be_bytes());
        inc.write(pool, STREAMS + at as u32 * 4, &stream.to_be_bytes());
    }
    [u32::from(node), HANDLE, list.len() as u32, PORTS, STREAMS]
}

/// Forks `inc`.
fn fork(
    pool: &mut Pool,
    inc: &mut Inc,
    node: u8,
    list: &[(u32, u32)],
) -> Result<Forked, CallError> {
    let args = prepare(pool, inc, node, list);
    let before: Vec<_> = pool.node(node).residents().iter().map(|it| it.slot).collect();
    let result = inc.call(pool, Call::Fork, args);
    if let Some(error) = CallError::from_code(result) {
        return Err(error);
    }
    assert_eq!(result, 1, "in the parent");
    let after = pool.node(node).residents();
    let new = after.iter().find(|it| !before.contains(&it.slot)).expect("the child");
    let child = pool.started_in(node, new.slot);
    assert_eq!(child.returned(pool), Some(0), "in the child");
    let streams = (0..list.len() as u32).map(|at| inc.read_word(pool, STREAMS + at * 4));
    let streams = streams.collect();
    Ok(Forked { child, handle: inc.read_word(pool, HANDLE), streams })
}

/// A test with the child on its parent's node, and on another one.
fn near_and_far(test: fn(&mut Pool, Cast, u8)) {
    for node in [2, 0] {
        let (mut pool, cast) = client_and_server(2);
        test(&mut pool, cast, node);
        pool.pass_ms(30_000);
        assert_eq!(open_grants(&pool.wires), 0, "grants are revoked");
        for node in 0..3 {
            pool.node(node).integrity().expect("the tables agree");
        }
    }
}

fn members(pool: &mut Pool) -> usize {
    let rdc = abi::ids::RdcId::new(RDC).expect("positive");
    pool.node(0).launched(rdc).expect("it runs").members.len()
}

#[test]
fn the_child_is_a_copy_of_its_parent() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let end = client.quick(pool, Call::Brk, [0; 5]) as u32 + 0x1234;
        assert!(client.quick(pool, Call::Brk, [end, 0, 0, 0, 0]) > 0);
        let stack = client.parameters - 100;
        for (at, pattern) in [(BUFFER, b"data"), (end - 4, b"heap"), (stack, b"stck")] {
            client.write(pool, at, pattern);
        }
        let registers = Registers {
            data: [9, 1, 2, 3, 4, 5, 6, 7],
            address: [8, 9, 10, 11, 12, 13, 14, stack],
            pc: BASE + 0x122,
            ccr: 0x15,
            fpu: std::array::from_fn(|at| at as u32),
        };
        pool.node(2).machine().contexts.insert(client.slot, registers);
        prepare(pool, &mut client, node, &[]);
        let mut image = pool.node(2).memory().image(client.slot);
        let Forked { child, handle, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        let at = (client.parameters - BASE) as usize + std::mem::offset_of!(StartBlock, sb_node);
        image[at..at + 4].copy_from_slice(&u32::from(node).to_be_bytes());
        assert!(pool.node(node).memory().image(child.slot) == image, "the memory is the same");
        assert_eq!(child.quick(pool, Call::Brk, [0; 5]) as u32, end);
        let context = pool.node(node).machine().contexts[&child.slot];
        assert_eq!(context, Registers { data: [0, 1, 2, 3, 4, 5, 6, 7], ..registers });
        assert_eq!(members(pool), 3, "its home knows of it");
        client.start_events(pool, &[(handle, EventType::Made as u32)], -1);
        assert_eq!(client.occurred(pool).len(), 1);
        let number = |inc: &Inc, pool: &mut Pool| {
            let resident = |it: &&kernel::view::Resident| it.slot == inc.slot;
            let found = pool.node(inc.node).residents();
            let found = found.iter().find(resident).expect("it is there");
            (found.module, found.id)
        };
        let (parent, child) = (number(&client, pool), number(&child, pool));
        assert_eq!(parent.0, child.0);
        assert_ne!(parent.1, child.1);
    });
}

#[test]
fn both_go_on_by_themselves() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }, node| {
        let Forked { mut child, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        client.write(pool, BUFFER, b"parent");
        assert_ne!(child.read(pool, BUFFER, 6), b"parent");
        let port = server.port;
        for (inc, head) in [(&mut client, b"parent"), (&mut child, b"child ")] {
            assert_eq!(inc.send(pool, stream, head, &[]), 0);
            assert_eq!(&server.receive(pool, port, false).head[..6], head);
        }
        client.start(pool, Call::Exit, [0; 5]);
        pool.settle();
        assert_eq!(child.call(pool, Call::Sleep, [1, 0, 0, 0, 0]), 0, "the child lives");
    });
}

#[test]
fn text_that_is_there_is_shared() {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let pulls = |pool: &Pool| usize::MAX - pool.wires.borrow().pulls_left;
    let before = pulls(&pool);
    fork(&mut pool, &mut client, 2, &[]).expect("forked");
    let near = pulls(&pool) - before;
    fork(&mut pool, &mut client, 0, &[]).expect("forked");
    let first = pulls(&pool) - before - near;
    fork(&mut pool, &mut client, 0, &[]).expect("forked");
    let second = pulls(&pool) - before - near - first;
    assert_eq!((near, first), (second, second + 1), "text is fetched once");
}

#[test]
fn a_child_can_fork_and_its_handle_controls_it() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let Forked { mut child, handle, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        let mut second = fork(pool, &mut child, 1, &[]).expect("forked").child;
        fork(pool, &mut second, node, &[]).expect("forked");
        assert_eq!(members(pool), 5);
        assert_eq!(client.call(pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
        assert_eq!(second.call(pool, Call::Sleep, [1, 0, 0, 0, 0]), 0);
        client.start_events(pool, &[(handle, EventType::Dead as u32)], -1);
        assert_eq!(client.occurred(pool).len(), 1);
        assert_eq!(members(pool), 4);
    });
}
