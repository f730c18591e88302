//! Ports that a manager attaches, and streams that it rebinds and freezes.

use abi::calls::Call;
use abi::constants::{Domain, RefType};
use abi::error::CallError;
use abi::ids::NodeId;
use abi::message::Kind;
use abi::structs::RefDescrip;

use super::{Cast, PLACES, cast, expect, hand, send, settled};
use crate::support::bus::Weather;
use crate::support::{Inc, Pool};

fn everywhere(test: fn(&mut Pool, Cast)) {
    for places in PLACES {
        for weather in [Weather::Fair, Weather::Lossy(5)] {
            let (mut pool, cast) = cast(places);
            pool.weather(weather);
            test(&mut pool, cast);
            settled(&mut pool);
        }
    }
}

/// A handle to a stream or port of `inc`, for the launch endpoint.
fn handle_of(pool: &mut Pool, launch: &mut Inc, inc: &mut Inc, what: u32) -> u32 {
    let found = inc.quick(pool, Call::TestReference, [what, 0, 0, 0, 0]) & 0xff;
    let ref_type =
        if found == RefType::Stream as i32 { RefType::StreamHandle } else { RefType::PortHandle };
    let handle = inc.quick(pool, Call::HanCreate, [what, 0, 0, 0, 0]) as u32;
    let by = inc.launch;
    hand(pool, inc, by, launch, RefDescrip::new(ref_type, handle, Domain::Any, 0))
}

/// A copy of a stream of `inc`, for the launch endpoint.
fn stream_of(pool: &mut Pool, launch: &mut Inc, inc: &mut Inc, stream: u32) -> u32 {
    let by = inc.launch;
    hand(pool, inc, by, launch, RefDescrip::new(RefType::Stream, stream, Domain::Any, 0))
}

#[test]
fn a_manager_moves_a_channel_from_port_to_port() {
    everywhere(
        |pool,
         Cast {
             mut launch, mut client, mut first, mut second, stream, port, own_stream, ..
         }| {
            let spare = second.port;
            let old = handle_of(pool, &mut launch, &mut first, port);
            let new = handle_of(pool, &mut launch, &mut second, spare);
            let channel = stream_of(pool, &mut launch, &mut first, own_stream);
            for round in 0..6u8 {
                let base = round * 6;
                let (from, to) = if round % 2 == 0 { (old, new) } else { (new, old) };
                send(pool, &mut client, stream, base + 1..base + 4);
                assert_eq!(launch.call(pool, Call::AttachPort, [to, from, channel, 1, 0]), 0);
                send(pool, &mut client, stream, base + 4..base + 6);
                if round % 2 == 0 {
                    expect(pool, &mut second, spare, base + 1..base + 6);
                } else {
                    expect(pool, &mut first, port, base + 1..base + 6);
                }
            }
            let none = launch.call(pool, Call::AttachPort, [new, new, channel, 1, 0]);
            assert_eq!(CallError::from_code(none), Some(CallError::NotAttached));
        },
    );
}

#[test]
fn messages_stay_where_they_are_if_the_manager_says_so() {
    everywhere(
        |pool,
         Cast {
             mut launch, mut client, mut first, mut second, stream, port, own_stream, ..
         }| {
            let spare = second.port;
            let old = handle_of(pool, &mut launch, &mut first, port);
            let new = handle_of(pool, &mut launch, &mut second, spare);
            let channel = stream_of(pool, &mut launch, &mut first, own_stream);
            send(pool, &mut client, stream, 1..4);
            assert_eq!(launch.call(pool, Call::AttachPort, [new, old, channel, 0, 0]), 0);
            send(pool, &mut client, stream, 4..6);
            expect(pool, &mut first, port, 1..4);
            expect(pool, &mut second, spare, 4..6);
        },
    );
}

#[test]
fn a_new_port_of_a_unicast_channel_takes_the_place_of_the_old_one() {
    everywhere(|pool, Cast { mut client, mut first, stream, port, .. }| {
        send(pool, &mut client, stream, 1..3);
        let own = client.call(pool, Call::PortCreate, [stream, 0, 0, 0, 0]) as u32;
        let message = first.message(pool, 0, b"x", &[]);
        assert_eq!(first.call(pool, Call::Receive, [port, message, 0, 0, 0]), 1);
        expect(pool, &mut first, port, 2..3);
        send(pool, &mut client, stream, 3..5);
        expect(pool, &mut client, own, 3..5);
    });
}

#[test]
fn a_port_takes_the_place_of_one_whose_node_is_lost() {
    let (mut pool, Cast { mut launch, mut client, mut first, mut second, stream, own_stream, .. }) =
        cast([1, 2, 3]);
    let spare = second.port;
    let new = handle_of(&mut pool, &mut launch, &mut second, spare);
    let channel = stream_of(&mut pool, &mut launch, &mut first, own_stream);
    send(&mut pool, &mut client, stream, 1..3);
    pool.kill(2);
    assert_eq!(launch.call(&mut pool, Call::AttachPort, [new, 0, channel, 0, 0]), 0);
    let lost = client.send(&mut pool, stream, &[3], &[]);
    let error = CallError::from_code(lost);
    assert!(lost == 0 || error == Some(CallError::PeerLost), "{error:?}");
    send(&mut pool, &mut client, stream, 4..6);
    let first_seen = if lost == 0 { 3 } else { 4 };
    let got = second.poll(&mut pool, spare).expect("a message");
    assert_eq!(got.head[0], first_seen);
}

#[test]
fn a_stream_is_rebound_with_its_messages() {
    everywhere(
        |pool,
         Cast {
             mut launch, mut client, mut first, mut second, stream, port, own_stream, ..
         }| {
            let (other, other_port) = second.channel(pool);
            let handle = handle_of(pool, &mut launch, &mut client, stream);
            let old = handle_of(pool, &mut launch, &mut first, port);
            let to_second = stream_of(pool, &mut launch, &mut second, other);
            let new = handle_of(pool, &mut launch, &mut second, other_port);
            let to_first = stream_of(pool, &mut launch, &mut first, own_stream);
            for round in 0..6u8 {
                let base = round * 6;
                send(pool, &mut client, stream, base + 1..base + 4);
                let args =
                    if round % 2 == 0 { [handle, to_second, old] } else { [handle, to_first, new] };
                let result =
                    launch.call(pool, Call::RebindStream, [args[0], args[1], args[2], 0, 0]);
                assert_eq!(result, 0, "{:?}", CallError::from_code(result));
                send(pool, &mut client, stream, base + 4..base + 6);
                if round % 2 == 0 {
                    expect(pool, &mut second, other_port, base + 1..base + 6);
                } else {
                    expect(pool, &mut first, port, base + 1..base + 6);
                }
            }
        },
    );
}

/// A message that finds no room there is led there and back, and is taken once.
#[test]
fn a_message_that_is_led_to_and_fro_is_not_lost() {
    const FULL: usize = 64;
    everywhere(
        |pool,
         Cast {
             mut launch,
             mut client,
             mut first,
             mut second,
             stream,
             port,
             own_stream,
             to_first,
             to_second,
             ..
         }| {
            let (other, other_port) = second.channel(pool);
            let handle = handle_of(pool, &mut launch, &mut client, stream);
            let old = handle_of(pool, &mut launch, &mut first, port);
            let by_second = stream_of(pool, &mut launch, &mut second, other);
            let new = handle_of(pool, &mut launch, &mut second, other_port);
            let by_first = stream_of(pool, &mut launch, &mut first, own_stream);
            send(pool, &mut client, stream, 0..2);
            expect(pool, &mut first, port, 0..2);
            for _ in 0..FULL {
                assert_eq!(first.send(pool, to_second, b"full", &[]), 0);
                assert_eq!(second.send(pool, to_first, b"full", &[]), 0);
            }
            let message = client.message(pool, 0, &[2], &[2; 60]);
            client.start(pool, Call::Send, [stream, message, 0, 0, 0]);
            pool.pass_ms(500);
            let lead = |pool: &mut Pool, to, from| {
                let result = launch.call(pool, Call::RebindStream, [handle, to, from, 0, 0]);
                assert_eq!(result, 0, "{:?}", CallError::from_code(result));
                pool.pass_ms(500);
            };
            lead(pool, by_second, old);
            lead(pool, by_first, new);
            assert_eq!(client.result(pool), None, "there is no room anywhere");
            let standard = first.port;
            for _ in 0..FULL {
                assert!(first.poll(pool, standard).is_some());
            }
            assert_eq!(client.finish(pool), 0);
            expect(pool, &mut first, port, 2..3);
        },
    );
}

#[test]
fn an_invocation_follows_its_stream() {
    everywhere(|pool, Cast { mut launch, mut client, mut first, mut second, stream, port, .. }| {
        let (other, other_port) = second.channel(pool);
        let handle = handle_of(pool, &mut launch, &mut client, stream);
        let old = handle_of(pool, &mut launch, &mut first, port);
        let to_second = stream_of(pool, &mut launch, &mut second, other);
        client.start_invoke(pool, stream, b"question", &[3; 200], 40);
        pool.pass_ms(500);
        assert_eq!(launch.call(pool, Call::RebindStream, [handle, to_second, old, 0, 0]), 0);
        let got = second.receive(pool, other_port, true);
        assert_eq!((&got.head[..8], &got.data[..]), (&b"question"[..], &[3; 200][..]));
        pool.pass_ms(8000);
        assert_eq!(client.result(pool), None, "it waits for the reply");
        assert_eq!(second.reply(pool, got.result, b"answer", &[4; 40]), 0);
        assert_eq!(client.replied(pool).data, [4; 40]);
        send(pool, &mut client, stream, 1..3);
        expect(pool, &mut second, other_port, 1..3);
    });
}

#[test]
fn a_stream_whose_server_is_lost_is_rebound_at_once() {
    let (mut pool, Cast { mut launch, mut client, mut second, stream, .. }) = cast([1, 2, 3]);
    let (other, other_port) = second.channel(&mut pool);
    let handle = handle_of(&mut pool, &mut launch, &mut client, stream);
    let to_second = stream_of(&mut pool, &mut launch, &mut second, other);
    send(&mut pool, &mut client, stream, 1..3);
    pool.kill(2);
    assert_eq!(launch.call(&mut pool, Call::RebindStream, [handle, to_second, 0, 0, 0]), 0);
    send(&mut pool, &mut client, stream, 3..6);
    expect(&mut pool, &mut second, other_port, 3..6);
}

/// The port of the new channel does not answer for a while.
#[test]
fn a_stream_that_is_being_rebound_is_not_received_from_at_the_old_port() {
    let (mut pool, Cast { mut launch, mut client, mut first, mut second, stream, port, .. }) =
        cast([1, 2, 3]);
    let (other, other_port) = second.channel(&mut pool);
    let handle = handle_of(&mut pool, &mut launch, &mut client, stream);
    let old = handle_of(&mut pool, &mut launch, &mut first, port);
    let to_second = stream_of(&mut pool, &mut launch, &mut second, other);
    assert_eq!(client.send(&mut pool, stream, &[1], &[]), 0);
    pool.wires.borrow_mut().silent = vec![3];
    launch.start(&mut pool, Call::RebindStream, [handle, to_second, old, 0, 0]);
    pool.pass_ms(100);
    first.start_receive(&mut pool, port, false, 0);
    let message = client.message(&mut pool, 0, &[2], &[]);
    client.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
    pool.pass_ms(500);
    assert_eq!(first.returned(&mut pool), None, "it is not received");
    assert_eq!(client.returned(&mut pool), None, "it waits");
    pool.wires.borrow_mut().silent.clear();
    assert_eq!(launch.finish(&mut pool), 0);
    assert_eq!(client.finish(&mut pool), 0);
    for number in 1..3 {
        let got = second.poll(&mut pool, other_port).expect("a message");
        assert_eq!(got.head[0], number);
    }
    assert_eq!(first.returned(&mut pool), None);
}

#[test]
fn the_first_message_of_a_stream_that_comes_late_is_not_received_at_the_old_port() {
    let (mut pool, Cast { mut launch, mut client, mut first, mut second, stream, port, .. }) =
        cast([1, 2, 3]);
    let (other, other_port) = second.channel(&mut pool);
    let handle = handle_of(&mut pool, &mut launch, &mut client, stream);
    let old = handle_of(&mut pool, &mut launch, &mut first, port);
    let to_second = stream_of(&mut pool, &mut launch, &mut second, other);
    pool.wires.borrow_mut().record = Some(Vec::new());
    pool.wires.borrow_mut().silent = vec![1];
    let message = client.message(&mut pool, 0, &[1], &[]);
    client.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
    pool.settle();
    let sent = pool.wires.borrow_mut().record.take().expect("recorded");
    let late = sent.into_iter().find(|packet| packet[0] == Kind::Send as u8).expect("sent");
    pool.wires.borrow_mut().silent.clear();
    assert_eq!(launch.call(&mut pool, Call::RebindStream, [handle, to_second, old, 0, 0]), 0);
    assert_eq!(client.finish(&mut pool), 0);
    pool.wires.borrow_mut().forge(NodeId(1), NodeId(2), late);
    pool.settle();
    assert!(first.poll(&mut pool, port).is_none(), "it has gone elsewhere");
    assert_eq!(second.poll(&mut pool, other_port).expect("a message").head[0], 1);
}

#[test]
fn a_frozen_stream_sends_when_it_is_unfrozen() {
    everywhere(|pool, Cast { mut launch, mut client, mut first, stream, port, .. }| {
        let handle = handle_of(pool, &mut launch, &mut client, stream);
        let again = launch.call(pool, Call::UnfreezeStream, [handle, 0, 0, 0, 0]);
        assert_eq!(CallError::from_code(again), Some(CallError::NotFrozen));
        for (number, call) in
            [Call::Send, Call::Dgram, Call::AsInvoke, Call::Invoke].iter().enumerate()
        {
            assert_eq!(launch.call(pool, Call::FreezeStream, [handle, 0, 0, 0, 0]), 0);
            let head = number as u8 + 1;
            let message = client.message(pool, 0, &[head], &vec![head; usize::from(head) * 30]);
            client.start(pool, *call, [stream, message, 0, 0, 0]);
            pool.pass_ms(8000);
            assert_eq!(client.result(pool), None, "it waits");
            assert!(first.poll(pool, port).is_none(), "and has sent nothing");
            assert_eq!(launch.call(pool, Call::UnfreezeStream, [handle, 0, 0, 0, 0]), 0);
            pool.pass_ms(1000);
            if *call == Call::Dgram && first.poll(pool, port).is_none() {
                continue;
            }
            if *call != Call::Dgram {
                let got = first.receive(pool, port, false);
                assert_eq!(got.head[0], head);
            }
            assert_eq!(client.finish(pool), 0, "{call:?}");
        }
    });
}

#[test]
fn a_stream_that_has_not_sent_is_rebound() {
    everywhere(|pool, Cast { mut launch, mut client, mut first, mut second, stream, port, .. }| {
        let (other, other_port) = second.channel(pool);
        let handle = handle_of(pool, &mut launch, &mut client, stream);
        let old = handle_of(pool, &mut launch, &mut first, port);
        let to_second = stream_of(pool, &mut launch, &mut second, other);
        let result = launch.call(pool, Call::RebindStream, [handle, to_second, old, 0, 0]);
        assert_eq!(result, 0, "{:?}", CallError::from_code(result));
        send(pool, &mut client, stream, 1..3);
        expect(pool, &mut second, other_port, 1..3);
    });
}
