//! Creation and end of incarnations and RDCs, and control over them.

use abi::calls::Call;
use abi::constants::{EndReason, EventType, IncarnationState, InitialState, RefType, inc_rights};
use abi::error::CallError;
use abi::message::Kind;
use abi::start::StartBlock;
use abi::structs::IncState;
use kernel::Config;
use kernel::platform::Memory;
use zerocopy::FromBytes;

use crate::messages::{Cast, client_and_server};
use crate::support::memory::BASE;
use crate::support::pool::{DATA, RDC, TEXT};
use crate::support::scene::hand_over;
use crate::support::user::{BUFFER, RESULTS, copy_of};
use crate::support::{Inc, Pool};

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

/// What `inc_status` says of a child.
pub fn status(pool: &mut Pool, parent: &Inc, child: u32) -> IncState {
    assert_eq!(parent.call(pool, Call::Status, [child, RESULTS, 0, 0, 0]), 0);
    let bytes = parent.read(pool, RESULTS, size_of::<IncState>());
    IncState::read_from_bytes(&bytes).expect("28 bytes")
}

fn shown(state: &IncState) -> Option<IncarnationState> {
    IncarnationState::from_value(state.is_state.get() as i32)
}

#[test]
fn an_incarnation_starts_with_its_text_data_and_parameters() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (handle, _) = launch.create(&mut pool, 1, b"parameters").expect("created");
    let (child, second, _) = pool.create(&mut launch, 1);
    let first = pool.node(1).residents()[0];
    let block = pool.node(1).machine().started[&first.slot];
    let bytes = pool.node(1).memory().load(first.slot, block.0, size_of::<StartBlock>());
    let start = StartBlock::read_from_bytes(&bytes).expect("50 bytes");
    assert_eq!((start.sb_rdc.get(), start.sb_node.get()), (RDC, 1));
    let (at, length) = (start.sb_params.ip_dataargs.get(), start.sb_params.ip_datasize.get());
    assert_eq!(pool.node(1).memory().load(first.slot, at, length as usize), b"parameters");
    let text = child.read(&mut pool, BASE, TEXT as usize);
    assert!(text.iter().all(|byte| *byte == 0x4e), "a shared text is there");
    let first_text = pool.node(1).memory().load(first.slot, BASE, TEXT as usize);
    assert!(first_text.iter().all(|byte| *byte == 0x4e), "a fetched text is there");
    let data = child.read(&mut pool, BASE + 8192, DATA as usize + 1);
    assert!(data[..DATA as usize].iter().all(|byte| *byte == 0xda) && data[DATA as usize] == 0);
    for handle in [handle, second] {
        launch.start_events(&mut pool, &[(handle, EventType::Made as u32)], -1);
        assert_eq!(launch.occurred(&mut pool).len(), 1, "told of, with the text there or not");
    }
}

#[test]
fn identity_is_what_was_created() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (child, _, _) = pool.create(&mut launch, 1);
    assert_eq!(child.quick(&mut pool, Call::SelfInc, [0; 5]) as u32, child.myself);
    assert_eq!(child.quick(&mut pool, Call::Where, [0; 5]), 1);
    assert_eq!(child.quick(&mut pool, Call::RdcId, [0; 5]) as u32, RDC);
}

#[test]
fn modules_and_nodes_are_known_to_the_launch_endpoint() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (mut child, _, _) = pool.create(&mut launch, 1);
    child.write(&mut pool, RESULTS, b"worker\0");
    assert_eq!(child.call(&mut pool, Call::ModuleId, [RESULTS, 0, 0, 0, 0]), 0);
    child.write(&mut pool, RESULTS, b"nobody\0");
    let unknown = child.call(&mut pool, Call::ModuleId, [RESULTS, 0, 0, 0, 0]);
    assert_eq!(error(unknown), Some(CallError::NoSuchModule));
    child.write(&mut pool, RESULTS, b"a name of twenty byt\0");
    let long = child.quick(&mut pool, Call::ModuleId, [RESULTS, 0, 0, 0, 0]);
    assert_eq!(error(long), Some(CallError::LabelTooLong));
    assert_eq!(child.call(&mut pool, Call::NodeList, [2, RESULTS, 0, 0, 0]), 2, "as many as fit");
    assert_eq!(child.call(&mut pool, Call::NodeList, [9, RESULTS, 0, 0, 0]), 3);
    assert_eq!(child.read_word(&mut pool, RESULTS + 16), 2);
}

#[test]
fn creation_is_refused_with_the_reason() {
    let mut pool =
        Pool::with_config(3, Config { incarnations: 3, references: 16, ..Config::default() });
    let mut launch = pool.launch();
    assert_eq!(launch.create(&mut pool, 9, b""), Err(CallError::NoSuchNode));
    let args = [7, 1, RESULTS, RESULTS + 4, RESULTS + 16];
    launch.write(&mut pool, RESULTS + 16, &[9; 18]);
    let no_state = launch.quick(&mut pool, Call::Create, args);
    assert_eq!(error(no_state), Some(CallError::BadArgument), "no such initial state");
    launch.create(&mut pool, 1, b"").expect("room");
    let no_module = launch.call(&mut pool, Call::Create, args);
    assert_eq!(error(no_module), Some(CallError::NoSuchModule));
    launch.create(&mut pool, 1, b"").expect("room");
    launch.create(&mut pool, 1, b"").expect("room");
    assert_eq!(launch.create(&mut pool, 1, b""), Err(CallError::Busy), "no place");
    pool.node(2).memory().pages = 3;
    assert_eq!(launch.create(&mut pool, 2, b""), Err(CallError::NoMemory));
    assert_eq!(launch.call(&mut pool, Call::NodeWithdraw, [2, RDC, 0, 0, 0]), 0);
    assert_eq!(launch.create(&mut pool, 2, b""), Err(CallError::NotAllocated));
    pool.kill(2);
    assert_eq!(launch.create(&mut pool, 2, b""), Err(CallError::NoSuchNode));
}

#[test]
fn a_node_that_is_withdrawn_while_it_creates_is_not_allocated() {
    let (mut pool, Cast { launch, mut client, .. }) = client_and_server(2);
    let args = client.prepare_create(&mut pool, 1, b"");
    // The node waits for what the launch endpoint has to say of the module.
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    client.start(&mut pool, Call::Create, args);
    pool.settle();
    launch.start(&mut pool, Call::NodeWithdraw, [1, RDC, 1, 0, 0]);
    pool.settle();
    pool.wires.borrow_mut().lost_kinds.clear();
    assert_eq!(error(client.finish(&mut pool)), Some(CallError::NotAllocated));
    assert_eq!(launch.finish(&mut pool), 0);
    assert!(pool.node(1).residents().is_empty());
}

#[test]
fn a_parent_freezes_unfreezes_and_destroys() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (mut child, handle, stream) = pool.create(&mut launch, 1);
    let unfrozen = launch.call(&mut pool, Call::Unfreeze, [handle, 5, 0, 0, 0]);
    assert_eq!(error(unfrozen), Some(CallError::NotFrozen));
    let port = child.port;
    child.start_receive(&mut pool, port, true, 0);
    assert_eq!(launch.call(&mut pool, Call::Freeze, [handle, 0, 0, 0, 0]), 0);
    assert_eq!(shown(&status(&mut pool, &launch, handle)), Some(IncarnationState::Frozen));
    assert_eq!(launch.send(&mut pool, stream, b"x", &[]), 0);
    assert_eq!(child.result(&mut pool), Some(1), "its call completes");
    assert_eq!(pool.node(1).next(), kernel::Next::Idle, "and it does not run");
    assert_eq!(launch.call(&mut pool, Call::Unfreeze, [handle, 5, 0, 0, 0]), 0);
    assert_eq!(pool.node(1).next(), kernel::Next::Run(child.slot));
    assert_eq!(shown(&status(&mut pool, &launch, handle)), Some(IncarnationState::Executing));
    assert_eq!(launch.call(&mut pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
    launch.start_events(&mut pool, &[(handle, EventType::Dead as u32)], -1);
    let dead = launch.occurred(&mut pool)[0];
    assert_eq!(dead.ed_info1.get(), EndReason::Destroyed as u32);
    assert_eq!(shown(&status(&mut pool, &launch, handle)), Some(IncarnationState::Unreachable));
    let again = launch.call(&mut pool, Call::Destroy, [handle, 0, 0, 0, 0]);
    assert_eq!(error(again), Some(CallError::Unreachable));
}

/// Does what each right is for by the handle of `parent`; answers for which rights that was
/// refused for want of them.
fn rights_missing(pool: &mut Pool, parent: &mut Inc, handle: u32) -> u32 {
    parent.start_events(pool, &[(handle, EventType::Faulting as u32)], 0);
    let events = parent.finish(pool);
    let create = parent.prepare_create_from(pool, handle, 1, InitialState::Started);
    let results = [
        (inc_rights::EVENTS, events),
        (inc_rights::STATUS, parent.call(pool, Call::Status, [handle, RESULTS, 0, 0, 0])),
        (inc_rights::DEPEND, parent.call(pool, Call::MakeDependent, [handle, 0, 0, 0, 0])),
        (inc_rights::COPY, parent.call(pool, Call::Create, create)),
        (inc_rights::INTERRUPT, parent.call(pool, Call::AuxStream, [handle, 0, 0, 0, 0])),
        (inc_rights::FREEZE, parent.call(pool, Call::Freeze, [handle, 0, 0, 0, 0])),
        (inc_rights::FREEZE, parent.call(pool, Call::Unfreeze, [handle, 5, 0, 0, 0])),
        (inc_rights::DESTROY, parent.call(pool, Call::Destroy, [handle, 0, 0, 0, 0])),
    ];
    let refused = results.iter().filter(|(_, result)| error(*result) == Some(CallError::NoRight));
    refused.fold(0, |missing, (right, _)| missing | right)
}

const RIGHTS: u32 = inc_rights::ALL & !inc_rights::MIGRATE;

#[test]
fn a_parent_can_do_what_it_was_given_the_right_to() {
    for rights in [0, inc_rights::ALL].into_iter().chain((0..8).map(|bit| 1 << bit)) {
        let mut pool = Pool::new(4);
        let mut launch = pool.launch();
        let (_, victim, _) = pool.create(&mut launch, 1);
        let (mut other, _, stream) = pool.create(&mut launch, 2);
        let given = copy_of(RefType::Incarnation, victim, rights);
        let handle = hand_over(&mut pool, &mut launch, stream, &mut other, given);
        assert_eq!(rights_missing(&mut pool, &mut other, handle), RIGHTS & !rights, "{rights:#b}");
    }
}

#[test]
fn rights_shrink_from_parent_to_parent() {
    let mut pool = Pool::new(4);
    let mut launch = pool.launch();
    let (_, victim, _) = pool.create(&mut launch, 1);
    let (mut first, _, to_first) = pool.create(&mut launch, 2);
    let (mut second, _, to_second) = pool.create(&mut launch, 3);
    let on = copy_of(RefType::Stream, to_second, 0);
    let on = hand_over(&mut pool, &mut launch, to_first, &mut first, on);
    let few = inc_rights::STATUS | inc_rights::FREEZE;
    let given = copy_of(RefType::Incarnation, victim, few);
    let handle = hand_over(&mut pool, &mut launch, to_first, &mut first, given);
    // Who asks for more than he has gets what he has.
    let given = copy_of(RefType::Incarnation, handle, inc_rights::ALL & !inc_rights::STATUS);
    let handle = hand_over(&mut pool, &mut first, on, &mut second, given);
    let tested = second.quick(&mut pool, Call::TestReference, [handle, 0, 0, 0, 0]);
    assert_eq!(tested as u32 >> 8, inc_rights::FREEZE);
    assert_eq!(rights_missing(&mut pool, &mut second, handle), RIGHTS & !inc_rights::FREEZE);
}

#[test]
fn parents_control_one_child_in_turns() {
    let mut pool = Pool::new(4);
    let mut launch = pool.launch();
    let (_, handle, _) = pool.create(&mut launch, 1);
    let mut parents = vec![(launch.clone(), handle)];
    for node in [1, 2, 3] {
        let (mut parent, _, stream) = pool.create(&mut launch, node);
        let given = copy_of(RefType::Incarnation, handle, inc_rights::ALL);
        let given = hand_over(&mut pool, &mut launch, stream, &mut parent, given);
        parents.push((parent, given));
    }
    for round in 0..6 {
        let call = if round % 2 == 0 { Call::Freeze } else { Call::Unfreeze };
        for (parent, handle) in &parents {
            parent.start(&mut pool, call, [*handle, 5, 0, 0, 0]);
        }
        let results: Vec<i32> =
            parents.iter().map(|(parent, _)| parent.finish(&mut pool)).collect();
        let done = results.iter().filter(|result| **result == 0).count();
        // One of them has unfrozen it, the others came late; it may be frozen by several.
        assert_eq!(done, if call == Call::Freeze { 4 } else { 1 }, "{results:?}");
    }
    for (parent, handle) in &parents {
        parent.start(&mut pool, Call::Destroy, [*handle, 0, 0, 0, 0]);
    }
    let results: Vec<i32> = parents.iter().map(|(parent, _)| parent.finish(&mut pool)).collect();
    assert!(results.contains(&0), "{results:?}");
    let late = results.iter().filter(|result| **result != 0);
    assert!(late.into_iter().all(|result| error(*result) == Some(CallError::Unreachable)));
    for (parent, handle) in &mut parents {
        parent.start_events(&mut pool, &[(*handle, EventType::Dead as u32)], -1);
        let reason = parent.occurred(&mut pool)[0].ed_info1.get();
        assert!(
            [EndReason::Destroyed as u32, EndReason::NodeLost as u32].contains(&reason),
            "{reason}"
        );
    }
}

#[test]
fn a_parent_can_send_to_the_auxiliary_port() {
    let (mut pool, Cast { mut launch, mut client, mut server, .. }) = client_and_server(2);
    let child = 0x10000 | 4;
    let launched = launch.call(&mut pool, Call::AuxStream, [child, 0, 0, 0, 0]) as u32;
    let own = server.call(&mut pool, Call::AuxStream, [server.myself, 0, 0, 0, 0]) as u32;
    let auxiliary = server.auxiliary;
    for (inc, stream, head) in
        [(&mut launch, launched, b"parent"), (&mut server.clone(), own, b"myself")]
    {
        assert_eq!(inc.send(&mut pool, stream, head, &[]), 0);
        assert_eq!(&server.receive(&mut pool, auxiliary, false).head[..6], head);
    }
    assert!(server.poll(&mut pool, server.port).is_none(), "the standard port is another one");
    // One who has a handle from somebody else is a parent, too.
    let to_client = 0x10000 | 7;
    let given = copy_of(RefType::Incarnation, child, inc_rights::INTERRUPT);
    let handle = hand_over(&mut pool, &mut launch, to_client, &mut client, given);
    let stream = client.call(&mut pool, Call::AuxStream, [handle, 0, 0, 0, 0]) as u32;
    assert_eq!(client.send(&mut pool, stream, b"second", &[]), 0);
    assert_eq!(&server.receive(&mut pool, auxiliary, false).head[..6], b"second");
    assert_eq!(server.quick(&mut pool, Call::Close, [auxiliary, 0, 0, 0, 0]), 0);
    let late = client.call(&mut pool, Call::AuxStream, [handle, 0, 0, 0, 0]) as u32;
    let lost = client.send(&mut pool, late, b"late", &[]);
    assert_eq!(error(lost), Some(CallError::NotAttached));
}

#[test]
fn a_status_counts_what_there_is() {
    let (mut pool, Cast { launch, mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = 0x10000 | 4;
    let before = status(&mut pool, &launch, handle);
    assert_eq!((before.is_nmsgs, before.is_node.get()), (0, 1));
    assert!(before.is_npinc > 0);
    // One message is worked on, and kept for that; two have arrived at one port and one at
    // another.
    client.start_invoke(&mut pool, stream, b"x", &[1; 100], 0);
    let port = server.port;
    server.receive(&mut pool, port, true);
    pool.settle();
    let (own, _) = server.channel(&mut pool);
    assert_eq!(server.send(&mut pool, own, b"x", b"data"), 0);
    for _ in 0..2 {
        let (launch, to_server) = (&mut launch.clone(), 0x10000 | 5);
        assert_eq!(launch.send(&mut pool, to_server, b"x", b"data"), 0);
    }
    pool.clock.set(pool.clock.get() + 7_000_000);
    let after = status(&mut pool, &launch, handle);
    assert_eq!(after.is_nmsgs, 3);
    assert_eq!((after.is_usertime.get(), after.is_systime.get()), (5, 3));
    assert!(after.is_npinc > before.is_npinc, "four messages with data take a page");
    assert!((7_000..8_000).contains(&(after.is_realtime.get() - before.is_realtime.get())));
    let usage = pool.node(1).memory().usage(server.slot);
    let pages =
        [after.is_ntext, after.is_nheap, after.is_nstack].map(zerocopy::big_endian::U16::get);
    assert_eq!(pages, [usage.text, usage.heap, usage.stack]);
}

#[test]
fn an_exit_is_seen_by_parents_and_by_those_who_wait() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (mut child, handle, stream) = pool.create(&mut launch, 1);
    let (_, _, _) = pool.create(&mut launch, 2);
    launch.start_invoke(&mut pool, stream, b"q", &[], 0);
    let port = child.port;
    child.receive(&mut pool, port, true);
    child.start(&mut pool, Call::Exit, [42, 0, 0, 0, 0]);
    assert_eq!(error(launch.finish(&mut pool)), Some(CallError::OutcomeUnknown));
    launch.start_events(&mut pool, &[(handle, EventType::Dead as u32)], -1);
    let dead = launch.occurred(&mut pool)[0];
    assert_eq!((dead.ed_info1.get(), dead.ed_info2.get()), (EndReason::Exited as u32, 42));
    assert!(pool.node(1).residents().is_empty(), "its place is free");
}

#[test]
fn an_rdc_ends_with_its_last_incarnation_and_the_status_of_the_primary() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (primary, _, _) = pool.create(&mut launch, 1);
    let (second, _, _) = pool.create(&mut launch, 2);
    primary.start(&mut pool, Call::Exit, [7, 0, 0, 0, 0]);
    pool.pass_ms(100);
    launch.start_events(&mut pool, &[(launch.myself, EventType::Dead as u32)], 0);
    assert_eq!(launch.occurred(&mut pool).len(), 0, "the second one goes on");
    second.start(&mut pool, Call::Exit, [9, 0, 0, 0, 0]);
    launch.start_events(&mut pool, &[(launch.myself, EventType::Dead as u32)], -1);
    let end = launch.occurred(&mut pool)[0];
    assert_eq!((end.ed_info1.get(), end.ed_info2.get()), (EndReason::RdcEnded as u32, 7));
}

#[test]
fn rdc_exit_ends_everything_everywhere() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (caller, _, _) = pool.create(&mut launch, 1);
    for node in [1, 2, 2] {
        pool.create(&mut launch, node);
    }
    caller.start(&mut pool, Call::RdcExit, [3, 0, 0, 0, 0]);
    launch.start_events(&mut pool, &[(launch.myself, EventType::Dead as u32)], -1);
    let end = launch.occurred(&mut pool)[0];
    assert_eq!((end.ed_info1.get(), end.ed_info2.get()), (EndReason::RdcEnded as u32, 3));
    pool.pass_ms(100);
    assert!(pool.node(1).residents().is_empty() && pool.node(2).residents().is_empty());
    assert_eq!(launch.create(&mut pool, 1, b""), Err(CallError::NotAllocated));
}

#[test]
fn the_end_of_the_launch_endpoint_is_the_end_of_its_rdc() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    for node in [1, 2] {
        pool.create(&mut launch, node);
    }
    launch.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(100);
    for node in 0..3 {
        assert!(pool.node(node).residents().is_empty(), "node {node}");
    }
}

#[test]
fn a_fault_ends_the_incarnation_unless_a_parent_wants_to_see_it() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (child, first, _) = pool.create(&mut launch, 1);
    let (seen, second, _) = pool.create(&mut launch, 1);
    launch.start_events(&mut pool, &[(second, EventType::Faulting as u32)], -1);
    pool.settle();
    pool.node(1).fault(child.slot, 4, BASE, 0xdead);
    pool.node(1).fault(seen.slot, 2, BASE, 0xbeef);
    let fault = launch.occurred(&mut pool)[0];
    assert_eq!((fault.ed_info1.get(), fault.ed_info2.get()), (2, 0xbeef));
    assert_eq!(shown(&status(&mut pool, &launch, second)), Some(IncarnationState::Faulting));
    launch.start_events(&mut pool, &[(first, EventType::Dead as u32)], -1);
    let dead = launch.occurred(&mut pool)[0];
    assert_eq!((dead.ed_info1.get(), dead.ed_info2.get()), (EndReason::Faulted as u32, 4));
}

#[test]
fn the_heap_grows_and_new_memory_is_zero() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (mut child, _, _) = pool.create(&mut launch, 1);
    let end = child.quick(&mut pool, Call::Brk, [0; 5]) as u32;
    assert_eq!(child.quick(&mut pool, Call::Brk, [end + 0x1000, 0, 0, 0, 0]) as u32, end);
    child.write(&mut pool, end, &[1; 0x1000]);
    assert_eq!(child.quick(&mut pool, Call::Brk, [end, 0, 0, 0, 0]) as u32, end + 0x1000);
    assert_eq!(child.quick(&mut pool, Call::Brk, [end + 0x1000, 0, 0, 0, 0]) as u32, end);
    assert_eq!(child.read(&mut pool, end, 2), [0, 0]);
    let outside = child.quick(&mut pool, Call::Brk, [BUFFER, 0, 0, 0, 0]);
    assert_eq!(error(outside), Some(CallError::BadAddress));
}

#[test]
fn sleep_and_time() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let (child, _, _) = pool.create(&mut launch, 1);
    child.start(&mut pool, Call::Sleep, [100, 0, 0, 0, 0]);
    pool.pass_ms(99);
    assert_eq!(child.result(&mut pool), None);
    pool.pass_ms(1);
    assert_eq!(child.result(&mut pool), Some(0));
    let bad = child.quick(&mut pool, Call::Sleep, [u32::MAX, 0, 0, 0, 0]);
    assert_eq!(error(bad), Some(CallError::BadArgument));
    assert_eq!(child.quick(&mut pool, Call::Time, [RESULTS, 0, 0, 0, 0]), 0);
    assert_eq!(child.read_word(&mut pool, RESULTS), 3);
    assert_eq!(child.read_word(&mut pool, RESULTS + 4), 5);
    assert!(child.read_word(&mut pool, RESULTS + 8) >= 100);
}

#[test]
fn one_that_has_ended_has_no_auxiliary_port_while_its_end_is_told() {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (child, handle, _) = pool.create(&mut client, 1);
    // Its ghost does not hear that its launch endpoint has heard of the end, and goes on.
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    child.start(&mut pool, Call::Exit, [0; 5]);
    pool.settle();
    pool.wires.borrow_mut().lost_kinds.clear();
    let mut residents = pool.node(1).residents().into_iter();
    assert!(residents.any(|it| it.slot == child.slot), "it is not buried");
    let gone = client.call(&mut pool, Call::AuxStream, [handle, 0, 0, 0, 0]);
    assert_eq!(error(gone), Some(CallError::Unreachable));
}
