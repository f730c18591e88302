//! Ways to the errors of the calls about software interrupts, and to `Interrupted`.

use abi::calls::Call;
use abi::constants::{EventType, RefType};
use abi::error::CallError;
use kernel::Config;

use super::Way;
use super::control::{gone_child, too_many_watchers_by};
use super::messaging::received;
use crate::messages::{Cast, cast, client_and_server};
use crate::support::Pool;
use crate::support::memory::BASE;
use crate::support::scene::{TEXT_ADDRESS, hand_over};
use crate::support::user::copy_of;

pub const WAYS: &[Way] = &[
    Way { call: Call::Receive, error: CallError::Interrupted, by: || interrupted(Call::Receive) },
    Way { call: Call::Invoke, error: CallError::Interrupted, by: || interrupted(Call::Invoke) },
    Way { call: Call::Send, error: CallError::Interrupted, by: || interrupted(Call::Send) },
    Way { call: Call::Dgram, error: CallError::Interrupted, by: || interrupted(Call::Dgram) },
    Way { call: Call::AsInvoke, error: CallError::Interrupted, by: || interrupted(Call::AsInvoke) },
    Way { call: Call::Forward, error: CallError::Interrupted, by: || interrupted(Call::Forward) },
    Way {
        call: Call::EventWait,
        error: CallError::Interrupted,
        by: || interrupted(Call::EventWait),
    },
    Way { call: Call::Sleep, error: CallError::Interrupted, by: || interrupted(Call::Sleep) },
    Way {
        call: Call::SetPortHandler,
        error: CallError::TableFull,
        by: || full(EventType::PortHasMessage),
    },
    Way {
        call: Call::SetStreamHandler,
        error: CallError::TableFull,
        by: || full(EventType::StreamClosed),
    },
    Way { call: Call::SetIncHandler, error: CallError::TableFull, by: || full(EventType::Dead) },
    Way {
        call: Call::SetPortHandler,
        error: CallError::NotSupported,
        by: || of_the_host(EventType::PortHasMessage),
    },
    Way {
        call: Call::SetStreamHandler,
        error: CallError::NotSupported,
        by: || of_the_host(EventType::StreamClosed),
    },
    Way {
        call: Call::SetIncHandler,
        error: CallError::NotSupported,
        by: || of_the_host(EventType::Dead),
    },
    Way { call: Call::SetStreamHandler, error: CallError::Busy, by: stream_watched_by_others },
    Way { call: Call::SetIncHandler, error: CallError::Busy, by: child_watched_by_others },
    Way { call: Call::SetIncHandler, error: CallError::Unreachable, by: child_gone },
    Way { call: Call::InterruptReturn, error: CallError::BadArgument, by: no_frame },
];

/// A wait of the server, which the launch endpoint interrupts.
fn interrupted(call: Call) -> i32 {
    let (mut pool, cast) = client_and_server(2);
    let Cast { mut launch, mut client, mut server, stream, to_server, .. } = cast;
    let reply = received(&mut pool, &mut client, &mut server, stream, 0);
    let (own, port) = server.channel(&mut pool);
    assert_eq!(server.handle_port(&mut pool, server.port, TEXT_ADDRESS, 1), 0);
    let room = server.room(&mut pool, 3, 0);
    let event = [(port, EventType::PortHasMessage as u32)];
    let args = match call {
        Call::Receive => [port, room, 1, 0, u32::MAX],
        Call::EventWait => [1, server.event_list(&mut pool, &event), u32::MAX, 0, 0],
        Call::AsInvoke => {
            assert_eq!(server.quick(&mut pool, Call::SetBufferLimit, [own, 1, 0, 0, 0]), 0);
            let message = server.message(&mut pool, 0, b"bulk", &[1; 4000]);
            assert_eq!(server.call(&mut pool, call, [own, message, 0, 0, 0]), 0);
            [own, message, 0, 0, 0]
        }
        Call::Sleep => [60_000, 0, 0, 0, 0],
        // What is to be sent by a frozen stream.
        _ => {
            let handle = server.quick(&mut pool, Call::HanCreate, [own, 0, 0, 0, 0]) as u32;
            let frozen = server.call(&mut pool, Call::FreezeStream, [handle, 0, 0, 0, 0]);
            assert_eq!(frozen, 0);
            let message = server.message(&mut pool, 0, b"x", &[]);
            match call {
                Call::Forward => [own, reply, message, 0, 0],
                _ => [own, message, 0, 0, 0],
            }
        }
    };
    server.start(&mut pool, call, args);
    assert_eq!(server.result(&mut pool), None);
    assert_eq!(launch.send(&mut pool, to_server, b"x", &[]), 0);
    server.finish(&mut pool)
}

/// The call that gives an event at `reference` a handler.
fn set(event: EventType, reference: u32, handler: u32) -> (Call, [u32; 5]) {
    match event {
        EventType::PortHasMessage => (Call::SetPortHandler, [reference, handler, 1, 0, 0]),
        EventType::StreamClosed => (Call::SetStreamHandler, [reference, handler, 1, 0, 0]),
        _ => (Call::SetIncHandler, [reference, 1, event as u32, handler, 1]),
    }
}

/// One handler too many.
fn full(event: EventType) -> i32 {
    let config = Config { incarnations: 8, references: 200, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let Cast { mut server, .. } = cast(&mut pool, 2);
    for _ in 0..64 {
        let (_, port) = server.channel(&mut pool);
        assert_eq!(server.handle_port(&mut pool, port, TEXT_ADDRESS, 1), 0);
    }
    let launch = server.launch;
    let reference = match event {
        EventType::PortHasMessage => server.port,
        EventType::StreamClosed => {
            server.quick(&mut pool, Call::HanCreate, [launch, 0, 0, 0, 0]) as u32
        }
        _ => server.myself,
    };
    let (call, args) = set(event, reference, TEXT_ADDRESS);
    server.quick(&mut pool, call, args)
}

/// A launch endpoint's program runs on the host.
fn of_the_host(event: EventType) -> i32 {
    let (mut pool, Cast { launch, to_server, .. }) = client_and_server(2);
    let reference = match event {
        EventType::PortHasMessage => launch.port,
        EventType::StreamClosed => {
            launch.quick(&mut pool, Call::HanCreate, [to_server, 0, 0, 0, 0]) as u32
        }
        _ => launch.myself,
    };
    let (call, args) = set(event, reference, BASE + 0x8000);
    launch.quick(&mut pool, call, args)
}

/// Two others watch a stream of the client's; one more is turned away.
fn stream_watched_by_others() -> i32 {
    let (mut pool, Cast { mut launch, mut client, stream, to_client, .. }) = client_and_server(2);
    let own = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    let mut results = Vec::new();
    for _ in 0..3 {
        let (mut watcher, _, to_watcher) = pool.create(&mut launch, 1);
        let to_watcher = copy_of(RefType::Stream, to_watcher, 0);
        let to_watcher = hand_over(&mut pool, &mut launch, to_client, &mut client, to_watcher);
        let gift = copy_of(RefType::StreamHandle, own, 0);
        let handle = hand_over(&mut pool, &mut client, to_watcher, &mut watcher, gift);
        let args = [handle, TEXT_ADDRESS, 1, 0, 0];
        results.push(watcher.call(&mut pool, Call::SetStreamHandler, args));
    }
    assert_eq!(results[..2], [0; 2]);
    results[2]
}

fn child_watched_by_others() -> i32 {
    too_many_watchers_by(|pool, asker, child| {
        asker.handle_inc(pool, child, EventType::Dead, TEXT_ADDRESS, 1)
    })
}

fn child_gone() -> i32 {
    let (mut pool, launch, handle) = gone_child();
    launch.call(&mut pool, Call::SetIncHandler, [handle, 1, EventType::Faulting as u32, 0, 0])
}

fn no_frame() -> i32 {
    let (mut pool, Cast { server, .. }) = client_and_server(2);
    server.quick(&mut pool, Call::InterruptReturn, [0; 5])
}
