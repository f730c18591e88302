//! Response files: `@file` stands for the arguments in that file.

use std::ffi::OsString;
use std::path::Path;

use crate::error::{Error, Result};

/// Replaces each `@file` by what the file says. rustc writes one when a command
/// line grows too long, and never one within another.
pub fn expand(args: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>> {
    let mut expanded = Vec::new();
    for arg in args {
        match arg.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(file) => expanded.extend(read(Path::new(file))?),
            None => expanded.push(arg),
        }
    }
    Ok(expanded)
}

fn read(path: &Path) -> Result<Vec<OsString>> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    Ok(split(&text).into_iter().map(OsString::from).collect())
}

/// Splits as GNU's programs do: at blanks; quotes of both kinds keep blanks, a
/// backslash keeps any character.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', _) => word.get_or_insert_default().extend(characters.next()),
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == character => quote = None,
            (blank, None) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_split_like_gnu_does() {
        assert_eq!(split("a  'b c'\n\"d 'e\" f\\ g\\\\ \"\""), ["a", "b c", "d 'e", "f g\\", ""]);
    }

    #[test]
    fn arguments_are_replaced_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("args");
        std::fs::write(&file, "-o\nx\\ y\n").unwrap();
        let args = ["a".into(), format!("@{}", file.display()).into(), "b".into()];
        assert_eq!(expand(args).unwrap(), ["a", "-o", "x y", "b"]);
        assert!(expand(["@/nowhere/args".into()]).is_err());
    }
}
