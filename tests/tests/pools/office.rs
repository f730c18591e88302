//! Texts that programs print, and what they have printed of them.

use std::fs;
use std::path::PathBuf;

use pool_tests::Ended;
use samples::Plan;
use tempfile::TempDir;

/// Texts, and a place for what is printed of them.
pub struct Office {
    folder: TempDir,
}

impl Office {
    pub fn new(plan: Plan) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let office = Self { folder };
        samples::grow(plan, &office.texts()).expect("there is room for texts");
        fs::create_dir(office.papers()).expect("there is room for a folder");
        office
    }

    pub fn texts(&self) -> PathBuf {
        self.folder.path().join("texts")
    }

    pub fn papers(&self) -> PathBuf {
        self.folder.path().join("papers")
    }

    /// The folder of texts under a name of the program's, for `--dir`.
    pub fn texts_as(&self, name: &str) -> String {
        format!("{}:{name}", self.texts().display())
    }

    /// The folder of papers, likewise.
    pub fn papers_as(&self, name: &str) -> String {
        format!("{}:{name}", self.papers().display())
    }

    /// A program must have ended well, and have printed everything.
    pub fn check(&self, ended: &Ended, plan: Plan) {
        assert_eq!(ended.code, 0, "{}", ended.everything());
        match samples::prints(&self.texts(), &self.papers()) {
            Ok(prints) => assert_eq!(prints.documents, plan.files, "{}", ended.everything()),
            Err(error) => panic!("{error}\n{}", ended.everything()),
        }
    }
}

/// The number behind a text in a line.
pub fn number_after(line: &str, text: &str) -> usize {
    let (_, rest) = line.split_once(text).unwrap_or_else(|| panic!("no {text:?} in {line:?}"));
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no number: {line:?}"))
}
