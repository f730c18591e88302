//! The statements of a function's body, and which source line each belongs to.

use std::fmt::{self, Write as _};

use crate::module::SourceLocation;
use crate::options::Lines;

/// Statements, in the order of execution.
///
/// With [`Lines::Rust`] all statements of one source line share one line of C: the
/// compiler counts lines on by itself after a `#line`.
#[derive(Debug)]
pub(super) struct Statements {
    pub text: String,
    lines: Lines,
    current: Option<SourceLocation>,
    is_announced: bool,
}

impl Statements {
    /// No statements yet; the first ones belong to `head`.
    pub fn new(lines: Lines, head: Option<SourceLocation>) -> Self {
        Statements { text: String::new(), lines, current: head, is_announced: false }
    }

    /// The next statements belong to this place. Without one, to the last that was known.
    pub fn set_location(&mut self, location: Option<SourceLocation>) {
        if location.is_some() && location != self.current {
            self.current = location;
            self.is_announced = false;
        }
    }

    /// Adds a statement, with its semicolon.
    pub fn push(&mut self, statement: fmt::Arguments<'_>) {
        self.start();
        let _ = self.text.write_fmt(statement);
        if self.lines == Lines::C || self.current.is_none() {
            self.text.push('\n');
        }
    }

    /// Adds a label.
    pub fn label(&mut self, label: fmt::Arguments<'_>) {
        self.push(format_args!("{label}:;"));
    }

    /// Ends the last line.
    pub fn finish(mut self) -> String {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text
    }

    fn start(&mut self) {
        match (&self.current, self.lines) {
            (Some(location), Lines::Rust) if !self.is_announced => {
                if !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
                line_directive(&mut self.text, location);
                self.is_announced = true;
            }
            _ => {}
        }
        let is_line_start = self.text.is_empty() || self.text.ends_with('\n');
        self.text.push_str(if is_line_start { "  " } else { " " });
    }
}

/// Writes a `#line` line.
pub(super) fn line_directive(text: &mut String, location: &SourceLocation) {
    let file = location.file.replace('\\', "\\\\").replace('"', "\\\"");
    let _ = writeln!(text, "#line {} \"{file}\"", location.line);
}
