//! The calls that wait for another node, and what each returns when that is lost.

use abi::calls::Call;
use abi::constants::{EventType, RefType, buffer_rights};
use abi::error::CallError;

use crate::messages::Cast;
use crate::support::pool::RDC;
use crate::support::scene::{TEXT_ADDRESS, hand_over};
use crate::support::user::{BUFFER, RESULTS, copy_of};
use crate::support::{Inc, Pool};

/// A caller and its arguments.
type Made = (Inc, [u32; 5]);

/// A call from one node to node 1, and what it returns when that is lost.
pub struct FarCall {
    pub call: Call,
    /// Whether its data is pulled.
    pub what: &'static str,
    /// Prepares the call.
    pub prepare: fn(&mut Pool, &mut Cast) -> Made,
    /// What it returns when node 1 dies.
    pub killed: i32,
    /// What it returns when nothing is heard of node 1.
    pub silent: i32,
}

const LOST: i32 = CallError::PeerLost.code();
const UNKNOWN: i32 = CallError::OutcomeUnknown.code();
/// The number of events that `inc_eventWait` returns.
const ONE_EVENT: i32 = 1;

/// Every call that waits for another node.
pub const FAR_CALLS: &[FarCall] = &[
    FarCall {
        call: Call::Invoke,
        what: "without data",
        prepare: |pool, cast| {
            let message = cast.client.message(pool, 0, b"x", &[]);
            (cast.client.clone(), [cast.stream, message, 0, 0, 0])
        },
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::Invoke,
        what: "bulk",
        prepare: bulk_message,
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::AsInvoke,
        what: "bulk",
        prepare: bulk_message,
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::Send,
        what: "with data",
        prepare: |pool, cast| {
            let message = cast.client.message(pool, 0, b"x", &[1; 1000]);
            (cast.client.clone(), [cast.stream, message, 0, 0, 0])
        },
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall { call: Call::Forward, what: "", prepare: forward, killed: LOST, silent: UNKNOWN },
    FarCall {
        call: Call::CopyTo,
        what: "in a packet",
        prepare: |pool, cast| copy(pool, cast, 100),
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::CopyTo,
        what: "bulk",
        prepare: |pool, cast| copy(pool, cast, 20_000),
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::CopyFrom,
        what: "in a packet",
        prepare: |pool, cast| copy(pool, cast, 100),
        killed: LOST,
        silent: LOST,
    },
    FarCall {
        call: Call::CopyFrom,
        what: "bulk",
        prepare: |pool, cast| copy(pool, cast, 20_000),
        killed: LOST,
        silent: LOST,
    },
    FarCall {
        call: Call::Create,
        what: "",
        prepare: |pool, cast| {
            let args = cast.launch.prepare_create(pool, 1, b"parameters");
            (cast.launch.clone(), args)
        },
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::Fork,
        what: "",
        prepare: |pool, cast| {
            let args = crate::forking::prepare(pool, &mut cast.client, 1, &[]);
            (cast.client.clone(), args)
        },
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall { call: Call::Destroy, what: "", prepare: child, killed: LOST, silent: UNKNOWN },
    FarCall { call: Call::Freeze, what: "", prepare: child, killed: LOST, silent: LOST },
    FarCall { call: Call::Unfreeze, what: "", prepare: frozen_child, killed: LOST, silent: LOST },
    FarCall {
        call: Call::MakeDependent,
        what: "",
        prepare: |pool, cast| {
            let (launch, args) = child(pool, cast);
            (launch, [args[0], 2, 0, 0, 0])
        },
        killed: LOST,
        silent: LOST,
    },
    FarCall { call: Call::AuxStream, what: "", prepare: child, killed: LOST, silent: LOST },
    FarCall { call: Call::Status, what: "", prepare: child, killed: 0, silent: 0 },
    FarCall {
        call: Call::EventWait,
        what: "that asks first",
        prepare: watched_child,
        killed: ONE_EVENT,
        silent: ONE_EVENT,
    },
    FarCall {
        call: Call::AttachPort,
        what: "",
        prepare: |pool, cast| {
            let port = port_handle(pool, cast);
            let (stream, _) = cast.client.channel(pool);
            (cast.client.clone(), [port, 0, stream, 0, 0])
        },
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall {
        call: Call::BackupCreate,
        what: "",
        prepare: |_, cast| (cast.client.clone(), [cast.stream, 0, 0, 0, 0]),
        killed: LOST,
        silent: LOST,
    },
    FarCall {
        call: Call::RebindStream,
        what: "with its messages",
        prepare: |pool, cast| {
            let port = port_handle(pool, cast);
            let args = [cast.stream, 0, 0, 0, 0];
            let handle = cast.client.quick(pool, Call::HanCreate, args) as u32;
            let (stream, _) = cast.client.channel(pool);
            (cast.client.clone(), [handle, stream, port, 0, 0])
        },
        killed: LOST,
        silent: UNKNOWN,
    },
    FarCall { call: Call::FreezeStream, what: "", prepare: far_stream, killed: LOST, silent: LOST },
    FarCall {
        call: Call::UnfreezeStream,
        what: "",
        prepare: |pool, cast| {
            let (client, args) = far_stream(pool, cast);
            assert_eq!(client.call(pool, Call::FreezeStream, args), 0);
            (client, args)
        },
        killed: LOST,
        silent: LOST,
    },
    FarCall {
        call: Call::SetIncHandler,
        what: "",
        prepare: |pool, cast| {
            let (launch, args) = child(pool, cast);
            // Interest only: the host's programs have no handlers.
            (launch, [args[0], 1, EventType::Faulting as u32, 0, 0])
        },
        killed: LOST,
        silent: LOST,
    },
    FarCall {
        call: Call::SetStreamHandler,
        what: "",
        prepare: foreign_stream,
        // It is closed, and the handler is called.
        killed: 0,
        silent: 0,
    },
    FarCall {
        call: Call::NodeAlloc,
        what: "",
        prepare: |_, cast| (cast.launch.clone(), [1, RDC, 0, 0, 0]),
        killed: LOST,
        silent: LOST,
    },
    FarCall {
        call: Call::NodeWithdraw,
        what: "",
        prepare: |_, cast| (cast.launch.clone(), [1, RDC, 0, 0, 0]),
        killed: LOST,
        silent: LOST,
    },
];

/// A message of the client to the server, with data that is pulled.
fn bulk_message(pool: &mut Pool, cast: &mut Cast) -> Made {
    let message = cast.client.message(pool, 0, b"x", &[1; 9000]);
    (cast.client.clone(), [cast.stream, message, 0, 0, 0])
}

/// The client forwards an invocation of the launch endpoint to the server.
fn forward(pool: &mut Pool, cast: &mut Cast) -> Made {
    cast.launch.start_invoke(pool, cast.to_client, b"x", &[], 0);
    let port = cast.client.port;
    let handle = cast.client.receive(pool, port, true).result;
    let message = cast.client.message(pool, 0, b"x", &[]);
    (cast.client.clone(), [cast.stream, handle, message, 0, 0])
}

/// The client copies to or from a buffer of the server.
pub fn copy(pool: &mut Pool, cast: &mut Cast, length: u32) -> Made {
    let Cast { launch, client, server, to_server, to_client, .. } = cast;
    let stream = copy_of(RefType::Stream, *to_client, 0);
    let back = hand_over(pool, launch, *to_server, server, stream);
    let mut lent = copy_of(RefType::Buffer, BUFFER, buffer_rights::READ | buffer_rights::WRITE);
    lent.rd_obj.count = length.into();
    let buffer = hand_over(pool, server, back, client, lent);
    (client.clone(), [buffer, 0, BUFFER, length, 0])
}

/// The client has a handle to a reference of the server.
fn far_handle(pool: &mut Pool, cast: &mut Cast, what: u32, ref_type: RefType) -> u32 {
    let Cast { launch, client, server, to_server, to_client, .. } = cast;
    let stream = copy_of(RefType::Stream, *to_client, 0);
    let back = hand_over(pool, launch, *to_server, server, stream);
    let what = if ref_type == RefType::StreamHandle { back } else { what };
    let handle = server.quick(pool, Call::HanCreate, [what, 0, 0, 0, 0]) as u32;
    hand_over(pool, server, back, client, copy_of(ref_type, handle, 0))
}

fn port_handle(pool: &mut Pool, cast: &mut Cast) -> u32 {
    let port = cast.server.port;
    far_handle(pool, cast, port, RefType::PortHandle)
}

fn far_stream(pool: &mut Pool, cast: &mut Cast) -> Made {
    let handle = far_handle(pool, cast, 0, RefType::StreamHandle);
    (cast.client.clone(), [handle, 0, 0, 0, 0])
}

/// The launch endpoint operates on a child at node 1.
fn child(pool: &mut Pool, cast: &mut Cast) -> Made {
    let (_, handle, _) = pool.create(&mut cast.launch, 1);
    (cast.launch.clone(), [handle, RESULTS, 0, 0, 0])
}

fn frozen_child(pool: &mut Pool, cast: &mut Cast) -> Made {
    let (launch, args) = child(pool, cast);
    assert_eq!(launch.call(pool, Call::Freeze, args), 0);
    (launch, [args[0], 5, 0, 0, 0])
}

/// The client has a handle to a stream of the server's.
fn foreign_stream(pool: &mut Pool, cast: &mut Cast) -> Made {
    let Cast { launch, client, server, to_server, to_client, .. } = cast;
    let back = copy_of(RefType::Stream, *to_client, 0);
    let back = hand_over(pool, launch, *to_server, server, back);
    let own = server.quick(pool, Call::HanCreate, [back, 0, 0, 0, 0]) as u32;
    let handle = hand_over(pool, server, back, client, copy_of(RefType::StreamHandle, own, 0));
    (client.clone(), [handle, TEXT_ADDRESS, 1, 0, 0])
}

fn watched_child(pool: &mut Pool, cast: &mut Cast) -> Made {
    let (mut launch, args) = child(pool, cast);
    let list = launch.event_list(
        pool,
        &[(args[0], EventType::Faulting as u32), (args[0], EventType::Dead as u32)],
    );
    (launch, [2, list, u32::MAX, 0, 0])
}
