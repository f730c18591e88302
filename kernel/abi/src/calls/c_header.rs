//! The text of the C library's `equus/calls.h`: constants, errors, structures and prototypes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::{ArgumentInfo, CALLS, CallInfo};
use crate::constants::CONSTANTS;
use crate::error::CallError;

/// What stands at the head of the file.
const INTRODUCTION: &str = "\
/*
 * The calls of appendix B, their structures, constants and errors. Made from
 * the tables in kernel/abi by its test c_header: do not edit.
 */
#ifndef EQUUS_CALLS_H
#define EQUUS_CALLS_H
";

/// The structures of appendix B.1 in C. `tests/c_header.rs` compares them with
/// the Rust ones by means of the compiler that modules are built with.
const STRUCTURES: &str = include_str!("structures.h");

/// The whole header.
pub fn calls_h() -> String {
    let mut text = String::from(INTRODUCTION);
    let mut subject = "";
    for constant in CONSTANTS {
        if constant.subject != subject {
            subject = constant.subject;
            text.push('\n');
            comment(&mut text, &plain(subject));
        }
        define(&mut text, constant.name, constant.value, &plain(constant.doc));
    }
    text.push_str("\n/* What a call answers that has failed. */\n");
    for error in CallError::ALL {
        define(&mut text, error.c_name(), error.code(), error.text());
    }
    text.push('\n');
    text.push_str(STRUCTURES);
    for info in CALLS {
        text.push('\n');
        prototype(&mut text, info);
    }
    text.push_str("\n#endif\n");
    text
}

/// Columns of the text.
const COLUMNS: usize = 80;
/// Where a comment stands beside a definition.
const BESIDE: usize = 36;

/// A constant, and what it means: beside it, or before it if that is long.
fn define(text: &mut String, name: &str, value: i32, meaning: &str) {
    let definition = format!("#define {name} ({value})");
    let beside = format!("{definition:<BESIDE$}/* {meaning} */");
    if beside.len() <= COLUMNS {
        line(text, format_args!("{beside}"));
    } else {
        comment(text, meaning);
        line(text, format_args!("{definition}"));
    }
}

fn prototype(text: &mut String, info: &CallInfo) {
    line(text, format_args!("/*"));
    for doc in info.doc {
        line(text, format_args!(" *{}", plain_line(doc)));
    }
    line(text, format_args!(" */"));
    let parameter = |argument: &ArgumentInfo| {
        format!("{}{}{}", argument.c_before, argument.name, argument.c_after)
    };
    let parameters = match info.arguments {
        [] => String::from("void"),
        arguments => arguments.iter().map(parameter).collect::<Vec<_>>().join(", "),
    };
    wrapped(text, &format!("int {}({parameters});", info.name), ", ", "    ");
}

fn comment(text: &mut String, what: &str) {
    wrapped(text, &format!("/* {what}{SPACE}*/"), " ", "   ");
}

/// A space where no line is broken.
const SPACE: char = '\u{a0}';

/// A text in lines that are not too long, broken at separators.
fn wrapped(text: &mut String, what: &str, separator: &str, indent: &str) {
    let mut column = 0;
    for piece in what.split_inclusive(separator) {
        let piece = piece.replace(SPACE, " ");
        if column + piece.trim_end().len() > COLUMNS {
            text.truncate(text.trim_end().len());
            text.push('\n');
            text.push_str(indent);
            column = indent.len();
        }
        text.push_str(&piece);
        column += piece.len();
    }
    text.push('\n');
}

/// Documentation without the marks of rustdoc, in one line.
fn plain(doc: &str) -> String {
    let words: Vec<_> = doc.split_whitespace().collect();
    plain_line(&words.join(" "))
}

/// A line of documentation without the marks of rustdoc.
fn plain_line(doc: &str) -> String {
    doc.chars().filter(|letter| !"`[]".contains(*letter)).collect()
}

fn line(text: &mut String, what: core::fmt::Arguments<'_>) {
    writeln!(text, "{what}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_read_as_in_appendix_b() {
        let header = calls_h();
        for expected in [
            "\nint inc_self(void);\n",
            "\nint inc_moduleId(const char *modname);\n",
            "\nint inc_receive(int port, Msg *msg, int block_invoker, int selector,\n    int timeout);\n",
            "\nint inc_setPortHandler(int port, void (*handler)(), unsigned int priority);\n",
            "\n#define ERR_PEER_LOST (-15)\n",
            "\n#define RT_NONE (0)                 /* No reference. */\n",
        ] {
            assert!(header.contains(expected), "{expected} is missing in:\n{header}");
        }
    }
}
