//! The command as its users see it: whole commands on pools of QEMU nodes. `cargo xtask test`
//! builds image and programs and says where they are; plain `cargo test` leaves these out.

mod support;

use std::io::{Read, Write};
use std::process::Stdio;

use abi::rdc_file::Header;
use rustix::process::Signal;
use support::{Pool, code, equus, text};
use zerocopy::FromBytes;

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_pool_comes_up_runs_programs_and_goes_down() {
    let pool = Pool::up(3);
    let nodes = pool.json(&["nodes", "--json"]);
    assert_eq!(nodes.as_array().unwrap().len(), 3, "{nodes}");
    assert!(nodes.as_array().unwrap().iter().all(|node| node["state"] == "up"), "{nodes}");
    let hello = pool.launch("hello", &["--on", "node2", "--", "one", "two words"]);
    assert_eq!(
        text(&hello.stdout),
        "Hello from node 2.\nI was given \"one\".\nI was given \"two words\".\n",
        "{}",
        text(&hello.stderr)
    );
    assert_eq!(code(&hello), 0);
    assert_eq!(pool.json(&["ps", "--json"]).as_array().unwrap().len(), 0);
    let logs = pool.json(&["logs", "node3", "--json"]);
    assert!(logs.to_string().contains("node 3 of 4"), "{logs}");
    let trace = pool.json(&["trace", "--json"]).to_string();
    assert!(trace.contains("IncMade") && trace.contains("\"host\""), "{trace}");
    assert_eq!(code(&pool.equus(&["down"]).output().unwrap()), 0);
    let gone = pool.equus(&["nodes"]).output().unwrap();
    assert_eq!(code(&gone), 125);
    assert!(text(&gone.stderr).contains("no pool is up"), "{}", text(&gone.stderr));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_program_gets_a_pool_of_its_own_and_its_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = equus(folder.path());
    command.args(["launch", "--nodes", "1"]).arg(support::rdc("echo"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"first\nsecond\nlast").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout), "1: first\n2: second\n3: last\n");
    assert_eq!(code(&output), 3);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn files_come_from_the_folders_given_and_from_nowhere_else() {
    let pool = Pool::up(2);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.md"), "one two\nthree two\n").unwrap();
    let given = format!("{}:texts:ro", folder.path().display());
    let counted = pool.launch("wordcount", &["--dir", &given, "--", "texts"]);
    let stdout = text(&counted.stdout);
    assert!(stdout.contains("4 words, 3 different"), "{stdout}{}", text(&counted.stderr));
    let refused = pool.launch("wordcount", &["--", "texts"]);
    assert_ne!(code(&refused), 0, "{}", text(&refused.stdout));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn whoever_ends_a_program_ends_all_of_it() {
    let pool = Pool::up(2);
    for (signal, expected) in [(Signal::INT, Some(130)), (Signal::TERM, Some(143))] {
        let mut running = pool.start_echo();
        running.signal(signal);
        assert_eq!(running.end().code(), expected);
        pool.wait_until_nothing_runs();
    }
    let mut killed = pool.start_echo();
    killed.signal(Signal::KILL);
    killed.end();
    pool.wait_until_nothing_runs();
    let mut ended = pool.start_echo();
    let rdc = pool.json(&["ps", "--json"])[0]["rdc"].to_string();
    assert_eq!(code(&pool.equus(&["kill", &rdc]).output().unwrap()), 0);
    assert_eq!(ended.end().code(), Some(137));
    let unknown = pool.equus(&["kill", "4711"]).output().unwrap();
    assert!(text(&unknown.stderr).contains("no RDC 4711"), "{}", text(&unknown.stderr));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_node_that_dies_is_told_of_and_comes_back() {
    let mut pool = Pool::up(2);
    let mut running = pool.start_echo();
    // The program is on node 1, the first child.
    rustix::process::kill_process(pool.nodes()[0], Signal::KILL).unwrap();
    let mut said = String::new();
    running.stderr().read_to_string(&mut said).unwrap();
    assert!(said.contains("the primary incarnation was lost with its node"), "{said}");
    assert_eq!(running.end().code(), Some(126));
    pool.wait_for(&["nodes", "--json"], |nodes| {
        nodes[0]["state"] == "up" && nodes[0]["epoch"] == 2 && nodes[0]["losses"] == 1
    });
    let logs = pool.json(&["logs", "node1", "--json"]).to_string();
    assert!(logs.contains("node1 is lost (QEMU died by signal 9)"), "{logs}");
    let hello = pool.launch("hello", &["--on", "node1"]);
    assert_eq!(text(&hello.stdout), "Hello from node 1.\n", "{}", text(&hello.stderr));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn nothing_outlives_a_killed_daemon() {
    let mut pool = Pool::up(2);
    let nodes = pool.nodes();
    let mut running = pool.start_echo();
    pool.kill_daemon();
    let mut said = String::new();
    running.stderr().read_to_string(&mut said).unwrap();
    assert!(said.contains("the pool has gone down"), "{said}");
    assert_eq!(running.end().code(), Some(125));
    support::wait_until_gone(&nodes);
    // What it has left behind keeps nobody from starting another.
    drop(Pool::up_at(pool.into_folder(), 1));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn mistakes_are_named() {
    let pool = Pool::up(1);
    let refused = |arguments: &[&str]| {
        let output = pool.equus(arguments).output().unwrap();
        assert_eq!(code(&output), 125, "{arguments:?}");
        text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let hello = support::rdc("hello");
    let hello = hello.to_str().unwrap();
    assert!(refused(&["up"]).contains("a pool is up already"));
    assert!(refused(&["launch", "/no/such.rdc"]).contains("cannot read /no/such.rdc"));
    assert!(refused(&["launch", hello, "--on", "node1,x"]).contains("no node `x`"));
    assert!(refused(&["launch", hello, "--nodes", "2"]).contains("1 can be had"));
    assert!(refused(&["launch", "/dev/null"]).contains("is no RDC file"));
    let mut old = std::fs::read(hello).unwrap();
    let (header, _) = Header::mut_from_prefix(&mut old).unwrap();
    header.abi = 0.into();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.rdc");
    std::fs::write(&path, &old).unwrap();
    let said = refused(&["launch", path.to_str().unwrap()]);
    assert!(said.contains("old.rdc was built for another version of Equus"), "{said}");
    assert!(said.contains("build it again: `equus build`"), "{said}");
    assert!(refused(&["launch", hello, "--dir", "/no/such"]).contains("open the folder"));
    assert!(refused(&["logs", "x"]).contains("no node `x`"));
    assert!(refused(&["trace", "x"]).contains("no node `x`"));
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_pool_that_cannot_start_says_why_once() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    std::fs::write(&image, "").unwrap();
    for name in ["stream-space", "name-service"] {
        let beside = folder.path().join(format!("{name}.rdc"));
        std::fs::copy(support::rdc(name), beside).unwrap();
    }
    let mut command = equus(folder.path());
    let output = command.args(["up", "--image"]).arg(&image).output().unwrap();
    assert_eq!(code(&output), 125);
    let said = text(&output.stderr);
    assert_eq!(said.matches('×').count(), 1, "{said}");
    assert!(said.contains("image is of no use"), "{said}");
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_program_ends_when_nobody_reads_what_it_prints() {
    let pool = Pool::up(1);
    let mut command = pool.equus(&["launch"]);
    command.arg(support::rdc("hello"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    assert_eq!((code(&output), text(&output.stderr).as_str()), (141, ""));
    pool.wait_until_nothing_runs();
}
