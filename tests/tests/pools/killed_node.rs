//! `rdcs/survivor`: a node is killed in the middle of every kind of call.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pool_tests::Pool;

/// How often: the moments differ.
const KILLS: u64 = 3;
/// The death of a node ends calls to it sooner than its silence does.
const SILENCE: Duration = Duration::from_secs(5);

/// What each situation may come to.
const OUTCOMES: &[(&str, &[&str])] = &[
    ("Invoke", &["PeerLost", "OutcomeUnknown"]),
    ("InvokeQueued", &["PeerLost", "OutcomeUnknown"]),
    ("InvokeBulk", &["PeerLost", "OutcomeUnknown"]),
    ("AsInvoke", &["PeerLost"]),
    ("Send", &["PeerLost", "OutcomeUnknown"]),
    ("Dgram", &["()"]),
    ("Receive", &["true"]),
    ("Reply", &["PeerLost", "NoReplyExpected"]),
    ("Forward", &["PeerLost", "NotAttached"]),
    ("CopyTo", &["PeerLost", "OutcomeUnknown"]),
    ("CopyFrom", &["PeerLost"]),
    ("Create", &["PeerLost", "OutcomeUnknown", "NoSuchNode", "Unreachable"]),
    ("Status", &["Unreachable"]),
    ("Freeze", &["PeerLost", "Unreachable"]),
    ("EventWait", &["Some(NodeLost)"]),
    ("Pause", &["Some(NodeLost)"]),
    ("Unreachable", &["Some(NodeLost)"]),
    ("TakeOver", &["2"]),
];

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn every_call_to_a_node_that_dies_ends_as_documented() {
    let pool = Pool::up(3);
    for kill in 1..=KILLS {
        let mut survivor = pool.launch("survivor", &["--on", "node1,node2", "--", "2"]);
        survivor.wait_for_line("the callers", |line| line == "ready");
        pool.kill_node(2);
        let killed = Instant::now();
        let ended = survivor.end();
        let took = killed.elapsed();
        assert_eq!(ended.code, 0, "{}", ended.everything());
        assert!(took < SILENCE, "{took:?}: the death was taken for silence");
        let outcomes: BTreeMap<&str, &str> =
            ended.lines_after("outcome ").filter_map(|line| line.split_once(' ')).collect();
        assert_eq!(outcomes.len(), OUTCOMES.len(), "{}", ended.everything());
        for (situation, expected) in OUTCOMES {
            let outcome = outcomes.get(situation).unwrap_or(&"nothing");
            assert!(expected.contains(outcome), "{situation}: {outcome}, not one of {expected:?}");
        }
        // It comes back as another boot, takes incarnations, and nothing is left.
        pool.wait_for_boot(2, kill + 1);
        let hello = pool.launch("hello", &["--on", "node2"]).end();
        assert_eq!(hello.lines_after("Hello from node 2.").count(), 1, "{}", hello.everything());
        pool.wait_until_nothing_runs();
    }
}
