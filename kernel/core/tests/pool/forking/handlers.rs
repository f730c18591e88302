//! The handlers of a child: those of its parent, of which none is due.

use abi::calls::Call;
use abi::constants::{Domain, EndReason, EventType, RefType};
use abi::error::CallError;
use abi::message::Kind;
use abi::structs::RefDescrip;
use kernel::Next;

use super::{Forked, fork, near_and_far};
use crate::messages::{Cast, client_and_server};
use crate::support::scene::{TEXT_ADDRESS, hand_over};
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

/// A handler of these tests.
const HANDLER: u32 = TEXT_ADDRESS;

/// The client creates an incarnation on node 1; answers its handle.
fn with_child(pool: &mut Pool, client: &mut Inc) -> u32 {
    pool.create(client, 1).1
}

/// The first detail of the event whose handler `inc` is about to call.
fn told(pool: &mut Pool, inc: &Inc) -> Option<u32> {
    inc.frame(pool).map(|frame| frame.if_event.ed_info1.get())
}

/// A handle to `stream` with a handler of its end.
fn handled_stream(pool: &mut Pool, inc: &Inc, stream: u32) -> u32 {
    let handle = inc.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    handle_stream(pool, inc, handle);
    handle
}

fn handle_stream(pool: &mut Pool, inc: &Inc, handle: u32) {
    assert_eq!(inc.call(pool, Call::SetStreamHandler, [handle, HANDLER, 2, 0, 0]), 0);
}

#[test]
fn handlers_and_priorities_are_inherited_but_not_what_has_happened() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let (stream, port) = client.channel(pool);
        assert_eq!(client.handle_port(pool, port, HANDLER, 4), 0);
        assert_eq!(client.set_priority(pool, 5), 0);
        assert_eq!(client.send(pool, stream, b"x", &[]), 0);
        let forked = fork(pool, &mut client, node, &[(port, 0)]).expect("forked");
        let Forked { child, streams, .. } = forked;
        assert_eq!(child.set_priority(pool, 0), 5);
        assert_eq!(child.handler(pool), None, "the message is the parent's");
        assert_eq!(client.set_priority(pool, 0), 5);
        assert_eq!(client.handler(pool), Some(HANDLER));
        client.end_handler(pool);
        assert_eq!(client.send(pool, streams[0], b"x", &[]), 0);
        assert_eq!(child.handler(pool), Some(HANDLER));
        child.end_handler(pool);
    });
}

#[test]
fn the_child_runs_with_the_priority_of_its_parent() {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);

    let (mut important, handle, _) = pool.create(&mut client, 1);
    assert_eq!(client.call(&mut pool, Call::Freeze, [handle, 0, 0, 0, 0]), 0);
    assert_eq!(client.call(&mut pool, Call::Unfreeze, [handle, 12, 0, 0, 0]), 0);
    let Forked { child, .. } = fork(&mut pool, &mut important, 1, &[]).expect("forked");
    important.start(&mut pool, Call::Pause, [0; 5]);
    pool.settle();
    assert_eq!(pool.node(1).next(), Next::Run(child.slot), "others have a lower one");
}

#[test]
fn the_end_of_a_child_is_told_to_both() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let handle = with_child(pool, &mut client);
        assert_eq!(client.handle_inc(pool, handle, EventType::Dead, HANDLER, 3), 0);
        let Forked { child, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        pool.pass_ms(100);
        assert_eq!(client.call(pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
        for inc in [&client, &child] {
            assert_eq!(told(pool, inc), Some(EndReason::Destroyed as u32));
            inc.end_handler(pool);
        }
    });
}

#[test]
fn one_that_has_ended_before_the_fork_is_told_of_when_it_has_begun() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let handle = with_child(pool, &mut client);
        assert_eq!(client.handle_inc(pool, handle, EventType::Dead, HANDLER, 3), 0);
        assert_eq!(client.call(pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
        assert!(told(pool, &client).is_some());
        client.end_handler(pool);
        pool.settle();
        let Forked { child, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        assert_eq!(told(pool, &child), Some(EndReason::NodeLost as u32), "more nobody knows");
        child.end_handler(pool);
        assert_eq!(child.handler(pool), None);
    });
}

#[test]
fn the_end_of_a_stream_is_told_to_both() {
    near_and_far(|pool, Cast { mut client, stream, .. }, node| {
        handled_stream(pool, &client, stream);
        let Forked { child, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        pool.pass_ms(100);
        assert_eq!(client.quick(pool, Call::Close, [stream, 0, 0, 0, 0]), 0);
        for inc in [&client, &child] {
            assert_eq!(inc.handler(pool), Some(HANDLER));
            inc.end_handler(pool);
        }
    });
}

#[test]
fn one_that_becomes_unreachable_is_told_of() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let handle = with_child(pool, &mut client);
        assert_eq!(client.handle_inc(pool, handle, EventType::Unreachable, HANDLER, 3), 0);
        let Forked { child, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        pool.pass_ms(100);
        let all = Kind::ALL.iter().map(|kind| *kind as u8).collect();
        pool.wires.borrow_mut().lost_kinds = all;
        pool.pass_ms(8_000);
        assert_eq!(child.handler(pool), Some(HANDLER));
        pool.wires.borrow_mut().lost_kinds.clear();
    });
}

#[test]
fn a_child_can_tell_itself() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let itself = client.myself;
        assert_eq!(client.handle_inc(pool, itself, EventType::Faulting, HANDLER, 3), 0);
        let before = pool.node(node).residents().len();
        let Forked { child, handle, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        pool.pass_ms(100);
        assert_eq!(child.handler(pool), None);
        assert_eq!(client.call(pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
        pool.settle();
        assert_eq!(pool.node(node).residents().len(), before, "its ghost waits for nobody");
    });
}

#[test]
fn whoever_has_no_room_for_one_more_is_not_asked_for_ever() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = handled_stream(&mut pool, &client, stream);
    // Somebody else watches the same stream: two do, and that is all.
    let given = copy_of(RefType::StreamHandle, handle, 0);
    let given = hand_over(&mut pool, &mut client, stream, &mut server, given);
    handle_stream(&mut pool, &server, given);
    let Forked { mut child, .. } = fork(&mut pool, &mut client, 0, &[]).expect("forked");
    pool.pass_ms(10_000);
    let before = pool.wires.borrow().sent.len();
    pool.settle();
    assert_eq!(pool.wires.borrow().sent.len(), before, "it is quiet");
    child.start_events(&mut pool, &[(handle, EventType::StreamClosed as u32)], -1);
    let refused = child.finish(&mut pool);
    assert_eq!(CallError::from_code(refused), Some(CallError::Busy), "it can ask itself");
}

#[test]
fn handlers_of_what_is_not_inherited_are_not() {
    let (mut pool, Cast { mut launch, mut client, to_client, stream, .. }) = client_and_server(2);
    let (own, _) = launch.channel(&mut pool);
    let handle = launch.quick(&mut pool, Call::HanCreate, [own, 0, 0, 0, 0]) as u32;
    let given = RefDescrip::new(RefType::StreamHandle, handle, Domain::NoFurther, 0);
    let given = hand_over(&mut pool, &mut launch, to_client, &mut client, given);
    handle_stream(&mut pool, &client, given);
    let Forked { mut child, .. } = fork(&mut pool, &mut client, 0, &[]).expect("forked");
    let new = loop {
        let new = child.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
        if new & 0xfff == given & 0xfff {
            break new;
        }
        assert!(new < 1 << 31, "its place is free again");
    };
    child.start_events(&mut pool, &[(new, EventType::StreamClosed as u32)], 0);
    assert!(child.occurred(&mut pool).is_empty());
    assert_eq!(child.quick(&mut pool, Call::Close, [stream, 0, 0, 0, 0]), 0);
    assert_eq!(child.handler(&mut pool), None);
}
