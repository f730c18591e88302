//! What is told on the terminal while it happens. Colours are used where the environment asks
//! for them (`CLICOLOR_FORCE`): whether there is a terminal, a program in the pool cannot know.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

/// Documents of which one line tells.
const TOLD_AT_ONCE: usize = 4;

/// A terminal, or a file that may be read later.
#[derive(Debug)]
pub struct Console {
    coloured: bool,
    /// What those are called who have something printed.
    clients: &'static str,
    /// Printed documents that nothing was said of yet.
    untold: RefCell<Printed>,
}

/// Who has had something printed on which printer, in its order.
#[derive(Debug, Default)]
struct Printed {
    by_printer: BTreeMap<u32, Vec<u32>>,
    /// How far all the work was with the last of them.
    progress: String,
}

/// How something looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Look {
    Plain = 0,
    /// What one should see first.
    Strong = 1,
    /// What passes by.
    Faint = 2,
    Good = 32,
    Bad = 31,
}

impl Console {
    /// The terminal of whoever launched the RDC. `clients` is what those are called who have
    /// something printed.
    pub fn of_launch(clients: &'static str) -> Result<Console, rdc::fs::Error> {
        let coloured = rdc::var("CLICOLOR_FORCE")?.is_some_and(|value| value != "0");
        Ok(Console { coloured, clients, untold: RefCell::default() })
    }

    fn line(&self, look: Look, text: fmt::Arguments<'_>) {
        if self.coloured && look != Look::Plain {
            rdc::println!("\x1b[{}m{text}\x1b[0m", look as u8);
        } else {
            rdc::println!("{text}");
        }
    }

    /// Says something else than that documents are printed, and before it what was printed until
    /// now.
    fn tell(&self, look: Look, text: fmt::Arguments<'_>) {
        self.tell_printed();
        self.line(look, text);
    }

    fn tell_printed(&self) {
        let untold = self.untold.take();
        if !untold.by_printer.is_empty() {
            self.line(Look::Faint, format_args!("   {}", untold.describe(self.clients)));
        }
    }

    /// A reconfiguration begins or is done.
    pub fn headline(&self, text: &str) {
        self.tell(Look::Strong, format_args!("── {text}"));
    }

    /// What belongs to the last headline.
    pub fn detail(&self, text: &str) {
        self.tell(Look::Plain, format_args!("   {text}"));
    }

    /// A document is printed, and with it so much of the work is done. Several of them are told
    /// in one line.
    pub fn printed(&self, printer: u32, client: u32, progress: String) {
        let mut untold = self.untold.borrow_mut();
        untold.by_printer.entry(printer).or_default().push(client);
        untold.progress = progress;
        let count: usize = untold.by_printer.values().map(Vec::len).sum();
        drop(untold);
        if count == TOLD_AT_ONCE {
            self.tell_printed();
        }
    }

    /// Something was lost, and is made up for.
    pub fn trouble(&self, text: &str) {
        self.tell(Look::Bad, format_args!("!! {text}"));
    }

    /// All went well.
    pub fn success(&self, text: &str) {
        self.tell(Look::Good, format_args!("✓  {text}"));
    }
}

impl Printed {
    fn describe(&self, clients: &str) -> String {
        let each = self.by_printer.iter().map(|(printer, from)| {
            let from: Vec<String> = from.iter().map(u32::to_string).collect();
            format!("printer {printer} ← {clients} {}", from.join(" "))
        });
        let each: Vec<String> = each.collect();
        format!("{:>5}  {}", self.progress, each.join(", "))
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
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Things by their numbers, as the subject of a sentence: `worker 1 is`, `workers 1 and 2 are`.
pub fn are(thing: &str, numbers: &[u32]) -> String {
    match numbers {
        [] => "nobody is".into(),
        [number] => format!("{thing} {number} is"),
        _ => format!("{thing}s {} are", listed(numbers)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_told_by_printer() {
        let by_printer = [(2, [3].to_vec()), (1, [1, 2, 1].to_vec())].into();
        let printed = Printed { by_printer, progress: "4/36".into() };
        assert_eq!(
            printed.describe("worker"),
            " 4/36  printer 1 ← worker 1 2 1, printer 2 ← worker 3"
        );
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(listed::<u32>([]), "");
        assert_eq!(listed([1]), "1");
        assert_eq!(listed([1, 2]), "1 and 2");
        assert_eq!(listed([1, 2, 3]), "1, 2 and 3");
        assert_eq!(are("worker", &[]), "nobody is");
        assert_eq!(
            [are("worker", &[7]), are("worker", &[7, 9])],
            ["worker 7 is", "workers 7 and 9 are"]
        );
        assert_eq!([counted(0, "page"), counted(1, "page")], ["0 pages", "1 page"]);
    }
}
