//! The fast paths make no difference but in time: the same random traffic has the same results
//! with and without them, and leaves the same bytes.

use abi::calls::Call;
use abi::constants::RefType;
use kernel::Config;
use kernel::config::FastPaths;

use crate::messages::{Cast, cast};
use crate::support::Pool;
use crate::support::dice::Dice;
use crate::support::memory::BASE;
use crate::support::user::copy_of;

/// The timeout of who waits for as long as it takes.
const FOREVER: u32 = u32::MAX;

/// A handler, in the text.
const HANDLER: u32 = BASE + 0x200;

/// Stands for any reply handle among the results of `inc_receive`.
const HANDLE: i32 = 2;

/// What the two have seen: results of calls in their order, and their memory at the end.
#[derive(Debug, PartialEq)]
struct Seen {
    results: Vec<Option<i32>>,
    /// how often the handler of the server's port has run
    interruptions: u32,
    memory: [Vec<u8>; 2],
}

/// A client on `node` and a server on node 1 make calls by the throws of `dice`: mostly
/// messages that are a header only, to a receiver who mostly waits. Its port has a handler now and
/// then.
fn traffic(fast_paths: FastPaths, node: u8, mut dice: Dice) -> Seen {
    let mut pool = Pool::with_config(3, Config { fast_paths, ..Config::default() });
    let Cast { mut client, mut server, stream, .. } = cast(&mut pool, node);
    let port = server.port;
    let (mut results, mut interruptions) = (Vec::new(), 0);
    for number in 0..60u8 {
        if dice.one_in(6) {
            let handler = dice.pick(&[0, HANDLER]);
            results.push(Some(server.handle_port(&mut pool, port, handler, 1)));
        }
        let waits = !dice.one_in(6);
        let receives_first = !dice.one_in(4);
        let data = if dice.one_in(5) { vec![number; 40] } else { Vec::new() };
        let room = if dice.one_in(5) { 50 } else { 0 };
        if receives_first {
            server.start_receive(&mut pool, port, waits, 64);
        }
        let call = dice.pick(&[Call::Invoke, Call::Invoke, Call::Send, Call::Dgram]);
        if call == Call::Invoke {
            client.start_invoke(&mut pool, stream, &[number, 1, 2, 3], &data, room);
        } else {
            let message = client.message(&mut pool, 0, &[number], &data);
            client.start(&mut pool, call, [stream, message, 0, 0, 0]);
        }
        pool.pass_ms(1);
        if server.frame(&mut pool).is_some() {
            server.end_handler(&mut pool);
            interruptions += 1;
        }
        if !receives_first {
            server.start_receive(&mut pool, port, waits, 64);
        }
        pool.pass_ms(1);
        let received = server.result(&mut pool);
        // Which number a reply handle has is nobody's business.
        results.push(received.map(|result| result.min(HANDLE)));
        if let Some(handle) = received.filter(|result| *result > 1) {
            let answer = if dice.one_in(5) { vec![number; 30] } else { Vec::new() };
            results.push(Some(server.reply(&mut pool, handle as u32, &[number, 9], &answer)));
        }
        pool.pass_ms(1);
        results.push(client.result(&mut pool));
    }
    let memory = [&client, &server].map(|inc| pool.node(inc.node).memory().image(inc.slot));
    Seen { results, interruptions, memory }
}

#[test]
fn traffic_has_the_same_results_without_them() {
    let mut interruptions = 0;
    for seed in 0..12 {
        for node in [1, 2] {
            let fast = traffic(FastPaths::Used, node, Dice::new(seed));
            let ordinary = traffic(FastPaths::Unused, node, Dice::new(seed));
            assert_eq!(fast.results, ordinary.results, "seed {seed}, client on node {node}");
            assert_eq!(
                fast.interruptions, ordinary.interruptions,
                "seed {seed}, client on node {node}"
            );
            assert!(fast == ordinary, "seed {seed}, client on node {node}: other bytes");
            interruptions += fast.interruptions;
            assert!(fast.results.iter().all(Option::is_some), "seed {seed}: a call has hung");
        }
    }
    assert!(interruptions > 20, "{interruptions}");
}

#[test]
fn data_that_came_the_short_way_is_forwarded_as_it_came() {
    for node in [1, 2] {
        let mut pool = Pool::with_config(3, Config::default());
        let Cast { mut launch, mut client, mut server, stream, to_server, .. } =
            cast(&mut pool, node);
        let (mut second, _, to_second) = pool.create(&mut launch, 2);
        assert_eq!(launch.give(&mut pool, to_server, copy_of(RefType::Stream, to_second, 0)), 0);
        let port = server.port;
        let forward_to = server.receive(&mut pool, port, false).reference.rd_obj.id.get();
        for number in 0..6u8 {
            server.start_receive(&mut pool, port, true, 2000);
            client.start_invoke(&mut pool, stream, b"first", &[number; 1000], 0);
            let handle = server.finish(&mut pool);
            assert_eq!(server.got(&mut pool, 3, handle).data, [number; 1000]);
            // Whatever becomes of the server's copy is nobody's business.
            server.room(&mut pool, 3, 2000);
            if number % 2 == 0 {
                let message = server.message(&mut pool, 0, b"second", &[]);
                let args = [forward_to, handle as u32, message, 0, 0];
                assert_eq!(server.call(&mut pool, Call::Forward, args), 0);
                let second_port = second.port;
                let got = second.receive(&mut pool, second_port, true);
                assert_eq!(got.data, [number; 1000], "client on node {node}");
                assert_eq!(second.reply(&mut pool, got.result, b"done", &[]), 0);
            } else {
                assert_eq!(server.reply(&mut pool, handle as u32, b"done", &[]), 0);
            }
            assert_eq!(&client.replied(&mut pool).head[..4], b"done");
        }
    }
}

#[test]
fn messages_for_a_busy_receiver_keep_their_order() {
    const DATAGRAMS: u8 = 24;
    for fast_paths in [FastPaths::Used, FastPaths::Unused] {
        for node in [1, 2] {
            let mut pool = Pool::with_config(3, Config { fast_paths, ..Config::default() });
            let Cast { mut client, mut server, stream, .. } = cast(&mut pool, node);
            let port = server.port;
            for round in 0..3u8 {
                // This one finds it waiting.
                server.start_receive(&mut pool, port, true, 0);
                let message = client.message(&mut pool, 0, &[99], &[]);
                let args = [stream, message, 0, 0, 0];
                assert_eq!(client.quick(&mut pool, Call::Dgram, args), 0);
                pool.turn();
                pool.turn();
                assert_eq!(server.returned(&mut pool), Some(1));
                // While it does something else, as many come as wait the short way, and more.
                let sent = [3, 16, DATAGRAMS][usize::from(round)];
                for number in 0..sent {
                    let message = client.message(&mut pool, 0, &[number], &[]);
                    let args = [stream, message, 0, 0, 0];
                    assert_eq!(client.quick(&mut pool, Call::Dgram, args), 0);
                    // Nobody looks at the nodes' tables meanwhile.
                    pool.turn();
                }
                client.start_invoke(&mut pool, stream, &[sent], &[], 0);
                pool.turn();
                for number in 0..=sent {
                    let room = server.room(&mut pool, 3, 0);
                    let args = [port, room, 1, 0, FOREVER];
                    let result = server.quick(&mut pool, Call::Receive, args);
                    assert_eq!(server.got(&mut pool, 3, result).head[0], number, "round {round}");
                    if number == sent {
                        assert_eq!(server.reply(&mut pool, result as u32, b"ok", &[]), 0);
                    }
                }
                assert_eq!(&client.replied(&mut pool).head[..2], b"ok");
            }
        }
    }
}
