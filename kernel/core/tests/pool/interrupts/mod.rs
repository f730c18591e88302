//! Software interrupts: when handlers run, what they find, and what becomes of what they
//! interrupt. The tests play the stub of the library, which calls the handler that the frame on
//! the stack names and then makes the call `inc_interruptReturn`.

mod events;
mod frames;
mod unreachable;
mod waits;

use abi::calls::Call;
use abi::constants::EventType;
use abi::error::CallError;
use kernel::Config;
use kernel::view::Doing;
use zerocopy::big_endian::U32;

use crate::messages::{Cast, cast, client_and_server};
use crate::support::memory::BASE;
use crate::support::{Inc, Pool};

/// Handlers: instructions of the text.
pub const FIRST: u32 = BASE + 0x200;
pub const SECOND: u32 = BASE + 0x300;
pub const THIRD: u32 = BASE + 0x400;

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

/// A port of `inc` with a handler, and a stream to it.
fn handled_port(pool: &mut Pool, inc: &mut Inc, handler: u32, priority: u32) -> (u32, u32) {
    let (stream, port) = inc.channel(pool);
    assert_eq!(inc.handle_port(pool, port, handler, priority), 0);
    (stream, port)
}

#[test]
fn a_message_interrupts_whoever_runs() {
    for node in [1, 2] {
        let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(node);
        let port = server.port;
        assert_eq!(server.handle_port(&mut pool, port, FIRST, 3), 0);
        assert_eq!(server.frame(&mut pool), None);
        let before = server.registers(&mut pool);
        assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
        let frame = server.frame(&mut pool).expect("its handler is called");
        assert_eq!(frame.if_handler.get(), FIRST);
        let event = frame.if_event;
        let event = [event.ed_reference, event.ed_evtype, event.ed_info1, event.ed_info2];
        let told = [port, EventType::PortHasMessage as u32, 1, 0];
        assert_eq!(event.map(U32::get), told);
        assert_eq!(server.receive(&mut pool, port, true).head[0], b'x');
        server.end_handler(&mut pool);
        assert_eq!(server.registers(&mut pool), before, "it goes on where it was");
    }
}

#[test]
fn a_handler_runs_once_for_all_that_has_come_since_it_ran() {
    let (mut pool, Cast { mut client, server, stream, .. }) = client_and_server(2);
    assert_eq!(client.send(&mut pool, stream, b"0", &[]), 0);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST), "for a message that was there before");
    assert_eq!(server.returned(&mut pool), Some(0), "the call that has set it is complete");
    for _ in 0..3 {
        assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    }
    server.end_handler(&mut pool);
    let frame = server.frame(&mut pool).expect("messages have come meanwhile");
    assert_eq!(frame.if_event.ed_info1.get(), 4, "all that are there");
    server.end_handler(&mut pool);
    assert_eq!(server.frame(&mut pool), None, "though they are still there");
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
}

#[test]
fn nothing_is_handled_that_is_over() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let port = server.port;
    assert_eq!(server.handle_port(&mut pool, port, FIRST, 3), 0);
    assert_eq!(server.set_priority(&mut pool, 7), 0);
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    server.receive(&mut pool, port, true);
    assert_eq!(server.set_priority(&mut pool, 0), 7);
    assert_eq!(server.frame(&mut pool), None, "the message was received");
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
}

#[test]
fn priorities_nest_and_block() {
    let (mut pool, Cast { mut server, .. }) = client_and_server(2);
    let ports = [(FIRST, 2), (SECOND, 5), (THIRD, 2)]
        .map(|(handler, priority)| handled_port(&mut pool, &mut server, handler, priority));
    let send = |pool: &mut Pool, which: usize| {
        let mut server = server.clone();
        assert_eq!(server.send(pool, ports[which].0, b"x", &[]), 0);
    };
    let before = server.registers(&mut pool);
    send(&mut pool, 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
    send(&mut pool, 2);
    assert_eq!(server.handler(&mut pool), Some(FIRST), "an equal one waits");
    send(&mut pool, 1);
    let frame = server.frame(&mut pool).expect("a higher one interrupts");
    assert_eq!((frame.if_handler.get(), frame.if_priority.get()), (SECOND, 2));
    assert_eq!(server.set_priority(&mut pool, 5), 5, "that of the handler");
    server.end_handler(&mut pool);
    assert_eq!(server.handler(&mut pool), Some(FIRST), "which the other has interrupted");
    server.end_handler(&mut pool);
    assert_eq!(server.handler(&mut pool), Some(THIRD), "which has waited");
    server.end_handler(&mut pool);
    assert_eq!(server.frame(&mut pool), None);
    let after = server.registers(&mut pool);
    assert_eq!((after.sp(), after.pc), (before.sp(), before.pc));
    assert_eq!(server.set_priority(&mut pool, 0), 0);
}

#[test]
fn a_critical_section_is_not_interrupted() {
    let (mut pool, Cast { mut client, server, stream, .. }) = client_and_server(2);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    assert_eq!(server.set_priority(&mut pool, 3), 0);
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    assert_eq!(server.frame(&mut pool), None, "not above the priority of the section");
    assert_eq!(server.set_priority(&mut pool, 2), 3, "the section ends");
    let frame = server.frame(&mut pool).expect("now it is above");
    assert_eq!((frame.if_data[0].get(), frame.if_priority.get()), (3, 2), "the call's result");
}

#[test]
fn the_highest_priority_comes_first_when_a_section_ends() {
    let (mut pool, Cast { mut server, .. }) = client_and_server(2);
    server.set_priority(&mut pool, 7);
    for (handler, priority) in [(FIRST, 1), (SECOND, 7), (THIRD, 4)] {
        let (stream, _) = handled_port(&mut pool, &mut server, handler, priority);
        assert_eq!(server.send(&mut pool, stream, b"x", &[]), 0);
    }
    assert_eq!(server.frame(&mut pool), None);
    server.set_priority(&mut pool, 0);
    for handler in [SECOND, THIRD, FIRST] {
        assert_eq!(server.handler(&mut pool), Some(handler));
        server.end_handler(&mut pool);
    }
    assert_eq!(server.frame(&mut pool), None);
}

#[test]
fn a_handler_that_was_removed_does_not_run() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let port = server.port;
    assert_eq!(server.handle_port(&mut pool, port, FIRST, 3), 0);
    assert_eq!(server.handle_port(&mut pool, port, 0, 0), 0);
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    assert_eq!(server.frame(&mut pool), None);
    server.set_priority(&mut pool, 7);
    assert_eq!(server.handle_port(&mut pool, port, FIRST, 3), 0);
    assert_eq!(server.handle_port(&mut pool, port, SECOND, 4), 0, "in place of the first");
    server.set_priority(&mut pool, 0);
    assert_eq!(server.handler(&mut pool), Some(SECOND));
    server.end_handler(&mut pool);
    assert_eq!(server.frame(&mut pool), None);
    let (own, closed) = handled_port(&mut pool, &mut server, THIRD, 6);
    server.set_priority(&mut pool, 7);
    assert_eq!(server.send(&mut pool, own, b"x", &[]), 0);
    assert_eq!(server.quick(&mut pool, Call::Close, [closed, 0, 0, 0, 0]), 0);
    server.set_priority(&mut pool, 0);
    assert_eq!(server.frame(&mut pool), None, "its port is closed");
}

/// What a handler does in the end may be what another waits for.
#[test]
fn a_handler_that_sends_to_its_own_port_is_called_again() {
    let (mut pool, Cast { mut server, .. }) = client_and_server(2);
    let (stream, port) = handled_port(&mut pool, &mut server, FIRST, 3);
    assert_eq!(server.send(&mut pool, stream, b"x", &[]), 0, "the result of the call");
    let frame = server.frame(&mut pool).expect("its own message interrupts it");
    assert_eq!(frame.if_data[0].get(), 0);
    server.receive(&mut pool, port, true);
    assert_eq!(server.send(&mut pool, stream, b"y", &[]), 0);
    server.end_handler(&mut pool);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
    assert_eq!(server.receive(&mut pool, port, true).head[0], b'y');
    server.end_handler(&mut pool);
    assert_eq!(server.frame(&mut pool), None);
}

/// The frame of an instruction that has begun is more than the registers; a tick comes soon.
#[test]
fn an_instruction_that_has_begun_is_not_interrupted() {
    let (mut pool, Cast { mut client, server, stream, .. }) = client_and_server(2);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    pool.node(1).machine().in_instruction.insert(server.slot);
    assert_eq!(client.send(&mut pool, stream, b"x", &[]), 0);
    pool.pass_ms(1000);
    pool.node(1).machine().in_instruction.clear();
    assert_eq!(server.frame(&mut pool), None, "nothing has happened since");
    pool.pass_ms(20);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
    server.end_handler(&mut pool);
    server.start(&mut pool, Call::Pause, [0; 5]);
    pool.pass_ms(60_000);
    let alarms = pool.node(1).machine().alarms;
    pool.pass_ms(60_000);
    assert_eq!(pool.node(1).machine().alarms, alarms, "no ticks pass for nothing");
}

#[test]
fn a_frozen_incarnation_is_interrupted_when_it_runs() {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (server, handle, stream) = pool.create(&mut launch, 1);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 3), 0);
    assert_eq!(launch.call(&mut pool, Call::Freeze, [handle, 0, 0, 0, 0]), 0);
    assert_eq!(launch.send(&mut pool, stream, b"x", &[]), 0);
    let residents = pool.node(1).residents();
    let doing = residents.iter().find(|one| one.slot == server.slot).map(|one| one.doing);
    assert_eq!(doing, Some(Doing::Frozen));
    assert_eq!(launch.call(&mut pool, Call::Unfreeze, [handle, 8, 0, 0, 0]), 0);
    assert_eq!(server.handler(&mut pool), Some(FIRST));
}

/// Messages that would go the short way are no exception.
#[test]
fn a_line_that_is_open_keeps_no_message_from_interrupting() {
    for node in [1, 2] {
        let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(node);
        let port = server.port;
        for _ in 0..5 {
            server.start_receive(&mut pool, port, true, 0);
            client.start_invoke(&mut pool, stream, b"x", &[], 0);
            let handle = server.finish(&mut pool) as u32;
            assert_eq!(server.reply(&mut pool, handle, b"y", &[]), 0);
            assert_eq!(client.finish(&mut pool), 0);
        }
        assert_eq!(server.handle_port(&mut pool, port, FIRST, 3), 0);
        client.start_invoke(&mut pool, stream, b"z", &[], 0);
        assert_eq!(server.handler(&mut pool), Some(FIRST), "client on node {node}");
        let handle = server.receive(&mut pool, port, true).result;
        assert_eq!(server.reply(&mut pool, handle, b"y", &[]), 0);
        server.end_handler(&mut pool);
        assert_eq!(client.finish(&mut pool), 0);
    }
}

/// The program of a launch endpoint runs where no kernel can interrupt it.
#[test]
fn a_launch_endpoint_has_no_handlers() {
    let (mut pool, Cast { launch, to_server, .. }) = client_and_server(2);
    let supported = |result| error(result) != Some(CallError::NotSupported);
    let handle = launch.quick(&mut pool, Call::HanCreate, [to_server, 0, 0, 0, 0]) as u32;
    let text = BASE + 0x8000;
    let calls = [
        (Call::SetPortHandler, [launch.port, text, 1, 0, 0]),
        (Call::SetStreamHandler, [handle, text, 1, 0, 0]),
        (Call::SetIncHandler, [launch.myself, 1, EventType::Made as u32, text, 1]),
    ];
    for (call, args) in calls {
        assert!(!supported(launch.quick(&mut pool, call, args)), "{}", call.name());
    }
    let interest = [launch.myself, 1, EventType::Dead as u32, 0, 0];
    assert_eq!(launch.call(&mut pool, Call::SetIncHandler, interest), 0, "no handler");
}

#[test]
fn an_incarnation_has_a_bounded_number_of_handlers() {
    let config = Config { incarnations: 8, references: 200, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let Cast { mut server, .. } = cast(&mut pool, 2);
    let mut ports = Vec::new();
    for _ in 0..64 {
        ports.push(handled_port(&mut pool, &mut server, FIRST, 1).1);
    }
    let full = server.handle_port(&mut pool, server.port, FIRST, 1);
    assert_eq!(error(full), Some(CallError::TableFull));
    assert_eq!(server.handle_port(&mut pool, ports[5], SECOND, 1), 0, "one that has a handler");
    assert_eq!(server.quick(&mut pool, Call::Close, [ports[0], 0, 0, 0, 0]), 0);
    assert_eq!(server.handle_port(&mut pool, server.port, FIRST, 1), 0);
}
