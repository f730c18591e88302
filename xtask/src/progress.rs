//! Long work shows itself: a spinner with the last line of output on a
//! terminal, plain lines otherwise. Several steps may be under way at once.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::test::Count;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// The spinners of the steps that are under way, one below the other.
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// One step of the work, from its start to its end.
pub struct Step {
    title: String,
    bar: ProgressBar,
    started: Instant,
}

impl Step {
    /// Announces a step.
    pub fn start(title: impl Into<String>) -> Step {
        let title = title.into();
        let bar = if console::user_attended_stderr() {
            let bar = SPINNERS.add(ProgressBar::new_spinner().with_style(spinner()));
            bar.enable_steady_tick(TICK);
            bar.set_prefix(title.clone());
            bar
        } else {
            eprintln!("{title} ...");
            ProgressBar::hidden()
        };
        Step { title, bar, started: Instant::now() }
    }

    /// Shows what the step is doing right now, on a terminal only.
    pub fn note(&self, line: &str) {
        if !line.is_empty() {
            self.bar.set_message(line.to_owned());
        }
    }

    /// Ends the step well; `result` says what came of it.
    pub fn done(self, result: &str) {
        say(&self.close(&style("✓").green().for_stderr().to_string(), result));
    }

    /// Ends the step badly.
    pub fn failed(self, result: &str) {
        say(&self.close(&cross(), result));
    }

    /// Ends the step badly and shows what explains it, all in one piece.
    pub fn failed_with(self, output: &str) {
        say(&format!("{}\n{output}", self.close(&cross(), "failed")));
    }

    /// Ends a step of tests.
    pub fn end(self, count: Count) {
        match count.failed {
            0 => self.done(&count.summary()),
            _ => self.failed(&count.summary()),
        }
    }

    /// Takes the spinner away; answers the step's closing line.
    fn close(self, mark: &str, result: &str) -> String {
        self.bar.finish_and_clear();
        let seconds = self.started.elapsed().as_secs_f64();
        let time = style(format!("{seconds:.1} s")).dim().for_stderr();
        let separator = if result.is_empty() { "" } else { ": " };
        format!("{mark} {}{separator}{result} ({time})", self.title)
    }
}

/// Says something beside the steps, in one piece.
pub fn say(text: &str) {
    SPINNERS.suspend(|| eprintln!("{text}"));
}

fn cross() -> String {
    style("✗").red().for_stderr().to_string()
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix} {wide_msg:.dim}")
        .expect("the template is well-formed")
}
