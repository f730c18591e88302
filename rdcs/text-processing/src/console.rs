//! What is told on the terminal while it happens. Colours are used where the environment asks
//! for them (`CLICOLOR_FORCE`): whether there is a terminal, a program in the pool cannot know.

use alloc::string::{String, ToString};
use core::fmt;

/// A terminal, or a file that may be read later.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    coloured: bool,
}

/// How something looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Look {
    /// What one should see first.
    Strong = 1,
    /// What passes by.
    Faint = 2,
    Good = 32,
    Bad = 31,
}

impl Console {
    /// The terminal of whoever launched the RDC.
    pub fn of_launch() -> Result<Console, rdc::fs::Error> {
        let wish = rdc::var("CLICOLOR_FORCE")?;
        Ok(Console { coloured: wish.is_some_and(|value| value != "0") })
    }

    fn line(self, look: Look, text: fmt::Arguments<'_>) {
        if self.coloured {
            rdc::println!("\x1b[{}m{text}\x1b[0m", look as u8);
        } else {
            rdc::println!("{text}");
        }
    }

    /// A reconfiguration begins or is done.
    pub fn headline(self, text: &str) {
        self.line(Look::Strong, format_args!("── {text}"));
    }

    /// What belongs to the last headline.
    pub fn detail(self, text: &str) {
        rdc::println!("   {text}");
    }

    /// Work goes on.
    pub fn progress(self, text: &str) {
        self.line(Look::Faint, format_args!("   {text}"));
    }

    /// Something was lost, and is made up for.
    pub fn trouble(self, text: &str) {
        self.line(Look::Bad, format_args!("!! {text}"));
    }

    /// All went well.
    pub fn success(self, text: &str) {
        self.line(Look::Good, format_args!("✓  {text}"));
    }
}

/// A list for readers: `1, 2 and 3`.
pub fn listed<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut items = items.into_iter().peekable();
    let mut text = String::new();
    while let Some(item) = items.next() {
        let separator = match (text.is_empty(), items.peek()) {
            (true, _) => "",
            (false, Some(_)) => ", ",
            (false, None) => " and ",
        };
        text.push_str(separator);
        text.push_str(&item.to_string());
    }
    text
}

/// A number of things: `1 page`, `2 pages`.
pub fn counted(number: usize, thing: &str) -> String {
    alloc::format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_well() {
        assert_eq!(listed::<u32>([]), "");
        assert_eq!(listed([1]), "1");
        assert_eq!(listed([1, 2]), "1 and 2");
        assert_eq!(listed([1, 2, 3]), "1, 2 and 3");
        assert_eq!([counted(0, "page"), counted(1, "page")], ["0 pages", "1 page"]);
    }
}
