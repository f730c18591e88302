//! Tests that run inside an image, one after another in one boot.
//!
//! [`test!`](crate::test!) registers a function in a table that the linker gathers. The image
//! says on the console what it does, one line each, for the host's harness
//! (crate `qemu`) to read:
//!
//! | line | meaning |
//! |---|---|
//! | `##tests COUNT` | the table's length |
//! | `##begin INDEX NAME` | the test starts: what follows is its output |
//! | `##pass INDEX NS` | it returned, after so many nanoseconds |
//! | `##apart INDEX NAME EXPECTATION` | it ends the image: wants a boot of its own |
//! | `##done` | no more tests |
//!
//! A panic or an unexpected exception ends the image by a report, so the host
//! boots again from the next test. Options on the command line: `test.from=N`
//! starts there, `test.only=N` runs that test alone, also one that ends the
//! image, `test.budget=NS` bounds each test's time.

use crate::board::{Board, Ending, Nanoseconds, option};
use crate::println;
use core::fmt;

/// How a test is meant to end.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// It returns.
    Pass,
    /// It ends the image with a report, a line of which holds this text.
    Report(&'static str),
    /// The processor stops by a fault while taking a fault; QEMU aborts.
    DoubleFault,
    /// It never ends and the host stops it at the end of its budget.
    Overrun,
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Pass => f.write_str("pass"),
            Expect::Report(text) => write!(f, "report {text}"),
            Expect::DoubleFault => f.write_str("double-fault"),
            Expect::Overrun => f.write_str("overrun"),
        }
    }
}

/// A registered test.
#[repr(C, align(4))]
#[derive(Debug)]
pub struct Case {
    /// Its module and function.
    pub name: &'static str,
    /// How it is meant to end.
    pub expect: Expect,
    /// The test.
    pub run: fn(),
}

/// Registers a test: `test!(function)`, or `test!(function, Expect::Report("panic: …"))`
/// for one that ends the image.
#[macro_export]
macro_rules! test {
    ($function:ident) => {
        $crate::test!($function, $crate::testing::Expect::Pass);
    };
    ($function:ident, $expect:expr) => {
        const _: () = {
            #[used]
            // SAFETY: linker/kernel.ld gathers the section, in which all are of this type.
            #[unsafe(link_section = ".tests")]
            static CASE: $crate::testing::Case = $crate::testing::Case {
                name: concat!(module_path!(), "::", stringify!($function)),
                expect: $expect,
                run: $function,
            };
        };
    };
}

/// The time that a test has if the command line does not say otherwise.
const DEFAULT_BUDGET_NS: u64 = 1_000_000_000;

#[expect(improper_ctypes, reason = "only the addresses matter")]
// SAFETY: linker/kernel.ld defines both; only their addresses are used.
unsafe extern "C" {
    static __tests_start: [Case; 0];
    static __tests_end: [Case; 0];
}

fn cases() -> &'static [Case] {
    let (start, end) = (&raw const __tests_start, &raw const __tests_end);
    let bytes = end.addr() - start.addr();
    assert!(bytes.is_multiple_of(size_of::<Case>()), "the linker left gaps between the tests");
    // SAFETY: linker/kernel.ld gathers the section's values between the two.
    unsafe { core::slice::from_raw_parts(start.cast(), bytes / size_of::<Case>()) }
}

/// Which tests a boot runs.
struct Selection {
    from: usize,
    only: Option<usize>,
    budget: Nanoseconds,
}

impl Selection {
    fn parse(command_line: &str) -> Selection {
        let number = |key| option(command_line, key).and_then(|text| text.parse().ok());
        Selection {
            from: number("test.from").unwrap_or(0),
            only: number("test.only"),
            budget: Nanoseconds(
                option(command_line, "test.budget")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(DEFAULT_BUDGET_NS),
            ),
        }
    }
}

/// Runs the tests that the command line selects, and ends the image.
pub fn run(board: &'static dyn Board) -> ! {
    let selection = Selection::parse(board.command_line());
    let cases = cases();
    println!("##tests {}", cases.len());
    for (index, case) in cases.iter().enumerate() {
        match (selection.only, case.expect) {
            (Some(only), _) if only == index => run_case(board, index, case, &selection),
            (None, _) if index < selection.from => {}
            (None, Expect::Pass) => run_case(board, index, case, &selection),
            (None, expect) => println!("##apart {index} {} {expect}", case.name),
            (Some(_), _) => {}
        }
    }
    println!("##done");
    board.end(Ending::Success)
}

fn run_case(board: &dyn Board, index: usize, case: &Case, selection: &Selection) {
    println!("##begin {index} {}", case.name);
    board.flush();
    let start = board.now();
    board.set_deadline(Some(Nanoseconds(start.0 + selection.budget.0)));
    (case.run)();
    board.set_deadline(None);
    println!("##pass {index} {}", board.now().since(start).0);
}

/// Called by the board when the deadline of [`Board::set_deadline`] has come: a
/// test that waits for what never happens ends with a report of where it waits.
pub fn deadline_passed() {
    panic!("the test is over its budget of time");
}
