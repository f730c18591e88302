//! Ports that are propagated.

use abi::calls::Call;
use abi::constants::{Domain, RefType, port_flags};
use abi::error::CallError;
use abi::structs::RefDescrip;

use super::{Cast, PLACES, cast, expect, gift, hand, send, settled};
use crate::support::Pool;
use crate::support::bus::Weather;

/// Runs a test for each way in which client and servers can be placed, in fair weather and bad.
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

#[test]
fn a_port_that_is_given_away_takes_its_messages_along() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        send(pool, &mut client, stream, 1..6);
        let moved = hand(pool, &mut first, to_second, &mut second, gift(port, 0));
        assert_ne!(moved, 0, "the port has come");
        send(pool, &mut client, stream, 6..9);
        expect(pool, &mut second, moved, 1..9);
        let gone = first.quick(pool, Call::TestReference, [port, 0, 0, 0, 0]);
        assert_eq!(gone, RefType::None as i32, "its old owner has it no more");
    });
}

#[test]
fn a_port_that_is_kept_keeps_its_messages_and_gets_no_more() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        send(pool, &mut client, stream, 1..4);
        let copy = RefDescrip::new(RefType::Port, port, Domain::Any, 0);
        let moved = hand(pool, &mut first, to_second, &mut second, copy);
        send(pool, &mut client, stream, 4..6);
        expect(pool, &mut first, port, 1..4);
        expect(pool, &mut second, moved, 4..6);
    });
}

#[test]
fn the_messages_of_a_port_that_is_kept_can_move() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        send(pool, &mut client, stream, 1..4);
        let copy = RefDescrip::new(RefType::Port, port, Domain::Any, port_flags::MOVE_QUEUE);
        let moved = hand(pool, &mut first, to_second, &mut second, copy);
        send(pool, &mut client, stream, 4..6);
        expect(pool, &mut first, port, 0..0);
        expect(pool, &mut second, moved, 1..6);
    });
}

#[test]
fn a_queue_that_is_full_moves_as_a_whole() {
    const FULL: u8 = 64;
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        for number in 0..FULL {
            assert_eq!(client.send(pool, stream, &[number], &[]), 0, "message {number}");
        }
        let moved = hand(pool, &mut first, to_second, &mut second, gift(port, 0));
        for number in 0..FULL {
            assert_eq!(second.poll(pool, moved).map(|got| got.head[0]), Some(number));
        }
    });
}

#[test]
fn one_who_waits_for_messages_that_are_held_back_gets_none() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        send(pool, &mut client, stream, 0..3);
        expect(pool, &mut first, port, 0..3);
        let copy = RefDescrip::new(RefType::Port, port, Domain::Any, port_flags::HOLD);
        assert_eq!(first.give(pool, to_second, copy), 0);
        first.start_receive(pool, port, true, 0);
        let message = client.message(pool, 0, &[3], &[]);
        client.start(pool, Call::Send, [stream, message, 0, 0, 0]);
        pool.pass_ms(1000);
        assert_eq!(first.result(pool), None, "it is held back");
        let standard = second.port;
        let moved = second.receive(pool, standard, false).reference.rd_obj.id.get();
        assert_eq!(client.finish(pool), 0);
        assert_eq!(second.receive(pool, moved, true).head[0], 3);
    });
}

#[test]
fn messages_can_be_held_back_until_the_port_has_come() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        send(pool, &mut client, stream, 1..3);
        let copy = RefDescrip::new(RefType::Port, port, Domain::Any, port_flags::HOLD);
        assert_eq!(first.give(pool, to_second, copy), 0);
        let message = client.message(pool, 0, &[3], &[3; 90]);
        client.start(pool, Call::Send, [stream, message, 0, 0, 0]);
        pool.pass_ms(10_000);
        assert_eq!(client.result(pool), None, "it waits");
        expect(pool, &mut first, port, 1..3);
        let standard = second.port;
        let moved = second.receive(pool, standard, false).reference.rd_obj.id.get();
        assert_eq!(client.finish(pool), 0);
        expect(pool, &mut second, moved, 3..4);
    });
}

#[test]
fn messages_that_are_held_back_do_not_come_to_who_waits_at_the_old_port() {
    let (mut pool, cast) = cast([1, 2, 3]);
    let Cast { mut client, mut first, mut second, stream, port, to_second, .. } = cast;
    assert_eq!(client.send(&mut pool, stream, &[1], &[]), 0);
    assert_eq!(first.receive(&mut pool, port, false).head[0], 1);
    let copy = RefDescrip::new(RefType::Port, port, Domain::Any, port_flags::HOLD);
    assert_eq!(first.give(&mut pool, to_second, copy), 0);
    first.start_receive(&mut pool, port, false, 0);
    let message = client.message(&mut pool, 0, &[2], &[]);
    client.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
    pool.pass_ms(1000);
    assert_eq!(first.returned(&mut pool), None, "it is not received");
    assert_eq!(client.returned(&mut pool), None, "it waits");
    let standard = second.port;
    let moved = second.receive(&mut pool, standard, false).reference.rd_obj.id.get();
    assert_eq!(client.finish(&mut pool), 0);
    assert_eq!(second.poll(&mut pool, moved).expect("a message").head[0], 2);
}

#[test]
fn an_invocation_goes_on_at_the_new_port() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        client.start_invoke(pool, stream, b"question", &[7; 300], 100);
        pool.pass_ms(1000);
        let moved = hand(pool, &mut first, to_second, &mut second, gift(port, 0));
        pool.pass_ms(1000);
        assert_eq!(client.result(pool), None, "it waits for the reply");
        let got = second.receive(pool, moved, true);
        assert_eq!((&got.head[..8], &got.data[..]), (&b"question"[..], &[7; 300][..]));
        assert_eq!(second.reply(pool, got.result, b"answer", &[9; 100]), 0);
        let replied = client.replied(pool);
        assert_eq!((&replied.head[..6], &replied.data[..]), (&b"answer"[..], &[9; 100][..]));
    });
}

#[test]
fn what_was_received_is_replied_to_by_the_old_owner() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        client.start_invoke(pool, stream, b"question", &[], 0);
        let got = first.receive(pool, port, true);
        let moved = hand(pool, &mut first, to_second, &mut second, gift(port, 0));
        pool.pass_ms(3000);
        assert_eq!(client.result(pool), None, "it waits for the reply");
        assert_eq!(first.reply(pool, got.result, b"late", &[]), 0);
        assert_eq!(&client.replied(pool).head[..4], b"late");
        send(pool, &mut client, stream, 1..3);
        expect(pool, &mut second, moved, 1..3);
    });
}

#[test]
fn bulk_data_is_fetched_from_the_new_port() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }| {
        let data: Vec<u8> = (0..9000u32).map(|at| at as u8).collect();
        let message = client.message(pool, 1, b"bulk", &data);
        assert_eq!(client.call(pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
        let moved = hand(pool, &mut first, to_second, &mut second, gift(port, 0));
        pool.pass_ms(3000);
        let got = second.receive(pool, moved, true);
        assert!(got.data == data, "the data has come");
        let events = [(stream, abi::constants::EventType::StreamInvokable as u32)];
        assert_eq!(client.call(pool, Call::SetBufferLimit, [stream, 1, 0, 0, 0]), 0);
        client.start_events(pool, &events, -1);
        let event = client.occurred(pool);
        assert_eq!(event[0].ed_info1.get(), 0, "it is complete");
    });
}

#[test]
fn a_port_goes_on_from_owner_to_owner() {
    everywhere(|pool, mut cast| {
        let mut port = cast.port;
        let Cast { client, first, second, stream, to_first, to_second, .. } = &mut cast;
        for round in 0..12u8 {
            let base = round * 4;
            send(pool, client, *stream, base + 1..base + 3);
            let (giver, by, taker) = if round % 2 == 0 {
                (&mut *first, *to_second, &mut *second)
            } else {
                (&mut *second, *to_first, &mut *first)
            };
            port = hand(pool, giver, by, taker, gift(port, 0));
            send(pool, client, *stream, base + 3..base + 4);
            expect(pool, taker, port, base + 1..base + 4);
        }
    });
}

#[test]
fn a_port_can_come_with_a_reply() {
    everywhere(|pool, Cast { mut client, mut first, mut second, stream, port, to_first, .. }| {
        send(pool, &mut client, stream, 1..3);
        second.start_invoke(pool, to_first, b"your port?", &[], 50);
        let standard = first.port;
        let got = first.receive(pool, standard, true);
        let message = first.full_message(pool, 2, b"here", &[5; 50], gift(port, 0), 0);
        assert_eq!(first.call(pool, Call::Reply, [got.result, message, 0, 0, 0]), 0);
        let replied = second.replied(pool);
        assert_eq!((&replied.head[..4], &replied.data[..]), (&b"here"[..], &[5; 50][..]));
        let moved = replied.reference.rd_obj.id.get();
        send(pool, &mut client, stream, 3..5);
        expect(pool, &mut second, moved, 1..5);
    });
}

#[test]
fn a_port_in_a_reply_to_one_who_has_died_is_its_owners_again() {
    for places in PLACES {
        let (mut pool, mut cast) = cast(places);
        let Cast { launch, client, first, second, stream, port, to_first, .. } = &mut cast;
        send(&mut pool, client, *stream, 1..3);
        second.start_invoke(&mut pool, *to_first, b"your port?", &[], 0);
        let standard = first.port;
        let got = first.receive(&mut pool, standard, true);
        // The launch endpoint's first references are its own, then those of its children.
        let second = 0x10000 | 8;
        assert_eq!(launch.call(&mut pool, Call::Destroy, [second, 0, 0, 0, 0]), 0);
        pool.pass_ms(1000);
        let message = first.full_message(&mut pool, 2, b"here", &[5; 50], gift(*port, 0), 0);
        let replied = first.call(&mut pool, Call::Reply, [got.result, message, 0, 0, 0]);
        let is_near = places[1] == places[2];
        let expected = if is_near { CallError::NoReplyExpected.code() } else { 0 };
        assert_eq!(replied, expected, "{places:?}");
        pool.pass_ms(1000);
        send(&mut pool, client, *stream, 3..5);
        expect(&mut pool, first, *port, 1..5);
        settled(&mut pool);
    }
}

#[test]
fn a_long_queue_comes_in_parts() {
    for places in PLACES {
        let (mut pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }) =
            cast(places);
        for number in 0..20u8 {
            assert_eq!(client.send(&mut pool, stream, &[number], &[number; 1536]), 0);
        }
        let moved = hand(&mut pool, &mut first, to_second, &mut second, gift(port, 0));
        assert_eq!(client.send(&mut pool, stream, &[20], &[20; 1536]), 0);
        for number in 0..=20u8 {
            let got = second.receive(&mut pool, moved, true);
            assert_eq!((got.head[0], &got.data[..]), (number, &[number; 1536][..]));
        }
        settled(&mut pool);
    }
}

#[test]
fn a_port_whose_message_is_lost_is_its_owners_again() {
    let (mut pool, Cast { mut client, mut first, second, stream, port, to_second, .. }) =
        cast([1, 2, 3]);
    send(&mut pool, &mut client, stream, 1..3);
    assert_eq!(first.give(&mut pool, to_second, gift(port, 0)), 0);
    let gone = first.quick(&mut pool, Call::TestReference, [port, 0, 0, 0, 0]);
    assert_eq!(gone, 0, "it is given away");
    // Whoever was to receive it closes the port where it waits.
    assert_eq!(second.quick(&mut pool, Call::Close, [second.port, 0, 0, 0, 0]), 0);
    pool.pass_ms(1000);
    send(&mut pool, &mut client, stream, 3..4);
    expect(&mut pool, &mut first, port, 1..4);
    settled(&mut pool);
}

#[test]
fn a_port_whose_receiver_dies_is_its_owners_again() {
    let (mut pool, Cast { mut client, mut first, stream, port, to_second, .. }) = cast([1, 2, 3]);
    send(&mut pool, &mut client, stream, 1..3);
    assert_eq!(first.give(&mut pool, to_second, gift(port, port_flags::HOLD)), 0);
    let message = client.message(&mut pool, 0, &[3], &[3; 90]);
    client.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
    pool.pass_ms(1000);
    assert_eq!(client.result(&mut pool), None, "it is held back");
    pool.kill(3);
    assert_eq!(client.finish(&mut pool), 0);
    expect(&mut pool, &mut first, port, 1..4);
    settled(&mut pool);
}

#[test]
fn a_port_that_was_yielded_comes_back_if_its_new_owner_dies_before_he_has_it() {
    let (mut pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }) =
        cast([1, 2, 3]);
    send(&mut pool, &mut client, stream, 1..4);
    assert_eq!(first.give(&mut pool, to_second, gift(port, 0)), 0);
    // The answer to the request for the port does not arrive.
    pool.wires.borrow_mut().lost_kinds = vec![abi::message::Kind::Reply as u8];
    let standard = second.port;
    second.start_receive(&mut pool, standard, false, 0);
    pool.pass_ms(500);
    pool.kill(3);
    pool.pass_ms(100);
    pool.wires.borrow_mut().lost_kinds.clear();
    send(&mut pool, &mut client, stream, 4..6);
    expect(&mut pool, &mut first, port, 1..6);
    settled(&mut pool);
}

#[test]
fn what_nobody_says_to_have_arrived_is_asked_after() {
    let (mut pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }) =
        cast([1, 2, 3]);
    send(&mut pool, &mut client, stream, 1..4);
    pool.wires.borrow_mut().lost_kinds = vec![abi::message::Kind::Acknowledge as u8];
    let moved = hand(&mut pool, &mut first, to_second, &mut second, gift(port, 0));
    pool.pass_ms(5000);
    pool.wires.borrow_mut().lost_kinds.clear();
    send(&mut pool, &mut client, stream, 4..6);
    expect(&mut pool, &mut second, moved, 1..6);
    assert_eq!(first.quick(&mut pool, Call::TestReference, [port, 0, 0, 0, 0]), 0);
    settled(&mut pool);
}

#[test]
fn who_has_no_room_for_a_port_can_have_it_later() {
    let (mut pool, Cast { mut client, mut first, mut second, stream, port, to_second, .. }) =
        cast([1, 2, 3]);
    send(&mut pool, &mut client, stream, 1..4);
    assert_eq!(first.give(&mut pool, to_second, gift(port, 0)), 0);
    let mut taken = Vec::new();
    loop {
        let handle = second.quick(&mut pool, Call::HanCreate, [second.port, 0, 0, 0, 0]);
        if handle < 0 {
            break;
        }
        taken.push(handle as u32);
    }
    let standard = second.port;
    second.start_receive(&mut pool, standard, false, 0);
    let result = second.finish(&mut pool);
    assert_eq!(CallError::from_code(result), Some(CallError::TableFull));
    assert_eq!(second.quick(&mut pool, Call::Close, [taken[0], 0, 0, 0, 0]), 0);
    let moved = second.receive(&mut pool, standard, false).reference.rd_obj.id.get();
    expect(&mut pool, &mut second, moved, 1..4);
    settled(&mut pool);
}
