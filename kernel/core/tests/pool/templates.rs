//! INCHOATE incarnations as blueprints of others (§3.2.1): their text and data are fetched from
//! where they are, and they stay what their module says until nobody copies them any more.

use abi::calls::Call;
use abi::constants::{EndReason, EventType, InitialState, RefType, inc_rights};
use abi::error::CallError;
use abi::message::Kind;

use crate::support::memory::BASE;
use crate::support::pool::{DATA, RDC, TEXT};
use crate::support::scene::hand_over;
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

/// A pool of four nodes whose launch endpoint has an INCHOATE incarnation on node 1, and has
/// forgotten its module since; and the handle to that one.
fn with_template() -> (Pool, Inc, u32) {
    let mut pool = Pool::new(4);
    let mut launch = pool.launch();
    let made = launch.create_from(&mut pool, 1, 1, InitialState::Inchoate);
    let (template, _) = made.expect("created");
    pool.settle();
    launch.write(&mut pool, BASE + 0x8000, &[0; (TEXT + DATA) as usize]);
    (pool, launch, template)
}

/// Whether the incarnation that was started last on `node` has text and data of the module, and
/// nothing else.
fn is_whole(pool: &mut Pool, node: u8) -> bool {
    let slot = pool.newest(node).slot;
    let image = pool.node(node).memory().image(slot);
    let data = &image[8192..][..DATA as usize + 4];
    image[..TEXT as usize].iter().all(|byte| *byte == 0x4e)
        && data[..DATA as usize].iter().all(|byte| *byte == 0xda)
        && data[DATA as usize..] == [0; 4]
}

fn members(pool: &mut Pool) -> usize {
    pool.node(0)
        .launched(abi::ids::RdcId::new(RDC).expect("positive"))
        .expect("it runs")
        .members
        .len()
}

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

/// How the creation behind a handle has ended: the reason and its detail.
fn end_of(pool: &mut Pool, launch: &mut Inc, handle: u32) -> (u32, u32) {
    launch.start_events(pool, &[(handle, EventType::Dead as u32)], -1);
    let dead = launch.occurred(pool)[0];
    (dead.ed_info1.get(), dead.ed_info2.get())
}

#[test]
fn text_and_data_come_from_where_the_template_is() {
    let (mut pool, mut launch, template) = with_template();
    for (node, members_now) in [(1, 2), (2, 3), (2, 4), (0, 5)] {
        let made = launch.create_from(&mut pool, template, node, InitialState::Started);
        let (handle, _) = made.expect("created");
        pool.settle();
        assert!(is_whole(&mut pool, node), "node {node}");
        assert_eq!(members(&mut pool), members_now, "its home knows of it");
        launch.start_events(&mut pool, &[(handle, EventType::Made as u32)], -1);
        assert_eq!(launch.occurred(&mut pool).len(), 1);
    }
    let module = |resident: &kernel::view::Resident| resident.module;
    let modules: Vec<_> = pool.node(2).residents().iter().map(module).collect();
    assert_eq!(modules, [abi::ids::ModuleId(1); 2]);
    pool.pass_ms(30_000);
    assert_eq!(crate::support::bus::open_grants(&pool.wires), 0);
}

#[test]
fn a_copy_can_be_a_template_and_both_can_be_started() {
    let (mut pool, mut launch, template) = with_template();
    let made = launch.create_from(&mut pool, template, 2, InitialState::Inchoate);
    let (copy, _) = made.expect("created");
    assert_eq!(launch.call(&mut pool, Call::Destroy, [template, 0, 0, 0, 0]), 0);
    launch.create_from(&mut pool, copy, 3, InitialState::Started).expect("created");
    pool.settle();
    assert!(is_whole(&mut pool, 3));
    pool.pass_ms(30_000);
    assert_eq!(launch.call(&mut pool, Call::Unfreeze, [copy, 5, 0, 0, 0]), 0);
    assert!(is_whole(&mut pool, 2));
    let args = launch.prepare_create_from(&mut pool, copy, 3, InitialState::Started);
    let late = launch.call(&mut pool, Call::Create, args);
    assert_eq!(error(late), Some(CallError::NotInchoate));
}

#[test]
fn creators_who_come_together_fetch_a_text_once() {
    let (mut pool, mut launch, template) = with_template();
    let (mut other, _, stream) = pool.create_by_template(&mut launch, template, 1);
    let given = copy_of(RefType::Incarnation, template, inc_rights::COPY);
    let given = hand_over(&mut pool, &mut launch, stream, &mut other, given);
    let before = pool.wires.borrow().pulls_left;
    let start = |pool: &mut Pool, inc: &mut Inc, blueprint| {
        let args = inc.prepare_create_from(pool, blueprint, 2, InitialState::Started);
        inc.start(pool, Call::Create, args);
    };
    start(&mut pool, &mut launch, template);
    start(&mut pool, &mut other, given);
    assert_eq!((launch.finish(&mut pool), other.finish(&mut pool)), (0, 0));
    pool.settle();
    assert_eq!(before - pool.wires.borrow().pulls_left, 3, "one text and two times data");
}

#[test]
fn a_template_is_started_when_nobody_copies_it_any_more() {
    let (mut pool, mut launch, template) = with_template();
    // Nobody tells node 1 that a copy was fetched.
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Acknowledge as u8];
    launch.create_from(&mut pool, template, 2, InitialState::Started).expect("created");
    pool.settle();
    launch.start(&mut pool, Call::Unfreeze, [template, 5, 0, 0, 0]);
    pool.pass_ms(5_000);
    assert_eq!(launch.result(&mut pool), None, "somebody may still read its data");
    assert!(pool.node(1).machine().started.is_empty());
    pool.kill(2);
    pool.pass_ms(1_000);
    assert_eq!(launch.result(&mut pool), Some(0), "the reader is gone");
    assert_eq!(pool.node(1).machine().started.len(), 1);
}

#[test]
fn a_template_that_is_to_be_started_is_copied_no_more() {
    let (mut pool, mut launch, template) = with_template();
    let (mut other, _, stream) = pool.create_by_template(&mut launch, template, 3);
    let given = copy_of(RefType::Incarnation, template, inc_rights::COPY);
    let given = hand_over(&mut pool, &mut launch, stream, &mut other, given);
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Acknowledge as u8];
    launch.create_from(&mut pool, template, 2, InitialState::Started).expect("created");
    pool.settle();
    launch.start(&mut pool, Call::Unfreeze, [template, 5, 0, 0, 0]);
    pool.settle();
    let args = other.prepare_create_from(&mut pool, given, 3, InitialState::Started);
    let late = other.call(&mut pool, Call::Create, args);
    assert_eq!(error(late), Some(CallError::NotInchoate));
    assert_eq!(launch.finish(&mut pool), 0, "what is kept ages");
    assert_eq!(members(&mut pool), 3, "the one that was refused is forgotten");
}

#[test]
fn a_template_that_ends_while_it_is_copied_ends_the_copy() {
    let (mut pool, mut launch, template) = with_template();
    pool.wires.borrow_mut().pulls_left = 1;
    let made = launch.create_from(&mut pool, template, 2, InitialState::Started);
    let (copy, _) = made.expect("admitted: its text is still to come");
    pool.wires.borrow_mut().pulls_left = usize::MAX;
    let end = end_of(&mut pool, &mut launch, copy);
    assert_eq!(end, (EndReason::NotCreated as u32, CallError::PeerLost.code() as u32));
    assert_eq!(members(&mut pool), 1);
    // Node 1 dies when node 2 has the data, and has asked for the text.
    let is_reply = |kind: &&u8| **kind == Kind::Reply as u8;
    let replies = |pool: &Pool| pool.wires.borrow().sent.iter().filter(is_reply).count();
    let expected = replies(&pool) + 2;
    let args = launch.prepare_create_from(&mut pool, template, 2, InitialState::Started);
    launch.start(&mut pool, Call::Create, args);
    while replies(&pool) < expected {
        pool.turn();
    }
    pool.kill(1);
    assert_eq!(launch.finish(&mut pool), 0);
    let copy = launch.read_word(&mut pool, args[2]);
    let end = end_of(&mut pool, &mut launch, copy);
    assert_eq!(end, (EndReason::NotCreated as u32, CallError::Unreachable.code() as u32));
    assert!(pool.node(2).residents().is_empty());
    assert_eq!(members(&mut pool), 0);
}
