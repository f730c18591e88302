//! `rdcs/hostile`: programs that make random calls, or take all there is, while a neighbour on
//! the same node plays ping-pong and checks each byte.

use pool_tests::{Pool, Running};
use rustix::process::Signal;

/// Random calls that are made if nobody wants more.
const CALLS: u64 = 100_000;
/// Calls that one launch makes at most; many are ended by their own calls before.
const CALLS_EACH: u64 = 50_000;
/// So many launches in a row do not come to nothing by chance.
const VAIN: u32 = 20;

/// A pool of two nodes, with a neighbour on the first.
fn neighbourhood() -> (Pool, Running) {
    let pool = Pool::up(2);
    let mut neighbour = pool.launch("hostile", &["--on", "node1", "--", "neighbour"]);
    neighbour.wait_for_line("the neighbour's game", |line| line.starts_with("rounds"));
    (pool, neighbour)
}

/// The neighbour plays on, the nodes have lived all the while, and nobody else is there.
fn check(pool: &Pool, mut neighbour: Running) {
    neighbour.forget_lines();
    for _ in 0..2 {
        neighbour.wait_for_line("the neighbour to play on", |line| line.starts_with("rounds"));
    }
    let nodes = pool.json(&["nodes", "--json"]);
    for node in nodes.as_array().unwrap() {
        assert_eq!(
            (node["state"].as_str(), node["losses"].as_u64()),
            (Some("up"), Some(0)),
            "{nodes}"
        );
    }
    neighbour.signal(Signal::INT);
    let ended = neighbour.end();
    assert_eq!(ended.code, 130, "{}", ended.everything());
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn hostile_calls_harm_nobody_else() {
    let wanted = std::env::var("HOSTILE_CALLS").map_or(CALLS, |calls| calls.parse().unwrap());
    let (pool, neighbour) = neighbourhood();
    let (mut made, mut seed, mut in_vain) = (0, 1, 0);
    while made < wanted {
        let count = CALLS_EACH.min(wanted - made).to_string();
        let arguments = ["--on", "node1,node2", "--", "calls", &count, &seed.to_string()];
        let ended = pool.launch("hostile", &arguments).end();
        let last =
            ended.lines_after("made ").filter_map(|number| number.parse::<u64>().ok()).last();
        made += last.unwrap_or(0);
        in_vain = if last.is_none() { in_vain + 1 } else { 0 };
        assert!(in_vain < VAIN, "{made} calls were made; then:\n{}", ended.everything());
        seed += 1;
    }
    println!("{made} calls in {} launches", seed - 1);
    check(&pool, neighbour);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn hostile_greed_is_refused_and_harms_nobody_else() {
    let (pool, neighbour) = neighbourhood();
    let ended = pool.launch("hostile", &["--on", "node1", "--", "greed"]).end();
    assert_eq!(ended.code, 0, "{}", ended.everything());
    for what in ["ports", "handles", "messages", "incarnations", "memory"] {
        let lines = ended.lines_after(what).filter(|rest| rest.ends_with("each time"));
        assert_eq!(lines.count(), 1, "{what}: {}", ended.everything());
    }
    check(&pool, neighbour);
}
