//! `rdcs/printer-server` and its clients, which are programs of their own: every document is
//! printed once, whole, on one printer, and no client notices when it is led to another.

use pool_tests::{Ended, Pool, Running};
use samples::Plan;

use crate::office::{Office, number_after};

const PLAN: Plan = Plan { seed: 11, files: 36, file_bytes: 8 << 10 };
const CLIENTS: usize = 3;

/// The server, which ends after some clients.
fn server(office: &Office, pool: &Pool, nodes: &str) -> Running {
    let papers = office.papers_as("/papers");
    let clients = CLIENTS.to_string();
    let arguments = ["--on", nodes, "--dir", &papers, "--", "/papers", &clients];
    let mut server = pool.launch("printer-server", &arguments);
    server.wait_for_line("its name", |line| line.contains("found by the name \"printer\""));
    server
}

/// The client that prints this share of the texts.
fn client(office: &Office, pool: &Pool, node: &str, share: usize) -> Running {
    let texts = office.texts_as("/texts:ro");
    let (share, of) = (share.to_string(), CLIENTS.to_string());
    let arguments = ["--on", node, "--dir", &texts, "--", "/texts", &share, &of];
    pool.launch("printer-client", &arguments)
}

/// The clients, each with its share of the texts.
fn clients(office: &Office, pool: &Pool, node: &str) -> Vec<Running> {
    (1..=CLIENTS).map(|share| client(office, pool, node, share)).collect()
}

fn end_well(clients: Vec<Running>) {
    for client in clients {
        let ended = client.end();
        assert_eq!(ended.code, 0, "{}", ended.everything());
        assert!(ended.everything().contains("all 12 documents printed"), "{}", ended.everything());
    }
}

fn contains(ended: &Ended, text: &str) -> bool {
    ended.everything().contains(text)
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn clients_are_led_to_another_spooler_and_back() {
    let pool = Pool::up(4);
    let office = Office::new(PLAN);
    let server = server(&office, &pool, "node1,node2,node3,node4");
    end_well(clients(&office, &pool, "node4"));
    let ended = server.end();
    office.check(&ended, PLAN);
    assert!(contains(&ended, "is led to printer 2, with"), "{}", ended.everything());
    assert!(contains(&ended, "printer 2 leaves"), "{}", ended.everything());
    let verified = "36 documents of 3 clients, each printed once, whole, on one printer";
    assert!(contains(&ended, verified), "{}", ended.everything());
    pool.wait_until_nothing_runs();
}

/// With one node, there may be no room for another spooler.
#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn one_node_is_enough() {
    let pool = Pool::up(1);
    let office = Office::new(PLAN);
    let server = server(&office, &pool, "node1");
    end_well(clients(&office, &pool, "node1"));
    office.check(&server.end(), PLAN);
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn a_client_that_is_lost_is_let_go() {
    let pool = Pool::up(3);
    let office = Office::new(PLAN);
    let mut server = server(&office, &pool, "node1,node2");
    let survivors = [1, 2].map(|share| client(&office, &pool, "node2", share));
    server.wait_for_line("the others", |line| line.contains("client 2 comes"));
    let lost = client(&office, &pool, "node3", 3);
    server.wait_for_line("it", |line| line.contains("client 3 comes"));
    pool.kill_node(3);
    assert_ne!(lost.end().code, 0);
    end_well(survivors.into());
    let ended = server.end();
    assert_eq!(ended.code, 0, "{}", ended.everything());
    let verified = "documents of 3 clients, each printed once, whole, on one printer";
    assert!(contains(&ended, verified), "{}", ended.everything());
    pool.wait_for_boot(3, 2);
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn clients_of_a_lost_spooler_print_on_another() {
    let pool = Pool::up(3);
    let office = Office::new(PLAN);
    let mut server = server(&office, &pool, "node1,node2");
    let clients = clients(&office, &pool, "node3");
    let second = server.wait_for_line("it", |line| line.contains("printer 2 on node"));
    server.wait_for_line("its work", |line| line.contains("printer 2 ←"));
    let node = number_after(&second, "on node ");
    pool.kill_node(node);
    // Nobody but the spooler may be there.
    end_well(clients);
    let ended = server.end();
    office.check(&ended, PLAN);
    let told = format!("printer 2 on node {node} is lost: its node is down");
    assert!(contains(&ended, &told), "{}", ended.everything());
    pool.wait_for_boot(node, 2);
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn clients_without_a_server_are_told() {
    let pool = Pool::up(2);
    let office = Office::new(PLAN);
    for client in clients(&office, &pool, "node1") {
        let ended = client.end();
        assert_eq!(ended.code, 1, "{}", ended.everything());
        assert!(contains(&ended, "error: cannot find the printer: "), "{}", ended.everything());
    }
    let mut server = server(&office, &pool, "node1");
    let clients = clients(&office, &pool, "node2");
    server.wait_for_line("some work", |line| line.contains("printer 1 ←"));
    pool.kill_node(1);
    for client in clients {
        let ended = client.end();
        assert_eq!(ended.code, 1, "{}", ended.everything());
        assert!(contains(&ended, "error: "), "{}", ended.everything());
    }
    assert_ne!(server.end().code, 0);
    pool.wait_for_boot(1, 2);
    pool.wait_until_nothing_runs();
}
