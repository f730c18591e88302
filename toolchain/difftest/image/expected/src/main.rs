//! Prints what the cases print on the host. The first argument, if there is
//! one, chooses cases by their names.

use std::cell::Cell;
use std::fmt::Write;
use std::io;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// Standard output for formatted text.
struct Output;

impl Write for Output {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        io::Write::write_all(&mut io::stdout().lock(), text.as_bytes()).map_err(|_| std::fmt::Error)
    }
}

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    panic::set_hook(Box::new(report));
    let running = Cell::new(None);
    let mut first = 0;
    while let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| {
        difftest_cases::run(&mut Output, &filter, first, |number| running.set(Some(number)))
    })) {
        let Some(number) = running.get() else { panic::resume_unwind(payload) };
        first = number + 1;
    }
}

fn report(info: &PanicHookInfo<'_>) {
    let location = info.location().expect("every panic has a location");
    let message = info.payload_as_str().unwrap_or("a panic without a message");
    let _ = difftest_cases::report_panic(&mut Output, location, &message);
}
