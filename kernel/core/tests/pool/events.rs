//! `inc_eventWait`: messages at ports, streams that can send, streams that were closed.

use abi::calls::Call;
use abi::constants::{EventType, RefType, inc_rights};
use abi::error::CallError;
use kernel::Config;

use crate::messages::{Cast, client_and_server};
use crate::support::pool::Pool;
use crate::support::scene::hand_over;
use crate::support::user::copy_of;

#[test]
fn a_message_at_a_port_is_an_event() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let (_, idle) = server.channel(&mut pool);
    let event = EventType::PortHasMessage as u32;
    let events = [(idle, event), (server.port, event)];
    server.start_events(&mut pool, &events, 0);
    assert!(server.occurred(&mut pool).is_empty());
    server.start_events(&mut pool, &events, 50);
    pool.pass_ms(51);
    assert!(server.occurred(&mut pool).is_empty(), "not in time");
    server.start_events(&mut pool, &events, -1);
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    let occurred = server.occurred(&mut pool);
    assert_eq!(occurred.len(), 1);
    assert_eq!(occurred[0].ed_reference.get(), server.port, "moved to the front");
    assert_eq!(occurred[0].ed_info1.get(), 1);
}

#[test]
fn a_stream_that_can_send_again_is_an_event() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let event = [(stream, EventType::StreamInvokable as u32)];
    client.start_events(&mut pool, &event, -1);
    assert_eq!(client.occurred(&mut pool).len(), 1, "nothing is in its way");
    assert_eq!(client.quick(&mut pool, Call::SetBufferLimit, [stream, 1, 0, 0, 0]), 0);
    let message = client.message(&mut pool, 0, b"x", &[1; 4000]);
    assert_eq!(client.call(&mut pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
    client.start_events(&mut pool, &event, -1);
    pool.pass_ms(5000);
    assert_eq!(client.result(&mut pool), None);
    let port = server.port;
    server.receive(&mut pool, port, true);
    assert_eq!(client.occurred(&mut pool).len(), 1);
}

#[test]
fn a_lost_receiver_completes_an_asynchronous_invocation_with_an_error() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    let message = client.message(&mut pool, 0, b"x", &[1; 4000]);
    assert_eq!(client.call(&mut pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
    pool.kill(1);
    pool.pass_ms(100);
    client.start_events(&mut pool, &[(stream, EventType::StreamInvokable as u32)], -1);
    let lost = client.occurred(&mut pool)[0].ed_info1.get() as i32;
    assert_eq!(CallError::from_code(lost), Some(CallError::PeerLost));
}

#[test]
fn the_closing_of_a_stream_is_an_event() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    assert_eq!(client.give(&mut pool, stream, copy_of(RefType::StreamHandle, handle, 0)), 0);
    let port = server.port;
    let handle = server.receive(&mut pool, port, true).reference.rd_obj.id.get();
    server.start_events(&mut pool, &[(handle, EventType::StreamClosed as u32)], -1);
    pool.pass_ms(1000);
    assert_eq!(server.result(&mut pool), None);
    assert_eq!(client.quick(&mut pool, Call::Close, [stream, 0, 0, 0, 0]), 0);
    assert_eq!(server.occurred(&mut pool).len(), 1);
    server.start_events(&mut pool, &[(handle, EventType::StreamClosed as u32)], 0);
    assert_eq!(server.occurred(&mut pool).len(), 1, "it stays closed");
}

#[test]
fn a_description_of_no_event_is_refused() {
    let (mut pool, Cast { mut server, .. }) = client_and_server(2);
    let port = server.port;
    let cases = [
        ((port, 99), CallError::BadArgument),
        ((port, EventType::Made as u32), CallError::WrongReferenceType),
        ((0x7fff_0000, EventType::PortHasMessage as u32), CallError::NoSuchReference),
    ];
    for (event, error) in cases {
        server.start_events(&mut pool, &[event], -1);
        assert_eq!(CallError::from_code(server.finish(&mut pool)), Some(error));
    }
}

/// The bound on watchers is for those who live: others make room.
#[test]
fn watchers_who_are_gone_make_room() {
    let mut pool = Pool::with_config(3, Config { incarnations: 8, ..Config::default() });
    let mut launch = pool.launch();
    let (_, child, _) = pool.create(&mut launch, 1);
    let mut ask = |pool: &mut Pool| {
        let (mut asker, _, stream) = pool.create(&mut launch, 2);
        let handle = copy_of(RefType::Incarnation, child, inc_rights::EVENTS);
        let handle = hand_over(pool, &mut launch, stream, &mut asker, handle);
        asker.start_events(pool, &[(handle, EventType::Dead as u32)], 0);
        let result = asker.finish(pool);
        asker.start(pool, Call::Exit, [0; 5]);
        pool.settle();
        result
    };
    let results: Vec<i32> = (0..16).map(|_| ask(&mut pool)).collect();
    let turned_away = results.iter().filter(|result| **result == CallError::Busy.code()).count();
    assert_eq!(turned_away, 2, "the first who comes too early: {results:?}");
    assert!(results.iter().all(|result| *result == 0 || *result == CallError::Busy.code()));
}
