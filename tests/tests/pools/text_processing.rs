//! `rdcs/text-processing`: whatever happens meanwhile, every document is printed once, whole, on
//! one printer. What it prints is compared with the texts on the host.

use std::fs;

use pool_tests::{Channel, Pool, Running};
use samples::Plan;

use crate::office::{Office, number_after};

const PLAN: Plan = Plan { seed: 7, files: 36, file_bytes: 8 << 10 };

fn launch(office: &Office, pool: &Pool, nodes: &str) -> Running {
    let (texts, papers) = (office.texts_as("/texts:ro"), office.papers_as("/papers"));
    let arguments = ["--on", nodes, "--dir", &texts, "--dir", &papers, "--", "/texts", "/papers"];
    pool.launch("text-processing", &arguments)
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn the_configuration_changes_and_nothing_is_lost() {
    let pool = Pool::up(4);
    let office = Office::new(PLAN);
    let ended = launch(&office, &pool, "node1,node2,node3,node4").end();
    office.check(&ended, PLAN);
    let headlines: Vec<&str> =
        ended.lines_after("── ").filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(headlines, ["1", "2", "3", "5", "read"], "{}", ended.everything());
    let details: Vec<&str> = ended.lines_after("   ").collect();
    let led = details.iter().find(|line| line.contains("(inc_rebindStream)"));
    let led = led.unwrap_or_else(|| panic!("{}", ended.everything()));
    assert!(led.starts_with("workers 3 and 4 are led to printer 2"), "{led}");
    let left = |who: &str| {
        details.iter().any(|line| line.starts_with(who) && line.contains("has left node"))
    };
    assert!(left("worker 4") && left("printer 2"), "{}", ended.everything());
    pool.wait_until_nothing_runs();
}

/// With one node, everybody is there; with one document, there is nobody to share it with.
#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn small_configurations_work_too() {
    let pool = Pool::up(2);
    for (nodes, files) in [("node1", 12), ("node1,node2", 12), ("node1,node2", 1)] {
        let plan = Plan { files, ..PLAN };
        let office = Office::new(plan);
        office.check(&launch(&office, &pool, nodes).end(), plan);
        pool.wait_until_nothing_runs();
    }
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn what_cannot_be_printed_is_named() {
    let pool = Pool::up(2);
    let plan = Plan { files: 5, ..PLAN };
    let office = Office::new(plan);
    let (latin, long) = (office.texts().join("latin-1.txt"), office.texts().join("long.txt"));
    fs::write(&latin, b"caf\xe9").expect("there is room for a text");
    fs::write(&long, "ever longer\n".repeat(6000)).expect("there is room for a text");
    let ended = launch(&office, &pool, "node1,node2").end();
    assert_eq!(ended.code, 1, "{}", ended.everything());
    for said in [
        "latin-1.txt cannot be printed: The contents are not text in UTF-8.",
        "long.txt cannot be printed: It is longer than 64 KB.",
        "latin-1.txt and long.txt could not be printed",
    ] {
        assert!(ended.everything().contains(said), "{said}: {}", ended.everything());
    }
    fs::remove_file(latin).expect("it is there");
    fs::remove_file(long).expect("it is there");
    let prints = samples::prints(&office.texts(), &office.papers());
    assert_eq!(prints.map(|prints| prints.documents), Ok(plan.files), "{}", ended.everything());
}

/// Whose node is killed, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Victim {
    /// That of the first printer, when it is the only one.
    OnlyPrinter,
    /// That of the first printer, when there is another.
    FirstPrinter,
    /// That of a worker and the second printer, while half of the workers use it.
    SecondPrinter,
    /// That of a worker alone.
    Worker,
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn documents_of_a_lost_node_are_printed_by_others() {
    let pool = Pool::up(4);
    let victims =
        [Victim::OnlyPrinter, Victim::FirstPrinter, Victim::SecondPrinter, Victim::Worker];
    let mut epochs = [1; 5];
    for victim in victims {
        let office = Office::new(PLAN);
        let mut running = launch(&office, &pool, "node1,node2,node3,node4");
        let printer = running.wait_for_line("a printer", |line| line.contains("printer 1 on node"));
        let worker = running.wait_for_line("a worker", |line| line.contains("worker 3 on node"));
        let node = match victim {
            Victim::OnlyPrinter => {
                running.wait_for_line("some work", |line| line.contains(" 4/36"));
                number_after(&printer, "on node ")
            }
            Victim::FirstPrinter => {
                running.wait_for_line("a second printer", |line| line.contains("inc_rebindStream"));
                number_after(&printer, "on node ")
            }
            Victim::SecondPrinter => {
                let second = running.wait_for_line("it", |line| line.contains("printer 2 on node"));
                running.wait_for_line("some work", |line| line.contains("printer 2 ←"));
                number_after(&second, "on node ")
            }
            Victim::Worker => {
                running.wait_for_line("some work", |line| line.contains(" 4/36"));
                number_after(&worker, "on node ")
            }
        };
        pool.kill_node(node);
        let ended = running.end();
        office.check(&ended, PLAN);
        let told = format!("on node {node} is lost: its node is down");
        assert!(ended.everything().contains(&told), "{victim:?}: {}", ended.everything());
        epochs[node] += 1;
        pool.wait_for_boot(node, epochs[node]);
        pool.wait_until_nothing_runs();
    }
}

/// Without its manager, or the scheduler that is on the same node, it cannot go on: it says so,
/// and nothing of it is left.
#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn the_loss_of_the_manager_is_told() {
    let pool = Pool::up(3);
    let office = Office::new(PLAN);
    let mut running = launch(&office, &pool, "node1,node2,node3");
    let scheduler = running.wait_for_line("a scheduler", |line| line.contains("scheduler on node"));
    running.wait_for_line("some work", |line| line.contains(" 4/36"));
    pool.kill_node(number_after(&scheduler, "on node "));
    let ended = running.end();
    assert_ne!(ended.code, 0, "{}", ended.everything());
    assert!(!ended.text(Channel::Err).is_empty(), "{}", ended.everything());
    pool.wait_until_nothing_runs();
}
