//! `rdcs/rendezvous`: programs that meet by names, and stream space, while programs end and nodes
//! die.

use pool_tests::{Ended, Pool};

/// Runs a program until its end.
fn run(pool: &Pool, words: &[&str]) -> Ended {
    pool.launch("rendezvous", &[&["--on", "node1", "--"], words].concat()).end()
}

/// The error that it has ended with.
fn refused(pool: &Pool, words: &[&str], expected: &str) {
    let ended = run(pool, words);
    let outcomes: Vec<_> = ended.lines_after("outcome ").collect();
    assert_eq!((outcomes, ended.code), (vec![expected], 1), "{words:?}: {}", ended.everything());
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn programs_meet_by_a_name_which_ends_with_its_owner() {
    let pool = Pool::up(2);
    refused(&pool, &["ask", "office"], "NoSuchLabel");
    let mut server = pool.launch("rendezvous", &["--on", "node2", "--", "serve", "office"]);
    server.wait_for_line("the server", |line| line == "serving");
    for count in ["1", "2"] {
        let asked = run(&pool, &["ask", "office"]);
        assert_eq!(asked.lines_after("asked ").collect::<Vec<_>>(), [count], "{asked:?}");
    }
    // It is the server's.
    refused(&pool, &["take", "office"], "LabelTaken");
    refused(&pool, &["free", "office"], "NoRight");
    assert_eq!(run(&pool, &["leave", "office"]).code, 0);
    assert_eq!(server.end().code, 0);
    pool.wait_until_nothing_runs();
    refused(&pool, &["ask", "office"], "NoSuchLabel");
    // Nobody withdraws the name of one that has ended.
    for _ in 0..2 {
        let taken = run(&pool, &["take", "office"]);
        assert_eq!(taken.code, 0, "{}", taken.everything());
        pool.wait_until_nothing_runs();
    }
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn the_loss_of_the_name_service_is_told_and_mended() {
    let pool = Pool::up(3);
    refused(&pool, &["ask", "office"], "NoSuchLabel");
    let node = pool.node_of_names();
    pool.kill_node(node);
    pool.wait_for_boot(node, 2);
    // Another one is made for those who come; what was registered must be anew.
    let mut second = pool.launch("rendezvous", &["--on", "node1", "--", "serve", "office"]);
    second.wait_for_line("the second server", |line| line == "serving");
    let asked = run(&pool, &["leave", "office"]);
    assert_eq!(asked.lines_after("asked ").collect::<Vec<_>>(), ["1"], "{asked:?}");
    assert_eq!(second.end().code, 0);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn who_waits_in_stream_space_and_dies_is_forgotten() {
    let pool = Pool::up(2);
    let mut program = pool.launch("rendezvous", &["--on", "node1,node2", "--", "wait", "2"]);
    program.wait_for_line("the waiters", |line| line == "waiting");
    pool.kill_node(2);
    let ended = program.end();
    let outcomes: Vec<_> = ended.lines_after("outcome ").collect();
    assert_eq!(outcomes, ["here got it"], "{}", ended.everything());
    // Whoever had it has ended, and the copy is back.
    let contents: Vec<_> = ended.lines_after("contents ").collect();
    assert_eq!(contents, ["copy                 stream, 0 of 1 copies taken"], "{ended:?}");
    pool.wait_for_boot(2, 2);
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn who_waits_in_a_stream_space_that_dies_is_told() {
    let pool = Pool::up(2);
    // Stream space, and whoever makes the waiters, are on the first node.
    let mut program = pool.launch("rendezvous", &["--on", "node2,node1", "--", "wait", "1"]);
    program.wait_for_line("the waiters", |line| line == "waiting");
    pool.kill_node(2);
    let ended = program.end();
    let outcomes: Vec<_> = ended.lines_after("outcome ").collect();
    assert_eq!(outcomes.len(), 1, "{}", ended.everything());
    let is_told = ["there PeerLost", "there OutcomeUnknown"].contains(&outcomes[0]);
    assert!(is_told, "{}", ended.everything());
    pool.wait_for_boot(2, 2);
    pool.wait_until_nothing_runs();
}
