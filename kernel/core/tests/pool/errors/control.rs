//! Ways to the errors of the calls that create, control and copy.

use abi::calls::Call;
use abi::constants::{EndReason, EventType, InitialState, RefType, inc_rights};
use abi::error::CallError;
use abi::message::Kind;
use kernel::Config;

use super::{Way, fill_references};
use crate::lost_peer::copy;
use crate::messages::{Cast, client_and_server};
use crate::support::pool::RDC;
use crate::support::scene::{hand_over, make_unattached};
use crate::support::user::{BUFFER, RESULTS, copy_of};
use crate::support::{Inc, Pool};

pub const WAYS: &[Way] = &[
    Way { call: Call::Create, error: CallError::TableFull, by: no_room_for_a_child },
    Way { call: Call::Create, error: CallError::NoMemory, by: no_pages },
    Way { call: Call::Create, error: CallError::Busy, by: no_place },
    Way { call: Call::Create, error: CallError::NotAllocated, by: withdrawn },
    Way { call: Call::Create, error: CallError::NoSuchModule, by: no_module },
    Way { call: Call::Create, error: CallError::BadFile, by: no_layout },
    Way { call: Call::Create, error: CallError::NotInchoate, by: from_one_that_runs },
    Way { call: Call::Create, error: CallError::Unreachable, by: from_one_that_is_gone },
    Way { call: Call::Fork, error: CallError::TableFull, by: no_room_for_a_fork },
    Way { call: Call::Fork, error: CallError::NoMemory, by: no_pages_for_a_fork },
    Way { call: Call::Fork, error: CallError::Busy, by: no_place_for_a_fork },
    Way { call: Call::Fork, error: CallError::NotAllocated, by: withdrawn_from_a_fork },
    Way { call: Call::Fork, error: CallError::MixedPort, by: a_port_of_both_kinds },
    Way { call: Call::Fork, error: CallError::NotSupported, by: a_program_of_the_host },
    Way { call: Call::ModuleId, error: CallError::NoSuchModule, by: no_name },
    Way {
        call: Call::ChanCreate,
        error: CallError::TableFull,
        by: || no_reference(Call::ChanCreate),
    },
    Way {
        call: Call::ChanCreate,
        error: CallError::NoMemory,
        by: || no_kernel_port(Call::ChanCreate),
    },
    Way {
        call: Call::PortCreate,
        error: CallError::TableFull,
        by: || no_reference(Call::PortCreate),
    },
    Way {
        call: Call::PortCreate,
        error: CallError::NoMemory,
        by: || no_kernel_port(Call::PortCreate),
    },
    Way {
        call: Call::HanCreate,
        error: CallError::TableFull,
        by: || no_reference(Call::HanCreate),
    },
    Way { call: Call::CopyTo, error: CallError::Busy, by: || no_grant(Call::CopyTo) },
    Way { call: Call::CopyFrom, error: CallError::Busy, by: || no_grant(Call::CopyFrom) },
    Way { call: Call::CopyTo, error: CallError::Unreachable, by: || owner_gone(Call::CopyTo) },
    Way { call: Call::CopyFrom, error: CallError::Unreachable, by: || owner_gone(Call::CopyFrom) },
    Way { call: Call::Destroy, error: CallError::Unreachable, by: || child_gone(Call::Destroy) },
    Way { call: Call::Freeze, error: CallError::Unreachable, by: || child_gone(Call::Freeze) },
    Way { call: Call::Unfreeze, error: CallError::Unreachable, by: || child_gone(Call::Unfreeze) },
    Way { call: Call::Unfreeze, error: CallError::NotFrozen, by: not_frozen },
    Way {
        call: Call::MakeDependent,
        error: CallError::Unreachable,
        by: || child_gone(Call::MakeDependent),
    },
    Way { call: Call::MakeDependent, error: CallError::TableFull, by: too_many_parents },
    Way {
        call: Call::AuxStream,
        error: CallError::Unreachable,
        by: || child_gone(Call::AuxStream),
    },
    Way {
        call: Call::AuxStream,
        error: CallError::TableFull,
        by: || no_reference(Call::AuxStream),
    },
    Way { call: Call::AuxStream, error: CallError::NotAttached, by: no_auxiliary_port },
    Way { call: Call::Status, error: CallError::Busy, by: no_block_for_an_answer },
    Way { call: Call::EventWait, error: CallError::Busy, by: too_many_watchers },
    Way { call: Call::NodeAlloc, error: CallError::NoRight, by: || not_allowed(Call::NodeAlloc) },
    Way {
        call: Call::NodeWithdraw,
        error: CallError::NoRight,
        by: || not_allowed(Call::NodeWithdraw),
    },
    Way { call: Call::NodeAlloc, error: CallError::TableFull, by: too_many_rdcs },
    Way { call: Call::NodeWithdraw, error: CallError::NotAllocated, by: withdrawn_before },
    Way { call: Call::Brk, error: CallError::NoMemory, by: beyond_the_heap },
];

fn code(result: Result<(u32, u32), CallError>) -> i32 {
    result.map_or_else(CallError::code, |(handle, _)| handle as i32)
}

fn no_room_for_a_child() -> i32 {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    fill_references(&mut pool, &client, stream);
    code(client.create(&mut pool, 1, b""))
}

fn no_pages() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    pool.node(1).memory().pages = 3;
    code(client.create(&mut pool, 1, b""))
}

fn no_place() -> i32 {
    let config = Config { incarnations: 1, ..Config::default() };
    let mut pool = Pool::with_config(2, config);
    let mut launch = pool.launch();
    launch.create(&mut pool, 1, b"").expect("one place");
    code(launch.create(&mut pool, 1, b""))
}

fn withdrawn() -> i32 {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    assert_eq!(launch.call(&mut pool, Call::NodeWithdraw, [1, RDC, 0, 0, 0]), 0);
    code(launch.create(&mut pool, 1, b""))
}

/// What a fork of an incarnation to node 1 returns.
fn fork(pool: &mut Pool, inc: &mut Inc, list: &[(u32, u32)]) -> i32 {
    let args = crate::forking::prepare(pool, inc, 1, list);
    inc.call(pool, Call::Fork, args)
}

fn no_room_for_a_fork() -> i32 {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    fill_references(&mut pool, &client, stream);
    assert_eq!(client.quick(&mut pool, Call::Close, [stream, 0, 0, 0, 0]), 0);
    // There is room for a handle, but not for a stream, too.
    let list = [(client.port, 0)];
    let result = fork(&mut pool, &mut client, &list);
    assert_eq!(fork(&mut pool, &mut client, &[]), 1);
    result
}

fn no_pages_for_a_fork() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    pool.node(1).memory().pages = 3;
    fork(&mut pool, &mut client, &[])
}

fn no_place_for_a_fork() -> i32 {
    let config = Config { incarnations: 1, ..Config::default() };
    let mut pool = Pool::with_config(2, config);
    let mut launch = pool.launch();
    let (mut only, ..) = pool.create(&mut launch, 1);
    fork(&mut pool, &mut only, &[])
}

fn withdrawn_from_a_fork() -> i32 {
    let (mut pool, Cast { launch, mut client, .. }) = client_and_server(2);
    assert_eq!(launch.call(&mut pool, Call::NodeWithdraw, [1, RDC, 0, 0, 0]), 0);
    fork(&mut pool, &mut client, &[])
}

fn a_port_of_both_kinds() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let (stream, port) = crate::moving::group(&mut pool, &mut client);
    let (own, _) = client.channel(&mut pool);
    assert_eq!(client.call(&mut pool, Call::AttachPort, [port, 0, own, 0, 0]), 0);
    fork(&mut pool, &mut client, &[(port, stream)])
}

fn a_program_of_the_host() -> i32 {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    fork(&mut pool, &mut launch, &[])
}

fn no_module() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let mut args = client.prepare_create(&mut pool, 1, b"");
    args[0] = 7;
    client.call(&mut pool, Call::Create, args)
}

fn no_layout() -> i32 {
    let mut pool = Pool::new(2);
    pool.module_bss = u32::MAX;
    let mut launch = pool.launch();
    code(launch.create(&mut pool, 1, b""))
}

fn from_one_that_runs() -> i32 {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (_, running, _) = pool.create(&mut launch, 1);
    code(launch.create_from(&mut pool, running, 2, InitialState::Started))
}

fn from_one_that_is_gone() -> i32 {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (child, gone, _) = pool.create(&mut launch, 1);
    child.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(100);
    code(launch.create_from(&mut pool, gone, 2, InitialState::Started))
}

fn no_name() -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    client.write(&mut pool, RESULTS, b"nobody\0");
    client.call(&mut pool, Call::ModuleId, [RESULTS, 0, 0, 0, 0])
}

fn no_reference(call: Call) -> i32 {
    let (mut pool, Cast { mut client, .. }) = client_and_server(2);
    let stream = make_unattached(&mut pool, &mut client);
    fill_references(&mut pool, &client, stream);
    let args = match call {
        Call::ChanCreate => [0, RESULTS, RESULTS + 4, 0, 0],
        Call::AuxStream => [client.myself, 0, 0, 0, 0],
        _ => [stream, 0, 0, 0, 0],
    };
    client.quick(&mut pool, call, args)
}

fn no_auxiliary_port() -> i32 {
    let (mut pool, Cast { launch, .. }) = client_and_server(2);
    launch.call(&mut pool, Call::AuxStream, [launch.myself, 0, 0, 0, 0])
}

fn no_kernel_port(call: Call) -> i32 {
    // One for the loader, one for each ghost, two for those that it begins with, and one; a launch
    // endpoint has as many doors.
    let config = Config { incarnations: 2, kernel_ports: 6, ..Config::default() };
    let mut pool = Pool::with_config(2, config);
    let mut launch = pool.launch();
    let (mut child, _, _) = pool.create(&mut launch, 1);
    let stream = make_unattached(&mut pool, &mut child);
    let (_, port) = child.channel(&mut pool);
    let args = match call {
        Call::ChanCreate => [0, RESULTS, RESULTS + 4, 0, 0],
        _ => [stream, 0, 0, 0, 0],
    };
    let result = child.call(&mut pool, call, args);
    assert_eq!(child.quick(&mut pool, Call::Close, [port, 0, 0, 0, 0]), 0);
    assert!(child.call(&mut pool, call, args) >= 0, "the place of the other is free");
    result
}

fn no_grant(call: Call) -> i32 {
    let (mut pool, mut cast) = client_and_server(2);
    let (client, args) = copy(&mut pool, &mut cast, 20_000);
    pool.wires.borrow_mut().grants_max = 0;
    let result = client.call(&mut pool, call, args);
    pool.wires.borrow_mut().grants_max = usize::MAX;
    assert_eq!(client.call(&mut pool, call, args), 0, "and later");
    result
}

fn owner_gone(call: Call) -> i32 {
    let (mut pool, mut cast) = client_and_server(2);
    let (client, args) = copy(&mut pool, &mut cast, 100);
    cast.server.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(100);
    client.call(&mut pool, call, args)
}

/// A launch endpoint, and its handle to a child that has ended.
pub fn gone_child() -> (Pool, Inc, u32) {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (child, handle, _) = pool.create(&mut launch, 1);
    child.start(&mut pool, Call::Exit, [EndReason::Exited as u32, 0, 0, 0, 0]);
    pool.pass_ms(100);
    (pool, launch, handle)
}

fn child_gone(call: Call) -> i32 {
    let (mut pool, launch, handle) = gone_child();
    launch.call(&mut pool, call, [handle, 1, 0, 0, 0])
}

/// Eight parents have made a child depend on them; one more is turned away.
fn too_many_parents() -> i32 {
    let mut pool = Pool::with_config(3, Config { incarnations: 10, ..Config::default() });
    let mut launch = pool.launch();
    let (_, child, _) = pool.create(&mut launch, 1);
    let mut results = Vec::new();
    for _ in 0..9 {
        let (mut parent, _, stream) = pool.create(&mut launch, 2);
        let handle = copy_of(RefType::Incarnation, child, inc_rights::DEPEND);
        let handle = hand_over(&mut pool, &mut launch, stream, &mut parent, handle);
        results.push(parent.call(&mut pool, Call::MakeDependent, [handle, 2, 0, 0, 0]));
    }
    assert_eq!(results[..8], [0; 8]);
    results[8]
}

fn not_frozen() -> i32 {
    let (mut pool, Cast { mut launch, .. }) = client_and_server(2);
    let (_, handle, _) = pool.create(&mut launch, 1);
    launch.call(&mut pool, Call::Unfreeze, [handle, 5, 0, 0, 0])
}

/// The blocks of a node are taken by messages, up to the share of the kernels, and those by
/// answers that are kept until their requesters are known to have them.
fn no_block_for_an_answer() -> i32 {
    let config = Config { incarnations: 8, blocks: 1, ..Config::default() };
    let mut pool = Pool::with_config(3, config);
    let mut launch = pool.launch();
    let (_, child, stream) = pool.create(&mut launch, 1);
    for _ in 0..8 {
        assert_eq!(launch.send(&mut pool, stream, b"x", b"data"), 0);
    }
    let mut askers = vec![(launch.clone(), child)];
    for _ in 0..8 {
        let (mut asker, _, stream) = pool.create(&mut launch, 2);
        let handle = copy_of(RefType::Incarnation, child, inc_rights::STATUS);
        let handle = hand_over(&mut pool, &mut launch, stream, &mut asker, handle);
        askers.push((asker, handle));
    }
    pool.wires.borrow_mut().lost_kinds = vec![Kind::Acknowledge as u8];
    let ask = |pool: &mut Pool, (asker, handle): &(Inc, u32)| {
        asker.call(pool, Call::Status, [*handle, RESULTS, 0, 0, 0])
    };
    let results: Vec<i32> = askers.iter().map(|asker| ask(&mut pool, asker)).collect();
    assert_eq!(results[..8], [0; 8]);
    pool.wires.borrow_mut().lost_kinds.clear();
    pool.pass_ms(20_000);
    assert_eq!(ask(&mut pool, &askers[8]), 0, "what was kept has aged");
    results[8]
}

fn too_many_watchers() -> i32 {
    too_many_watchers_by(|pool, asker, child| {
        asker.start_events(pool, &[(child, EventType::Dead as u32)], 0);
        asker.finish(pool)
    })
}

/// The creator and seven others watch a child, by a call like this; one more is turned away.
pub fn too_many_watchers_by(watch: fn(&mut Pool, &mut Inc, u32) -> i32) -> i32 {
    let mut pool = Pool::with_config(3, Config { incarnations: 8, ..Config::default() });
    let mut launch = pool.launch();
    let (_, child, _) = pool.create(&mut launch, 1);
    let mut results = Vec::new();
    for _ in 0..8 {
        let (mut asker, _, stream) = pool.create(&mut launch, 2);
        let handle = copy_of(RefType::Incarnation, child, inc_rights::EVENTS);
        let handle = hand_over(&mut pool, &mut launch, stream, &mut asker, handle);
        results.push(watch(&mut pool, &mut asker, handle));
    }
    assert_eq!(results[..7], [0; 7]);
    results[7]
}

fn not_allowed(call: Call) -> i32 {
    let (mut pool, Cast { client, .. }) = client_and_server(2);
    client.call(&mut pool, call, [1, RDC, 0, 0, 0])
}

fn too_many_rdcs() -> i32 {
    let mut pool = Pool::with_config(2, Config { rdcs: 1, incarnations: 4, ..Config::default() });
    let first = pool.launch_endpoint(0, RDC);
    let second = pool.launch_endpoint(1, RDC + 1);
    let result = first.call(&mut pool, Call::NodeAlloc, [1, RDC, 0, 0, 0]);
    second.start(&mut pool, Call::Exit, [0; 5]);
    pool.pass_ms(100);
    let again = first.call(&mut pool, Call::NodeAlloc, [1, RDC, 0, 0, 0]);
    assert_eq!(again, 0, "the other RDC has left");
    result
}

fn withdrawn_before() -> i32 {
    let (mut pool, Cast { launch, .. }) = client_and_server(2);
    let args = [1, RDC, 0, 0, 0];
    assert_eq!(launch.call(&mut pool, Call::NodeWithdraw, args), 0);
    launch.call(&mut pool, Call::NodeWithdraw, args)
}

fn beyond_the_heap() -> i32 {
    let (mut pool, Cast { client, .. }) = client_and_server(2);
    client.quick(&mut pool, Call::Brk, [BUFFER + 0x0010_0000, 0, 0, 0, 0])
}
