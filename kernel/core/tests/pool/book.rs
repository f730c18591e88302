//! The chapter of the book that lists the calls. It is written by this test from the table of
//! calls and from what the other tests provoke: `UPDATE_EXPECT=1 cargo test -p kernel book`.

use std::fmt::Write;

use abi::calls::{CALLS, CallInfo};
use abi::error::CallError;
use expect_test::expect_file;

use crate::arguments::ABSENT;
use crate::errors::errors_to_come;

const INTRODUCTION: &str = "\
<!-- Written by a test from the tables in kernel/abi: see kernel/core/tests/pool/book.rs. -->
# Calls

What a module can ask of the kernel, by the names of the dissertation (appendix B); and, at the
end, what the library makes of that: stream space, declared configuration, names. In C they
are functions of these names, which answer a result or a negative error; in Rust they are
methods. [Writing modules](modules.md) shows both. A call is `trap #0` with its
number in d0 and its arguments in d1, a0, a1, d2, d3; the result is in d0.

A call that returns an error has changed nothing, unless the error says otherwise. Each error
that stands here is provoked by a test, except those in parentheses, which come with what the
system does not do yet. Every call may also answer `NoSuchCall` in a system that lacks it.

";

/// Subjects, and the number of the first call of each.
const SUBJECTS: &[(u32, &str)] = &[
    (1, "Making incarnations"),
    (10, "Messages"),
    (30, "Channels and references"),
    (40, "Rebinding"),
    (50, "Control"),
    (60, "Identification"),
    (70, "Events"),
    (80, "Ending, memory, time"),
];

fn chapter() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (index, (first, subject)) in SUBJECTS.iter().enumerate() {
        let end = SUBJECTS.get(index + 1).map_or(u32::MAX, |next| next.0);
        writeln!(text, "## {subject}\n").unwrap();
        let numbers = *first..end;
        for info in CALLS.iter().filter(|info| numbers.contains(&(info.call as u32))) {
            text.push_str(&section(info));
        }
    }
    text.push_str(&library());
    text.push_str("## Errors\n\n| code | name | what it says |\n|---|---|---|\n");
    for error in CallError::ALL {
        writeln!(text, "| {} | `{error:?}` | {} |", error.code(), error.text()).unwrap();
    }
    text
}

/// What the library adds to the calls, as its header says it.
const HEADER: &str = include_str!("../../../../rdc-lib/c/include/equus.h");
/// Sources of tests that use it.
const USERS: &[(&str, &str)] = &[
    ("rdcs/selftest-c/src/space.c", include_str!("../../../../rdcs/selftest-c/src/space.c")),
    ("rdcs/selftest-c/src/declared.c", include_str!("../../../../rdcs/selftest-c/src/declared.c")),
    ("rdcs/selftest-c/src/figures.c", include_str!("../../../../rdcs/selftest-c/src/figures.c")),
    (
        "rdcs/selftest/src/cases/spaces.rs",
        include_str!("../../../../rdcs/selftest/src/cases/spaces.rs"),
    ),
    (
        "rdcs/selftest/src/cases/declared.rs",
        include_str!("../../../../rdcs/selftest/src/cases/declared.rs"),
    ),
    (
        "rdcs/selftest/src/cases/names.rs",
        include_str!("../../../../rdcs/selftest/src/cases/names.rs"),
    ),
];
/// Subjects of the header, each up to the next.
const LIBRARY: &[(&str, &str)] = &[
    ("Stream space", " * Stream space"),
    ("Declared configuration", " * Declared configuration"),
    ("Names", " * The name service"),
];

/// The calls that are not the kernel's: the library makes them of messages to stream space and
/// to the name service.
fn library() -> String {
    let mut text = String::new();
    for (title, mark) in LIBRARY {
        let (_, rest) = HEADER.split_once(mark).expect("the header has this subject");
        let rest = rest.split("\n/*\n").next().expect("it is the first");
        let (introduction, calls) = rest.split_once(" */\n").expect("a comment ends");
        let introduction = plain(&format!("{mark}{introduction}"));
        writeln!(text, "## {title}\n\nOf the library, `equus.h`. {introduction}\n").unwrap();
        // What stands behind them has a subject of its own.
        let calls = calls.split("/* The standard port").next().expect("it is the first");
        for call in calls.split("/* ").skip(1) {
            text.push_str(&library_call(call));
        }
    }
    text
}

/// A call of the library: the rest of a comment, and a declaration.
fn library_call(call: &str) -> String {
    let (comment, rest) = call.split_once("*/").expect("a comment ends");
    let declaration = rest.split(';').next().expect("it is the first");
    let declaration = declaration.split_whitespace().collect::<Vec<_>>().join(" ");
    let (before, _) = declaration.split_once('(').expect("it is a function");
    let name = before.split([' ', '*']).next_back().expect("it has a name");
    let is_used = |source: &&(&str, &str)| {
        source.1.contains(&format!("{name}(")) || source.1.contains(&format!("\"{name}\""))
    };
    let users: Vec<_> = USERS.iter().filter(is_used).map(|(path, _)| format!("`{path}`")).collect();
    assert!(!users.is_empty(), "nothing tests {name}");
    let (comment, tested) = (plain(comment), users.join(", "));
    format!("### {name}\n\n`{declaration}`\n\n{comment}\n\nTested in: {tested}.\n\n")
}

/// A comment of C without its stars, errors by their names.
fn plain(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.trim().trim_start_matches("* ").trim());
    let mut text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    text = text.replace('*', "\\*");
    // The longest first: none of them is a part of one that is still to come.
    let mut errors: Vec<_> = CallError::ALL.iter().map(|error| (error.c_name(), error)).collect();
    errors.sort_by_key(|(name, _)| core::cmp::Reverse(name.len()));
    for (name, error) in errors {
        text = text.replace(name, &format!("`{error:?}`"));
    }
    text
}

fn section(info: &CallInfo) -> String {
    let arguments: Vec<_> = info
        .arguments
        .iter()
        .map(|argument| format!("{}{}{}", argument.c_before, argument.name, argument.c_after))
        .collect();
    let result = info.result.trim_end();
    let doc: Vec<_> = info.doc.iter().map(|line| line.trim()).collect();
    format!(
        "### {}\n\n`{}({})` → {}, number {}\n\n{}\n\n{}\n\n",
        info.name,
        info.name,
        arguments.join(", "),
        if result == "void" { "nothing" } else { result },
        info.call as u32,
        doc.join("\n"),
        outcomes(info),
    )
}

/// What may come instead of a result.
fn outcomes(info: &CallInfo) -> String {
    if ABSENT.contains(&info.call) {
        return "*Not served yet: answers `NotSupported`.*".to_owned();
    }
    let to_come = errors_to_come(info.call);
    let name = |error: &CallError| {
        let name = format!("`{error:?}`");
        if to_come.contains(error) { format!("({name})") } else { name }
    };
    let named: Vec<_> = info.errors.iter().map(name).collect();
    if named.is_empty() {
        "Errors: none.".to_owned()
    } else {
        format!("Errors: {}.", named.join(", "))
    }
}

#[test]
fn the_book_lists_the_calls_as_they_are() {
    expect_file!["../../../../docs/src/calls.md"].assert_eq(&chapter());
}
