//! What is lost, and what takes its place.

use abi::calls::Call;
use abi::error::CallError;
use abi::message::Kind;

use super::{Cast, FAIR_MS, LOSSY_MS, Spare, attached, cast, received, send};
use crate::moving::settled;
use crate::support::bus::Weather;
use crate::support::{Inc, Pool};

#[test]
fn a_sender_does_not_notice_that_the_node_of_the_port_is_lost() {
    for reboots in [false, true] {
        let (mut pool, Cast { mut client, mut owner, mut spares, stream, port, .. }) = cast(&[3]);
        assert_eq!(send(&mut pool, &mut client, stream, 1), None);
        assert_eq!(received(&mut pool, &mut owner, port), [1]);
        pool.kill(2);
        if reboots {
            pool.boot(2);
            // Else what is sent now may have gone to the old boot.
            pool.settle();
        }
        assert_eq!(send(&mut pool, &mut client, stream, 2), None);
        assert_eq!(send(&mut pool, &mut client, stream, 3), None);
        assert_eq!(attached(&mut pool, &spares), [0]);
        assert_eq!(attached(&mut pool, &spares), [0; 0], "it is told once");
        let Spare { inc, port, .. } = &mut spares[0];
        assert_eq!(received(&mut pool, inc, *port), [2, 3]);
        settled(&mut pool);
    }
}

#[test]
fn an_invocation_is_answered_by_the_backup() {
    let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3]);
    pool.kill(2);
    client.start_invoke(&mut pool, stream, b"question", &[3; 5000], 40);
    let Spare { inc, port, .. } = &mut spares[0];
    let got = inc.receive(&mut pool, *port, true);
    assert_eq!((&got.head[..8], &got.data[..]), (&b"question"[..], &[3; 5000][..]));
    assert_eq!(inc.reply(&mut pool, got.result, b"answer", &[4; 40]), 0);
    assert_eq!(client.replied(&mut pool).data, [4; 40]);
    settled(&mut pool);
}

#[test]
fn what_the_lost_port_may_have_taken_is_not_sent_to_the_backup() {
    let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3]);
    client.start_invoke(&mut pool, stream, b"question", &[], 0);
    pool.settle();
    pool.kill(2);
    let lost = CallError::from_code(client.finish(&mut pool));
    assert_eq!(lost, Some(CallError::PeerLost));
    pool.pass_ms(FAIR_MS);
    assert_eq!(attached(&mut pool, &spares), [0]);
    let Spare { inc, port, .. } = &mut spares[0];
    assert_eq!(received(&mut pool, inc, *port), [0; 0]);
    assert_eq!(send(&mut pool, &mut client, stream, 2), None);
    assert_eq!(received(&mut pool, inc, *port), [2]);
}

#[test]
fn the_first_of_several_backups_is_attached_and_no_other() {
    for weather in [Weather::Fair, Weather::Lossy(4)] {
        for places in [&[3, 4, 5][..], &[5, 4, 3], &[3, 3, 4], &[1, 3, 0], &[3, 1, 1]] {
            let (mut pool, mut cast) = cast(places);
            pool.weather(weather);
            assert_eq!(send(&mut pool, &mut cast.client, cast.stream, 1), None);
            pool.kill(2);
            pool.pass_ms(LOSSY_MS);
            // Identities begin with the number of the node.
            let first = (0..places.len()).min_by_key(|at| (places[*at], *at)).expect("some");
            assert_eq!(attached(&mut pool, &cast.spares), [first], "{places:?} {weather:?}");
            for number in 2..6 {
                insist(&mut pool, &mut cast.client, cast.stream, number);
            }
            for (number, Spare { inc, port, .. }) in cast.spares.iter_mut().enumerate() {
                let expected: &[u8] = if number == first { &[2, 3, 4, 5] } else { &[] };
                assert_eq!(received(&mut pool, inc, *port), expected, "{places:?} {weather:?}");
            }
            settled(&mut pool);
        }
    }
}

/// Sends a message, again and again as long as it is certain that nobody has it.
fn insist(pool: &mut Pool, client: &mut Inc, stream: u32, number: u8) {
    for _ in 0..10 {
        match send(pool, client, stream, number) {
            Some(CallError::PeerLost) => {}
            result => return assert_eq!(result, None),
        }
    }
    panic!("message {number} cannot be sent");
}

#[test]
fn one_backup_after_the_other_takes_over() {
    let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3, 4, 5]);
    for (number, killed) in [2u8, 3, 4].into_iter().enumerate() {
        assert_eq!(send(&mut pool, &mut client, stream, 1), None);
        // The others learn who has it now.
        pool.pass_ms(3000);
        pool.kill(killed);
        assert_eq!(send(&mut pool, &mut client, stream, 10 + killed), None, "after {killed}");
        assert_eq!(attached(&mut pool, &spares), [number]);
        let Spare { inc, port, .. } = &mut spares[number];
        assert_eq!(received(&mut pool, inc, *port), [10 + killed]);
    }
    pool.kill(5);
    assert_eq!(send(&mut pool, &mut client, stream, 9), Some(CallError::PeerLost));
}

#[test]
fn a_backup_that_is_lost_with_the_port_is_passed_over() {
    for at_once in [true, false] {
        let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3, 4]);
        pool.kill(2);
        if !at_once {
            // The first one has a claim, and comes to nothing.
            pool.wires.borrow_mut().silent = vec![5];
            pool.pass_ms(FAIR_MS);
            assert_eq!(attached(&mut pool, &spares), [0; 0], "node 5 has not answered");
        }
        pool.kill(3);
        pool.wires.borrow_mut().silent.clear();
        pool.pass_ms(FAIR_MS);
        assert_eq!(attached(&mut pool, &spares), [1]);
        assert_eq!(send(&mut pool, &mut client, stream, 2), None);
        let Spare { inc, port, .. } = &mut spares[1];
        assert_eq!(received(&mut pool, inc, *port), [2]);
    }
}

#[test]
fn each_lost_packet_of_a_search_is_made_good() {
    for kind in [Kind::Locate, Kind::NotHere, Kind::Busy, Kind::Here] {
        let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3, 4]);
        pool.wires.borrow_mut().lost_kinds = vec![kind as u8];
        pool.kill(2);
        let message = client.message(&mut pool, 0, &[2], &[]);
        client.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
        pool.pass_ms(FAIR_MS);
        pool.wires.borrow_mut().lost_kinds.clear();
        let sent = CallError::from_code(client.finish(&mut pool));
        assert!(matches!(sent, None | Some(CallError::PeerLost)), "{kind:?}: {sent:?}");
        pool.pass_ms(LOSSY_MS);
        assert_eq!(attached(&mut pool, &spares).len(), 1, "{kind:?}");
        assert_eq!(send(&mut pool, &mut client, stream, 3), None, "{kind:?}");
        let expected: &[u8] = if sent.is_none() { &[2, 3] } else { &[3] };
        let first =
            spares.iter_mut().map(|Spare { inc, port, .. }| received(&mut pool, inc, *port));
        assert_eq!(first.collect::<Vec<_>>().concat(), expected, "{kind:?}");
    }
}

#[test]
fn a_sender_waits_until_the_backup_can_be_attached() {
    for reboots in [false, true] {
        let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3]);
        pool.wires.borrow_mut().silent = vec![5];
        pool.kill(2);
        if reboots {
            pool.boot(2);
            pool.settle();
        }
        client.start_invoke(&mut pool, stream, &[2], &[], 0);
        pool.pass_ms(3000);
        assert_eq!(client.returned(&mut pool), None, "node 5 has not answered");
        pool.wires.borrow_mut().silent.clear();
        pool.pass_ms(FAIR_MS);
        assert_eq!(attached(&mut pool, &spares), [0]);
        let Spare { inc, port, .. } = &mut spares[0];
        assert_eq!(received(&mut pool, inc, *port), [2]);
    }
}

#[test]
fn a_backup_waits_for_a_node_that_does_not_answer_and_senders_do_not() {
    let (mut pool, Cast { mut client, spares, stream, .. }) = cast(&[3]);
    pool.wires.borrow_mut().silent = vec![5];
    pool.kill(2);
    let message = client.message(&mut pool, 0, &[2], &[]);
    client.start(&mut pool, Call::Send, [stream, message, 0, 0, 0]);
    pool.pass_ms(15_000);
    let result = client.returned(&mut pool).and_then(CallError::from_code);
    assert_eq!(result, Some(CallError::PeerLost), "the send has ended");
    assert_eq!(attached(&mut pool, &spares), [0; 0], "node 5 may have another port");
    pool.wires.borrow_mut().silent.clear();
    pool.pass_ms(FAIR_MS);
    assert_eq!(attached(&mut pool, &spares), [0]);
    assert_eq!(send(&mut pool, &mut client, stream, 3), None);
}
