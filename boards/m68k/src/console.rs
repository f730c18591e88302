//! `print!` and `println!` on the board's console, and writers on it.

use crate::board::{self, Board};
use core::fmt;

/// Formats onto the console, buffered.
#[derive(Clone, Copy, Debug)]
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some(board) = board::installed() {
            board.write(text.as_bytes());
        }
        Ok(())
    }
}

/// Formats onto the console at once, past buffers and locks: for reports.
pub struct RawConsole(pub &'static dyn Board);

impl fmt::Write for RawConsole {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_raw(text.as_bytes());
        Ok(())
    }
}

/// Prints on the console.
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        // The console never refuses.
        let _ = write!($crate::console::Console, $($arg)*);
    }};
}

/// Prints a line on the console.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($crate::console::Console, $($arg)*);
    }};
}
