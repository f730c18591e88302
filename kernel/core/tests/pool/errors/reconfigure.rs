//! Ways to the errors of reconfiguration, and to those that it brings to other calls.

use abi::calls::Call;
use abi::constants::{Domain, RefType};
use abi::error::CallError;
use abi::structs::RefDescrip;
use kernel::Config;

use super::Way;
use crate::messages::{Cast, client_and_server};
use crate::moving::{self, group, hand};
use crate::support::Pool;

pub const WAYS: &[Way] = &[
    Way {
        call: Call::Invoke,
        error: CallError::MulticastNotAllowed,
        by: || to_group(Call::Invoke),
    },
    Way {
        call: Call::AsInvoke,
        error: CallError::MulticastNotAllowed,
        by: || to_group(Call::AsInvoke),
    },
    Way { call: Call::Forward, error: CallError::MulticastNotAllowed, by: forwarded_to_group },
    Way { call: Call::RebindStream, error: CallError::MulticastNotAllowed, by: rebound_to_group },
    Way { call: Call::Invoke, error: CallError::MixedPort, by: || mixed(Call::Invoke) },
    Way { call: Call::AsInvoke, error: CallError::MixedPort, by: || mixed(Call::AsInvoke) },
    Way { call: Call::Send, error: CallError::MixedPort, by: || mixed(Call::Send) },
    Way { call: Call::Dgram, error: CallError::MixedPort, by: || mixed(Call::Dgram) },
    Way { call: Call::Reply, error: CallError::MixedPort, by: || mixed(Call::Reply) },
    Way { call: Call::Receive, error: CallError::NoMemory, by: no_place_for_a_port },
    Way { call: Call::Receive, error: CallError::Busy, by: no_room_for_its_messages },
    Way { call: Call::AttachPort, error: CallError::TableFull, by: too_many_channels },
    Way { call: Call::AttachPort, error: CallError::NoMemory, by: no_kernel_port },
    Way { call: Call::AttachPort, error: CallError::Busy, by: || no_block(Call::AttachPort) },
    Way { call: Call::AttachPort, error: CallError::NotAttached, by: not_attached },
    Way { call: Call::AttachPort, error: CallError::Unreachable, by: || gone(Call::AttachPort) },
    Way { call: Call::PortCreate, error: CallError::Busy, by: || no_block(Call::PortCreate) },
    Way { call: Call::PortCreate, error: CallError::OutcomeUnknown, by: silent_owner },
    Way {
        call: Call::BackupCreate,
        error: CallError::MulticastNotAllowed,
        by: || {
            let (mut pool, Cast { mut client, .. }) = client_and_server(2);
            let (stream, _) = group(&mut pool, &mut client);
            client.quick(&mut pool, Call::BackupCreate, [stream, 0, 0, 0, 0])
        },
    },
    Way { call: Call::BackupCreate, error: CallError::BadArgument, by: backup_of_its_own_port },
    Way { call: Call::BackupCreate, error: CallError::TableFull, by: too_many_backups },
    Way { call: Call::BackupCreate, error: CallError::NoMemory, by: no_kernel_port_for_a_backup },
    Way { call: Call::BackupCreate, error: CallError::NotAttached, by: backup_of_nothing },
    Way { call: Call::RebindStream, error: CallError::Busy, by: || no_block(Call::RebindStream) },
    Way {
        call: Call::RebindStream,
        error: CallError::Unreachable,
        by: || gone(Call::RebindStream),
    },
    Way {
        call: Call::FreezeStream,
        error: CallError::Unreachable,
        by: || gone(Call::FreezeStream),
    },
    Way {
        call: Call::UnfreezeStream,
        error: CallError::Unreachable,
        by: || gone(Call::UnfreezeStream),
    },
    Way { call: Call::UnfreezeStream, error: CallError::NotFrozen, by: not_frozen },
];

fn to_group(call: Call) -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (stream, _) = group(&mut pool, &mut client);
    let message = client.message(&mut pool, 0, b"x", &[]);
    client.quick(&mut pool, call, [stream, message, 0, 0, 0])
}

fn forwarded_to_group() -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let (group, _) = group(&mut pool, &mut server);
    client.start_invoke(&mut pool, stream, b"x", &[], 0);
    let port = server.port;
    let handle = server.receive(&mut pool, port, true).result;
    let message = server.message(&mut pool, 0, b"x", &[]);
    server.quick(&mut pool, Call::Forward, [group, handle, message, 0, 0])
}

fn rebound_to_group() -> i32 {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    let (group, _) = group(&mut pool, &mut client);
    let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    client.quick(&mut pool, Call::RebindStream, [handle, group, 0, 0, 0])
}

/// Offers a port that is attached to channels of both kinds.
fn mixed(call: Call) -> i32 {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(2);
    let (own, port) = server.channel(&mut pool);
    let (group, _) = group(&mut pool, &mut server);
    assert_eq!(server.call(&mut pool, Call::AttachPort, [port, 0, group, 0, 0]), 0);
    let offer = RefDescrip::new(RefType::Port, port, Domain::Any, 0);
    let message = server.full_message(&mut pool, 0, b"x", &[], offer, 0);
    let first = if call == Call::Reply {
        client.start_invoke(&mut pool, stream, b"x", &[], 0);
        let port = server.port;
        server.receive(&mut pool, port, true).result
    } else {
        own
    };
    let message = if call == Call::Reply {
        server.full_message(&mut pool, 2, b"x", &[], offer, 0)
    } else {
        message
    };
    server.quick(&mut pool, call, [first, message, 0, 0, 0])
}

/// The node of the receiver has no place for the attachment of a port.
fn no_place_for_a_port() -> i32 {
    let config = Config { incarnations: 2, kernel_ports: 7, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let mut launch = pool.launch();
    let (mut taker, _, to_taker) = pool.create(&mut launch, 1);
    for _ in 0..2 {
        taker.channel(&mut pool);
    }
    let (_, port) = launch.channel(&mut pool);
    assert_eq!(launch.give(&mut pool, to_taker, moving::gift(port, 0)), 0);
    let standard = taker.port;
    taker.start_receive(&mut pool, standard, false, 0);
    taker.finish(&mut pool)
}

/// The receiver's node has no room for more messages of his.
fn no_room_for_its_messages() -> i32 {
    let mut pool =
        Pool::with_config(4, Config { incarnations: 8, messages: 1, ..Config::default() });
    let moving::Cast { mut client, mut first, mut second, stream, port, to_second, .. } =
        moving::cast_in(&mut pool, [1, 2, 3]);
    let (own, _) = second.channel(&mut pool);
    let message = second.message(&mut pool, 0, b"x", &[]);
    moving::send(&mut pool, &mut client, stream, 1..4);
    assert_eq!(first.give(&mut pool, to_second, moving::gift(port, 0)), 0);
    while second.call(&mut pool, Call::Send, [own, message, 0, 0, 0]) == 0 {}
    let standard = second.port;
    second.start_receive(&mut pool, standard, false, 0);
    second.finish(&mut pool)
}

fn too_many_channels() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (_, port) = client.channel(&mut pool);
    loop {
        let (stream, _) = client.channel(&mut pool);
        let result = client.call(&mut pool, Call::AttachPort, [port, 0, stream, 0, 0]);
        if result != 0 {
            return result;
        }
    }
}

/// All kernel ports of the node are in use, and the one that yields lies elsewhere.
fn no_kernel_port() -> i32 {
    let config = Config { incarnations: 2, kernel_ports: 7, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let mut launch = pool.launch();
    let (mut child, _, to_child) = pool.create(&mut launch, 1);
    let (stream, _) = launch.channel(&mut pool);
    let copy = RefDescrip::new(RefType::Stream, stream, Domain::Any, 0);
    let stream = hand(&mut pool, &mut launch, to_child, &mut child, copy);
    child.channel(&mut pool);
    let (_, port) = child.channel(&mut pool);
    child.call(&mut pool, Call::AttachPort, [port, 0, stream, 0, 0])
}

/// Messages have taken what the node has beyond what it must keep.
fn no_block(call: Call) -> i32 {
    let config = Config { incarnations: 8, blocks: 1, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let mut launch = pool.launch();
    let (_, _, to_taker) = pool.create(&mut launch, 0);
    let (stream, port) = launch.channel(&mut pool);
    let handle = launch.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    // The last of them find no room.
    let message = launch.message(&mut pool, 0, b"x", b"data");
    for _ in 0..20 {
        assert_eq!(launch.call(&mut pool, Call::Dgram, [to_taker, message, 0, 0, 0]), 0);
    }
    let args = match call {
        Call::AttachPort => [port, 0, stream, 0, 0],
        Call::RebindStream => [handle, stream, port, 0, 0],
        _ => [stream, 0, 0, 0, 0],
    };
    launch.quick(&mut pool, call, args)
}

/// The owner of the port that is attached now is not heard of any more.
fn silent_owner() -> i32 {
    let (mut pool, Cast { client, stream, .. }) = client_and_server(2);
    pool.wires.borrow_mut().lost_kinds =
        abi::message::Kind::ALL.iter().map(|kind| *kind as u8).collect();
    client.call(&mut pool, Call::PortCreate, [stream, 0, 0, 0, 0])
}

fn backup_of_its_own_port() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (stream, _) = client.channel(&mut pool);
    client.call(&mut pool, Call::BackupCreate, [stream, 0, 0, 0, 0])
}

fn backup_of_nothing() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let stream = crate::support::scene::make_unattached(&mut pool, &mut client);
    client.call(&mut pool, Call::BackupCreate, [stream, 0, 0, 0, 0])
}

/// One more than a node can have.
fn too_many_backups() -> i32 {
    let mut pool = Pool::with_config(3, Config { incarnations: 8, ..Config::default() });
    let mut launch = pool.launch();
    let (mut child, _, to_child) = pool.create(&mut launch, 1);
    let mut result = 0;
    for _ in 0..65 {
        assert!(result >= 0, "{:?}", CallError::from_code(result));
        let (stream, _) = launch.channel(&mut pool);
        let copy = RefDescrip::new(RefType::Stream, stream, Domain::Any, 0);
        let stream = hand(&mut pool, &mut launch, to_child, &mut child, copy);
        result = child.call(&mut pool, Call::BackupCreate, [stream, 0, 0, 0, 0]);
    }
    result
}

/// The place for the attachment is kept from the beginning.
fn no_kernel_port_for_a_backup() -> i32 {
    let config = Config { incarnations: 2, kernel_ports: 7, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let mut launch = pool.launch();
    let (mut child, _, to_child) = pool.create(&mut launch, 1);
    let (stream, _) = launch.channel(&mut pool);
    let copy = RefDescrip::new(RefType::Stream, stream, Domain::Any, 0);
    let stream = hand(&mut pool, &mut launch, to_child, &mut child, copy);
    for _ in 0..2 {
        child.channel(&mut pool);
    }
    child.call(&mut pool, Call::BackupCreate, [stream, 0, 0, 0, 0])
}

fn not_attached() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (stream, _) = client.channel(&mut pool);
    let (_, new) = client.channel(&mut pool);
    let (_, old) = client.channel(&mut pool);
    client.call(&mut pool, Call::AttachPort, [new, old, stream, 0, 0])
}

/// Whoever has the port or stream is not there any more.
fn gone(call: Call) -> i32 {
    let (mut pool, moving::Cast { mut launch, client, mut first, stream, port, .. }) =
        moving::cast([1, 2, 3]);
    let by = first.launch;
    let old = first.quick(&mut pool, Call::HanCreate, [port, 0, 0, 0, 0]) as u32;
    let copy = RefDescrip::new(RefType::PortHandle, old, Domain::Any, 0);
    let old = hand(&mut pool, &mut first, by, &mut launch, copy);
    let by = client.launch;
    let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    let copy = RefDescrip::new(RefType::StreamHandle, handle, Domain::Any, 0);
    let mut client = client;
    let handle = hand(&mut pool, &mut client, by, &mut launch, copy);
    let (own, _) = launch.channel(&mut pool);
    for inc in [&client, &first] {
        inc.start(&mut pool, Call::Exit, [0; 5]);
    }
    pool.pass_ms(100);
    let args = match call {
        Call::AttachPort => [old, 0, own, 0, 0],
        Call::RebindStream => [handle, own, old, 0, 0],
        _ => [handle, 0, 0, 0, 0],
    };
    launch.call(&mut pool, call, args)
}

fn not_frozen() -> i32 {
    let (mut pool, Cast { client, stream, .. }) = client_and_server(2);
    let handle = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
    client.call(&mut pool, Call::UnfreezeStream, [handle, 0, 0, 0, 0])
}
