//! Where the modules in C of a package lie: where cargo would look for its binaries.
//!
//! | | |
//! |---|---|
//! | `src/main.c` | the module with the package's name |
//! | `src/bin/NAME.c` | the module NAME |
//! | `src/bin/NAME/*.c` | the module NAME, of several sources |
//! | `src/*.c` | what all of them share; headers, too, are found there |

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where sources lie, and headers.
pub(crate) const SOURCES: &str = "src";

/// A module that is made of C.
pub(crate) struct CModule {
    pub name: String,
    pub sources: Vec<PathBuf>,
}

/// Whether a folder has modules in C at these places.
pub(crate) fn is_package(folder: &Path) -> bool {
    modules(folder, "").is_ok_and(|modules| !modules.is_empty())
}

/// The modules in C of the package in `folder`.
pub(crate) fn modules(folder: &Path, package: &str) -> Result<Vec<CModule>> {
    let folder = folder.join(SOURCES);
    let (main, shared): (Vec<_>, Vec<_>) =
        sources_in(&folder)?.into_iter().partition(|source| is_main(source));
    let module = |name: String, own: Vec<PathBuf>| CModule {
        name,
        sources: own.into_iter().chain(shared.iter().cloned()).collect(),
    };
    let mut modules = Vec::new();
    if !main.is_empty() {
        modules.push(module(package.to_owned(), main));
    }
    for path in entries(&folder.join("bin"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let own = sources_in(&path)?;
            if !own.is_empty() {
                modules.push(module(name, own));
            }
        } else if is_c(&path) {
            modules.push(module(name, vec![path]));
        }
    }
    Ok(modules)
}

fn sources_in(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| is_c(path)).collect())
}

fn is_c(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "c")
}

fn is_main(source: &Path) -> bool {
    source.file_stem().is_some_and(|stem| stem == "main")
}

/// What lies in a folder, in the order of the names; nothing if it is not there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    match crate::build::files(folder) {
        Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(Vec::new())
        }
        entries => entries,
    }
}
