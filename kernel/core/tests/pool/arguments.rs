//! Wrong arguments: every call with every kind of them gives an error that its table entry
//! documents, and changes nothing.

use abi::calls::{CALLS, Call, CallInfo};
use abi::error::CallError;

use crate::messages::{Cast, client_and_server};
use crate::support::memory::BASE;
use crate::support::{Inc, Pool};

/// Alleged addresses that are none, or none to be written to.
const ADDRESSES: [u32; 6] = [0, 3, 0xff00_8000, 0xffff_fffe, 0x00ff_ffff, BASE - 4];
/// Alleged identifiers of references that nobody holds.
const FORGED: [u32; 6] = [1, 0xffff, 0x1_0fff, 0x7fff_ffff, 0x8000_0000, u32::MAX];

/// Calls whose purpose is to end the caller, or that cannot fail.
const EXCEPT: [Call; 3] = [Call::Exit, Call::RdcExit, Call::Sleep];

/// Errors that a call gives which the kernel does not serve yet.
fn is_documented(info: &CallInfo, error: CallError) -> bool {
    error == CallError::NotSupported || info.errors.contains(&error)
}

/// What a wrong call may not change, as far as its caller can see.
fn visible(pool: &mut Pool, inc: &Inc) -> (Vec<i32>, Vec<u8>, usize) {
    let references =
        (0..32).map(|at| inc.quick(pool, Call::TestReference, [0x10000 + at, 0, 0, 0, 0]));
    let references = references.collect();
    let memory = inc.read(pool, BASE + 0x2000, 0x20000);
    let residents = pool.node(inc.node).residents().len();
    (references, memory, residents)
}

/// Makes a call that must fail at once, as documented, without effect.
fn refused(pool: &mut Pool, inc: &Inc, info: &CallInfo, args: [u32; 5]) -> CallError {
    let before = visible(pool, inc);
    let result = inc.quick(pool, info.call, args);
    let error = CallError::from_code(result)
        .unwrap_or_else(|| panic!("{} {args:x?} returned {result}", info.name));
    assert!(is_documented(info, error), "{} {args:x?} gave {error:?}", info.name);
    assert!(visible(pool, inc) == before, "{} {args:x?} has changed something", info.name);
    error
}

#[test]
fn forged_references_are_refused() {
    let (mut pool, Cast { client, .. }) = client_and_server(1);
    let served = CALLS.iter().filter(|info| !EXCEPT.contains(&info.call));
    for info in served.filter(|info| info.errors.contains(&CallError::NoSuchReference)) {
        for forged in FORGED {
            let error = refused(&mut pool, &client, info, [forged; 5]);
            let expected = [CallError::NoSuchReference, CallError::NotSupported];
            // These look at their list before they look at a reference.
            let other = [Call::EventWait, Call::Create].contains(&info.call);
            assert!(other || expected.contains(&error), "{} gave {error:?}", info.name);
        }
    }
}

#[test]
fn bad_addresses_are_refused() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(1);
    let port = client.port;
    let messaging = [
        (Call::Invoke, stream),
        (Call::AsInvoke, stream),
        (Call::Send, stream),
        (Call::Dgram, stream),
        (Call::Receive, port),
    ];
    for (call, reference) in messaging {
        for address in ADDRESSES {
            let args = [reference, address, 0, 0, 0];
            let error = refused(&mut pool, &client, call.info(), args);
            assert_eq!(error, CallError::BadAddress, "{call:?} {address:#x}");
        }
    }
    for address in ADDRESSES {
        for call in [Call::ChanCreate, Call::NodeList, Call::EventWait, Call::TestPort, Call::Time]
        {
            let first = match call {
                Call::TestPort => port,
                Call::ChanCreate => 0,
                Call::Time => address,
                _ => 1,
            };
            let args =
                [first, if call == Call::TestPort { 4 } else { address }, address, 1, address];
            let error = refused(&mut pool, &client, call.info(), args);
            assert_eq!(error, CallError::BadAddress, "{call:?} {address:#x}");
        }
    }
    let myself = client.myself;
    for address in ADDRESSES {
        let error = refused(&mut pool, &client, Call::Status.info(), [myself, address, 0, 0, 0]);
        assert_eq!(error, CallError::BadAddress);
        let args = [0, 1, address, address, address];
        let error = refused(&mut pool, &client, Call::Create.info(), args);
        assert_eq!(error, CallError::BadAddress);
    }
    let _ = client.channel(&mut pool);
}

#[test]
fn bad_messages_are_refused() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(1);
    let message = client.message(&mut pool, 0, b"x", &[]);
    // Offsets in the message: the reference at 32, m_cnt 46, m_nreply 50, m_base 54.
    let cases: [(&[(u32, u32)], CallError); 6] = [
        (&[(46, 100), (54, 0)], CallError::BadAddress),
        (&[(46, u32::MAX), (54, 0x20000)], CallError::BadLength),
        (&[(46, 0x7fff_ffff), (54, 0x20000)], CallError::BadAddress),
        (&[(32, 0xff00_0000)], CallError::BadArgument),
        (&[(32, 0x0200_0000), (34, 0x7fff_0000)], CallError::NoSuchReference),
        (&[(32, 0x0300_0000), (34, stream)], CallError::WrongReferenceType),
    ];
    for (words, expected) in cases {
        let message = client.message(&mut pool, 0, b"x", &[]);
        for (offset, word) in words {
            client.write(&mut pool, message + offset, &word.to_be_bytes());
        }
        for call in [Call::Invoke, Call::AsInvoke, Call::Send, Call::Dgram] {
            let args = [stream, message, 0, 0, 0];
            let error = refused(&mut pool, &client, call.info(), args);
            assert_eq!(error, expected, "{call:?} {words:x?}");
        }
    }
    let long = client.message(&mut pool, 0, b"x", &[0; 1537]);
    for call in [Call::Send, Call::Dgram] {
        let error = refused(&mut pool, &client, call.info(), [stream, long, 0, 0, 0]);
        assert_eq!(error, CallError::TooLong);
    }
    let _ = message;
}

#[test]
fn references_of_the_wrong_type_are_refused() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(1);
    let (port, myself) = (client.port, client.myself);
    let message = client.message(&mut pool, 0, b"x", &[]);
    let cases = [
        (Call::Invoke, [port, message, 0, 0, 0]),
        (Call::Send, [myself, message, 0, 0, 0]),
        (Call::Receive, [stream, message, 0, 0, 0]),
        (Call::Receive, [port, message, 0, stream, 0]),
        (Call::Reply, [stream, message, 0, 0, 0]),
        (Call::Forward, [stream, stream, message, 0, 0]),
        (Call::Forward, [port, stream, message, 0, 0]),
        (Call::CopyTo, [stream, 0, message, 1, 0]),
        (Call::CopyFrom, [port, 0, message, 1, 0]),
        (Call::TestPort, [stream, 0, 0, 0, 0]),
        (Call::SetBufferLimit, [port, 1, 0, 0, 0]),
        (Call::PortCreate, [port, 0, 0, 0, 0]),
        (Call::HanCreate, [myself, 0, 0, 0, 0]),
        (Call::Destroy, [stream, 0, 0, 0, 0]),
        (Call::Freeze, [port, 0, 0, 0, 0]),
        (Call::Unfreeze, [port, 1, 0, 0, 0]),
        (Call::Status, [stream, message, 0, 0, 0]),
        (Call::Create, [stream, 1, message, message, message]),
    ];
    for (call, args) in cases {
        let error = refused(&mut pool, &client, call.info(), args);
        assert_eq!(error, CallError::WrongReferenceType, "{call:?} {args:x?}");
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let (mut pool, Cast { client, stream, .. }) = client_and_server(1);
    let (port, myself) = (client.port, client.myself);
    let cases = [
        (Call::SetBufferLimit, [stream, 0, 0, 0, 0], CallError::BadArgument),
        (Call::SetBufferLimit, [stream, u32::MAX, 0, 0, 0], CallError::BadArgument),
        (Call::ChanCreate, [9, BASE + 0x6000, BASE + 0x6004, 0, 0], CallError::BadArgument),
        (Call::Unfreeze, [myself, 16, 0, 0, 0], CallError::BadArgument),
        (Call::TestPort, [port, 0, 0, u32::MAX, 0], CallError::BadLength),
        (Call::EventWait, [u32::MAX, 0, 0, 0, 0], CallError::BadLength),
        (Call::NodeList, [u32::MAX, 0, 0, 0, 0], CallError::BadLength),
        (Call::Sleep, [u32::MAX, 0, 0, 0, 0], CallError::BadArgument),
    ];
    for (call, args, expected) in cases {
        assert_eq!(refused(&mut pool, &client, call.info(), args), expected, "{call:?}");
    }
    let before = visible(&mut pool, &client);
    pool.node(client.node).machine().results.remove(&client.slot);
    pool.node(client.node).call(client.slot, 9999, [0; 5]);
    let unknown = client.result(&mut pool).and_then(CallError::from_code);
    assert_eq!(unknown, Some(CallError::NoSuchCall));
    assert!(visible(&mut pool, &client) == before);
}

#[test]
fn full_tables_are_said_to_be_full() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(1);
    while client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) > 0 {}
    let full = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]);
    assert_eq!(CallError::from_code(full), Some(CallError::TableFull));
    let args = [0, BASE + 0x6000, BASE + 0x6004, 0, 0];
    let error = refused(&mut pool, &client, Call::ChanCreate.info(), args);
    assert_eq!(error, CallError::TableFull);
    assert_eq!(client.create(&mut pool, 1, b""), Err(CallError::TableFull));
    // A receiver without room for a reply handle: the message stays.
    while server.quick(&mut pool, Call::HanCreate, [server.launch, 0, 0, 0, 0]) > 0 {}
    client.start_invoke(&mut pool, stream, b"x", &[], 0);
    let room = server.room(&mut pool, 3, 0);
    let port = server.port;
    for _ in 0..2 {
        let result = server.call(&mut pool, Call::Receive, [port, room, 1, 0, 0]);
        assert_eq!(CallError::from_code(result), Some(CallError::TableFull));
    }
    let launch = server.launch;
    assert_eq!(server.quick(&mut pool, Call::Close, [launch, 0, 0, 0, 0]), 0);
    assert_eq!(server.receive(&mut pool, port, true).head[0], b'x');
}
