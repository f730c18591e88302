//! The fast paths make no difference but in time: the same random traffic has the same results
//! with and without them, and leaves the same bytes.

use abi::calls::Call;
use kernel::Config;
use kernel::config::FastPaths;

use crate::messages::{Cast, cast};
use crate::support::Pool;
use crate::support::dice::Dice;

/// Stands for any reply handle among the results of `inc_receive`.
const HANDLE: i32 = 2;

/// What the two have seen: results of calls in their order, and their memory at the end.
#[derive(Debug, PartialEq)]
struct Seen {
    results: Vec<Option<i32>>,
    memory: [Vec<u8>; 2],
}

/// A client on `node` and a server on node 1 make calls by the throws of `dice`: mostly
/// messages that are a header only, to a receiver who mostly waits.
fn traffic(fast_paths: FastPaths, node: u8, mut dice: Dice) -> Seen {
    let mut pool = Pool::with_config(3, Config { fast_paths, ..Config::default() });
    let Cast { mut client, mut server, stream, .. } = cast(&mut pool, node);
    let port = server.port;
    let mut results = Vec::new();
    for number in 0..60u8 {
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
    Seen { results, memory }
}

#[test]
fn traffic_has_the_same_results_without_them() {
    for seed in 0..12 {
        for node in [1, 2] {
            let fast = traffic(FastPaths::Used, node, Dice::new(seed));
            let ordinary = traffic(FastPaths::Unused, node, Dice::new(seed));
            assert_eq!(fast.results, ordinary.results, "seed {seed}, client on node {node}");
            assert!(fast == ordinary, "seed {seed}, client on node {node}: other bytes");
            assert!(fast.results.iter().all(Option::is_some), "seed {seed}: a call has hung");
        }
    }
}
