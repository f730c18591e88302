//! Cuts outputs into sections and compares them one by one.

use std::collections::BTreeSet;
use std::fmt;

use crate::configuration::Configuration;
use crate::machine::Ending;

/// What begins a section of the cases' output; the section's name follows.
const MARK: &str = "== ";
/// How a difference is shown where there is nothing.
const NOTHING: &str = "(nothing)";

/// A printed text in named sections.
#[derive(Debug, Default)]
pub(crate) struct Sections(Vec<(String, String)>);

impl Sections {
    /// The output of the cases: each case's stands below `== NAME`.
    pub(crate) fn of_cases(output: &str) -> Sections {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in output.lines() {
            if let Some(name) = line.strip_prefix(MARK) {
                sections.push((name.to_owned(), String::new()));
            } else if let Some((_, text)) = sections.last_mut() {
                text.push_str(line);
                text.push('\n');
            } else {
                sections.push(("before the first case".to_owned(), format!("{line}\n")));
            }
        }
        Sections(sections)
    }

    /// The output of a random program: a line `NAME HASH` for each function.
    pub(crate) fn of_functions(output: &str) -> Sections {
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        Sections(output.lines().map(|line| (name(line), line.to_owned())).collect())
    }

    /// A name that two sections have.
    pub(crate) fn name_of_two(&self) -> Option<&str> {
        let mut names = BTreeSet::new();
        self.0.iter().map(|section| section.0.as_str()).find(|name| !names.insert(*name))
    }

    /// The text of a section, if it is there.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|section| section.0 == name).map(|section| section.1.as_str())
    }
}

/// A difference between the two sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// how the 680x0's side was built
    pub configuration: Configuration,
    /// the case or function
    pub name: String,
    /// what the host printed, if it came there
    pub expected: Option<String>,
    /// what the 680x0 printed, if it came there
    pub found: Option<String>,
    /// the image was stopped here, since it took too long
    pub hung: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { configuration, name, expected, found, hung } = self;
        writeln!(
            f,
            "{name} ({configuration}){}",
            if *hung { ", stopped after too long" } else { "" }
        )?;
        writeln!(f, "  host:  {}", expected.as_deref().unwrap_or(NOTHING).trim_end())?;
        writeln!(f, "  680x0: {}", found.as_deref().unwrap_or(NOTHING).trim_end())
    }
}

/// What came of a differential test.
#[derive(Clone, Default, Debug)]
pub struct Report {
    /// how many comparisons found no difference
    pub passed: usize,
    /// all that did
    pub failures: Vec<Failure>,
}

impl Report {
    /// Compares the outputs of both sides, section by section.
    pub(crate) fn compare(
        &mut self,
        configuration: Configuration,
        expected: &Sections,
        found: &Sections,
        ending: Ending,
    ) {
        let last = found.0.last().map(|section| section.0.as_str());
        let names = expected.0.iter().map(|section| &section.0);
        let only_found = found.0.iter().map(|section| &section.0);
        for name in names.chain(only_found.filter(|name| expected.get(name).is_none())) {
            let (host, target) = (expected.get(name), found.get(name));
            let hung = ending == Ending::Stopped && last == Some(name);
            if host == target && !hung {
                self.passed += 1;
            } else {
                self.failures.push(Failure {
                    configuration,
                    name: name.clone(),
                    expected: host.map(str::to_owned),
                    found: target.map(str::to_owned),
                    hung,
                });
            }
        }
    }

    /// Takes another report's results in.
    pub fn merge(&mut self, other: Report) {
        self.passed += other.passed;
        self.failures.extend(other.failures);
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Sections};
    use crate::configuration::{Configuration, Gcc, Rustc};
    use crate::machine::Ending;

    const CONFIGURATION: Configuration =
        Configuration { rustc: Rustc::Level0, gcc: Gcc::Fast68040 };

    fn report(expected: &str, found: &str, ending: Ending) -> Report {
        let mut report = Report::default();
        let (expected, found) = (Sections::of_cases(expected), Sections::of_cases(found));
        report.compare(CONFIGURATION, &expected, &found, ending);
        report
    }

    #[test]
    fn names_each_case_that_differs() {
        let expected = "== a\n1\n== b\n2\n3\n== c\n";
        let report = report(expected, "== a\n1\n== b\n2\n4\n== d\n", Ending::Ended);
        assert_eq!(report.passed, 1);
        let names: Vec<_> = report.failures.iter().map(|failure| failure.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "d"]);
        assert_eq!(report.failures[0].expected.as_deref(), Some("2\n3\n"));
        assert_eq!(report.failures[0].found.as_deref(), Some("2\n4\n"));
        assert_eq!(report.failures[1].found, None);
        assert_eq!(report.failures[2].expected, None);
    }

    #[test]
    fn two_cases_of_one_name_are_seen() {
        assert_eq!(Sections::of_cases("== a\n== b\n1\n").name_of_two(), None);
        assert_eq!(Sections::of_cases("== a\n== b\n== a\n").name_of_two(), Some("a"));
    }

    #[test]
    fn a_hang_is_that_of_the_last_case() {
        let report = report("== a\n1\n== b\n", "== a\n1\n== b\n", Ending::Stopped);
        assert_eq!(report.passed, 1);
        assert_eq!(report.failures[0].name, "b");
        assert!(report.failures[0].hung);
    }

    #[test]
    fn what_comes_before_the_first_case_is_a_difference() {
        let report = report("== a\n", "exception\n== a\n", Ending::Ended);
        assert_eq!(report.failures[0].found.as_deref(), Some("exception\n"));
    }

    #[test]
    fn functions_are_compared_line_by_line() {
        let mut report = Report::default();
        let expected = Sections::of_functions("f0 12\nf1 34\n");
        let found = Sections::of_functions("f0 12\nf1 35\n");
        report.compare(CONFIGURATION, &expected, &found, Ending::Ended);
        assert_eq!(report.passed, 1);
        assert_eq!(report.failures[0].name, "f1");
        let text = report.failures[0].to_string();
        assert!(text.contains("rustc o0, gcc -O2 -m68040"), "{text}");
        assert!(text.contains("host:  f1 34") && text.contains("680x0: f1 35"), "{text}");
    }
}
