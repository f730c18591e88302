//! Work that takes a while shows itself: a spinner on a terminal, nothing elsewhere.

use std::time::{Duration, Instant};

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// One piece of work. It vanishes when it is dropped without being done.
pub struct Step {
    title: String,
    bar: ProgressBar,
    started: Instant,
}

impl Step {
    /// Begins to show it.
    pub fn start(title: impl Into<String>) -> Self {
        let title = title.into();
        let bar = if console::user_attended_stderr() {
            let style = ProgressStyle::with_template("{spinner:.cyan} {prefix} {wide_msg:.dim}");
            let style = style.expect("the template is well formed");
            let bar = ProgressBar::new_spinner().with_style(style).with_prefix(title.clone());
            bar.enable_steady_tick(TURN);
            bar
        } else {
            ProgressBar::hidden()
        };
        Self { title, bar, started: Instant::now() }
    }

    /// Says how far it is.
    pub fn note(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }

    /// Ends it well.
    pub fn done(self) {
        if !self.bar.is_hidden() {
            self.bar.finish_and_clear();
            let seconds = format!("{:.1} s", self.started.elapsed().as_secs_f32());
            let (mark, seconds) = (style("✓").green(), style(seconds).dim());
            eprintln!("{} {} {}", mark.for_stderr(), self.title, seconds.for_stderr());
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
