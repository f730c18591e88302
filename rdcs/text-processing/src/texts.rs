//! Texts to be printed: the files of a folder.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rdc::fs::{self, Kind};

/// Bytes of a text at most: formatted, it is to have room in the heap several times.
const TEXT_MAX: u64 = 64 << 10;

/// The paths of the texts of a folder, in the order of their names.
pub fn list(folder: &str) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot list {folder}: {error}"))?;
    let files = entries.into_iter().filter(|entry| entry.kind == Kind::File);
    let mut paths: Vec<String> = files.map(|entry| format!("{folder}/{}", entry.name)).collect();
    paths.sort();
    Ok(paths)
}

/// The name of the text at a path.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Reads a text, or says why that cannot be.
pub fn read(path: &str) -> Result<String, String> {
    let say = |error: fs::Error| error.to_string();
    if fs::metadata(path).map_err(say)?.size > TEXT_MAX {
        return Err(format!("It is longer than {} KB.", TEXT_MAX >> 10));
    }
    fs::read_to_string(path).map_err(say)
}
