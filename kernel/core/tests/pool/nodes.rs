//! Nodes of RDCs (§7.2.2): who may allocate and withdraw them, and what that does.

use abi::calls::Call;
use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::ids::{NodeId, RdcId};
use abi::message::Kind;
use kernel::SystemRights;

use crate::support::pool::RDC;
use crate::support::user::RESULTS;
use crate::support::{Inc, Pool};

/// An RDC that may manage nodes.
const SYSTEM: u32 = RDC + 1;

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

fn change(pool: &mut Pool, inc: &Inc, call: Call, args: [u32; 3]) -> Option<CallError> {
    error(inc.call(pool, call, [args[0], args[1], args[2], 0, 0]))
}

/// A system RDC's launch endpoint on node 0, and an incarnation of it on node 1.
fn manager(pool: &mut Pool) -> (Inc, Inc) {
    let mut endpoint = pool.launch_with(0, SYSTEM, SystemRights::ManageNodes).expect("room");
    assert_eq!(change(pool, &endpoint, Call::NodeAlloc, [1, SYSTEM, 0]), None);
    let (manager, _, _) = pool.create(&mut endpoint, 1);
    (endpoint, manager)
}

fn nodes_of(pool: &mut Pool, rdc: u32) -> Vec<NodeId> {
    let rdc = RdcId::new(rdc).expect("positive");
    pool.node(0).launched(rdc).map(|view| view.nodes).unwrap_or_default()
}

#[test]
fn an_incarnation_of_a_system_rdc_manages_nodes_of_others() {
    let mut pool = Pool::new(4);
    let (_, manager) = manager(&mut pool);
    let mut user = pool.launch_endpoint(0, RDC);
    for node in [1, 2, 2, 3] {
        assert_eq!(change(&mut pool, &manager, Call::NodeAlloc, [node, RDC, 0]), None);
    }
    assert_eq!(nodes_of(&mut pool, RDC), [NodeId(1), NodeId(2), NodeId(3)]);
    let (worker, _, _) = pool.create(&mut user, 3);
    assert_eq!(worker.call(&mut pool, Call::NodeList, [9, RESULTS, 0, 0, 0]), 3);
    assert_eq!(change(&mut pool, &manager, Call::NodeWithdraw, [3, RDC, 0]), None);
    assert_eq!(user.create(&mut pool, 3, b""), Err(CallError::NotAllocated));
    assert_eq!(worker.call(&mut pool, Call::NodeList, [9, RESULTS, 0, 0, 0]), 2);
    let again = change(&mut pool, &manager, Call::NodeWithdraw, [3, RDC, 0]);
    assert_eq!(again, Some(CallError::NotAllocated));
    assert_eq!(change(&mut pool, &manager, Call::NodeWithdraw, [3, RDC, 1]), None);
    pool.settle();
    assert!(pool.node(3).residents().is_empty(), "the worker has gone");
}

#[test]
fn what_a_manager_names_must_be_there() {
    let mut pool = Pool::new(3);
    let (endpoint, manager) = manager(&mut pool);
    pool.launch_endpoint(0, RDC);
    for inc in [&endpoint, &manager] {
        for call in [Call::NodeAlloc, Call::NodeWithdraw] {
            let mut refused = |node, rdc| change(&mut pool, inc, call, [node, rdc, 0]);
            assert_eq!(refused(3, RDC), Some(CallError::NoSuchNode));
            assert_eq!(refused(1, 99), Some(CallError::NoSuchRdc));
            assert_eq!(refused(1, 0), Some(CallError::NoSuchRdc));
            assert_eq!(refused(1, u32::MAX), Some(CallError::NoSuchRdc));
        }
    }
}

#[test]
fn nobody_else_manages_nodes() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    manager(&mut pool);
    let (child, _, _) = pool.create(&mut launch, 1);
    for call in [Call::NodeAlloc, Call::NodeWithdraw] {
        for rdc in [RDC, SYSTEM, 99] {
            let refused = change(&mut pool, &child, call, [1, rdc, 0]);
            assert_eq!(refused, Some(CallError::NoRight));
        }
        let refused = change(&mut pool, &launch, call, [1, SYSTEM, 0]);
        assert_eq!(refused, Some(CallError::NoRight), "a launch endpoint has its own RDC only");
    }
}

#[test]
fn a_node_that_is_allocated_while_the_rdc_ends_forgets_it() {
    let mut pool = Pool::new(4);
    let (_, manager) = manager(&mut pool);
    let user = pool.launch_endpoint(0, RDC);
    // The node has admitted the RDC, and that is not known yet.
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    manager.start(&mut pool, Call::NodeAlloc, [3, RDC, 0, 0, 0]);
    pool.settle();
    user.start(&mut pool, Call::RdcExit, [0; 5]);
    pool.settle();
    pool.wires.borrow_mut().lost_kinds.clear();
    pool.pass_ms(5_000);
    assert_eq!(manager.result(&mut pool).and_then(error), Some(CallError::NoSuchRdc));
    let mut late = pool.launch_endpoint(2, RDC);
    assert_eq!(late.create(&mut pool, 3, b""), Err(CallError::NotAllocated));
}

#[test]
fn a_manager_is_told_when_its_rdc_or_the_node_is_lost() {
    let mut pool = Pool::new(4);
    let (_, manager) = manager(&mut pool);
    pool.launch_endpoint(0, RDC);
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    manager.start(&mut pool, Call::NodeAlloc, [3, RDC, 0, 0, 0]);
    pool.settle();
    pool.kill(3);
    pool.wires.borrow_mut().lost_kinds.clear();
    pool.pass_ms(1_000);
    assert_eq!(manager.result(&mut pool).and_then(error), Some(CallError::PeerLost));
    assert!(nodes_of(&mut pool, RDC).is_empty());
    let down = change(&mut pool, &manager, Call::NodeAlloc, [3, RDC, 0]);
    assert_eq!(down, Some(CallError::NoSuchNode));
}

#[test]
fn a_withdrawn_node_is_cleared_if_that_is_wanted() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (_, handle, _) = pool.create(&mut launch, 1);
    pool.create(&mut launch, 2);
    assert_eq!(launch.call(&mut pool, Call::NodeWithdraw, [1, RDC, 0, 0, 0]), 0);
    assert_eq!(pool.node(1).residents().len(), 1, "it may stay");
    assert_eq!(launch.call(&mut pool, Call::NodeAlloc, [1, RDC, 0, 0, 0]), 0);
    assert_eq!(launch.call(&mut pool, Call::NodeWithdraw, [1, RDC, 1, 0, 0]), 0);
    launch.start_events(&mut pool, &[(handle, EventType::Dead as u32)], -1);
    assert_eq!(launch.occurred(&mut pool)[0].ed_info1.get(), EndReason::Withdrawn as u32);
}

#[test]
fn a_withdrawal_that_nobody_has_confirmed_can_be_repeated() {
    let mut pool = Pool::new(3);
    let mut launch = pool.launch();
    let (asker, _, _) = pool.create(&mut launch, 2);
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8, Kind::InProgress as u8];
    let lost = launch.call(&mut pool, Call::NodeWithdraw, [1, RDC, 0, 0, 0]);
    assert_eq!(error(lost), Some(CallError::PeerLost));
    pool.wires.borrow_mut().lost_kinds.clear();
    assert_eq!(asker.call(&mut pool, Call::NodeList, [9, RESULTS, 0, 0, 0]), 3);
    let again = launch.call(&mut pool, Call::NodeWithdraw, [1, RDC, 0, 0, 0]);
    assert_eq!(error(again), Some(CallError::NotAllocated));
    assert_eq!(asker.call(&mut pool, Call::NodeList, [9, RESULTS, 0, 0, 0]), 2);
}
