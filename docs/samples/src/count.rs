//! Counting words, to be compared with what a program in the pool counts.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// The words of the files in a folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// how many files
    pub files: usize,
    /// how many bytes
    pub bytes: u64,
    /// all words, in lower case, and how often they occur
    pub words: HashMap<String, u64>,
    /// how many words are displayed
    pub top: usize,
}

/// Counts the words, which are runs of letters and digits, of all files in a folder; `top` of
/// them are displayed.
pub fn count(folder: &Path, top: usize) -> io::Result<Count> {
    let mut count = Count { top, ..Count::default() };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let text = fs::read_to_string(entry.path())?;
            count.files += 1;
            count.bytes += text.len() as u64;
            for word in text.split(|letter: char| !letter.is_alphanumeric()) {
                *count.words.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    count.words.remove("");
    Ok(count)
}

/// What `wordcount` prints.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let total = self.words.values().sum();
        let numbers = [self.files as u64, self.bytes, total, words.len() as u64].map(grouped);
        let [files, bytes, total, different] = numbers;
        writeln!(f, "{files} files, {bytes} bytes, {total} words, {different} different")?;
        for (word, count) in words.into_iter().take(self.top) {
            writeln!(f, "{:>9}  {word}", grouped(*count))?;
        }
        Ok(())
    }
}

/// A number with its thousands apart: `1,234,567`.
fn grouped(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "One node, two nodes.").unwrap();
        fs::write(folder.path().join("b"), "one\n".repeat(1999)).unwrap();
        let printed = count(folder.path(), 2).unwrap().to_string();
        let expected = "2 files, 8,016 bytes, 2,003 words, 4 different\n    \
                        2,000  one\n        1  node\n";
        assert_eq!(printed, expected);
    }
}
