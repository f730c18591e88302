//! Ways to the errors of the calls that pass messages.

use abi::calls::Call;
use abi::constants::RefType;
use abi::error::CallError;
use abi::message::Kind;

use super::{Way, fill_references};
use crate::messages::{Cast, client_and_server};
use crate::support::user::copy_of;
use crate::support::{Inc, Pool};

/// Bytes that do not fit into a packet.
const BULK: usize = 9000;

pub const WAYS: &[Way] = &[
    Way { call: Call::Invoke, error: CallError::TableFull, by: no_room_for_the_reply },
    Way { call: Call::Invoke, error: CallError::Busy, by: || no_grant(Call::Invoke) },
    Way { call: Call::AsInvoke, error: CallError::Busy, by: || no_grant(Call::AsInvoke) },
    Way { call: Call::Reply, error: CallError::Busy, by: no_grant_for_a_reply },
    Way { call: Call::Send, error: CallError::Busy, by: || own_port_is_full(Call::Send) },
    Way { call: Call::AsInvoke, error: CallError::Busy, by: || own_port_is_full(Call::AsInvoke) },
    Way { call: Call::Forward, error: CallError::Busy, by: || own_port_is_full(Call::Forward) },
    Way { call: Call::Invoke, error: CallError::BadArgument, by: own_port },
    Way { call: Call::Invoke, error: CallError::NotAttached, by: || no_port(Call::Invoke) },
    Way { call: Call::AsInvoke, error: CallError::NotAttached, by: || no_port(Call::AsInvoke) },
    Way { call: Call::Send, error: CallError::NotAttached, by: || no_port(Call::Send) },
    Way { call: Call::Forward, error: CallError::NotAttached, by: no_port_to_forward_to },
    Way { call: Call::Receive, error: CallError::TableFull, by: no_room_for_a_handle },
    Way { call: Call::Reply, error: CallError::PeerLost, by: invoker_dies_while_he_fetches },
    Way { call: Call::Reply, error: CallError::OutcomeUnknown, by: invoker_falls_silent },
    Way { call: Call::Reply, error: CallError::NoReplyExpected, by: || nobody_waits(Call::Reply) },
    Way {
        call: Call::Forward,
        error: CallError::NoReplyExpected,
        by: || nobody_waits(Call::Forward),
    },
];

/// The client's invocation, received by the server.
pub(super) fn received(
    pool: &mut Pool,
    client: &mut Inc,
    server: &mut Inc,
    stream: u32,
    room: u32,
) -> u32 {
    client.start_invoke(pool, stream, b"x", &[], room);
    let port = server.port;
    server.receive(pool, port, true).result
}

fn no_room_for_the_reply() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    fill_references(&mut pool, &client, stream);
    let handle = received(&mut pool, &mut client, &mut server, stream, 0);
    let gift = copy_of(RefType::Incarnation, server.myself, 0);
    let message = server.full_message(&mut pool, 2, b"y", &[], gift, 0);
    assert_eq!(server.call(&mut pool, Call::Reply, [handle, message, 0, 0, 0]), 0);
    client.finish(&mut pool)
}

fn no_grant(call: Call) -> i32 {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    pool.wires.borrow_mut().grants_max = 0;
    let message = client.message(&mut pool, 0, b"x", &[1; BULK]);
    client.quick(&mut pool, call, [stream, message, 0, 0, 0])
}

fn no_grant_for_a_reply() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = received(&mut pool, &mut client, &mut server, stream, BULK as u32);
    pool.wires.borrow_mut().grants_max = 0;
    let message = server.message(&mut pool, 2, b"y", &[1; BULK]);
    let result = server.quick(&mut pool, Call::Reply, [handle, message, 0, 0, 0]);
    pool.wires.borrow_mut().grants_max = usize::MAX;
    assert_eq!(server.reply(&mut pool, handle, b"again", &[1; BULK]), 0, "it can be repeated");
    result
}

/// Fills a port of the server's own; once it has received, there is room again.
fn own_port_is_full(call: Call) -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = received(&mut pool, &mut client, &mut server, stream, 0);
    let (own, port) = server.channel(&mut pool);
    let message = server.message(&mut pool, 0, b"x", &[]);
    let make = |call, pool: &mut Pool| {
        let arguments = match call {
            Call::Forward => [own, handle, message, 0, 0],
            _ => [own, message, 0, 0, 0],
        };
        server.quick(pool, call, arguments)
    };
    let mut sent = 0;
    while make(Call::Send, &mut pool) == 0 {
        sent += 1;
    }
    let result = make(call, &mut pool);
    let waiting = [port, 0, 0, 0, 0];
    assert_eq!(server.quick(&mut pool, Call::TestPort, waiting), sent, "nothing came of it");
    server.receive(&mut pool, port, true);
    let message = server.message(&mut pool, 0, b"y", &[]);
    assert_eq!(server.quick(&mut pool, Call::Send, [own, message, 0, 0, 0]), 0);
    result
}

/// One who invokes himself is told at once, and finds no message.
fn own_port() -> i32 {
    let (mut pool, Cast { mut server, .. }) = client_and_server(2);
    let (own, port) = server.channel(&mut pool);
    let message = server.message(&mut pool, 0, b"x", &[]);
    let result = server.quick(&mut pool, Call::Invoke, [own, message, 0, 0, 0]);
    assert_eq!(server.quick(&mut pool, Call::TestPort, [port, 0, 0, 0, 0]), 0);
    result
}

fn no_port(call: Call) -> i32 {
    let (mut pool, Cast { mut client, server, stream, .. }) = client_and_server(2);
    let port = server.port;
    assert_eq!(server.quick(&mut pool, Call::Close, [port, 0, 0, 0, 0]), 0);
    let message = client.message(&mut pool, 0, b"x", &[]);
    client.call(&mut pool, call, [stream, message, 0, 0, 0])
}

fn no_port_to_forward_to() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = received(&mut pool, &mut client, &mut server, stream, 0);
    let (nowhere, port) = server.channel(&mut pool);
    assert_eq!(server.quick(&mut pool, Call::Close, [port, 0, 0, 0, 0]), 0);
    let message = server.message(&mut pool, 0, b"x", &[]);
    let result = server.call(&mut pool, Call::Forward, [nowhere, handle, message, 0, 0]);
    assert_eq!(server.reply(&mut pool, handle, b"y", &[]), 0, "the reply is still owed");
    assert_eq!(client.finish(&mut pool), 0);
    result
}

fn no_room_for_a_handle() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let launch = server.launch;
    fill_references(&mut pool, &server, launch);
    client.start_invoke(&mut pool, stream, b"x", &[], 0);
    pool.settle();
    let (port, room) = (server.port, server.room(&mut pool, 3, 0));
    let result = server.call(&mut pool, Call::Receive, [port, room, 1, 0, 0]);
    assert_eq!(server.quick(&mut pool, Call::Close, [launch, 0, 0, 0, 0]), 0);
    assert_eq!(server.receive(&mut pool, port, true).head[0], b'x', "the message has stayed");
    result
}

fn invoker_dies_while_he_fetches() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = received(&mut pool, &mut client, &mut server, stream, BULK as u32);
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Reply as u8];
    let message = server.message(&mut pool, 2, b"y", &[1; BULK]);
    server.start(&mut pool, Call::Reply, [handle, message, 0, 0, 0]);
    pool.settle();
    pool.kill(2);
    server.finish(&mut pool)
}

fn invoker_falls_silent() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = received(&mut pool, &mut client, &mut server, stream, BULK as u32);
    pool.wires.borrow_mut().lost_kinds = Kind::ALL.iter().map(|kind| *kind as u8).collect();
    let message = server.message(&mut pool, 2, b"y", &[1; BULK]);
    server.call(&mut pool, Call::Reply, [handle, message, 0, 0, 0])
}

fn nobody_waits(call: Call) -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let handle = received(&mut pool, &mut client, &mut server, stream, 0);
    let launch = server.launch;
    pool.kill(2);
    pool.pass_ms(1000);
    let message = server.message(&mut pool, 0, b"y", &[]);
    match call {
        Call::Forward => server.call(&mut pool, call, [launch, handle, message, 0, 0]),
        _ => server.call(&mut pool, call, [handle, message, 0, 0, 0]),
    }
}
