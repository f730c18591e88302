//! Looking at printed paper: whether every text is there once, on one printer, in order, and
//! with all of its words.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// Lines of a page, and those at its head and at its foot that are not text.
const PAGE_LINES: usize = 60;
const HEAD_LINES: usize = 2;
const FOOT_LINES: usize = 2;

/// What was found on the papers of all printers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Prints {
    /// printers that have printed something
    pub printers: usize,
    /// documents on all papers together
    pub documents: usize,
    /// their pages
    pub pages: usize,
}

impl fmt::Display for Prints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Prints { printers, documents, pages } = self;
        write!(f, "{documents} documents, {pages} pages, {printers} printers")
    }
}

/// Compares the texts in a folder with the papers in another. An error says what is missing,
/// twice there, torn or changed.
pub fn prints(texts: &Path, papers: &Path) -> Result<Prints, String> {
    let mut missing: BTreeMap<String, String> = read(texts)?
        .into_iter()
        .map(|(name, text)| (name, words(text.lines().map(without_signs))))
        .collect();
    let mut found = Prints::default();
    for (paper, printed) in read(papers)? {
        let mut lines = printed.lines();
        let documents = found.documents;
        while let Some(label) = lines.next() {
            let document = document(label, &mut lines).ok_or_else(|| {
                format!("{paper}: the document that begins with {label:?} is not whole")
            })?;
            let expected = missing.remove(document.name);
            let expected = expected
                .ok_or_else(|| format!("{paper}: {} is there twice, or no text", document.name))?;
            if document.words != expected {
                return Err(format!("{paper}: {} has other words than its text", document.name));
            }
            found.documents += 1;
            found.pages += document.pages;
        }
        found.printers += usize::from(found.documents > documents);
    }
    match missing.first_key_value() {
        Some((name, _)) => Err(format!("{name} was not printed")),
        None => Ok(found),
    }
}

/// The files of a folder, by name.
fn read(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let text = fs::read_to_string(entry.path()).map_err(failed)?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(files)
}

/// A document on paper.
struct Document<'p> {
    name: &'p str,
    pages: usize,
    words: String,
}

/// The document below a label: whole pages, and a line that ends it.
fn document<'p>(label: &'p str, lines: &mut std::str::Lines<'_>) -> Option<Document<'p>> {
    let mut parts = label.strip_prefix("%%Document ")?.splitn(4, ' ');
    let number = parts.next()?;
    let count: usize = parts.next()?.strip_prefix("lines=")?.parse().ok()?;
    let name = parts.nth(1)?;
    let all: Vec<&str> = lines.by_ref().take(count).collect();
    let is_whole = all.len() == count && count > 0 && count.is_multiple_of(PAGE_LINES);
    let ends = lines.next()?.strip_prefix("%%End ")? == number;
    let bodies = all.chunks(PAGE_LINES).flat_map(|page| &page[HEAD_LINES..page.len() - FOOT_LINES]);
    let text = bodies.filter(|line| !underlines(line)).copied();
    (is_whole && ends).then(|| Document { name, pages: count / PAGE_LINES, words: words(text) })
}

/// Whether a line is nothing but the one below a heading.
fn underlines(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && (line.chars().all(|c| c == '=') || line.chars().all(|c| c == '-'))
}

/// A line of a text without the signs that make it a heading.
fn without_signs(line: &str) -> &str {
    let rest = line.trim_start_matches('#');
    if rest.starts_with(' ') { rest } else { line }
}

/// All words, one behind the other: where long ones are broken does not matter.
fn words<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    lines.flat_map(str::split_whitespace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with this text.
    fn page(name: &str, number: u32, text: &str) -> String {
        let mut lines = vec![name, ""];
        lines.extend(text.lines());
        lines.resize(PAGE_LINES - 1, "");
        lines.push("1 of 1");
        format!("%%Document {number} lines=60 crc=0 {name}\n{}\n%%End {number}\n", lines.join("\n"))
    }

    /// Two texts and these papers.
    fn look(papers: &[&str]) -> Result<Prints, String> {
        let folder = tempfile::tempdir().unwrap();
        let [texts, out] = ["texts", "out"].map(|name| folder.path().join(name));
        fs::create_dir(&texts).unwrap();
        fs::create_dir(&out).unwrap();
        fs::write(texts.join("a"), "# Title\n\none two\n").unwrap();
        fs::write(texts.join("b"), "three\n").unwrap();
        for (number, paper) in papers.iter().enumerate() {
            fs::write(out.join(format!("printer-{number}")), paper).unwrap();
        }
        prints(&texts, &out)
    }

    #[test]
    fn everything_is_there_once() {
        let (a, b) = (page("a", 0, "Title\n=====\n\none  two"), page("b", 1, "three"));
        assert_eq!(look(&[&a, "", &b]), Ok(Prints { printers: 2, documents: 2, pages: 2 }));
        assert_eq!(look(&[&a]), Err("b was not printed".into()));
        let twice = look(&[&a, &b, &b]);
        assert_eq!(twice, Err("printer-2: b is there twice, or no text".into()));
        let torn = look(&[&a, &b[..b.len() - 10]]).unwrap_err();
        assert!(torn.ends_with("is not whole"), "{torn}");
        let other = look(&[&a, &b.replace("three", "tree")]);
        assert_eq!(other, Err("printer-1: b has other words than its text".into()));
    }
}
