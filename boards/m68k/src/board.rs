//! What the tools in this crate ask of a board. A board is a static value that
//! [`install`] makes known; reports, the monitor and tests then reach it.

use crate::address::VirtAddr;
use crate::mmu::Walk;
use core::fmt;
use spin::Once;

/// A time or a span of it, in nanoseconds of the board's clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Nanoseconds(pub u64);

impl Nanoseconds {
    /// The span from `earlier` to this time; zero if the clock went backwards.
    #[must_use]
    pub fn since(self, earlier: Nanoseconds) -> Nanoseconds {
        Nanoseconds(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} s", self.0 / 1_000_000_000, self.0 / 1_000 % 1_000_000)
    }
}

/// How the image ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// All is well: who waits for the board sees success.
    Success,
    /// A panic or an unexpected exception: who waits sees failure.
    Failure,
}

/// One board.
pub trait Board: Sync {
    /// Its name, as its folder is called.
    fn name(&self) -> &'static str;

    /// What boot said: the options for this image.
    fn command_line(&self) -> &str;

    /// Writes to the console; may keep bytes back until [`Board::flush`].
    fn write(&self, bytes: &[u8]);

    /// Brings out what `write` kept back.
    fn flush(&self);

    /// Writes without buffers, interrupts or locks, for reports of a kernel
    /// that may be in any state.
    fn write_raw(&self, bytes: &[u8]);

    /// The next byte from the console, if one has come.
    fn read(&self) -> Option<u8>;

    /// The board's clock.
    fn now(&self) -> Nanoseconds;

    /// Has a timer call [`crate::testing::deadline_passed`] at a time, or never.
    fn set_deadline(&self, at: Option<Nanoseconds>);

    /// Describes CPU, memory and devices, a line each.
    fn describe(&self, out: &mut dyn fmt::Write) -> fmt::Result;

    /// Describes the interrupt controllers: what is enabled, pending, served.
    fn describe_interrupts(&self, out: &mut dyn fmt::Write) -> fmt::Result;

    /// How the kernel's address space translates an address.
    fn walk(&self, address: VirtAddr) -> Walk;

    /// Ends the image.
    fn end(&self, ending: Ending) -> !;
}

static BOARD: Once<&'static dyn Board> = Once::new();

/// Makes the board known, once.
pub fn install(board: &'static dyn Board) {
    BOARD.call_once(|| board);
}

/// The board, once it is known.
pub fn installed() -> Option<&'static dyn Board> {
    BOARD.get().copied()
}

/// The board.
///
/// # Panics
/// Before [`install`]: that is a mistake in the board's `main`.
pub fn current() -> &'static dyn Board {
    installed().expect("the board's main installs its board first")
}

/// The value of an option `key=value` on a command line.
pub fn option<'a>(command_line: &'a str, key: &str) -> Option<&'a str> {
    command_line.split_ascii_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// Whether a command line holds a word that stands for itself.
pub fn flag(command_line: &str, word: &str) -> bool {
    command_line.split_ascii_whitespace().any(|found| found == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_whole_words() {
        let line = "node=3 test.from=12 batch";
        assert_eq!(option(line, "node"), Some("3"));
        assert_eq!(option(line, "test.from"), Some("12"));
        assert_eq!(option(line, "from"), None);
        assert_eq!(option(line, "batch"), None);
        assert!(flag(line, "batch"));
        assert!(!flag(line, "bat"));
    }

    #[test]
    fn spans_never_wrap() {
        assert_eq!(Nanoseconds(5).since(Nanoseconds(7)), Nanoseconds(0));
        assert_eq!(Nanoseconds(1_234_567_890).to_string(), "1.234567 s");
    }
}
