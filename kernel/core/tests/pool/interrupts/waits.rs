//! Handlers of whoever waits in a call: some waits end with `Interrupted`, others go on.

use abi::calls::Call;
use abi::constants::{EventType, RefType, inc_rights};
use abi::error::CallError;
use abi::message::Kind;

use super::{FIRST, SECOND, handled_port};
use crate::messages::{Cast, client_and_server};
use crate::support::scene::hand_over;
use crate::support::user::{RESULTS, copy_of};
use crate::support::{Inc, Pool};

/// A server with a handler at its standard port, another port, and a stream to the client, who
/// has a stream to the first.
fn scene() -> (Pool, Cast, Server) {
    let (mut pool, mut cast) = client_and_server(2);
    let Cast { launch, server, to_server, to_client, .. } = &mut cast;
    let back = copy_of(RefType::Stream, *to_client, 0);
    let stream = hand_over(&mut pool, launch, *to_server, server, back);
    let (_, handle, _) = pool.create(launch, 2);
    let child = copy_of(RefType::Incarnation, handle, inc_rights::ALL);
    let child = hand_over(&mut pool, launch, *to_server, server, child);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    let (_, other) = server.channel(&mut pool);
    (pool, cast, Server { other, stream, child })
}

/// What the server has.
#[derive(Clone, Copy)]
struct Server {
    /// A port without a handler.
    other: u32,
    /// A stream to the client.
    stream: u32,
    /// A handle to somebody on the client's node.
    child: u32,
}

/// The server's handler runs, and the call that it waits in has returned this.
fn interrupted(pool: &mut Pool, cast: &mut Cast, expected: i32, what: &str) {
    assert_eq!(cast.server.result(pool), None, "{what} waits");
    assert_eq!(cast.client.send(pool, cast.stream, b"x", &[]), 0);
    assert_eq!(cast.server.handler(pool), Some(FIRST), "{what}");
    assert_eq!(cast.server.returned(pool), Some(expected), "{what}");
    let port = cast.server.port;
    cast.server.receive(pool, port, true);
    cast.server.end_handler(pool);
    assert_eq!(cast.server.returned(pool), Some(expected), "{what}: its result is kept");
    assert_eq!(cast.server.frame(pool), None);
}

const INTERRUPTED: i32 = CallError::Interrupted as i32;

#[test]
fn some_waits_are_interrupted() {
    let (mut pool, mut cast, Server { other, .. }) = scene();
    for timeout in [u32::MAX, 60_000] {
        let room = cast.server.room(&mut pool, 3, 0);
        let args = [other, room, 1, 0, timeout];
        cast.server.start(&mut pool, Call::Receive, args);
        interrupted(&mut pool, &mut cast, INTERRUPTED, "inc_receive");
        let event = [(other, EventType::PortHasMessage as u32)];
        cast.server.start_events(&mut pool, &event, timeout as i32);
        interrupted(&mut pool, &mut cast, INTERRUPTED, "inc_eventWait");
    }
    cast.server.start(&mut pool, Call::Sleep, [60_000, 0, 0, 0, 0]);
    interrupted(&mut pool, &mut cast, INTERRUPTED, "inc_sleep");
    cast.server.start(&mut pool, Call::Pause, [0; 5]);
    interrupted(&mut pool, &mut cast, 0, "inc_pause");
    pool.pass_ms(120_000);
    assert_eq!(cast.server.returned(&mut pool), Some(0), "no deadline is left");
}

/// Has `server` make an invocation of a partner's that is not received.
fn fill_limit(pool: &mut Pool, server: &mut Inc, stream: u32) {
    assert_eq!(server.quick(pool, Call::SetBufferLimit, [stream, 1, 0, 0, 0]), 0);
    let message = server.message(pool, 0, b"bulk", &[1; 4000]);
    assert_eq!(server.call(pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
    let message = server.message(pool, 1, b"more", &[2; 4000]);
    server.start(pool, Call::AsInvoke, [stream, message, 0, 0, 0]);
}

#[test]
fn waiting_at_the_buffer_limit_is_interrupted_and_sends_nothing() {
    let (mut pool, mut cast, Server { stream, .. }) = scene();
    fill_limit(&mut pool, &mut cast.server, stream);
    interrupted(&mut pool, &mut cast, INTERRUPTED, "inc_asinvoke");
    let port = cast.client.port;
    assert_eq!(cast.client.receive(&mut pool, port, true).head[..4], *b"bulk");
    pool.pass_ms(1000);
    assert!(cast.client.poll(&mut pool, port).is_none(), "the second was not sent");
}

/// The message of an interrupted wait is still there for the next.
#[test]
fn a_wait_that_was_interrupted_can_be_made_again() {
    let (mut pool, mut cast, Server { other, .. }) = scene();
    let (stream, port) = cast.server.channel(&mut pool);
    cast.server.start_receive(&mut pool, port, true, 0);
    interrupted(&mut pool, &mut cast, INTERRUPTED, "inc_receive");
    assert_eq!(cast.server.send(&mut pool, stream, b"later", &[]), 0);
    assert_eq!(cast.server.receive(&mut pool, port, true).head[..5], *b"later");
    assert!(cast.server.poll(&mut pool, other).is_none());
}

/// A wait that goes on: how it begins, and what lets it end.
type Wait = (&'static str, fn(&mut Pool, &mut Cast, Server), fn(&mut Pool, &mut Cast));

/// No answer of this kind arrives.
fn lose(pool: &mut Pool, kind: Kind) {
    pool.wires.borrow_mut().lost_kinds = vec![kind as u8];
}

fn lose_nothing(pool: &mut Pool, _: &mut Cast) {
    pool.wires.borrow_mut().lost_kinds.clear();
}

const WAITS: [Wait; 3] = [
    (
        "inc_invoke",
        |pool, cast, server| cast.server.start_invoke(pool, server.stream, b"q", &[], 0),
        |pool, cast| {
            let port = cast.client.port;
            let got = cast.client.receive(pool, port, true);
            assert_eq!(cast.client.reply(pool, got.result, b"a", &[]), 0);
        },
    ),
    (
        "inc_send",
        |pool, cast, server| {
            lose(pool, Kind::Accepted);
            let message = cast.server.message(pool, 0, b"s", &[]);
            cast.server.start(pool, Call::Send, [server.stream, message, 0, 0, 0]);
        },
        lose_nothing,
    ),
    (
        "inc_status",
        |pool, cast, server| {
            lose(pool, Kind::Reply);
            cast.server.start(pool, Call::Status, [server.child, RESULTS, 0, 0, 0]);
        },
        lose_nothing,
    ),
];

#[test]
fn other_waits_go_on_and_are_followed_by_the_handler() {
    for (what, begin, end) in WAITS {
        let (mut pool, mut cast, server) = scene();
        begin(&mut pool, &mut cast, server);
        pool.settle();
        let message = cast.client.message(&mut pool, 0, b"x", &[]);
        cast.client.start(&mut pool, Call::Dgram, [cast.stream, message, 0, 0, 0]);
        assert_eq!(cast.server.frame(&mut pool), None, "{what} goes on");
        assert_eq!(cast.server.returned(&mut pool), None, "{what} goes on");
        end(&mut pool, &mut cast);
        assert_eq!(cast.server.finish(&mut pool), 0, "{what} is complete");
        assert_eq!(cast.server.handler(&mut pool), Some(FIRST), "{what}: then the handler");
        cast.server.end_handler(&mut pool);
        assert_eq!(cast.server.returned(&mut pool), Some(0), "{what}: the result is kept");
    }
}

/// Data that is being fetched is not left halfway.
#[test]
fn a_reception_that_fetches_data_goes_on() {
    let (mut pool, mut cast, _) = scene();
    let (own, port) = handled_port(&mut pool, &mut cast.server, SECOND, 5);
    let data = vec![7; 100_000];
    cast.client.start_invoke(&mut pool, cast.stream, b"bulk", &data, 0);
    assert_eq!(cast.server.handler(&mut pool), Some(FIRST));
    let (standard, room) = (cast.server.port, cast.server.room(&mut pool, 3, 100_000));
    cast.server.start(&mut pool, Call::Receive, [standard, room, 1, 0, u32::MAX]);
    assert_eq!(cast.server.returned(&mut pool), None, "the data comes in pieces");
    let got = cast.server.finish(&mut pool);
    assert!(cast.server.got(&mut pool, 3, got).data == data);
    assert_eq!(cast.server.send(&mut pool, own, b"x", &[]), 0);
    assert_eq!(cast.server.handler(&mut pool), Some(SECOND), "a higher one interrupts the first");
    cast.server.receive(&mut pool, port, true);
}

#[test]
fn a_receiver_at_the_port_has_the_message_first() {
    let (mut pool, mut cast, _) = scene();
    let port = cast.server.port;
    cast.server.start_receive(&mut pool, port, true, 0);
    assert_eq!(cast.client.send(&mut pool, cast.stream, b"x", &[]), 0);
    assert_eq!(cast.server.finish(&mut pool), 1);
    assert_eq!(cast.server.frame(&mut pool), None, "no message is at the port");
    // A message that the receiver does not want interrupts it.
    let launch = cast.server.launch;
    let selector = cast.server.quick(&mut pool, Call::HanCreate, [launch, 0, 0, 0, 0]);
    let room = cast.server.room(&mut pool, 3, 0);
    let args = [port, room, 1, selector as u32, u32::MAX];
    cast.server.start(&mut pool, Call::Receive, args);
    interrupted(&mut pool, &mut cast, INTERRUPTED, "inc_receive with a selector");
}

#[test]
fn whoever_waits_for_the_event_has_it_first() {
    let (mut pool, mut cast, _) = scene();
    let port = cast.server.port;
    cast.server.start_events(&mut pool, &[(port, EventType::PortHasMessage as u32)], -1);
    interrupted(&mut pool, &mut cast, 1, "inc_eventWait");
}

#[test]
fn a_blocked_handler_interrupts_no_wait() {
    let (mut pool, mut cast, Server { other, .. }) = scene();
    assert_eq!(cast.server.set_priority(&mut pool, 3), 0);
    let room = cast.server.room(&mut pool, 3, 0);
    cast.server.start(&mut pool, Call::Receive, [other, room, 1, 0, 100]);
    assert_eq!(cast.client.send(&mut pool, cast.stream, b"x", &[]), 0);
    pool.pass_ms(101);
    assert_eq!(cast.server.result(&mut pool), Some(0), "its time is up");
    cast.server.start(&mut pool, Call::Pause, [0; 5]);
    pool.pass_ms(60_000);
    assert_eq!(cast.server.result(&mut pool), None, "nothing interrupts");
}
