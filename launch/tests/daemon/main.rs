//! The daemon with real kernels and real rings, and without QEMU: launches, requests, ends,
//! lost nodes, and clients who say what makes no sense.

mod support;

use std::io::{Read, Write};
use std::net::Shutdown;

use abi::service::Operation;
use launch::failure::Failure;
use launch::protocol::{Ended, FromDaemon, NodeState, Placement, ToDaemon};
use support::{Pool, answer, launch, request};

fn rdcs(pool: &Pool) -> usize {
    match pool.connect().ask(&ToDaemon::Ps).unwrap() {
        FromDaemon::Rdcs(rdcs) => rdcs.len(),
        other => panic!("{other:?}"),
    }
}

/// Launches on node 1 and answers the question for arguments.
fn launched(pool: &Pool, argument: &[u8]) -> launch::connection::Connection {
    let mut connection = pool.connect();
    let placement = Placement::Named(vec!["node1".to_owned()]);
    match connection.ask(&launch(placement)).unwrap() {
        FromDaemon::Launched { nodes, .. } => assert_eq!(nodes, ["node1"]),
        other => panic!("{other:?}"),
    }
    let (number, operation, _) = request(&mut connection);
    assert_eq!(operation, Operation::Arguments);
    connection.say(&answer(number, argument)).unwrap();
    connection
}

#[test]
fn an_rdc_is_launched_served_and_ends_with_its_code() {
    let pool = Pool::up(3);
    let mut connection = launched(&pool, b"some words\0");
    let (number, operation, data) = request(&mut connection);
    assert_eq!((operation, &data[..]), (Operation::Write, &b"some words\0"[..]));
    let FromDaemon::Rdcs(list) = pool.connect().ask(&ToDaemon::Ps).unwrap() else { panic!() };
    assert_eq!((list.len(), list[0].incarnations.len()), (1, 1));
    assert_eq!(list[0].incarnations[0].node, "node1");
    connection.say(&answer(number, &[0; 42])).unwrap();
    assert_eq!(connection.hear().unwrap(), FromDaemon::Ended(Ended::Code(42)));
    assert_eq!(rdcs(&pool), 0);
}

#[test]
fn bulk_answers_reach_the_incarnation_whole() {
    let pool = Pool::up(2);
    let words: Vec<u8> = (0..50_000u32).map(|at| (at % 251) as u8).collect();
    let mut connection = launched(&pool, &words);
    let (number, _, data) = request(&mut connection);
    assert!(data == words, "{} bytes came back", data.len());
    connection.say(&answer(number, &[])).unwrap();
    assert_eq!(connection.hear().unwrap(), FromDaemon::Ended(Ended::Code(0)));
}

#[test]
fn who_waits_for_input_keeps_no_other_waiting() {
    let pool = Pool::up(2);
    let mut waiting = launched(&pool, b"wait\0");
    let (input, operation, _) = request(&mut waiting);
    assert_eq!(operation, Operation::Read);
    let mut other = launched(&pool, b"x\0");
    let (number, ..) = request(&mut other);
    other.say(&answer(number, &[])).unwrap();
    assert_eq!(other.hear().unwrap(), FromDaemon::Ended(Ended::Code(0)));
    waiting.say(&answer(input, b"input")).unwrap();
    assert_eq!(request(&mut waiting).2, b"input");
}

#[test]
fn a_fault_of_the_primary_incarnation_is_told() {
    let pool = Pool::up(1);
    let mut connection = launched(&pool, b"fault\0");
    match connection.hear().unwrap() {
        FromDaemon::Ended(Ended::Failed(why)) => assert!(why.contains("division by zero"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_rdc_ends_when_it_is_told_to_or_its_launch_program_is_gone() {
    let pool = Pool::up(2);
    let mut ended = launched(&pool, b"wait\0");
    request(&mut ended);
    ended.say(&ToDaemon::End { code: 130 }).unwrap();
    assert_eq!(ended.hear().unwrap(), FromDaemon::Ended(Ended::Code(130)));
    let mut killed = launched(&pool, b"wait\0");
    request(&mut killed);
    let FromDaemon::Rdcs(list) = pool.connect().ask(&ToDaemon::Ps).unwrap() else { panic!() };
    assert_eq!(pool.connect().ask(&ToDaemon::Kill { rdc: list[0].rdc }).unwrap(), FromDaemon::Done);
    assert_eq!(killed.hear().unwrap(), FromDaemon::Notice("ended by `equus kill`".to_owned()));
    assert_eq!(killed.hear().unwrap(), FromDaemon::Ended(Ended::Code(137)));
    let mut gone = launched(&pool, b"wait\0");
    request(&mut gone);
    drop(gone);
    while rdcs(&pool) > 0 {}
}

#[test]
fn a_lost_node_ends_what_was_there_and_comes_back() {
    let pool = Pool::up(2);
    let mut connection = launched(&pool, b"wait\0");
    request(&mut connection);
    pool.kill(1);
    // The kernel may know of it before the daemon does.
    let end = loop {
        match connection.hear().unwrap() {
            FromDaemon::Notice(text) => assert!(text.contains("node1 is lost"), "{text}"),
            other => break other,
        }
    };
    match end {
        FromDaemon::Ended(Ended::Failed(why)) => assert!(why.contains("lost with its node")),
        other => panic!("{other:?}"),
    }
    loop {
        let FromDaemon::Nodes(nodes) = pool.connect().ask(&ToDaemon::Nodes).unwrap() else {
            panic!()
        };
        if nodes[0].state == NodeState::Up {
            assert_eq!((nodes[0].epoch, nodes[0].losses), (2, 1));
            break;
        }
    }
    let mut again = launched(&pool, b"x\0");
    let (number, ..) = request(&mut again);
    again.say(&answer(number, &[])).unwrap();
    assert_eq!(again.hear().unwrap(), FromDaemon::Ended(Ended::Code(0)));
}

#[test]
fn hostile_clients_are_dropped_and_the_pool_lives() {
    let pool = Pool::up(1);
    let frame = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let hostile: [&[u8]; 5] =
        [&[0xff; 64], &frame(&[0xff; 9]), &frame(&[]), &frame(&[1; 300]), &[0, 0, 0, 9, 1]];
    for bytes in hostile {
        let mut stream = pool.stream();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        // It is told why, at most, and then the connection ends.
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    assert_eq!(rdcs(&pool), 0);
}

#[test]
fn what_is_out_of_turn_is_refused() {
    let pool = Pool::up(1);
    let mut connection = pool.connect();
    let refused = |answer: Result<FromDaemon, Failure>| answer.unwrap_err().to_string();
    let mut ask = |message: &ToDaemon| refused(connection.ask(message));
    assert!(ask(&launch(Placement::Count(2))).contains("1 can be had"));
    assert!(ask(&ToDaemon::Kill { rdc: 9 }).contains("no RDC 9"));
    assert!(ask(&ToDaemon::Hello { version: "0".to_owned() }).contains("this is 0"));
    let mut rude = pool.stream();
    launch::protocol::write(&mut rude, &ToDaemon::Ps).unwrap();
    let answer: FromDaemon = launch::protocol::read(&mut rude).unwrap();
    assert!(matches!(answer, FromDaemon::Refused(_)), "{answer:?}");
    // Answers to questions that nobody has asked change nothing.
    connection.say(&answer_to_nobody()).unwrap();
    connection.say(&ToDaemon::End { code: 1 }).unwrap();
    assert_eq!(rdcs(&pool), 0);
}

fn answer_to_nobody() -> ToDaemon {
    answer(0x12345, b"bytes")
}
