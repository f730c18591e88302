//! `EV_INC_UNREACHABLE`: a child that does not answer its parent's kernel.

use abi::calls::Call;
use abi::constants::{EndReason, EventType, RefType, inc_rights};
use abi::message::Kind;

use super::FIRST;
use crate::messages::{Cast, client_and_server};
use crate::support::scene::hand_over;
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

const EVENT: u32 = EventType::Unreachable as u32;

/// An incarnation on node 2 that has a handle to a child of somebody else's on node 1.
fn watcher() -> (Pool, Inc, Inc, u32) {
    let (mut pool, Cast { mut launch, mut client, to_client, .. }) = client_and_server(2);
    let (child, handle, _) = pool.create(&mut launch, 1);
    let gift = copy_of(RefType::Incarnation, handle, inc_rights::EVENTS);
    let handle = hand_over(&mut pool, &mut launch, to_client, &mut client, gift);
    (pool, client, child, handle)
}

/// Nothing passes between nodes 1 and 2, though each believes the other to be up.
fn cut(pool: &mut Pool) {
    pool.wires.borrow_mut().lost_kinds = Kind::ALL.iter().map(|kind| *kind as u8).collect();
}

fn heal(pool: &mut Pool) {
    pool.wires.borrow_mut().lost_kinds.clear();
}

/// The reason of the event, if it has occurred.
fn poll(pool: &mut Pool, inc: &mut Inc, handle: u32) -> Option<u32> {
    inc.start_events(pool, &[(handle, EVENT)], 0);
    inc.occurred(pool).first().map(|event| event.ed_info1.get())
}

const LOST: Option<u32> = Some(EndReason::NodeLost as u32);

#[test]
fn a_child_that_falls_silent_becomes_unreachable_once() {
    let (mut pool, mut parent, _, handle) = watcher();
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    pool.pass_ms(20_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), None, "it answers");
    cut(&mut pool);
    pool.pass_ms(4_500);
    assert_eq!(poll(&mut pool, &mut parent, handle), None, "not yet");
    pool.pass_ms(3_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), LOST);
    pool.pass_ms(20_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), None, "this was seen");
    heal(&mut pool);
    pool.pass_ms(2_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), None, "it answers again");
    cut(&mut pool);
    pool.pass_ms(7_500);
    assert_eq!(poll(&mut pool, &mut parent, handle), LOST, "and becomes unreachable again");
}

#[test]
fn a_child_that_answers_again_in_time_is_reachable() {
    let (mut pool, mut parent, _, handle) = watcher();
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    for _ in 0..5 {
        cut(&mut pool);
        pool.pass_ms(4_500);
        heal(&mut pool);
        pool.pass_ms(1_500);
    }
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    cut(&mut pool);
    pool.pass_ms(7_000);
    heal(&mut pool);
    pool.pass_ms(2_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), None, "what is over nobody is told of");
}

#[test]
fn unreachable_children_interrupt() {
    let (mut pool, parent, _, handle) = watcher();
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Unreachable, FIRST, 2), 0);
    parent.start(&mut pool, Call::Pause, [0; 5]);
    cut(&mut pool);
    pool.pass_ms(7_500);
    let frame = parent.frame(&mut pool).expect("a handler");
    assert_eq!((frame.if_handler.get(), frame.if_event.ed_info1.get()), (FIRST, LOST.unwrap()));
    parent.end_handler(&mut pool);
    pool.pass_ms(20_000);
    assert_eq!(parent.frame(&mut pool), None, "once");
}

#[test]
fn the_loss_of_a_node_is_seen_at_once_and_for_good() {
    let (mut pool, mut parent, _, handle) = watcher();
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    parent.start_events(&mut pool, &[(handle, EVENT)], -1);
    pool.kill(1);
    pool.pass_ms(10);
    assert_eq!(parent.occurred(&mut pool)[0].ed_info1.get(), LOST.unwrap());
    pool.boot(1);
    pool.pass_ms(10_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    parent.start(&mut pool, Call::Pause, [0; 5]);
    pool.pass_ms(30_000);
    let before = costs(&mut pool);
    pool.pass_ms(60_000);
    assert_eq!(costs(&mut pool), before, "nobody asks after the dead");
}

/// The parent that made it is told of its end, and of nothing else.
#[test]
fn an_end_is_the_reason_of_not_answering() {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (child, handle, _) = pool.create(&mut client, 1);
    assert_eq!(poll(&mut pool, &mut client, handle), None);
    child.start(&mut pool, Call::Exit, [5, 0, 0, 0, 0]);
    pool.settle();
    client.start_events(&mut pool, &[(handle, EVENT)], 0);
    let event = client.occurred(&mut pool)[0];
    let told = (event.ed_info1.get(), event.ed_info2.get());
    assert_eq!(told, (EndReason::Exited as u32, 5));
    let second = client.clone();
    assert_eq!(second.handle_inc(&mut pool, handle, EventType::Unreachable, FIRST, 2), 0);
    assert_eq!(client.frame(&mut pool), None, "this was seen");
}

/// Whoever is not told of its end finds out by asking.
#[test]
fn a_child_that_has_ended_unseen_does_not_answer() {
    let (mut pool, mut parent, child, handle) = watcher();
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    child.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(8_000);
    assert_eq!(poll(&mut pool, &mut parent, handle), LOST);
}

#[test]
fn a_child_on_the_same_node_answers_without_packets() {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (child, handle, _) = pool.create(&mut client, 2);
    assert_eq!(poll(&mut pool, &mut client, handle), None);
    cut(&mut pool);
    let sent = pool.wires.borrow().sent.len();
    pool.pass_ms(20_000);
    assert_eq!(poll(&mut pool, &mut client, handle), None);
    assert_eq!(pool.wires.borrow().sent.len(), sent);
    heal(&mut pool);
    child.start(&mut pool, Call::Exit, [0; 5]);
    pool.settle();
    assert_eq!(poll(&mut pool, &mut client, handle), Some(EndReason::Exited as u32));
}

/// Packets sent, and alarms asked for by node 2.
fn costs(pool: &mut Pool) -> (usize, u32) {
    let sent = pool.wires.borrow().sent.len();
    (sent, pool.node(2).machine().alarms)
}

/// The questions cost one packet and one answer a second, and no ticks.
#[test]
fn questions_are_cheap_and_end_with_the_interest() {
    let (mut pool, mut parent, _, handle) = watcher();
    assert_eq!(poll(&mut pool, &mut parent, handle), None);
    parent.start(&mut pool, Call::Pause, [0; 5]);
    pool.pass_ms(30_000);
    let (sent, alarms) = costs(&mut pool);
    pool.pass_ms(10_000);
    let after = costs(&mut pool);
    assert_eq!(after.0 - sent, 20);
    assert!(after.1 - alarms <= 11, "{} alarms", after.1 - alarms);
    pool.node(2).end_wait(parent.slot);
    let unset = [handle, 0, EVENT, 0, 0];
    assert_eq!(parent.call(&mut pool, Call::SetIncHandler, unset), 0);
    parent.start(&mut pool, Call::Pause, [0; 5]);
    pool.pass_ms(30_000);
    let (sent, alarms) = costs(&mut pool);
    pool.pass_ms(60_000);
    assert_eq!(costs(&mut pool), (sent, alarms));
}
