//! Cases of the differential test: each computes something with one part of
//! the language or of its libraries and prints what came out.
//!
//! The same cases run on the host and on a 680x0; the outputs must be equal
//! byte for byte. So a case prints nothing that may differ between two right
//! compilers: no addresses, no sizes of pointers, no bits of a NaN. What it
//! computes hangs on [`core::hint::black_box`] or on a `Sampler` of `sample.rs`, so
//! that a compiler cannot do the work before the program runs.
//!
//! A case that panics ends there, and its output with what [`report_panic`]
//! prints; how the run then goes on with the next case is the runner's matter.

#![no_std]
#![allow(
    dead_code,
    clippy::cast_lossless,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::iter_count,
    clippy::large_types_passed_by_value,
    clippy::manual_contains,
    clippy::manual_is_multiple_of,
    clippy::manual_range_patterns,
    clippy::many_single_char_names,
    clippy::needless_for_each,
    clippy::neg_cmp_op_on_partial_ord,
    clippy::precedence,
    clippy::redundant_closure,
    clippy::redundant_closure_for_method_calls,
    clippy::single_char_pattern,
    clippy::stable_sort_primitive,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::uninlined_format_args,
    clippy::useless_vec,
    clippy::waker_clone_wake,
    clippy::write_literal,
    reason = "every way to say a thing is what is being tested, the unusual ones first"
)]

extern crate alloc;

mod algorithms;
mod asynchronous;
mod atomics;
mod bit_fields;
mod calls;
mod characters;
mod closures;
mod collections;
mod crates;
mod dispatch;
mod enums;
mod floats;
mod formatting;
mod generics;
mod integers;
mod interpreters;
mod iterators;
mod matching;
mod memory;
mod panics;
mod parsing;
mod sample;
mod sharing;
mod slices;
mod sorting;
mod strings;
mod structs;
mod wide;

use core::fmt::{self, Display, Write};
use core::panic::Location;

/// The body of a case.
pub type Run = fn(&mut dyn Write) -> fmt::Result;

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// what it is about, unique in its group
    pub name: &'static str,
    /// computes and prints
    pub run: Run,
}

/// Cases with one subject.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// the subject
    pub name: &'static str,
    /// the cases, in the order in which they run
    pub cases: &'static [Case],
}

/// A list of cases, each named like its function.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        pub(crate) const CASES: &[crate::Case] =
            &[$(crate::Case { name: stringify!($case), run: $case }),*];
    };
}
use cases;

/// A list of groups, each named like its module.
macro_rules! groups {
    ($($module:ident),* $(,)?) => {
        &[$(Group { name: stringify!($module), cases: $module::CASES }),*]
    };
}

/// All cases.
pub const GROUPS: &[Group] = groups![
    integers,
    wide,
    bit_fields,
    floats,
    structs,
    enums,
    matching,
    calls,
    dispatch,
    closures,
    generics,
    iterators,
    slices,
    sorting,
    strings,
    characters,
    parsing,
    formatting,
    collections,
    sharing,
    atomics,
    memory,
    asynchronous,
    algorithms,
    interpreters,
    crates,
    panics,
];

/// All cases in order, each with the name of its group.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Case)> {
    GROUPS.iter().flat_map(|group| group.cases.iter().map(|case| (group.name, case)))
}

/// What the last line of a complete output says.
pub const END: &str = "== end of cases";

/// Runs the cases from the one numbered `first` on whose names, `group::case`,
/// contain `filter`. `before` is told the number of each case before it starts.
/// Each case's output stands below a line `== group::case`.
pub fn run(
    out: &mut dyn Write,
    filter: &str,
    first: usize,
    mut before: impl FnMut(usize),
) -> fmt::Result {
    for (number, (group, case)) in all().enumerate().skip(first) {
        if is_chosen(filter, group, case.name) {
            before(number);
            writeln!(out, "== {group}::{}", case.name)?;
            if (case.run)(out).is_err() {
                writeln!(out, "ended with fmt::Error")?;
            }
        }
    }
    writeln!(out, "{END}")
}

fn is_chosen(filter: &str, group: &str, name: &str) -> bool {
    let Some((in_group, in_name)) = filter.split_once("::") else {
        return group.contains(filter) || name.contains(filter);
    };
    group == in_group && name.contains(in_name)
}

/// Prints the end of a case that panicked: the message and where, but of the
/// file only its name, since its folder depends on the build.
pub fn report_panic(
    out: &mut dyn Write,
    location: &Location<'_>,
    message: &dyn Display,
) -> fmt::Result {
    let file = location.file().rsplit('/').next().unwrap_or_default();
    writeln!(out, "panicked at {file}:{}:{}: {message}", location.line(), location.column())
}
