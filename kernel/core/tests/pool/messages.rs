//! Message passing between incarnations of one node and of two: what arrives, in which
//! order, and what the sender is told.

use abi::calls::Call;
use abi::constants::{RefType, buffer_rights};
use abi::error::CallError;
use abi::structs::RefDescrip;

use crate::support::user::{BUFFER, copy_of};
use crate::support::{Inc, Pool};

/// Who plays in these tests.
pub struct Cast {
    pub launch: Inc,
    pub client: Inc,
    pub server: Inc,
    /// The client's stream to the server's standard port.
    pub stream: u32,
    /// The launch endpoint's stream to it.
    pub to_server: u32,
    /// Its stream to the client's.
    pub to_client: u32,
}

/// A pool with a launch endpoint, a server on node 1, and a client on `node`.
pub fn client_and_server(node: u8) -> (Pool, Cast) {
    let mut pool = Pool::new(3);
    let cast = cast(&mut pool, node);
    (pool, cast)
}

/// The same, in a pool that is there.
pub fn cast(pool: &mut Pool, node: u8) -> Cast {
    let mut launch = pool.launch();
    let (server, _, to_server) = pool.create(&mut launch, 1);
    let (mut client, _, to_client) = pool.create(&mut launch, node);
    assert_eq!(launch.give(pool, to_client, copy_of(RefType::Stream, to_server, 0)), 0);
    let port = client.port;
    let got = client.receive(pool, port, false);
    let stream = got.reference.rd_obj.id.get();
    Cast { launch, client, server, stream, to_server, to_client }
}

/// Runs a test with client and server on one node, and on two.
fn near_and_far(test: fn(&mut Pool, Cast)) {
    for node in [1, 2] {
        let (mut pool, cast) = client_and_server(node);
        test(&mut pool, cast);
        pool.pass_ms(30_000);
        assert_eq!(crate::support::bus::open_grants(&pool.wires), 0, "grants are revoked");
    }
}

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

#[test]
fn an_invocation_is_received_and_replied_to() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let port = server.port;
        server.start_receive(pool, port, true, 0);
        client.start_invoke(pool, stream, b"question", &[], 0);
        let handle = server.finish(pool);
        let got = server.got(pool, 3, handle);
        assert_eq!(&got.head[..8], b"question");
        assert_eq!(client.result(pool), None, "it waits for the reply");
        assert_eq!(server.reply(pool, got.result, b"answer", &[]), 0);
        assert_eq!(&client.replied(pool).head[..6], b"answer");
        let again = server.reply(pool, got.result, b"answer", &[]);
        assert_eq!(error(again), Some(CallError::NoSuchReference));
    });
}

#[test]
fn an_invocation_that_comes_first_waits_in_the_queue() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        client.start_invoke(pool, stream, b"early", b"with data", 100);
        pool.pass_ms(1000);
        let port = server.port;
        let got = server.receive(pool, port, true);
        assert_eq!((&got.head[..5], &got.data[..]), (&b"early"[..], &b"with data"[..]));
        assert_eq!(got.capacity, 100);
        pool.pass_ms(20_000);
        assert_eq!(client.result(pool), None, "it is in work, so it waits");
        assert_eq!(server.reply(pool, got.result, b"late", &[7; 100]), 0);
        let replied = client.replied(pool);
        assert_eq!(replied.data, [7; 100]);
    });
}

#[test]
fn an_invoker_who_is_not_blocked_runs_on_with_his_message() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let port = server.port;
        server.start_receive(pool, port, false, 100);
        client.start_invoke(pool, stream, b"note", b"data", 50);
        assert_eq!(server.finish(pool), 1);
        let replied = client.replied(pool);
        assert_eq!((&replied.head[..4], replied.result), (&b"note"[..], 0));
    });
}

#[test]
fn sends_arrive_in_order() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        for number in 0..20u8 {
            assert_eq!(client.send(pool, stream, &[number], &[number; 700]), 0);
        }
        let port = server.port;
        for number in 0..20u8 {
            let got = server.receive(pool, port, true);
            assert_eq!((got.result, got.head[0]), (1, number));
            assert_eq!(got.data, [number; 700]);
        }
        assert!(server.poll(pool, port).is_none());
    });
}

#[test]
fn a_full_queue_holds_its_senders_up() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        for number in 0..64u8 {
            assert_eq!(client.send(pool, stream, &[number], &[]), 0);
        }
        let message = client.message(pool, 0, &[64], &[]);
        client.start(pool, Call::Send, [stream, message, 0, 0, 0]);
        pool.pass_ms(20_000);
        assert_eq!(client.result(pool), None, "it waits for room");
        let port = server.port;
        assert_eq!(server.receive(pool, port, true).head[0], 0);
        assert_eq!(client.finish(pool), 0);
        for number in 1..65u8 {
            assert_eq!(server.receive(pool, port, true).head[0], number);
        }
    });
}

#[test]
fn datagrams_arrive_once() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let message = client.message(pool, 0, b"dgram", b"some data");
        assert_eq!(client.quick(pool, Call::Dgram, [stream, message, 0, 0, 0]), 0);
        let port = server.port;
        let got = server.receive(pool, port, true);
        assert_eq!((got.result, &got.data[..]), (1, &b"some data"[..]));
        assert!(server.poll(pool, port).is_none());
    });
}

#[test]
fn bulk_data_is_fetched_on_reception() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let bulk: Vec<u8> = (0..50_000u32).map(|at| (at % 251) as u8).collect();
        client.start_invoke(pool, stream, b"bulk", &bulk, 60_000);
        let port = server.port;
        server.start_receive(pool, port, true, 60_000);
        let handle = server.finish(pool);
        let got = server.got(pool, 3, handle);
        assert!(got.data == bulk, "all bytes in their places");
        let reply: Vec<u8> = bulk.iter().rev().copied().collect();
        assert_eq!(server.reply(pool, got.result, b"back", &reply), 0);
        let replied = client.replied(pool);
        assert!(replied.data == reply, "and back");
    });
}

#[test]
fn data_beyond_the_room_is_cut() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let port = server.port;
        for length in [100, 20_000] {
            client.start_invoke(pool, stream, b"long", &vec![1; length], 10);
            server.start_receive(pool, port, true, 60);
            let handle = server.finish(pool);
            let got = server.got(pool, 3, handle);
            assert_eq!(got.data, [1; 60]);
            assert_eq!(server.reply(pool, got.result, b"r", &vec![2; length]), 0);
            assert_eq!(client.replied(pool).data, [2; 10]);
        }
    });
}

#[test]
fn asynchronous_invocations_wait_at_the_buffer_limit() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        assert_eq!(client.quick(pool, Call::SetBufferLimit, [stream, 2, 0, 0, 0]), 0);
        for place in 0..2 {
            let message = client.message(pool, place, &[place as u8], &[place as u8; 5000]);
            assert_eq!(client.call(pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
        }
        let message = client.message(pool, 2, &[2], &[2; 5000]);
        client.start(pool, Call::AsInvoke, [stream, message, 0, 0, 0]);
        pool.pass_ms(10_000);
        assert_eq!(client.result(pool), None, "two are incomplete");
        let port = server.port;
        assert_eq!(server.receive(pool, port, true).data, [0; 5000]);
        assert_eq!(client.finish(pool), 0);
        assert_eq!(server.receive(pool, port, true).data, [1; 5000]);
        assert_eq!(server.receive(pool, port, true).data, [2; 5000]);
    });
}

#[test]
fn a_message_is_forwarded_with_its_data_and_the_next_receiver_replies() {
    near_and_far(|pool, Cast { mut launch, mut client, mut server, stream, to_server, .. }| {
        let (mut second, _, to_second) = pool.create(&mut launch, 2);
        // The server gets its stream to the second one by a message.
        assert_eq!(launch.give(pool, to_server, copy_of(RefType::Stream, to_second, 0)), 0);
        let port = server.port;
        let forward_to = server.receive(pool, port, false).reference.rd_obj.id.get();

        for data in [&b""[..], b"some data", &[9; 9000]] {
            client.start_invoke(pool, stream, b"first", data, 100);
            server.start_receive(pool, port, true, 10_000);
            let handle = server.finish(pool);
            let message = server.message(pool, 0, b"second", &[]);
            let args = [forward_to, handle as u32, message, 0, 0];
            assert_eq!(server.call(pool, Call::Forward, args), 0);
            pool.pass_ms(3000);
            let second_port = second.port;
            let got = second.receive(pool, second_port, true);
            assert_eq!(&got.head[..6], b"second");
            assert_eq!(got.data, data);
            assert_eq!(client.result(pool), None);
            assert_eq!(second.reply(pool, got.result, b"done", b"reply"), 0);
            let replied = client.replied(pool);
            assert_eq!((&replied.head[..4], &replied.data[..]), (&b"done"[..], &b"reply"[..]));
        }
    });
}

#[test]
fn a_selector_receives_from_one_stream_only() {
    near_and_far(|pool, Cast { mut launch, mut client, mut server, stream, to_server, .. }| {
        let handle = client.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
        let message =
            client.full_message(pool, 0, b"han", &[], copy_of(RefType::StreamHandle, handle, 0), 0);
        assert_eq!(client.call(pool, Call::Send, [stream, message, 0, 0, 0]), 0);
        let port = server.port;
        let got = server.receive(pool, port, true);
        let selector = got.reference.rd_obj.id.get();
        assert_eq!(launch.send(pool, to_server, b"other", &[]), 0);
        assert_eq!(client.send(pool, stream, b"mine", &[]), 0);
        let room = server.room(pool, 3, 100);
        let result = server.call(pool, Call::Receive, [port, room, 1, selector, 0]);
        assert_eq!(&server.got(pool, 3, result).head[..4], b"mine");
        let result = server.call(pool, Call::Receive, [port, room, 1, selector, 0]);
        assert_eq!(result, 0, "none from that stream");
        assert_eq!(&server.receive(pool, port, true).head[..5], b"other");
    });
}

#[test]
fn a_reception_ends_with_its_timeout() {
    near_and_far(|pool, Cast { mut server, .. }| {
        let message = server.room(pool, 3, 0);
        let port = server.port;
        assert_eq!(server.quick(pool, Call::Receive, [port, message, 1, 0, 0]), 0);
        server.start(pool, Call::Receive, [port, message, 1, 0, 250]);
        pool.pass_ms(249);
        assert_eq!(server.result(pool), None);
        pool.pass_ms(2);
        assert_eq!(server.result(pool), Some(0));
    });
}

#[test]
fn a_buffer_handle_reads_and_writes_the_buffer() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let buffer = BUFFER + 0x20000;
        client.write(pool, buffer, &vec![5; 20_000]);
        let mut descriptor =
            copy_of(RefType::Buffer, buffer, buffer_rights::READ | buffer_rights::WRITE);
        descriptor.rd_obj.count = 20_000.into();
        assert_eq!(client.give(pool, stream, descriptor), 0);
        let port = server.port;
        let got = server.receive(pool, port, true);
        assert_eq!(got.reference.ref_type(), Some(RefType::BufferHandle));
        assert_eq!(got.reference.rd_obj.count.get(), 20_000);
        let handle = got.reference.rd_obj.id.get();
        for length in [1, 1000, 1536, 20_000] {
            let to = BUFFER + 0x30000;
            server.write(pool, to, &vec![0; 20_000]);
            assert_eq!(server.call(pool, Call::CopyFrom, [handle, 0, to, length, 0]), 0);
            assert!(server.read(pool, to, length as usize).iter().all(|byte| *byte == 5));
            assert_eq!(server.read(pool, to + length, 1), [0]);
        }
        for length in [1, 1000, 1536, 19_000] {
            server.write(pool, BUFFER, &vec![length as u8; length as usize]);
            let args = [handle, 10, BUFFER, length, 0];
            assert_eq!(server.call(pool, Call::CopyTo, args), 0);
            let there = client.read(pool, buffer + 10, length as usize);
            assert!(there.iter().all(|byte| *byte == length as u8));
        }
        let beyond = server.quick(pool, Call::CopyFrom, [handle, 19_999, BUFFER, 2, 0]);
        assert_eq!(error(beyond), Some(CallError::BadLength));
        let wraps = server.quick(pool, Call::CopyFrom, [handle, u32::MAX, BUFFER, 2, 0]);
        assert_eq!(error(wraps), Some(CallError::BadLength));
    });
}

#[test]
fn rights_shrink_on_propagation() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let mut descriptor = copy_of(RefType::Buffer, BUFFER, buffer_rights::READ);
        descriptor.rd_obj.count = 100.into();
        assert_eq!(client.give(pool, stream, descriptor), 0);
        let port = server.port;
        let handle = server.receive(pool, port, true).reference.rd_obj.id.get();
        let written = server.quick(pool, Call::CopyTo, [handle, 0, BUFFER, 1, 0]);
        assert_eq!(error(written), Some(CallError::NoRight));
        assert_eq!(server.call(pool, Call::CopyFrom, [handle, 0, BUFFER, 1, 0]), 0);
    });
}

#[test]
fn a_reference_given_away_is_closed_when_it_was_accepted() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let (extra, _) = client.channel(pool);
        let mut descriptor = copy_of(RefType::Stream, extra, 0);
        descriptor.set_keep(abi::structs::Keep::Destroy);
        assert_eq!(client.give(pool, stream, descriptor), 0);
        assert_eq!(client.quick(pool, Call::TestReference, [extra, 0, 0, 0, 0]), 0);
        let port = server.port;
        let got = server.receive(pool, port, true);
        let there =
            server.quick(pool, Call::TestReference, [got.reference.rd_obj.id.get(), 0, 0, 0, 0]);
        assert_eq!(there & 0xff, RefType::Stream as i32);
    });
}

#[test]
fn a_reference_that_may_not_go_further_does_not() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }| {
        let descriptor =
            RefDescrip::new(RefType::Stream, stream, abi::constants::Domain::NoFurther, 0);
        assert_eq!(client.give(pool, stream, descriptor), 0);
        let port = server.port;
        let got = server.receive(pool, port, true).reference.rd_obj.id.get();
        let launch = server.launch;
        let refused = server.give(pool, launch, copy_of(RefType::Stream, got, 0));
        assert_eq!(error(refused), Some(CallError::NoPropagation));
    });
}

#[test]
fn a_closed_port_refuses_what_it_held() {
    near_and_far(|pool, Cast { mut client, server, stream, .. }| {
        client.start_invoke(pool, stream, b"x", &[], 0);
        pool.settle();
        let port = server.port;
        assert_eq!(server.quick(pool, Call::Close, [port, 0, 0, 0, 0]), 0);
        assert_eq!(error(client.finish(pool)), Some(CallError::PeerLost));
        let message = client.message(pool, 0, b"y", &[]);
        let sent = client.call(pool, Call::Send, [stream, message, 0, 0, 0]);
        assert_eq!(error(sent), Some(CallError::NotAttached));
    });
}

#[test]
fn an_asynchronous_invocation_that_waits_for_another_is_not_lost_in_a_closed_port() {
    near_and_far(|pool, Cast { mut client, server, stream, .. }| {
        assert_eq!(client.quick(pool, Call::SetBufferLimit, [stream, 1, 0, 0, 0]), 0);
        let message = client.message(pool, 0, b"x", &[1; 5000]);
        assert_eq!(client.call(pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
        client.start(pool, Call::AsInvoke, [stream, message, 0, 0, 0]);
        pool.settle();
        let port = server.port;
        assert_eq!(server.quick(pool, Call::Close, [port, 0, 0, 0, 0]), 0);
        assert_eq!(error(client.finish(pool)), Some(CallError::NotAttached));
        assert_eq!(pool.node(1).messages_in_use(), (0, 0));
    });
}

#[test]
fn test_port_counts_messages_and_shows_their_headers() {
    near_and_far(|pool, Cast { mut client, server, stream, .. }| {
        for number in 1..=3u8 {
            assert_eq!(client.send(pool, stream, &[number; 32], &[]), 0);
        }
        let port = server.port;
        let count = server.quick(pool, Call::TestPort, [port, 80, BUFFER, 0, 0]);
        assert_eq!(count, 3);
        let headers = server.read(pool, BUFFER, 96);
        assert_eq!((headers[0], headers[32], headers[79], headers[80]), (1, 2, 3, 0));
    });
}
