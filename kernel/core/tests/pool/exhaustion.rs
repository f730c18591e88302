//! What is used up: the documented answer is given, and when something was given back it
//! works again.

use abi::calls::Call;
use abi::error::CallError;

use crate::messages::{Cast, client_and_server};
use crate::support::memory::BASE;

#[test]
fn full_tables_are_said_to_be_full() {
    let (mut pool, Cast { mut client, mut server, stream, .. }) = client_and_server(1);
    while client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) > 0 {}
    let full = client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]);
    assert_eq!(CallError::from_code(full), Some(CallError::TableFull));
    let args = [0, BASE + 0x6000, BASE + 0x6004, 0, 0];
    let refused = client.quick(&mut pool, Call::ChanCreate, args);
    assert_eq!(CallError::from_code(refused), Some(CallError::TableFull));
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
