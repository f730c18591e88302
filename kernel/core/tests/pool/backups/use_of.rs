//! What can be done with a backup port, and what is no reason to attach it.

use abi::calls::Call;
use abi::constants::{Domain, RefType};
use abi::error::CallError;
use abi::structs::RefDescrip;

use super::{Cast, FAIR_MS, Spare, attached, backup, cast, received, send};
use crate::moving::{gift, hand, settled};
use crate::support::Pool;

#[test]
fn a_port_that_was_closed_is_not_replaced() {
    for ends in [false, true] {
        let (mut pool, Cast { mut client, owner, spares, stream, port, .. }) = cast(&[3, 4]);
        assert_eq!(send(&mut pool, &mut client, stream, 1), None);
        if ends {
            owner.start(&mut pool, Call::Exit, [0; 5]);
        } else {
            assert_eq!(owner.quick(&mut pool, Call::Close, [port, 0, 0, 0, 0]), 0);
        }
        for number in [2, 3] {
            let error = send(&mut pool, &mut client, stream, number);
            assert_eq!(error, Some(CallError::NotAttached));
            pool.pass_ms(10_000);
        }
        assert_eq!(attached(&mut pool, &spares), [0; 0]);
        settled(&mut pool);
    }
}

#[test]
fn a_node_that_is_silent_is_not_lost() {
    let (mut pool, Cast { mut client, mut owner, spares, stream, port, .. }) = cast(&[3]);
    assert_eq!(send(&mut pool, &mut client, stream, 1), None);
    pool.wires.borrow_mut().silent = vec![2];
    assert_eq!(send(&mut pool, &mut client, stream, 2), Some(CallError::OutcomeUnknown));
    pool.pass_ms(20_000);
    assert_eq!(attached(&mut pool, &spares), [0; 0]);
    pool.wires.borrow_mut().silent.clear();
    assert_eq!(send(&mut pool, &mut client, stream, 3), None);
    assert_eq!(received(&mut pool, &mut owner, port), [1, 3]);
}

#[test]
fn a_backup_follows_the_port_from_node_to_node() {
    for first_is_lost in [false, true] {
        let (mut pool, cast) = cast(&[3]);
        let Cast { mut client, mut owner, mut heir, mut spares, stream, port, to_heir, .. } = cast;
        assert_eq!(send(&mut pool, &mut client, stream, 1), None);
        let given = hand(&mut pool, &mut owner, to_heir, &mut heir, gift(port, 0));
        assert_eq!(received(&mut pool, &mut heir, given), [1]);
        pool.pass_ms(3000);
        if first_is_lost {
            pool.kill(2);
            pool.pass_ms(5000);
            assert_eq!(attached(&mut pool, &spares), [0; 0], "the port is on node 4");
        }
        assert_eq!(send(&mut pool, &mut client, stream, 2), None);
        assert_eq!(received(&mut pool, &mut heir, given), [2]);
        pool.kill(4);
        pool.pass_ms(FAIR_MS);
        assert_eq!(attached(&mut pool, &spares), [0]);
        assert_eq!(send(&mut pool, &mut client, stream, 3), None);
        let Spare { inc, port, .. } = &mut spares[0];
        assert_eq!(received(&mut pool, inc, *port), [3]);
        settled(&mut pool);
    }
}

#[test]
fn a_port_that_has_just_moved_is_replaced_when_its_first_node_is_lost_only_if_it_is_too() {
    let (mut pool, cast) = cast(&[3]);
    let Cast { mut client, mut owner, mut heir, mut spares, stream, port, to_heir, .. } = cast;
    let given = hand(&mut pool, &mut owner, to_heir, &mut heir, gift(port, 0));
    pool.kill(2);
    pool.pass_ms(3000);
    assert_eq!(send(&mut pool, &mut client, stream, 1), None);
    assert_eq!(received(&mut pool, &mut heir, given), [1]);
    assert_eq!(attached(&mut pool, &spares), [0; 0]);
    pool.kill(4);
    pool.pass_ms(FAIR_MS);
    assert_eq!(attached(&mut pool, &spares), [0]);
    assert_eq!(send(&mut pool, &mut client, stream, 2), None);
    let Spare { inc, port, .. } = &mut spares[0];
    assert_eq!(received(&mut pool, inc, *port), [2]);
}

#[test]
fn a_port_that_is_lost_in_transit_comes_back_and_is_not_replaced() {
    for is_received in [false, true] {
        let (mut pool, cast) = cast(&[3]);
        let Cast { mut client, mut owner, mut heir, spares, stream, port, to_heir, .. } = cast;
        assert_eq!(owner.give(&mut pool, to_heir, gift(port, 0)), 0);
        if is_received {
            // What is yielded does not arrive.
            pool.wires.borrow_mut().lost_kinds = vec![abi::message::Kind::Reply as u8];
            let standard = heir.port;
            heir.start_receive(&mut pool, standard, false, 0);
        }
        pool.pass_ms(2000);
        pool.kill(4);
        pool.wires.borrow_mut().lost_kinds.clear();
        pool.pass_ms(5000);
        assert_eq!(attached(&mut pool, &spares), [0; 0]);
        assert_eq!(send(&mut pool, &mut client, stream, 2), None);
        assert_eq!(received(&mut pool, &mut owner, port), [2]);
    }
}

#[test]
fn a_port_whose_owner_is_lost_while_he_gives_it_away_is_replaced() {
    let (mut pool, cast) = cast(&[3]);
    let Cast { mut client, mut owner, mut heir, spares, stream, port, to_heir, .. } = cast;
    assert_eq!(owner.give(&mut pool, to_heir, gift(port, 0)), 0);
    pool.wires.borrow_mut().lost_kinds = vec![abi::message::Kind::Reply as u8];
    let standard = heir.port;
    heir.start_receive(&mut pool, standard, false, 0);
    pool.pass_ms(500);
    pool.kill(2);
    pool.wires.borrow_mut().lost_kinds.clear();
    pool.pass_ms(FAIR_MS);
    assert_eq!(attached(&mut pool, &spares), [0]);
    assert_eq!(send(&mut pool, &mut client, stream, 2), None);
    settled(&mut pool);
}

/// A handle of the launch endpoint to the heir's standard port, and its stream to the channel.
fn manager(pool: &mut Pool, cast: &mut Cast) -> (u32, u32) {
    let Cast { launch, heir, spares, .. } = cast;
    let Spare { inc, stream, .. } = &mut spares[0];
    let copy = RefDescrip::new(RefType::Stream, *stream, Domain::Any, 0);
    let by = inc.launch;
    let shared = hand(pool, inc, by, launch, copy);
    let handle = heir.quick(pool, Call::HanCreate, [heir.port, 0, 0, 0, 0]) as u32;
    let copy = RefDescrip::new(RefType::PortHandle, handle, Domain::Any, 0);
    let by = heir.launch;
    (hand(pool, heir, by, launch, copy), shared)
}

#[test]
fn a_manager_who_attaches_a_port_is_first_or_takes_it_from_the_backup() {
    for waits_ms in [0, 20, 40, 60, 100, 1000] {
        let (mut pool, mut cast) = cast(&[3, 5]);
        let (handle, shared) = manager(&mut pool, &mut cast);
        let Cast { launch, mut client, mut heir, stream, .. } = cast;
        let own = heir.port;
        pool.kill(2);
        pool.clock.set(pool.clock.get() + waits_ms * 1000);
        assert_eq!(launch.call(&mut pool, Call::AttachPort, [handle, 0, shared, 1, 0]), 0);
        for number in [1, 2] {
            assert_eq!(send(&mut pool, &mut client, stream, number), None, "{waits_ms} ms");
            assert_eq!(received(&mut pool, &mut heir, own), [number], "{waits_ms} ms");
            pool.pass_ms(3000);
        }
    }
}

#[test]
fn what_was_true_before_a_manager_began_does_not_count() {
    let (mut pool, mut cast) = cast(&[3]);
    let (handle, shared) = manager(&mut pool, &mut cast);
    let Cast { launch, mut client, mut heir, spares, stream, .. } = cast;
    // Node 4 has answered that it has no such port, node 5 has not.
    pool.wires.borrow_mut().silent = vec![5];
    pool.kill(2);
    pool.pass_ms(FAIR_MS);
    launch.start(&mut pool, Call::AttachPort, [handle, 0, shared, 1, 0]);
    // Now node 4 is about to have one, and node 5 answers.
    pool.pass_ms(950);
    assert_eq!(launch.returned(&mut pool), None, "the manager waits for node 5");
    pool.wires.borrow_mut().silent.clear();
    pool.pass_ms(3000);
    assert_eq!(launch.returned(&mut pool), Some(0));
    assert_eq!(attached(&mut pool, &spares), [0; 0]);
    assert_eq!(send(&mut pool, &mut client, stream, 1), None);
    let own = heir.port;
    assert_eq!(received(&mut pool, &mut heir, own), [1]);
}

#[test]
fn a_backup_can_be_attached_by_hand_and_is_none_any_more() {
    for is_closed in [false, true] {
        let (mut pool, Cast { mut client, owner, mut spares, stream, port, .. }) = cast(&[3]);
        let Spare { inc, stream: own, port: backup_port } = &mut spares[0];
        assert_eq!(send(&mut pool, &mut client, stream, 1), None);
        if is_closed {
            assert_eq!(owner.quick(&mut pool, Call::Close, [port, 0, 0, 0, 0]), 0);
        }
        let args = [*backup_port, 0, *own, 0, 0];
        assert_eq!(inc.call(&mut pool, Call::AttachPort, args), 0);
        assert_eq!(send(&mut pool, &mut client, stream, 2), None);
        assert_eq!(received(&mut pool, inc, *backup_port), [2]);
        assert_eq!(backup(&mut pool, inc, *own), Err(CallError::BadArgument), "its own port");
        // It can be propagated now.
        let by = inc.launch;
        assert_eq!(inc.give(&mut pool, by, gift(*backup_port, 0)), 0);
    }
}

#[test]
fn a_backup_is_received_from_tested_and_closed_but_not_propagated() {
    let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3, 4]);
    let Spare { inc, stream: own, port } = &mut spares[0];
    let found = inc.quick(&mut pool, Call::TestReference, [*port, 0, 0, 0, 0]);
    assert_eq!(found & 0xff, RefType::Port as i32);
    assert_eq!(inc.quick(&mut pool, Call::TestPort, [*port, 0, 0, 0, 0]), 0);
    assert!(inc.poll(&mut pool, *port).is_none());
    for keeps in [gift(*port, 0), RefDescrip::new(RefType::Port, *port, Domain::Any, 0)] {
        let by = inc.launch;
        let result = CallError::from_code(inc.give(&mut pool, by, keeps));
        assert_eq!(result, Some(CallError::NoPropagation));
    }
    assert_eq!(backup(&mut pool, inc, *own), Err(CallError::BadArgument), "one is enough");
    assert_eq!(inc.quick(&mut pool, Call::Close, [*port, 0, 0, 0, 0]), 0);
    *port = backup(&mut pool, inc, *own).expect("another one");
    assert_eq!(inc.quick(&mut pool, Call::Close, [*port, 0, 0, 0, 0]), 0);
    pool.kill(2);
    pool.pass_ms(FAIR_MS);
    assert_eq!(attached(&mut pool, &spares[1..]), [0], "the other one");
    assert_eq!(send(&mut pool, &mut client, stream, 2), None);
}

#[test]
fn a_backup_port_keeps_room_for_its_channel() {
    let (mut pool, Cast { mut client, mut spares, stream, .. }) = cast(&[3]);
    let Spare { inc, port, .. } = &mut spares[0];
    for number in 0..4 {
        let (other, _) = inc.channel(&mut pool);
        let result = inc.call(&mut pool, Call::AttachPort, [*port, 0, other, 0, 0]);
        let expected = if number < 3 { None } else { Some(CallError::TableFull) };
        assert_eq!(CallError::from_code(result), expected, "channel {number}");
    }
    pool.kill(2);
    assert_eq!(send(&mut pool, &mut client, stream, 2), None);
    assert_eq!(received(&mut pool, inc, *port), [2]);
}
