//! Messages to all members of a group.

use abi::calls::Call;
use abi::constants::{Domain, RefType, port_flags};
use abi::error::CallError;
use abi::structs::RefDescrip;

use super::{Cast, PLACES, cast, expect, gift, group, hand, send, settled};
use crate::support::bus::Weather;
use crate::support::{Inc, Pool};

/// A group whose members are the two servers and the client, whose stream it is.
struct Group {
    stream: u32,
    own: u32,
    first: u32,
    second: u32,
}

fn join(pool: &mut Pool, launch: &mut Inc, by: u32, inc: &mut Inc, stream: u32) -> u32 {
    let copy = RefDescrip::new(RefType::Stream, stream, Domain::Any, 0);
    let stream = hand(pool, launch, by, inc, copy);
    inc.call(pool, Call::PortCreate, [stream, 0, 0, 0, 0]) as u32
}

fn make(pool: &mut Pool, cast: &mut Cast) -> Group {
    let Cast { launch, client, first, second, to, .. } = cast;
    let (stream, own) = group(pool, client);
    let by = client.launch;
    let copy = RefDescrip::new(RefType::Stream, stream, Domain::Any, 0);
    let shared = hand(pool, client, by, launch, copy);
    let first = join(pool, launch, to[1], first, shared);
    let second = join(pool, launch, to[2], second, shared);
    Group { stream, own, first, second }
}

#[test]
fn all_members_get_each_message_once_and_in_order() {
    for places in PLACES {
        let (mut pool, mut cast) = cast(places);
        let group = make(&mut pool, &mut cast);
        let Cast { mut client, mut first, mut second, .. } = cast;
        send(&mut pool, &mut client, group.stream, 1..6);
        expect(&mut pool, &mut client, group.own, 1..6);
        expect(&mut pool, &mut first, group.first, 1..6);
        expect(&mut pool, &mut second, group.second, 1..6);
        settled(&mut pool);
    }
}

#[test]
fn in_bad_weather_no_member_gets_a_message_twice_or_too_early() {
    for places in PLACES {
        let (mut pool, mut cast) = cast(places);
        let group = make(&mut pool, &mut cast);
        let Cast { mut client, mut first, mut second, .. } = cast;
        assert_eq!(client.quick(&mut pool, Call::Close, [group.own, 0, 0, 0, 0]), 0);
        pool.weather(Weather::Lossy(3));
        send(&mut pool, &mut client, group.stream, 1..9);
        let mut seen = Vec::new();
        for (inc, port) in [(&mut first, group.first), (&mut second, group.second)] {
            let mut numbers = Vec::new();
            while let Some(got) = inc.poll(&mut pool, port) {
                numbers.push(got.head[0]);
            }
            assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
            seen.extend(numbers);
        }
        assert!((1..9).all(|number| seen.contains(&number)), "one at least has each: {seen:?}");
    }
}

#[test]
fn a_group_without_members_is_an_error_at_once() {
    let (mut pool, cast) = cast([1, 2, 3]);
    let mut client = cast.client;
    let (stream, own) = group(&mut pool, &mut client);
    assert_eq!(client.quick(&mut pool, Call::Close, [own, 0, 0, 0, 0]), 0);
    let before = pool.now();
    let result = client.send(&mut pool, stream, b"anybody?", &[]);
    assert_eq!(CallError::from_code(result), Some(CallError::NotAttached));
    assert!(pool.now() - before < 200_000, "all nodes have said that they have none");
    let message = client.message(&mut pool, 0, b"anybody?", &[]);
    assert_eq!(client.call(&mut pool, Call::Dgram, [stream, message, 0, 0, 0]), 0);
}

#[test]
fn only_send_and_dgram_go_to_a_group() {
    let (mut pool, mut cast) = cast([1, 2, 3]);
    let group = make(&mut pool, &mut cast);
    let mut client = cast.client;
    let message = client.message(&mut pool, 0, b"x", &[]);
    for call in [Call::Invoke, Call::AsInvoke] {
        let result = client.call(&mut pool, call, [group.stream, message, 0, 0, 0]);
        assert_eq!(CallError::from_code(result), Some(CallError::MulticastNotAllowed));
    }
    assert_eq!(client.call(&mut pool, Call::Dgram, [group.stream, message, 0, 0, 0]), 0);
    pool.settle();
    for (inc, port) in [(&mut cast.first, group.first), (&mut cast.second, group.second)] {
        assert!(inc.poll(&mut pool, port).is_some(), "each has it");
    }
}

#[test]
fn a_member_with_no_room_is_waited_for_only_if_nobody_else_has_the_message() {
    let (mut pool, mut cast) = cast([1, 2, 3]);
    let group = make(&mut pool, &mut cast);
    let Cast { mut client, mut first, second, .. } = cast;
    assert_eq!(client.quick(&mut pool, Call::Close, [group.own, 0, 0, 0, 0]), 0);
    assert_eq!(second.quick(&mut pool, Call::Close, [group.second, 0, 0, 0, 0]), 0);
    let mut sent = 0;
    loop {
        let message = client.message(&mut pool, 0, &[sent], &[]);
        client.start(&mut pool, Call::Send, [group.stream, message, 0, 0, 0]);
        pool.pass_ms(2000);
        match client.result(&mut pool) {
            Some(result) => assert_eq!(result, 0),
            None => break,
        }
        sent += 1;
    }
    assert!(sent > 2);
    for number in 0..sent {
        assert_eq!(first.receive(&mut pool, group.first, false).head[0], number);
    }
    assert_eq!(client.finish(&mut pool), 0, "there is room again");
}

#[test]
fn a_port_of_a_group_is_propagated() {
    for places in PLACES {
        let (mut pool, mut cast) = cast(places);
        let group = make(&mut pool, &mut cast);
        let Cast { mut client, mut first, mut second, to_second, .. } = cast;
        send(&mut pool, &mut client, group.stream, 1..4);
        let copy = RefDescrip::new(RefType::Port, group.first, Domain::Any, 0);
        let member = hand(&mut pool, &mut first, to_second, &mut second, copy);
        send(&mut pool, &mut client, group.stream, 4..6);
        expect(&mut pool, &mut second, member, 4..6);
        let gift = gift(group.first, port_flags::MOVE_QUEUE);
        let moved = hand(&mut pool, &mut first, to_second, &mut second, gift);
        send(&mut pool, &mut client, group.stream, 6..7);
        expect(&mut pool, &mut second, moved, 1..7);
        expect(&mut pool, &mut second, member, 6..7);
        expect(&mut pool, &mut client, group.own, 1..7);
        settled(&mut pool);
    }
}

#[test]
fn a_unicast_port_goes_to_one_receiver_only() {
    let (mut pool, mut cast) = cast([1, 2, 3]);
    let group = make(&mut pool, &mut cast);
    let (_, port) = cast.client.channel(&mut pool);
    let gift = gift(port, 0);
    let message = cast.client.full_message(&mut pool, 0, b"x", &[], gift, 0);
    for (call, stream) in
        [(Call::Send, group.stream), (Call::Dgram, group.stream), (Call::Dgram, cast.stream)]
    {
        let result = cast.client.call(&mut pool, call, [stream, message, 0, 0, 0]);
        assert_eq!(CallError::from_code(result), Some(CallError::NoPropagation));
    }
}

#[test]
fn a_channel_without_a_port_gets_one_at_once() {
    for nodes in [[1, 1, 1], [1, 2, 3]] {
        let (mut pool, cast) = cast(nodes);
        let Cast { first, own_stream, .. } = cast;
        // The first one is taken over.
        let took = first.call(&mut pool, Call::PortCreate, [own_stream, 0, 0, 0, 0]);
        assert_eq!(first.quick(&mut pool, Call::Close, [took as u32, 0, 0, 0, 0]), 0);
        let began = pool.clock.get();
        let port = first.call(&mut pool, Call::PortCreate, [own_stream, 0, 0, 0, 0]);
        assert!(port > 0, "{port}");
        assert!(pool.clock.get() - began < 100_000, "nobody is waited for");
    }
}

#[test]
fn a_channel_whose_port_has_just_come_and_gone_gets_one_at_once() {
    let (mut pool, cast) = cast([1, 2, 3]);
    let Cast { client, first, stream, own_stream, .. } = cast;
    for _ in 0..10 {
        for (guest, stream) in [(&client, stream), (&first, own_stream)] {
            let began = pool.clock.get();
            let port = guest.call(&mut pool, Call::PortCreate, [stream, 0, 0, 0, 0]);
            assert!(port > 0, "{port}");
            assert!(pool.clock.get() - began < 100_000, "nobody is waited for");
            assert_eq!(guest.quick(&mut pool, Call::Close, [port as u32, 0, 0, 0, 0]), 0);
        }
    }
}

#[test]
fn a_port_can_be_of_both_kinds_and_then_stays() {
    let (mut pool, mut cast) = cast([1, 2, 3]);
    let group = make(&mut pool, &mut cast);
    let Cast { mut client, mut first, stream, own_stream, to_second, .. } = cast;
    let args = [group.first, 0, own_stream, 0, 0];
    assert_eq!(first.call(&mut pool, Call::AttachPort, args), 0);
    send(&mut pool, &mut client, stream, 1..2);
    send(&mut pool, &mut client, group.stream, 2..3);
    expect(&mut pool, &mut first, group.first, 1..3);
    let copy = RefDescrip::new(RefType::Port, group.first, Domain::Any, 0);
    let result = first.give(&mut pool, to_second, copy);
    assert_eq!(CallError::from_code(result), Some(CallError::MixedPort));
}

#[test]
fn a_port_can_be_made_one_of_both_kinds_as_often_as_one_likes() {
    let (mut pool, cast) = cast([1, 1, 1]);
    let Cast { mut client, .. } = cast;
    for round in 0..100 {
        let (all, port) = group(&mut pool, &mut client);
        let (stream, old) = client.channel(&mut pool);
        assert_eq!(client.call(&mut pool, Call::AttachPort, [port, 0, stream, 0, 0]), 0);
        send(&mut pool, &mut client, stream, 1..2);
        expect(&mut pool, &mut client, port, 1..2);
        for reference in [all, port, stream, old] {
            let closed = client.quick(&mut pool, Call::Close, [reference, 0, 0, 0, 0]);
            assert_eq!(closed, 0, "round {round}");
        }
    }
    settled(&mut pool);
}
