//! Modules in C: `rdcs/selftest-c` checks their library from within, and the command builds
//! them as it says.

use std::fs::File;
use std::process::{Command, Output};

use pool_tests::{Channel, Pool, Running, Sources, rdc};

const BOOK: &str = include_str!("../../../docs/src/modules.md");
const CASES: usize = 15;

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn the_c_library_does_what_is_said_of_it() {
    let pool = Pool::up(2);
    let folder = tempfile::tempdir().unwrap();
    let given = format!("{}:.", folder.path().display());
    let ended = pool.launch("selftest-c", &["--dir", &given, "--env", "COLOUR=blue"]).end();
    let failed: Vec<_> = ended.lines_after("FAILED").collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", ended.everything());
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert_eq!(ended.lines_after("ok ").count(), CASES, "{}", ended.everything());
    assert!(ended.text(Channel::Out).ends_with("the end"), "{}", ended.everything());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert!(left.is_empty(), "files are left: {left:?}");
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn a_case_in_c_that_fails_is_no_success() {
    let pool = Pool::up(1);
    let folder = tempfile::tempdir().unwrap();
    let given = format!("{}:.", folder.path().display());
    let ended = pool.launch("selftest-c", &["--dir", &given, "--", "files"]).end();
    let failed: Vec<_> = ended.lines_after("FAILED src/files.c:").collect();
    assert_eq!(failed.len(), 1, "{}", ended.everything());
    assert!(failed[0].ends_with("getenv(\"COLOUR\") is \"(null)\", not \"blue\""), "{failed:?}");
    assert_eq!(ended.lines_after("ok ").count(), 0, "{}", ended.everything());
    assert_eq!(ended.code, 1);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn each_language_serves_the_other() {
    let pool = Pool::up(2);
    let ended = pool.launch("dialogue", &[]).end();
    assert_eq!(ended.code, 3, "so much the client has asked: {}", ended.everything());
    let counted: Vec<_> = ended.lines_after("the counter has counted ").collect();
    assert_eq!(
        counted,
        [
            "6 words in \"to be, or not to be\"",
            "0 words in \"\"",
            "4 words in \"that is the question\""
        ]
    );
    let squares: Vec<_> = ended.lines_after("the square of ").collect();
    assert_eq!(squares, ["7 is 49", "11 is 121", "-13 is 169"]);
    pool.wait_until_nothing_runs();
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn c_reads_its_standard_input() {
    let pool = Pool::up(1);
    let sources = Sources::new([("input", "one\n\nlast")]);
    let mut launch = pool.equus(&["launch"]);
    launch.arg(rdc("echo-c")).stdin(File::open(sources.path("input")).unwrap());
    let ended = Running::start(&mut launch).end();
    assert_eq!(ended.text(Channel::Out), "1: one\n2: \n3: last");
    assert_eq!(ended.code, 3);
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn the_last_words_of_c_say_who_called_whom() {
    let pool = Pool::up(1);
    let cases = [
        ("abort", "  abort() was called", "at rdcs/selftest-c/src/crimes.c:"),
        ("assert", "make_a_wrong_claim: assertion failed: number == 1", "  make_a_wrong_claim+0x"),
    ];
    for (crime, reason, frame) in cases {
        let ended = pool.launch("selftest-c", &["--", "crime", crime]).end();
        let said = ended.text(Channel::Err);
        for part in ["abort in module selftest-c of RDC ", reason, frame, "  commit+0x"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
        assert_eq!(ended.code, 134, "{}", ended.everything());
    }
}

/// A program that writes where nothing is, in line 7.
const FAULTY: &str = "\
#include <stddef.h>

static int *volatile nowhere = NULL;

void __attribute__((noinline)) write_nowhere(void)
{
\t*nowhere = 1;
}

int main(void)
{
\twrite_nowhere();
\treturn (0);
}
";

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn a_fault_of_c_is_named_and_has_its_line() {
    let pool = Pool::up(1);
    let sources = Sources::new([("faulty.c", FAULTY)]);
    let ended = pool.launch_file(&sources.rdc("faulty.c"), &[]).end();
    assert_eq!(ended.code, 126, "{}", ended.everything());
    assert!(ended.text(Channel::Err).contains("(exception 2)"), "{}", ended.everything());

    let trace = pool.json(&["trace", "--json"]);
    let fault = trace.as_array().unwrap().iter().find(|entry| entry["event"] == "UserFault");
    let pc = fault.and_then(|entry| entry["values"][2].as_u64()).expect("it is in the trace");
    let line = Command::new("m68k-linux-gnu-addr2line")
        .args(["-fpe", "target/c/faulty/faulty", &format!("{pc:#x}")])
        .current_dir(sources.path(""))
        .output()
        .unwrap();
    let line = String::from_utf8_lossy(&line.stdout);
    assert!(line.starts_with("write_nowhere at ") && line.contains("faulty.c:7"), "{line}");

    let ended = pool.launch("selftest-c", &["--", "crime", "divide"]).end();
    assert_eq!(ended.code, 126, "{}", ended.everything());
    assert!(ended.text(Channel::Err).contains("a division by zero"), "{}", ended.everything());
}

/// The book's listings in C with a name above them: paths and contents.
fn listings() -> impl Iterator<Item = (&'static str, &'static str)> {
    BOOK.match_indices("```c\n").filter_map(|(at, fence)| {
        let path = BOOK[..at].lines().last()?.strip_prefix('`')?.strip_suffix('`')?;
        let code = BOOK[at + fence.len()..].split("```").next()?;
        Some((path, code))
    })
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn the_books_example_runs() {
    let pool = Pool::up(2);
    let sources = Sources::new(listings());
    assert!(BOOK.contains("$ equus build sums\nsums/target/sums.rdc\n"));
    let program = sources.rdc("sums");
    assert_eq!(program, sources.path("sums/target/sums.rdc"));
    let ended = pool.launch_file(&program, &[]).end();
    let shown = "$ equus launch --nodes 2 sums/target/sums.rdc\n";
    let (_, expected) = BOOK.split_once(shown).unwrap();
    let (expected, _) = expected.split_once("\n```").unwrap();
    assert_eq!(ended.text(Channel::Out), expected, "{}", ended.everything());
    assert_eq!(ended.code, 0);
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[ignore = "needs an image: run `cargo xtask test --pool`"]
fn a_build_that_fails_says_why() {
    let sources = Sources::new([
        ("wrong.c", "int main(void)\n{\n\treturn (1 +);\n}\n"),
        ("loose.c", "int elsewhere(void);\nint main(void) { return (elsewhere()); }\n"),
        ("odd.c", "int main(void) { int unused; return (0); }\n"),
        ("foreign.c", "#include <sys/socket.h>\nint main(void) { return (0); }\n"),
    ]);
    let refused = |package: &str, expected: &str| {
        let output = sources.build(package);
        assert_eq!(output.status.code(), Some(125), "{package}: {output:?}");
        assert!(text(&output).contains(expected), "{package}: {}", text(&output));
    };
    refused("wrong.c", "wrong.c:3:20: error: expected expression before ‘)’ token");
    refused("loose.c", "undefined reference to `elsewhere'");
    refused("foreign.c", "sys/socket.h: No such file");
    refused("nothing.c", "cannot read nothing.c");

    // A warning is none of these, and shown.
    let output = sources.build("odd.c");
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("unused variable"), "{}", text(&output));

    let without = |name: &str, value: &str, expected: &str| {
        let output = sources.command("odd.c").env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(125), "{name}: {output:?}");
        assert!(text(&output).contains(expected), "{name}: {}", text(&output));
    };
    without("PATH", "/nowhere", "apt-get install gcc-m68k-linux-gnu");
    without("EQUUS_C_LIBRARY", "/nowhere", "there is no C library at /nowhere/libequus.a");
}
