//! The last lines of all consoles.

use std::collections::VecDeque;
use std::time::Duration;

use crate::protocol::LogLine;

/// Lines that are kept.
const LINES_MAX: usize = 4096;
/// Bytes of a line that are kept.
const LINE_MAX: usize = 1024;
/// Lines that say enough about a failed start.
const LAST: usize = 12;

/// Console lines, and what the daemon has to say about nodes.
#[derive(Debug, Default)]
pub struct Logs(VecDeque<LogLine>);

impl Logs {
    /// Keeps a line in place of the oldest.
    pub fn push(&mut self, at: Duration, node: &str, mut text: String) {
        if text.len() > LINE_MAX {
            text.truncate(text.floor_char_boundary(LINE_MAX));
            text.push('…');
        }
        if self.0.len() == LINES_MAX {
            self.0.pop_front();
        }
        let at_ms = at.as_millis() as u64;
        self.0.push_back(LogLine { at_ms, node: node.to_owned(), text });
    }

    /// The lines of a node, or of all.
    pub fn of(&self, node: Option<&str>) -> Vec<LogLine> {
        let is_wanted = |line: &&LogLine| node.is_none_or(|node| line.node == node);
        self.0.iter().filter(is_wanted).cloned().collect()
    }

    /// The last few lines of a node.
    pub fn last_of(&self, node: &str) -> Vec<String> {
        let mut lines: Vec<_> = self
            .0
            .iter()
            .rev()
            .filter(|line| line.node == node)
            .take(LAST)
            .map(|line| line.text.clone())
            .collect();
        lines.reverse();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_and_long_ones_are_cut() {
        let mut logs = Logs::default();
        for number in 0..=LINES_MAX {
            let node = if number % 2 == 0 { "even" } else { "odd" };
            logs.push(Duration::from_millis(number as u64), node, format!("line {number}"));
        }
        assert_eq!(logs.of(None).len(), LINES_MAX);
        assert_eq!(logs.of(None)[0].text, "line 1");
        assert!(logs.of(Some("even")).iter().all(|line| line.at_ms % 2 == 0));
        assert_eq!(logs.last_of("even").last().unwrap(), &format!("line {LINES_MAX}"));
        logs.push(Duration::ZERO, "x", "ä".repeat(LINE_MAX));
        assert_eq!(logs.of(Some("x"))[0].text.len(), LINE_MAX + '…'.len_utf8());
    }
}
