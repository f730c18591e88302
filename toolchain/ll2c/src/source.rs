//! The text of one IR file, and how an error points into it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Place, Result};

/// An IR file in memory.
pub struct Source {
    path: PathBuf,
    text: String,
}

impl fmt::Debug for Source {
    /// Without the text: it may have many megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.path).finish()
    }
}

impl Source {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Source> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        Ok(Source::new(path, text))
    }

    /// A text that is in memory already; `path` is for messages.
    pub fn new(path: &Path, text: String) -> Source {
        Source { path: path.to_owned(), text }
    }

    /// Where it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a line, from 1, for an error message.
    pub fn place(&self, line: u32, function: Option<&str>) -> Place {
        let index = line.saturating_sub(1) as usize;
        let text = self.text.lines().nth(index).unwrap_or("").trim();
        Place {
            path: self.path.clone(),
            line,
            text: shortened(text),
            function: function.map(demangled),
        }
    }
}

fn shortened(text: &str) -> String {
    const LIMIT: usize = 200;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A symbol's name as its author wrote it, without the hashes of crates.
pub fn demangled(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}
