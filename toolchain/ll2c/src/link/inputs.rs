//! The IR behind rustc's objects and libraries.
//!
//! With `--emit=llvm-ir`, rustc leaves a `.ll` file beside each. Their names
//! follow from those on the command line; a search in the folder would find
//! those of older builds too.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use object::read::archive::ArchiveFile;

use crate::error::{Error, Result};

/// The files that a job reads.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Inputs {
    /// IR, each file once
    pub ir: Vec<PathBuf>,
    /// libraries of crates, for the native objects that may be bundled in them
    pub rlibs: Vec<PathBuf>,
    /// assembly and C
    pub sources: Vec<PathBuf>,
}

impl Inputs {
    /// Adds an IR file, unless it is there already.
    pub fn add_ir(&mut self, path: PathBuf) {
        if !self.ir.contains(&path) {
            self.ir.push(path);
        }
    }
}

/// The IR of `libNAME-HASH.rlib`: `NAME-HASH.ll`.
pub fn ir_of_library(rlib: &Path) -> Result<PathBuf> {
    let stem = rlib.file_stem().map(OsStr::to_string_lossy).unwrap_or_default();
    let name = stem.strip_prefix("lib").unwrap_or(&stem);
    existing(rlib, &[rlib.with_file_name(format!("{name}.ll"))])
}

/// The IR of `NAME-HASH.NAME.X-cgu.0.rcgu.o`: of the same name if rustc left one
/// for each object, else `NAME-HASH.ll`. The object of the allocator shim has
/// none and leads to the crate's, too.
pub fn ir_of_object(object: &Path) -> Result<PathBuf> {
    let name = object.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let crate_name = name.split('.').next().unwrap_or_default();
    let own = object.with_extension("ll");
    let shared = object.with_file_name(format!("{crate_name}.ll"));
    existing(object, &[own, shared])
}

fn existing(of: &Path, candidates: &[PathBuf]) -> Result<PathBuf> {
    if let Some(path) = candidates.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let names: Vec<_> = candidates.iter().map(|path| path.display().to_string()).collect();
    Err(Error::Usage {
        message: format!("the IR of {} is missing: {}", of.display(), names.join(", ")),
        help: Some(
            "pass `--emit=llvm-ir -Ccodegen-units=1` to rustc for all crates (RUSTFLAGS), set \
             CARGO_INCREMENTAL=0, and build again"
                .into(),
        ),
    })
}

/// Writes those objects that libraries hold besides rustc's own (of C or assembly,
/// by build scripts) into `folder`. The answer is their paths.
pub fn bundled_objects(rlibs: &[PathBuf], folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for rlib in rlibs {
        let read = |source| Error::File { action: "read", path: rlib.clone(), source };
        let data = std::fs::read(rlib).map_err(read)?;
        let invalid = |error| read(std::io::Error::other(error));
        let archive = ArchiveFile::parse(&*data).map_err(invalid)?;
        for member in archive.members() {
            let member = member.map_err(invalid)?;
            let contents = member.data(&*data).map_err(invalid)?;
            if !is_native(member.name(), contents) {
                continue;
            }
            let path = folder.join(format!("bundled-{}.o", paths.len()));
            std::fs::write(&path, contents).map_err(|source| Error::File {
                action: "write",
                path: path.clone(),
                source,
            })?;
            paths.push(path);
        }
    }
    Ok(paths)
}

/// rustc's own objects are bitcode; its metadata may be wrapped in ELF.
fn is_native(name: &[u8], contents: &[u8]) -> bool {
    contents.starts_with(b"\x7fELF") && !name.ends_with(b".rmeta") && !name.ends_with(b".rcgu.o")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive in the common format of System V.
    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"!<arch>\n".to_vec();
        for (name, contents) in members {
            let header = format!(
                "{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
                format!("{name}/"),
                0,
                0,
                0,
                644,
                contents.len()
            );
            bytes.extend(header.as_bytes());
            bytes.extend(*contents);
            bytes.extend(std::iter::repeat_n(b'\n', contents.len() % 2));
        }
        bytes
    }

    #[test]
    fn only_native_objects_are_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let rlib = folder.path().join("libx.rlib");
        let members: &[(&str, &[u8])] = &[
            ("lib.rmeta", b"\x7fELF metadata"),
            ("x.rcgu.o", b"BC\xc0\xde"),
            ("native.o", b"\x7fELF native"),
        ];
        std::fs::write(&rlib, archive(members)).unwrap();
        let objects = bundled_objects(&[rlib], folder.path()).unwrap();
        assert_eq!(objects.len(), 1);
        assert_eq!(std::fs::read(&objects[0]).unwrap(), b"\x7fELF native");
    }

    #[test]
    fn a_broken_library_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let rlib = folder.path().join("libx.rlib");
        std::fs::write(&rlib, "no archive").unwrap();
        let error = bundled_objects(&[rlib], folder.path()).unwrap_err();
        assert!(error.to_string().ends_with("libx.rlib"), "{error}");
    }
}
