//! What is used up: the documented answer is given, others are not kept from their work, and
//! when something was given back it works again.

use abi::calls::Call;
use abi::constants::RefType;
use abi::error::CallError;
use kernel::Config;

use crate::messages::{Cast, client_and_server};
use crate::support::pool::RDC;
use crate::support::scene::hand_over;
use crate::support::user::{RESULTS, copy_of};
use crate::support::{Inc, Pool};

/// Bytes that do not fit into a packet.
const BULK: usize = 9000;

fn error(result: i32) -> Option<CallError> {
    CallError::from_code(result)
}

/// A greedy pair of sender and receiver and another pair; the receivers are on node 1.
struct Pairs {
    pool: Pool,
    receivers: [Inc; 2],
    senders: [Inc; 2],
    streams: [u32; 2],
}

impl Pairs {
    fn new(config: Config) -> Self {
        let mut pool = Pool::with_config(3, config);
        let mut launch = pool.launch();
        let mut pair = || {
            let (receiver, _, to_receiver) = pool.create(&mut launch, 1);
            let (mut sender, _, to_sender) = pool.create(&mut launch, 2);
            let stream = copy_of(RefType::Stream, to_receiver, 0);
            let stream = hand_over(&mut pool, &mut launch, to_sender, &mut sender, stream);
            (receiver, sender, stream)
        };
        let (first, second) = (pair(), pair());
        Self {
            pool,
            receivers: [first.0, second.0],
            senders: [first.1, second.1],
            streams: [first.2, second.2],
        }
    }

    /// The first sender sends until it has to wait; answers how many were taken.
    fn flood(&mut self, data: &[u8]) -> u8 {
        for number in 0..=u8::MAX {
            let message = self.senders[0].message(&mut self.pool, 0, &[number], data);
            let args = [self.streams[0], message, 0, 0, 0];
            self.senders[0].start(&mut self.pool, Call::Send, args);
            match self.senders[0].result(&mut self.pool) {
                Some(result) => assert_eq!(result, 0, "message {number}"),
                None => return number,
            }
        }
        panic!("there is room for any number of messages");
    }

    /// The second pair has a conversation, while the first one has taken what it could.
    fn converse(&mut self) {
        let Self { pool, receivers, senders, streams, .. } = self;
        for data in [&b""[..], &[5; 1000], &[6; BULK]] {
            senders[1].start_invoke(pool, streams[1], b"ping", data, BULK as u32);
            let port = receivers[1].port;
            let got = receivers[1].receive(pool, port, true);
            assert_eq!(got.data, data);
            let message = receivers[1].message(pool, 2, b"pong", data);
            receivers[1].start(pool, Call::Reply, [got.result, message, 0, 0, 0]);
            assert_eq!(senders[1].replied(pool).data, data);
            assert_eq!(receivers[1].finish(pool), 0);
        }
    }

    /// The first receiver takes what has arrived, and the message that waited.
    fn drain(&mut self, taken: u8) {
        let Self { pool, receivers, senders, .. } = self;
        let port = receivers[0].port;
        for number in 0..=taken {
            assert_eq!(receivers[0].receive(pool, port, false).head[0], number);
        }
        assert_eq!(senders[0].finish(pool), 0, "the last one was taken, too");
        pool.pass_ms(20_000);
        assert_eq!(pool.node(1).messages_in_use(), (0, 0));
    }
}

/// Tables so small that the greedy pair finds their end.
const SMALL: Config = Config {
    incarnations: 6,
    references: 32,
    stream_space_references: 64,
    kernel_ports: 64,
    messages: 1,
    blocks: 1,
    messages_each: 64,
    sources: 64,
    outstanding: 64,
    rdcs: 4,
    fast_paths: kernel::config::FastPaths::Used,
};

#[test]
fn senders_wait_while_there_are_no_messages_and_others_go_on() {
    let mut pairs = Pairs::new(Config { blocks: 64, ..SMALL });
    let taken = pairs.flood(b"");
    assert!((2..60).contains(&taken), "{taken} were taken");
    pairs.converse();
    pairs.drain(taken);
}

#[test]
fn senders_wait_while_there_are_no_blocks_and_others_go_on() {
    let mut pairs = Pairs::new(Config { messages: 128, ..SMALL });
    let taken = pairs.flood(&[1; 1000]);
    assert!((1..60).contains(&taken), "{taken} were taken");
    pairs.converse();
    pairs.drain(taken);
}

#[test]
fn senders_wait_at_the_quota_of_their_receiver_and_others_go_on() {
    let config = Config { messages: 128, blocks: 64, messages_each: 5, ..SMALL };
    let mut pairs = Pairs::new(config);
    let taken = pairs.flood(b"");
    assert_eq!(taken, 5);
    pairs.converse();
    pairs.drain(taken);
}

#[test]
fn new_sources_wait_until_old_ones_are_forgotten() {
    let mut pairs = Pairs::new(Config { sources: 6, messages: 128, blocks: 64, ..SMALL });
    let Pairs { pool, receivers, .. } = &mut pairs;
    let mut waited = 0;
    // Each new stream is a source that has to be remembered for some time.
    for number in 0..12u8 {
        let (stream, port) = receivers[0].channel(pool);
        let message = receivers[0].message(pool, 0, &[number], &[]);
        let before = pool.now();
        assert_eq!(receivers[0].call(pool, Call::Send, [stream, message, 0, 0, 0]), 0);
        waited += u32::from(pool.now() > before);
        assert_eq!(receivers[0].receive(pool, port, false).head[0], number);
        for reference in [stream, port] {
            let closed = receivers[0].quick(pool, Call::Close, [reference, 0, 0, 0, 0]);
            assert_eq!(closed, 0);
        }
    }
    assert!((1..12).contains(&waited), "{waited} had to wait");
    pairs.converse();
}

#[test]
fn asynchronous_invocations_find_no_room_and_later_some() {
    let mut pairs = Pairs::new(Config { outstanding: 2, messages: 128, blocks: 64, ..SMALL });
    let Pairs { pool, receivers, senders, streams, .. } = &mut pairs;
    let message = senders[0].message(pool, 0, b"x", &[1; BULK]);
    let args = [streams[0], message, 0, 0, 0];
    for _ in 0..2 {
        assert_eq!(senders[0].call(pool, Call::AsInvoke, args), 0);
    }
    assert_eq!(error(senders[0].quick(pool, Call::AsInvoke, args)), Some(CallError::Busy));
    let small = senders[0].message(pool, 2, b"y", b"in the packet");
    let small = [streams[0], small, 0, 0, 0];
    assert_eq!(senders[0].call(pool, Call::AsInvoke, small), 0, "this needs no room");
    let port = receivers[0].port;
    receivers[0].receive(pool, port, false);
    assert_eq!(senders[0].call(pool, Call::AsInvoke, args), 0);
    pairs.converse();
}

#[test]
fn grants_are_refused_and_later_given() {
    let mut pairs = Pairs::new(Config { messages: 128, blocks: 64, ..SMALL });
    let Pairs { pool, receivers, senders, streams, .. } = &mut pairs;
    pool.wires.borrow_mut().grants_max = 1;
    let message = senders[0].message(pool, 0, b"x", &[1; BULK]);
    let args = [streams[0], message, 0, 0, 0];
    assert_eq!(senders[0].call(pool, Call::AsInvoke, args), 0);
    assert_eq!(error(senders[0].quick(pool, Call::AsInvoke, args)), Some(CallError::Busy));
    assert_eq!(error(senders[0].quick(pool, Call::Invoke, args)), Some(CallError::Busy));
    let port = receivers[0].port;
    receivers[0].receive(pool, port, false);
    assert_eq!(senders[0].call(pool, Call::AsInvoke, args), 0);
    receivers[0].receive(pool, port, false);
    pairs.converse();
}

#[test]
fn a_full_table_of_references_takes_more_when_one_was_closed() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(1);
    let mut last = 0;
    let make = |pool: &mut Pool| client.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]);
    let full = loop {
        match make(&mut pool) {
            id if id > 0 => last = id,
            full => break full,
        }
    };
    assert_eq!(error(full), Some(CallError::TableFull));
    let channel = [0, RESULTS, RESULTS + 4, 0, 0];
    for (call, args) in [(Call::ChanCreate, channel), (Call::HanCreate, [stream, 0, 0, 0, 0])] {
        assert_eq!(error(client.quick(&mut pool, call, args)), Some(CallError::TableFull));
    }
    assert_eq!(client.quick(&mut pool, Call::Close, [last as u32, 0, 0, 0, 0]), 0);
    let halfway = client.quick(&mut pool, Call::ChanCreate, channel);
    assert_eq!(error(halfway), Some(CallError::TableFull), "a channel needs two places");
    assert!(client.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) > 0);
    assert_eq!(client.create(&mut pool, 1, b""), Err(CallError::TableFull));
}

#[test]
fn a_full_node_hosts_again_when_one_has_left() {
    let mut pool = Pool::with_config(2, Config { messages: 64, ..SMALL });
    let mut launch = pool.launch();
    let hosted: Vec<u32> =
        (0..6).map(|_| launch.create(&mut pool, 1, b"").expect("a place").0).collect();
    assert_eq!(launch.create(&mut pool, 1, b""), Err(CallError::Busy));
    assert_eq!(launch.call(&mut pool, Call::Destroy, [hosted[2], 0, 0, 0, 0]), 0);
    pool.pass_ms(100);
    launch.create(&mut pool, 1, b"").expect("its place is free");
}

#[test]
fn a_node_without_pages_hosts_again_when_one_has_left() {
    let mut pool = Pool::new(2);
    let mut launch = pool.launch();
    let before = pool.node(1).memory().pages;
    let (first, _) = launch.create(&mut pool, 1, b"").expect("pages");
    pool.settle();
    launch.create(&mut pool, 1, b"").expect("pages");
    pool.settle();
    let needed = (before - pool.node(1).memory().pages) / 2;
    pool.node(1).memory().pages = needed - 1;
    assert_eq!(launch.create(&mut pool, 1, b""), Err(CallError::NoMemory));
    assert_eq!(launch.call(&mut pool, Call::Destroy, [first, 0, 0, 0, 0]), 0);
    pool.pass_ms(100);
    launch.create(&mut pool, 1, b"").expect("its pages are free");
}

#[test]
fn a_full_node_refuses_launch_endpoints() {
    let cases = [
        (Config { incarnations: 1, ..SMALL }, CallError::Busy),
        (Config { rdcs: 1, ..SMALL }, CallError::TableFull),
    ];
    for (config, expected) in cases {
        let mut pool = Pool::with_config(1, config);
        let first = pool.launch_endpoint(0, RDC);
        assert_eq!(pool.try_launch(0, RDC + 1).err(), Some(expected));
        let pages = pool.node(0).memory().pages;
        first.start(&mut pool, Call::Exit, [0; 5]);
        pool.pass_ms(100);
        assert!(pool.node(0).memory().pages > pages, "its memory is free");
        pool.try_launch(0, RDC + 1).expect("its place is free");
    }
    let mut pool = Pool::with_config(1, SMALL);
    pool.node(0).memory().pages = 3;
    assert_eq!(pool.try_launch(0, RDC).err(), Some(CallError::NoMemory));
}
