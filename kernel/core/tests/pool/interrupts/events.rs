//! Handlers of the events of streams and incarnations, and interest in these events.

use abi::calls::Call;
use abi::constants::{EndReason, EventType, RefType, inc_rights};
use abi::error::CallError;
use kernel::view::Doing;

use super::{FIRST, SECOND, THIRD, error};
use crate::messages::{Cast, client_and_server};
use crate::support::scene::hand_over;
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

/// The event that `inc` is interrupted by: reference, type, details, handler.
fn told(pool: &mut Pool, inc: &Inc) -> Option<(u32, u32, (u32, u32), u32)> {
    let frame = inc.frame(pool)?;
    let event = frame.if_event;
    let details = (event.ed_info1.get(), event.ed_info2.get());
    Some((event.ed_reference.get(), event.ed_evtype.get(), details, frame.if_handler.get()))
}

/// A parent on node 2, a child of its own on node 1, and its handle and stream to that.
fn family() -> (Pool, Inc, Inc, (u32, u32)) {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (child, handle, stream) = pool.create(&mut client, 1);
    (pool, client, child, (handle, stream))
}

#[test]
fn the_closing_of_a_stream_interrupts() {
    for node in [1, 2] {
        let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(node);
        let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
        let gift = copy_of(RefType::StreamHandle, handle, 0);
        let handle = hand_over(&mut pool, &mut client, stream, &mut server, gift);
        let set = |pool: &mut Pool, handler| {
            server.call(pool, Call::SetStreamHandler, [handle, handler, 4, 0, 0])
        };
        assert_eq!(set(&mut pool, FIRST), 0);
        pool.pass_ms(1000);
        assert_eq!(server.frame(&mut pool), None, "it is open");
        assert_eq!(client.quick(&mut pool, Call::Close, [stream, 0, 0, 0, 0]), 0);
        let event = (handle, EventType::StreamClosed as u32, (0, 0), FIRST);
        assert_eq!(told(&mut pool, &server), Some(event));
        server.end_handler(&mut pool);
        assert_eq!(server.frame(&mut pool), None, "once");
        assert_eq!(set(&mut pool, SECOND), 0);
        assert_eq!(server.handler(&mut pool), Some(SECOND), "it is closed already");
        server.end_handler(&mut pool);
        assert_eq!(set(&mut pool, 0), 0);
        assert_eq!(server.frame(&mut pool), None);
    }
}

#[test]
fn a_stream_whose_owner_is_lost_is_closed() {
    for is_lost_before in [false, true] {
        let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
        let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
        let gift = copy_of(RefType::StreamHandle, handle, 0);
        let handle = hand_over(&mut pool, &mut client, stream, &mut server, gift);
        if is_lost_before {
            pool.kill(2);
        }
        let set = [handle, FIRST, 4, 0, 0];
        assert_eq!(server.call(&mut pool, Call::SetStreamHandler, set), 0);
        pool.kill(2);
        assert_eq!(server.handler(&mut pool), Some(FIRST), "lost before: {is_lost_before}");
    }
}

#[test]
fn the_life_of_a_child_interrupts_its_parent() {
    let (mut pool, mut parent, child, (handle, _)) = family();
    let details = |pool: &mut Pool, parent: &Inc| told(pool, parent).map(|told| (told.1, told.2));
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Made, FIRST, 2), 0);
    let made = details(&mut pool, &parent).expect("it was made before");
    assert_eq!(made.0, EventType::Made as u32);
    parent.end_handler(&mut pool);
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Made, FIRST, 2), 0);
    assert_eq!(parent.frame(&mut pool), None, "this was seen");
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Faulting, SECOND, 2), 0);
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Dead, THIRD, 2), 0);
    pool.node(1).fault(child.slot, 4, 0x1000, 0x2000);
    let faulting = (EventType::Faulting as u32, (4, 0x2000));
    assert_eq!(details(&mut pool, &parent), Some(faulting));
    parent.end_handler(&mut pool);
    assert_eq!(parent.frame(&mut pool), None);
    assert_eq!(parent.call(&mut pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
    let dead = (EventType::Dead as u32, (EndReason::Destroyed as u32, 0));
    assert_eq!(details(&mut pool, &parent), Some(dead));
    parent.end_handler(&mut pool);
    parent.start_events(&mut pool, &[(handle, EventType::Dead as u32)], 0);
    assert_eq!(parent.occurred(&mut pool).len(), 1, "it stays dead");
}

#[test]
fn the_loss_of_a_childs_node_interrupts_its_parent() {
    let (mut pool, parent, _, (handle, _)) = family();
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Dead, FIRST, 2), 0);
    parent.start(&mut pool, Call::Pause, [0; 5]);
    pool.kill(1);
    pool.pass_ms(100);
    let dead = (handle, EventType::Dead as u32, (EndReason::NodeLost as u32, 0), FIRST);
    assert_eq!(told(&mut pool, &parent), Some(dead));
    assert_eq!(parent.returned(&mut pool), Some(0), "inc_pause is over");
}

/// Whoever is lost with a node may have ended before.
#[test]
fn the_end_of_what_has_ended_interrupts_nobody() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    let gift = copy_of(RefType::StreamHandle, handle, 0);
    let handle = hand_over(&mut pool, &mut client, stream, &mut server, gift);
    let set = [handle, FIRST, 4, 0, 0];
    assert_eq!(server.call(&mut pool, Call::SetStreamHandler, set), 0);
    assert_eq!(client.quick(&mut pool, Call::Close, [stream, 0, 0, 0, 0]), 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
    server.end_handler(&mut pool);
    pool.kill(2);
    pool.pass_ms(100);
    assert_eq!(server.frame(&mut pool), None, "the stream was closed");

    let (mut pool, parent, _, (handle, _)) = family();
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Dead, FIRST, 2), 0);
    assert_eq!(parent.call(&mut pool, Call::Destroy, [handle, 0, 0, 0, 0]), 0);
    assert_eq!(parent.handler(&mut pool), Some(FIRST));
    parent.end_handler(&mut pool);
    pool.kill(1);
    pool.pass_ms(100);
    assert_eq!(parent.frame(&mut pool), None, "the child was dead");
}

/// An event that a handler was told of is not told again by `inc_eventWait`, if it does not
/// last; what that has told no handler is called for.
#[test]
fn an_event_is_seen_once_by_either() {
    let (mut pool, mut parent, child, (handle, _)) = family();
    let faulting = [(handle, EventType::Faulting as u32)];
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Faulting, FIRST, 2), 0);
    parent.set_priority(&mut pool, 7);
    pool.node(1).fault(child.slot, 4, 0, 0);
    parent.start_events(&mut pool, &faulting, -1);
    assert_eq!(parent.occurred(&mut pool).len(), 1);
    parent.set_priority(&mut pool, 0);
    assert_eq!(parent.frame(&mut pool), None);
}

#[test]
fn interest_without_a_handler_is_for_waiting() {
    let (mut pool, mut parent, child, (handle, _)) = family();
    let event = EventType::Faulting;
    assert_eq!(parent.handle_inc(&mut pool, handle, event, FIRST, 2), 0);
    assert_eq!(parent.handle_inc(&mut pool, handle, event, 0, 0), 0, "no handler any more");
    pool.node(1).fault(child.slot, 4, 0x1000, 0x2000);
    assert_eq!(parent.frame(&mut pool), None);
    parent.start_events(&mut pool, &[(handle, event as u32)], 0);
    assert_eq!(parent.occurred(&mut pool)[0].ed_info1.get(), 4);
}

/// A child whose faults nobody wants to see ends by them.
fn end_of_faulting_child(wish: impl Fn(&mut Pool, &mut Inc, u32)) -> Option<Doing> {
    let (mut pool, mut parent, child, (handle, _)) = family();
    wish(&mut pool, &mut parent, handle);
    pool.node(1).fault(child.slot, 4, 0x1000, 0x2000);
    pool.settle();
    let residents = pool.node(1).residents();
    residents.iter().find(|one| one.slot == child.slot).map(|one| one.doing)
}

#[test]
fn interest_that_was_withdrawn_is_forgotten_where_the_child_is() {
    let event = EventType::Faulting;
    let unset = |pool: &mut Pool, parent: &Inc, handle| {
        let args = [handle, 0, event as u32, 0, 0];
        assert_eq!(parent.call(pool, Call::SetIncHandler, args), 0);
    };
    let kept = end_of_faulting_child(|pool, parent, handle| {
        assert_eq!(parent.handle_inc(pool, handle, event, FIRST, 2), 0);
    });
    assert_eq!(kept, Some(Doing::Faulting), "its parent may look at it");
    let withdrawn = end_of_faulting_child(|pool, parent, handle| {
        assert_eq!(parent.handle_inc(pool, handle, event, FIRST, 2), 0);
        unset(pool, parent, handle);
        unset(pool, parent, handle);
    });
    assert_eq!(withdrawn, None, "nobody wants to");
    let other_handle = end_of_faulting_child(|pool, parent, handle| {
        let (stream, port) = parent.channel(pool);
        let gift = copy_of(RefType::Incarnation, handle, inc_rights::ALL);
        assert_eq!(parent.give(pool, stream, gift), 0);
        let second = parent.receive(pool, port, true).reference.rd_obj.id.get();
        for handle in [handle, second] {
            assert_eq!(parent.handle_inc(pool, handle, event, FIRST, 2), 0);
        }
        unset(pool, parent, handle);
    });
    assert_eq!(other_handle, Some(Doing::Faulting), "by its other handle it still wants to");
}

#[test]
fn withdrawing_interest_in_a_child_that_is_gone_succeeds() {
    let (mut pool, parent, child, (handle, _)) = family();
    assert_eq!(parent.handle_inc(&mut pool, handle, EventType::Faulting, FIRST, 2), 0);
    child.start(&mut pool, Call::Exit, [0; 5]);
    pool.settle();
    let unset = [handle, 0, EventType::Faulting as u32, 0, 0];
    assert_eq!(parent.call(&mut pool, Call::SetIncHandler, unset), 0);
    pool.kill(1);
    let unset = [handle, 0, EventType::Dead as u32, 0, 0];
    assert_eq!(parent.call(&mut pool, Call::SetIncHandler, unset), 0);
}

/// Whoever asks too late is told that the child is gone: by its end, if that is what he wants
/// to know of, else by an error.
#[test]
fn a_child_that_is_gone_has_one_event_only() {
    let (mut pool, Cast { mut launch, mut server, to_server, .. }) = client_and_server(2);
    let (child, handle, _) = pool.create(&mut launch, 2);
    let gift = copy_of(RefType::Incarnation, handle, inc_rights::ALL);
    let handle = hand_over(&mut pool, &mut launch, to_server, &mut server, gift);
    child.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(100);
    let late = server.handle_inc(&mut pool, handle, EventType::Made, FIRST, 2);
    assert_eq!(error(late), Some(CallError::Unreachable));
    assert_eq!(server.frame(&mut pool), None);
    assert_eq!(server.handle_inc(&mut pool, handle, EventType::Dead, SECOND, 2), 0);
    assert_eq!(server.handler(&mut pool), Some(SECOND));
}

/// Its own events are told as those of others.
#[test]
fn one_may_handle_ones_own_events() {
    let (mut pool, Cast { server, .. }) = client_and_server(2);
    assert_eq!(server.handle_inc(&mut pool, server.myself, EventType::Made, FIRST, 2), 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST), "it was made");
}
