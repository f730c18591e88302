//! A node that is lost while its data is fetched, piece by piece.

use abi::calls::Call;
use abi::constants::{EndReason, EventType};
use abi::error::CallError;

use super::SEEN_MS;
use super::calls::copy;
use crate::messages::{Cast, client_and_server};
use crate::support::bus::open_grants;
use crate::support::pool::Pool;

/// Bytes that are fetched in three pieces.
const PIECES: usize = 160_000;

#[test]
fn a_replier_that_dies_while_his_data_is_fetched_leaves_the_outcome_open() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    client.start_invoke(&mut pool, stream, b"x", &[], PIECES as u32);
    let port = server.port;
    let handle = server.receive(&mut pool, port, true).result;
    pool.wires.borrow_mut().pulls_left = 1;
    let message = server.message(&mut pool, 2, b"y", &vec![1; PIECES]);
    server.start(&mut pool, Call::Reply, [handle, message, 0, 0, 0]);
    let result = client.result(&mut pool).and_then(CallError::from_code);
    assert_eq!(result, Some(CallError::OutcomeUnknown));
    pool.kill(1);
    pool.pass_ms(SEEN_MS);
    assert_eq!(open_grants(&pool.wires), 0);
}

#[test]
fn a_sender_that_dies_while_his_data_is_fetched_is_passed_over() {
    let (mut pool, Cast { mut launch, mut client, mut server, stream, to_server, .. }) =
        client_and_server(2);
    let port = server.port;
    server.start_receive(&mut pool, port, true, PIECES as u32);
    pool.wires.borrow_mut().pulls_left = 1;
    client.start_invoke(&mut pool, stream, b"lost", &vec![1; PIECES], 0);
    assert_eq!(server.result(&mut pool), None, "it waits for another message");
    pool.kill(2);
    pool.wires.borrow_mut().pulls_left = usize::MAX;
    assert_eq!(launch.send(&mut pool, to_server, b"kept", &[]), 0);
    let result = server.finish(&mut pool);
    assert_eq!(&server.got(&mut pool, 3, result).head[..4], b"kept");
    pool.pass_ms(30_000);
    assert_eq!(pool.node(1).messages_in_use(), (0, 0));
}

#[test]
fn a_writer_that_dies_while_his_data_is_fetched_leaves_the_owner_alone() {
    let (mut pool, mut cast) = client_and_server(2);
    let (client, args) = copy(&mut pool, &mut cast, PIECES as u32);
    pool.wires.borrow_mut().pulls_left = 1;
    client.start(&mut pool, Call::CopyTo, args);
    pool.settle();
    pool.kill(2);
    pool.pass_ms(30_000);
    assert_eq!(pool.node(1).messages_in_use(), (0, 0));
    assert_eq!(cast.server.quick(&mut pool, Call::Where, [0; 5]), 1);
}

#[test]
fn an_owner_who_dies_while_his_buffer_is_read_is_lost() {
    let (mut pool, mut cast) = client_and_server(2);
    let (client, args) = copy(&mut pool, &mut cast, PIECES as u32);
    pool.wires.borrow_mut().pulls_left = 1;
    client.start(&mut pool, Call::CopyFrom, args);
    let result = client.result(&mut pool).and_then(CallError::from_code);
    assert_eq!(result, Some(CallError::PeerLost));
    pool.kill(1);
    pool.pass_ms(SEEN_MS);
    assert_eq!(open_grants(&pool.wires), 0);
}

#[test]
fn a_text_that_is_lost_on_its_way_ends_the_child() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    pool.wires.borrow_mut().pulls_left = 0;
    let (child, _) = launch.create(&mut pool, 1, &[]).expect("admitted");
    launch.start_events(&mut pool, &[(child, EventType::Dead as u32)], -1);
    let dead = launch.occurred(&mut pool)[0];
    let reason = (dead.ed_info1.get(), dead.ed_info2.get() as i32);
    assert_eq!(reason, (EndReason::NotCreated as u32, CallError::PeerLost.code()));
}

#[test]
fn data_that_is_lost_on_its_way_to_a_text_that_is_there_fails_the_creation() {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let residents = pool.node(1).residents().len();
    pool.wires.borrow_mut().pulls_left = 0;
    let created = launch.create(&mut pool, 1, &[]);
    assert_eq!(created, Err(CallError::PeerLost));
    pool.pass_ms(30_000);
    assert_eq!(pool.node(1).residents().len(), residents, "nothing has changed");
    assert_eq!(open_grants(&pool.wires), 0);
}
