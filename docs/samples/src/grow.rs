//! Growing a few pages into many.

use std::fs;
use std::io;
use std::path::Path;

/// The pages that everything is grown from.
const PAGES: &[&str] = &[
    include_str!("../pages/bus.md"),
    include_str!("../pages/failure.md"),
    include_str!("../pages/host.md"),
    include_str!("../pages/kernel.md"),
    include_str!("../pages/messages.md"),
    include_str!("../pages/pool.md"),
    include_str!("../pages/processor.md"),
    include_str!("../pages/writing.md"),
];

/// Characters of a line at most, if its words allow it.
const LINE_MAX: usize = 96;

/// What is to be grown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// where all choices come from: equal seeds grow equal files
    pub seed: u64,
    /// how many files
    pub files: usize,
    /// bytes of each, on average; the shortest has a quarter of it
    pub file_bytes: usize,
}

impl Default for Plan {
    /// About a megabyte.
    fn default() -> Plan {
        Plan { seed: 1990, files: 64, file_bytes: 16 << 10 }
    }
}

/// Fills a folder with grown texts, `page-001.txt` and so on, and with nothing else: what was
/// there is removed.
pub fn grow(plan: Plan, folder: &Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let pages: Vec<Page> = PAGES.iter().map(|page| Page::of(page)).collect();
    let mut random = fastrand::Rng::with_seed(plan.seed);
    for number in 1..=plan.files {
        let quarter = plan.file_bytes / 4;
        let text = text(&pages, random.usize(quarter..=7 * quarter), &mut random);
        fs::write(folder.join(format!("page-{number:03}.txt")), text)?;
    }
    Ok(())
}

/// A page that others are grown from.
struct Page {
    title: String,
    sentences: Vec<String>,
}

impl Page {
    fn of(text: &str) -> Page {
        let (title, body) = text.split_once("\n\n").expect("a page has a title and a body");
        let title = title.strip_prefix("# ").expect("a title is a heading").to_owned();
        let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentences = body.split_inclusive(['.', ':']).map(|it| it.trim().to_owned()).collect();
        Page { title, sentences }
    }
}

/// Sections of two to four paragraphs, each section from one page and below its title. The first
/// title is that of the whole text.
fn text(pages: &[Page], bytes: usize, random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    while text.len() < bytes.max(1) {
        let page = random.choice(pages).expect("there are pages");
        let signs = if text.is_empty() { "#" } else { "##" };
        text.extend([signs, " ", &page.title, "\n\n"]);
        for _ in 0..random.usize(2..=4) {
            paragraph(page, &mut text, random);
        }
    }
    text
}

/// A paragraph of three to seven sentences.
fn paragraph(page: &Page, text: &mut String, random: &mut fastrand::Rng) {
    let mut column = 0;
    for _ in 0..random.usize(3..=7) {
        let sentence = random.choice(&page.sentences).expect("a page has sentences");
        for word in sentence.split(' ') {
            let separator = match column {
                0 => "",
                used if used + word.len() > LINE_MAX => "\n",
                _ => " ",
            };
            column = if separator == " " { column + 1 + word.len() } else { word.len() };
            text.push_str(separator);
            text.push_str(word);
        }
    }
    text.push_str("\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &Path) -> Vec<String> {
        let mut paths: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn equal_seeds_grow_equal_texts() {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan { seed: 7, files: 3, file_bytes: 2000 };
        let texts = |plan, name: &str| {
            let folder = folder.path().join(name);
            grow(plan, &folder).unwrap();
            read(&folder)
        };
        let first = texts(plan, "a");
        assert_eq!(first.len(), 3);
        assert!(first.iter().all(|text| (500..6000).contains(&text.len())));
        assert!(first.iter().all(|text| text.starts_with("# ") && !text.contains("\n# ")));
        assert_eq!(first, texts(plan, "b"));
        assert_ne!(first, texts(Plan { seed: 8, ..plan }, "c"));
    }

    #[test]
    fn what_was_there_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let plan = |files| Plan { seed: 7, files, file_bytes: 100 };
        grow(plan(5), folder.path()).unwrap();
        grow(plan(2), folder.path()).unwrap();
        assert_eq!(read(folder.path()).len(), 2);
    }

    #[test]
    fn lines_are_short() {
        let pages: Vec<_> = PAGES.iter().map(|page| Page::of(page)).collect();
        let text = text(&pages, 10_000, &mut fastrand::Rng::with_seed(1));
        assert!(text.lines().all(|line| line.len() <= LINE_MAX + 1), "{text}");
    }
}
