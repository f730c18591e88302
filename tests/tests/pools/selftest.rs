//! `rdcs/selftest`: every call from within, near and far, files, and faults of user code.

use pool_tests::{Channel, Pool};

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn every_call_does_what_is_said_of_it() {
    let pool = Pool::up(2);
    let folder = tempfile::tempdir().unwrap();
    let given = format!("{}:.", folder.path().display());
    let ended =
        pool.launch("selftest", &["--system", "--dir", &given, "--env", "SHELL=none"]).end();
    let failed: Vec<_> = ended.lines_after("FAILED").collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", ended.text(Channel::Err));
    assert_eq!(ended.code, 0, "{}", ended.everything());
    // Each case runs near and far.
    let passed = ended.lines_after("ok").count();
    assert!(passed > 100 && passed.is_multiple_of(2), "{passed} passed");
    let forked: Vec<_> = ended.lines_after("this line").collect();
    assert_eq!(forked, [" was begun before a fork"; 2], "it is printed once");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert!(left.is_empty(), "files are left: {left:?}");
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn only_system_rdcs_manage_nodes() {
    let pool = Pool::up(2);
    let ended = pool.launch("selftest", &["--", "nodes"]).end();
    let failed: Vec<_> = ended.lines_after("FAILED").collect();
    assert_eq!(failed.len(), 7, "{}", ended.everything());
    let is_refused = |line: &&str| line.contains("NoRight") || line.contains("lacks the right");
    assert!(failed.iter().all(is_refused), "{failed:#?}");
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn a_panic_is_reported_with_its_place() {
    let pool = Pool::up(1);
    let ended = pool.launch("selftest", &["--", "incarnations.panic"]).end();
    let said = ended.text(Channel::Err);
    for part in ["panic in module partner", "was told to panic with 9", "bin/partner.rs:"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert_eq!(ended.code, 0, "{}", ended.everything());
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn a_case_that_is_not_there_is_no_success() {
    let pool = Pool::up(1);
    let ended = pool.launch("selftest", &["--", "nobody"]).end();
    assert_eq!(ended.code, 1, "{}", ended.everything());
}
