//! The lines that an image says about its tests: the counterpart of
//! boards/m68k/src/testing.rs, which describes them.

/// A line of an image's output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// So many tests are registered.
    Tests(usize),
    /// A test starts.
    Begin {
        /// Its place in the table.
        index: usize,
        /// Its name.
        name: String,
    },
    /// A test returned.
    Pass {
        /// Its place in the table.
        index: usize,
        /// How long it took.
        nanoseconds: u64,
    },
    /// A test wants a boot of its own.
    Apart(Apart),
    /// There are no more tests.
    Done,
    /// Anything else.
    Output(String),
}

/// A test that ends its image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Apart {
    /// Its place in the table.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// How it is meant to end the image.
    pub expected: Expected,
}

/// How a test is meant to end its image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// With a report, a line of which holds this text.
    Report(String),
    /// By a fault while the processor takes a fault.
    DoubleFault,
    /// Not at all: the harness ends it.
    Overrun,
}

/// Reads a line. One that starts like the protocol but makes no sense is output.
pub fn parse(line: &str) -> Line {
    line.strip_prefix("##").and_then(parse_words).unwrap_or_else(|| Line::Output(line.to_owned()))
}

fn parse_words(words: &str) -> Option<Line> {
    let (kind, rest) = words.split_once(' ').unwrap_or((words, ""));
    match kind {
        "tests" => Some(Line::Tests(rest.parse().ok()?)),
        "done" => rest.is_empty().then_some(Line::Done),
        "begin" => {
            let (index, name) = rest.split_once(' ')?;
            Some(Line::Begin { index: index.parse().ok()?, name: name.to_owned() })
        }
        "pass" => {
            let (index, nanoseconds) = rest.split_once(' ')?;
            Some(Line::Pass { index: index.parse().ok()?, nanoseconds: nanoseconds.parse().ok()? })
        }
        "apart" => {
            let (index, rest) = rest.split_once(' ')?;
            let (name, expected) = rest.split_once(' ')?;
            Some(Line::Apart(Apart {
                index: index.parse().ok()?,
                name: name.to_owned(),
                expected: parse_expected(expected)?,
            }))
        }
        _ => None,
    }
}

fn parse_expected(text: &str) -> Option<Expected> {
    match text {
        "double-fault" => Some(Expected::DoubleFault),
        "overrun" => Some(Expected::Overrun),
        _ => text.strip_prefix("report ").map(|text| Expected::Report(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_of_lines() {
        assert_eq!(parse("##tests 12"), Line::Tests(12));
        assert_eq!(parse("##begin 3 a::b"), Line::Begin { index: 3, name: "a::b".to_owned() });
        assert_eq!(parse("##pass 3 456"), Line::Pass { index: 3, nanoseconds: 456 });
        assert_eq!(parse("##done"), Line::Done);
        for (text, expected) in [
            ("report panic: at 5", Expected::Report("panic: at 5".to_owned())),
            ("double-fault", Expected::DoubleFault),
            ("overrun", Expected::Overrun),
        ] {
            let apart = Apart { index: 7, name: "c".to_owned(), expected };
            assert_eq!(parse(&format!("##apart 7 c {text}")), Line::Apart(apart));
        }
    }

    #[test]
    fn everything_else_is_output() {
        for line in ["", "hello", "##", "##begin", "##begin x y", "##pass 1", "##apart 1 n what"] {
            assert_eq!(parse(line), Line::Output(line.to_owned()));
        }
    }
}
