//! Loss, duplication and the death of nodes: at most once always, exactly once where success
//! was returned, an outcome within its bound.

use abi::calls::Call;
use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::message::Kind;

use crate::messages::{Cast, client_and_server};
use crate::support::Pool;
use crate::support::bus::{Weather, open_grants};

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

#[test]
fn lost_and_repeated_packets_change_nothing_that_is_seen() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    pool.weather(Weather::Lossy(4));
    let port = server.port;
    for number in 0..60u32 {
        let length = [0, 500, 5000][number as usize % 3];
        let data = vec![number as u8; length];
        let head = number.to_be_bytes();
        if number % 2 == 0 {
            assert_eq!(client.send(&mut pool, stream, &head, &data[..length.min(1000)]), 0);
            let got = server.receive(&mut pool, port, true);
            assert_eq!((got.result, &got.head[..4]), (1, &head[..]));
        } else {
            client.start_invoke(&mut pool, stream, &head, &data, 6000);
            let got = server.receive(&mut pool, port, true);
            assert_eq!(&got.head[..4], head);
            assert!(got.data == data);
            assert_eq!(server.reply(&mut pool, got.result, &head, &data), 0);
            let replied = client.replied(&mut pool);
            assert_eq!(&replied.head[..4], head);
            assert!(replied.data == data);
        }
        assert!(server.poll(&mut pool, port).is_none(), "message {number} came twice");
    }
    pool.weather(Weather::Fair);
    pool.pass_ms(30_000);
    assert_eq!(open_grants(&pool.wires), 0);
    assert_eq!(pool.node(1).messages_in_use(), (0, 0), "nothing is kept for ever");
}

#[test]
fn creation_survives_loss() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    pool.weather(Weather::Lossy(4));
    for _ in 0..6 {
        launch.create(&mut pool, 1, b"x").expect("created");
    }
    pool.pass_ms(5000);
    assert_eq!(pool.node(1).residents().len(), 6);
}

#[test]
fn each_lost_answer_is_made_good() {
    let answers = [Kind::Accepted, Kind::InProgress, Kind::Reply, Kind::Acknowledge, Kind::Done];
    for kind in answers {
        let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
        let port = server.port;
        pool.wires.borrow_mut().lost_kinds = vec![kind as u8];
        client.start_invoke(&mut pool, stream, b"x", &[1; 4000], 0);
        pool.pass_ms(1000);
        server.start_receive(&mut pool, port, true, 4000);
        let handle = server.finish(&mut pool) as u32;
        assert_eq!(server.reply(&mut pool, handle, b"y", &[]), 0);
        pool.pass_ms(1000);
        pool.wires.borrow_mut().lost_kinds.clear();
        assert_eq!(client.finish(&mut pool), 0, "{kind:?}");
        pool.wires.borrow_mut().lost_kinds = vec![kind as u8];
        let message = client.message(&mut pool, 0, b"z", &[2; 4000]);
        client.start(&mut pool, Call::AsInvoke, [stream, message, 0, 0, 0]);
        pool.pass_ms(1000);
        let got = server.receive(&mut pool, port, true);
        assert_eq!(got.head[0], b'z');
        pool.wires.borrow_mut().lost_kinds.clear();
        assert_eq!(client.finish(&mut pool), 0, "{kind:?}");
        pool.pass_ms(30_000);
        assert!(server.poll(&mut pool, port).is_none(), "{kind:?}");
        assert_eq!(open_grants(&pool.wires), 0, "{kind:?}");
    }
}

#[test]
fn silence_has_an_end() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    let kinds = (1..=16).collect();
    pool.wires.borrow_mut().lost_kinds = kinds;
    client.start_invoke(&mut pool, stream, b"x", &[], 0);
    pool.pass_ms(4900);
    assert_eq!(client.result(&mut pool), None);
    pool.pass_ms(400);
    assert_eq!(client.result(&mut pool).and_then(error), Some(CallError::OutcomeUnknown));
}

#[test]
fn a_killed_node_is_noticed_in_each_kind_of_call() {
    let calls: [fn(&mut Pool, &mut Cast); 5] = [
        |pool, cast| cast.client.start_invoke(pool, cast.stream, b"x", &[], 0),
        |pool, cast| cast.client.start_invoke(pool, cast.stream, b"x", &[1; 9000], 9000),
        |pool, cast| {
            let message = cast.client.message(pool, 0, b"x", &[1; 9000]);
            pool.wires.borrow_mut().lost_kinds = vec![Kind::Accepted as u8];
            cast.client.start(pool, Call::AsInvoke, [cast.stream, message, 0, 0, 0]);
        },
        |pool, cast| {
            let message = cast.client.message(pool, 0, b"x", &[]);
            pool.wires.borrow_mut().lost_kinds = vec![Kind::Accepted as u8];
            cast.client.start(pool, Call::Send, [cast.stream, message, 0, 0, 0]);
        },
        |pool, cast| {
            let message = cast.client.message(pool, 0, b"x", &[]);
            pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
            cast.client.start(pool, Call::Invoke, [cast.stream, message, 0, 0, 0]);
        },
    ];
    for (number, call) in calls.into_iter().enumerate() {
        let (mut pool, mut cast) = client_and_server(2);
        call(&mut pool, &mut cast);
        pool.settle();
        pool.kill(1);
        pool.pass_ms(100);
        let result = cast.client.result(&mut pool).and_then(error);
        assert_eq!(result, Some(CallError::PeerLost), "call {number}");
        let stream = cast.stream;
        let again = cast.client.send(&mut pool, stream, b"x", &[]);
        assert_eq!(error(again), Some(CallError::PeerLost), "call {number}");
    }
}

#[test]
fn a_replier_is_released_when_the_invoker_dies() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let port = server.port;
    client.start_invoke(&mut pool, stream, b"x", &[], 30_000);
    let got = server.receive(&mut pool, port, true);
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    let message = server.message(&mut pool, 2, b"y", &vec![1; 30_000]);
    server.start(&mut pool, Call::Reply, [got.result, message, 0, 0, 0]);
    pool.pass_ms(500);
    assert_eq!(server.result(&mut pool), None, "it waits until its data is fetched");
    pool.kill(2);
    pool.pass_ms(100);
    assert_eq!(server.result(&mut pool).and_then(error), Some(CallError::PeerLost));
    assert_eq!(open_grants(&pool.wires), 0);
}

#[test]
fn a_message_whose_sender_died_with_its_data_is_passed_over() {
    let (mut pool, Cast { mut launch, mut client, mut server, stream, to_server, .. }) =
        client_and_server(2);
    let message = client.message(&mut pool, 0, b"lost", &[1; 9000]);
    assert_eq!(client.call(&mut pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
    assert_eq!(launch.send(&mut pool, to_server, b"kept", &[]), 0);
    pool.kill(2);
    let port = server.port;
    assert_eq!(&server.receive(&mut pool, port, true).head[..4], b"kept");
}

#[test]
fn a_node_that_comes_back_is_a_new_node() {
    let (mut pool, Cast { mut launch, mut client, stream, .. }) = client_and_server(2);
    client.start_invoke(&mut pool, stream, b"x", &[], 0);
    pool.settle();
    pool.kill(1);
    pool.boot(1);
    pool.pass_ms(100);
    assert_eq!(client.result(&mut pool).and_then(error), Some(CallError::PeerLost));
    let gone = client.send(&mut pool, stream, b"x", &[]);
    assert_eq!(error(gone), Some(CallError::NotAttached));
    assert_eq!(launch.create(&mut pool, 1, b""), Err(CallError::NotAllocated));
    assert_eq!(launch.call(&mut pool, Call::NodeAlloc, [1, 77, 0, 0, 0]), 0);
    launch.create(&mut pool, 1, b"").expect("it works again");
}

#[test]
fn a_lost_child_is_an_event_and_orphans_end() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (_, child, _) = pool.create(&mut launch, 1);
    pool.create(&mut launch, 2);
    launch.start_events(&mut pool, &[(child, EventType::Dead as u32)], -1);
    pool.kill(1);
    let dead = launch.occurred(&mut pool)[0];
    assert_eq!(dead.ed_info1.get(), EndReason::NodeLost as u32);
    pool.kill(0);
    pool.pass_ms(6000);
    assert!(pool.node(2).residents().is_empty(), "its launch endpoint is gone");
}

#[test]
fn an_rdc_whose_last_incarnation_is_lost_has_ended() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    pool.create(&mut launch, 1);
    launch.start_events(&mut pool, &[(launch.myself, EventType::Dead as u32)], -1);
    pool.kill(1);
    let end = launch.occurred(&mut pool)[0];
    assert_eq!(end.ed_info1.get(), EndReason::RdcEnded as u32);
}
