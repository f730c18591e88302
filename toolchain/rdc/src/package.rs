//! What a package says of its RDC: its modules, which of them is the primary one, and how much
//! memory each may use.
//!
//! ```toml
//! [package.metadata.equus]
//! primary = "wordcount"     # not needed for the only binary, or one of the package's name
//! stack = 65536             # bytes; what all modules get that say nothing else
//! heap = 1048576
//!
//! [package.metadata.equus.module.worker]
//! heap = 4194304
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;

use crate::error::{Error, Result};

/// How much memory a module may use, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// its stack
    pub stack: u32,
    /// its heap
    pub heap: u32,
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes { stack: 64 << 10, heap: 1 << 20 }
    }
}

/// A module of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// its name: that of the binary
    pub name: String,
    /// how much memory it may use
    pub sizes: Sizes,
}

/// A package of modules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// its name, and that of its RDC
    pub name: String,
    /// where its manifest is
    pub folder: PathBuf,
    /// its modules, the primary one first
    pub modules: Vec<Module>,
    /// where the library is that its modules are linked with
    pub library: PathBuf,
    /// where cargo would put what it builds
    pub target_dir: PathBuf,
}

/// `[package.metadata.equus]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    primary: Option<String>,
    #[serde(flatten)]
    sizes: SizeTable,
    #[serde(default)]
    module: BTreeMap<String, SizeTable>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeTable {
    stack: Option<u32>,
    heap: Option<u32>,
}

impl SizeTable {
    fn or(self, other: Sizes) -> Sizes {
        Sizes { stack: self.stack.unwrap_or(other.stack), heap: self.heap.unwrap_or(other.heap) }
    }
}

impl Package {
    /// Asks `cargo` about the package in `folder`.
    pub fn read(cargo: &Path, folder: &Path) -> Result<Package> {
        let metadata = MetadataCommand::new()
            .cargo_path(cargo)
            .current_dir(folder)
            .exec()
            .map_err(|source| Error::NoPackage { folder: folder.to_owned(), source })?;
        let root = metadata
            .root_package()
            .ok_or_else(|| Error::Workspace { folder: folder.to_owned() })?;
        let name = root.name.to_string();
        let binaries = root.targets.iter().filter(|target| target.is_bin());
        let names: Vec<String> = binaries.map(|target| target.name.clone()).collect();
        let table = table(&name, &root.metadata)?;
        Ok(Package {
            modules: modules(&name, names, &table)?,
            folder: root.manifest_path.parent().expect("a manifest lies in a folder").into(),
            library: library(&metadata, &name)?,
            target_dir: metadata.target_directory.clone().into(),
            name,
        })
    }
}

fn table(package: &str, metadata: &serde_json::Value) -> Result<Table> {
    let Some(value) = metadata.get("equus") else { return Ok(Table::default()) };
    Table::deserialize(value)
        .map_err(|error| Error::Metadata { package: package.to_owned(), reason: error.to_string() })
}

/// The modules, the primary one first.
fn modules(package: &str, mut names: Vec<String>, table: &Table) -> Result<Vec<Module>> {
    let package = package.to_owned();
    let all = names.join(", ");
    let primary = match (&table.primary, names.as_slice()) {
        (_, []) => return Err(Error::NoModules { package }),
        (Some(name), _) => name.clone(),
        (None, [only]) => only.clone(),
        (None, names) if names.contains(&package) => package.clone(),
        _ => return Err(Error::NoPrimary { package, modules: all }),
    };
    let known = |name: &&String| names.contains(name);
    if let Some(module) = table.module.keys().chain([&primary]).find(|name| !known(name)) {
        return Err(Error::NoSuchModule { package, module: module.clone(), modules: all });
    }
    names.sort_by_key(|name| *name != primary);
    let common = table.sizes.or(Sizes::default());
    let sizes = |name: &str| table.module.get(name).copied().unwrap_or_default().or(common);
    Ok(names.into_iter().map(|name| Module { sizes: sizes(&name), name }).collect())
}

/// The folder of the crate `rdc` that the package uses.
fn library(metadata: &Metadata, package: &str) -> Result<PathBuf> {
    let library = metadata.packages.iter().find(|package| package.name.as_str() == "rdc");
    let library = library.ok_or_else(|| Error::NoLibrary { package: package.to_owned() })?;
    Ok(library.manifest_path.parent().expect("a manifest lies in a folder").into())
}
